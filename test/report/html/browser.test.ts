import { copyFileSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sample, tcpclose } from '../../cli/support/program.js';
import { temporaryFolder } from '../../store/support/write.js';

/** Debian's package `chromium`, and where other systems have theirs. */
const CHROMIUM = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== undefined && existsSync(path));
if (CHROMIUM === undefined)
  console.log('The page is not opened in a browser: there is no Chromium here (Debian: apt-get install chromium).');

const folder = temporaryFolder();
const EVIL = `x"><img src=x onerror=alert(1)><svg onload=alert(2)> '&.pcap`;

/** A page on which everything has happened: many captures in one database. */
function everything(): string {
  const captures = readdirSync(sample('.')).filter((name) => /\.pcap(ng)?$/.test(name));
  const renamed = 'time-wait-matrix.pcap';
  copyFileSync(sample(renamed), join(folder, EVIL));
  const inputs = [EVIL, ...captures.filter((name) => name !== renamed).map(sample)];
  expect(tcpclose(folder, ['analyze', inputs[0]!, '-o', 'all.db', '--quiet']).status).toBe(0);
  for (const input of inputs.slice(1))
    expect(tcpclose(folder, ['analyze', input, '-o', 'all.db', '--append', '--quiet']).status).toBe(0);
  expect(tcpclose(folder, ['report', 'all.db', '--html', 'all.html'])).toEqual({ status: 0, stdout: '', stderr: '' });
  return pathToFileURL(join(folder, 'all.html')).href;
}

describe.skipIf(CHROMIUM === undefined)('the page in Chromium', () => {
  let browser: Browser;
  let url: string;
  /** What the browser complained of, and what the page asked of the network. */
  let complaints: string[];

  beforeAll(async () => {
    url = everything();
    browser = await chromium.launch({ executablePath: CHROMIUM!, args: ['--no-sandbox'] });
  }, 120_000);
  afterAll(() => browser?.close());

  async function open(width: number, colorScheme: 'light' | 'dark' = 'light'): Promise<Page> {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    complaints = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('dialog', (dialog) => complaints.push(`dialog ${dialog.message()}`));
    page.on('request', (request) => request.url() === url || complaints.push(`request ${request.url()}`));
    await page.goto(url);
    return page;
  }

  it('opens without a complaint, asks for nothing else, and takes odd names as text', async () => {
    const page = await open(1000);
    expect(await page.locator('h1').textContent()).toContain('<img src=x onerror=alert(1)>');
    expect(await page.locator('img, script').count()).toBe(1);
    expect(await page.locator('figure').count()).toBeGreaterThan(6);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('shows what was captured, how far to trust it and the gravest finding on the first screen', async () => {
    const page = await open(1000);
    for (const part of ['#captured', '#trust', '.findings .sentence']) {
      const box = await page.locator(part).first().boundingBox();
      expect(box!.y + box!.height, part).toBeLessThan(900);
    }
    await page.close();
  });

  it('is painted soon', async () => {
    const page = await open(1000);
    const paint = `new Promise((done) => new PerformanceObserver((list) => done(list.getEntries()[0].startTime))
      .observe({ type: 'paint', buffered: true }))`;
    expect(await page.evaluate(paint)).toBeLessThan(2000);
    await page.close();
  });

  it('shows where the keyboard is, from the top to the bottom', async () => {
    const page = await open(1000, 'dark');
    const seen: string[] = [];
    for (;;) {
      await page.keyboard.press('Tab');
      const place = await page.evaluate<{ part: string; ring: string; isInView: boolean } | null>(FOCUS);
      if (place === null || seen.length === 60) break;
      expect(place).toMatchObject({ ring: 'solid 2px', isInView: true });
      seen.push(place.part);
    }
    expect(seen.slice(0, 4)).toEqual(['#findings', '#pictures', '#ladders', '#tables']);
    expect(seen).toContain('Check it');
    expect(seen).toContain('Copy');
    await page.close();
  });

  it('sorts a table by its headings with the keyboard, numbers as numbers', async () => {
    const page = await open(1000);
    const table = page.locator('#all-findings table');
    const column = async (n: number): Promise<number[]> =>
      (await table.locator(`tbody td:nth-child(${n})`).allTextContents())
        .filter((text) => text !== '')
        .map((text) => Number(text.replaceAll(',', '')));
    const head = table.locator('th', { hasText: 'connection' });
    await head.locator('button').focus();
    await page.keyboard.press('Enter');
    expect(await head.getAttribute('aria-sort')).toBe('ascending');
    const up = await column(5);
    expect(up).toEqual([...up].sort((a, b) => a - b));
    await page.keyboard.press('Enter');
    expect(await head.getAttribute('aria-sort')).toBe('descending');
    expect(await column(5)).toEqual([...up].reverse());
    expect(new Set(up).size).toBeGreaterThan(5);
    await page.close();
  });

  it('filters a table by any words', async () => {
    const page = await open(1000);
    const rows = page.locator('#all-findings tbody tr:visible');
    const all = await rows.count();
    await page.locator('#all-findings input').fill('syn-challenged warning');
    const shown = await rows.allTextContents();
    expect(shown.length).toBeGreaterThan(0);
    expect(shown.length).toBeLessThan(all);
    for (const text of shown) expect(text).toContain('syn-challenged');
    expect(await page.locator('#all-findings output').textContent()).toBe(`${shown.length} of ${all}`);
    await page.close();
  });

  it('copies the commands of a finding', async () => {
    const page = await open(1000);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const check = page.locator('.findings .check').first();
    await check.locator('summary').click();
    const command = check.locator('.copy', { hasText: 'tcpclose show' });
    await command.locator('button').click();
    await command.locator('button', { hasText: 'Copied' }).waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toMatch(/^tcpclose show all\.db \d+$/);
    await page.close();
  });

  it.each([
    [400, 'light'],
    [400, 'dark'],
    [1000, 'light'],
    [1600, 'dark'],
  ] as const)(
    'at %d px, %s, is not wider than the window, and no two texts of a picture touch',
    async (width, scheme) => {
      const page = await open(width, scheme);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      expect(await page.evaluate(OVERLAPS)).toEqual([]);
      await page.close();
    },
  );

  it('is dark where the reader wants it dark', async () => {
    const background = 'getComputedStyle(document.body).backgroundColor';
    const [light, dark] = [await open(1000, 'light'), await open(1000, 'dark')];
    expect(await light.evaluate(background)).toBe('rgb(255, 255, 255)');
    expect(await dark.evaluate(background)).toBe('rgb(20, 23, 28)');
    await Promise.all([light.close(), dark.close()]);
  });

  it('prints: light, with the commands of each kind of finding, without what only a screen can do', async () => {
    const page = await open(1000, 'dark');
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    await page.evaluate("dispatchEvent(new Event('beforeprint'))");
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    expect(await page.locator('.filter:visible, [data-copy]:visible').count()).toBe(0);
    expect(await page.locator('.findings .copy code:visible').count()).toBeGreaterThan(0);
    expect(await page.locator('figure summary:visible').count()).toBe(0);
    expect(await page.locator('#all-findings tbody tr:visible').count()).toBe(25);
    expect(await page.locator('#all-findings .note').innerText()).toContain('On paper, the first 25.');
    expect(await page.locator('#all-findings th').allInnerTexts()).toContain('how sure');
    expect((await page.pdf({ format: 'A4' })).length).toBeGreaterThan(10_000);
    await page.close();
  });
});

/** Runs in the page: what has the focus, its outline, and whether it is to be seen; null: nothing has. */
const FOCUS = `(() => {
  const at = document.activeElement;
  if (at === document.body) return null;
  const { outlineStyle, outlineWidth } = getComputedStyle(at);
  const { top, bottom } = at.getBoundingClientRect();
  return {
    part: at.getAttribute('href') ?? at.textContent,
    ring: outlineStyle + ' ' + outlineWidth,
    isInView: bottom > 0 && top < innerHeight,
  };
})()`;

/** Runs in the page: pairs of texts of a drawing that lie on each other, and texts that stick out of it. */
const OVERLAPS = `[...document.querySelectorAll('figure svg.wide, figure svg.narrow')].flatMap((svg) => {
  const frame = svg.getBoundingClientRect();
  if (frame.width === 0) return [];
  const texts = [...svg.querySelectorAll('text')]
    .filter((text) => text.textContent !== '')
    .map((text) => ({ text: text.textContent, box: text.getBoundingClientRect() }));
  const sticksOut = ({ box }) =>
    box.left < frame.left - 1.5 || box.right > frame.right + 1.5 || box.top < frame.top - 1.5 || box.bottom > frame.bottom + 1.5;
  const bad = texts.filter(sticksOut).map(({ text }) => 'sticks out: ' + text);
  texts.forEach((a, i) => {
    for (const b of texts.slice(i + 1)) {
      const wide = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
      const high = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
      if (wide > 1 && high > 4) bad.push(a.text + ' | ' + b.text);
    }
  });
  return bad.map((what) => svg.closest('figure').id + ': ' + what);
})`;
