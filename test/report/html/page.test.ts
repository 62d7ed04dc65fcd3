import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { dataTable } from '../../../src/report/html/data-table.js';
import { SAVED_QUERIES } from '../../../src/store/saved-queries.js';
import { sample, tcpclose } from '../../cli/support/program.js';
import { temporaryFolder } from '../../store/support/write.js';

const folder = temporaryFolder();
const run = (...args: string[]) => tcpclose(folder, args);

/** The page of a sample, made as a user makes it. */
function pageOf(name: string): string {
  if (!existsSync(join(folder, `${name}.html`))) {
    expect(run('analyze', sample(name), '-o', `${name}.db`, '--quiet').status).toBe(0);
    expect(run('report', `${name}.db`, '--html', `${name}.html`)).toEqual({ status: 0, stdout: '', stderr: '' });
  }
  return readFileSync(join(folder, `${name}.html`), 'utf8');
}

/** What a reader sees: without style sheet and script. */
const withoutCode = (page: string): string => page.replaceAll(/<(style|script)>[\s\S]*?<\/\1>/g, '');

const questions = (page: string): string[] =>
  Array.from(page.matchAll(/<figcaption><h3>([^<]*)/g), ([, text]) => text!);

describe('the page', () => {
  it('says first what was captured, from where, how far to trust it, and what was found', () => {
    const page = pageOf('time-wait-challenged.pcap');
    const order = ['What was captured', '<dt>Tap</dt>', 'How far to trust it', 'Findings</h2>', 'Pictures</h2>'];
    const places = order.map((text) => page.indexOf(text));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places[0]).toBeGreaterThan(0);
    expect(page).toContain('8 connections in 2.75 s: closed 7, unanswered 1. Findings: warning 1, notice 2.');
  });

  it('counts a reset from elsewhere for neither side', () => {
    expect(pageOf('reset-injected.pcapng')).toContain('Closed first: a reset from elsewhere 3.');
  });

  it('says what a filter left out', () => {
    const filter = ['--filter', 'src portrange 1-65535'];
    expect(run('analyze', sample('refused.pcap'), '-o', 'some.db', '--quiet', ...filter).status).toBe(0);
    expect(run('report', 'some.db', '--html', 'some.html').status).toBe(0);
    const page = readFileSync(join(folder, 'some.html'), 'utf8');
    expect(page).toContain('<dt>Filter</dt>');
    expect(page).toContain('src portrange 1-65535');
    expect(page).toMatch(/A filter left out \d+ packets?: nothing here is about them\./);
  });

  it('tells the gravest finding first, as a sentence, with all that is needed to check it', () => {
    const page = pageOf('time-wait-challenged.pcap');
    const [first] = Array.from(page.matchAll(/<ol class="findings">\s*<li>[\s\S]*?<\/li>/g), ([item]) => item);
    expect(first).toContain('▲</span> warning');
    expect(first).toContain('answered with an ACK of the old connection');
    expect(first).toContain('tcp.port==59647');
    expect(first).toContain('SELECT * FROM time_wait_syns WHERE connection_id = 8');
    expect(first).toContain('tcpclose show time-wait-challenged.pcap.db 8');
  });

  it('leads from a finding to the ladder of the connection whose TIME_WAIT the SYN met', () => {
    const page = pageOf('time-wait-challenged.pcap');
    const target = /syn-challenged · [^<]* <a href="#(connection-\d+)">its ladder<\/a>/.exec(page)![1]!;
    const [, figure] = page.split(`id="${target}"`);
    expect(figure!.slice(0, figure!.indexOf('</figure>'))).toContain(
      'challenge ACK: the numbers of the old connection',
    );
    for (const [, id] of page.matchAll(/href="#([^"]*)"/g)) expect(page).toContain(`id="${id!}"`);
  });

  it('draws every arrow with its frame', () => {
    const figures = Array.from(
      pageOf('time-wait-challenged.pcap').matchAll(/<figure class="chart" id="connection-[\s\S]*?<\/figure>/g),
      ([figure]) => /<svg class="wide"[\s\S]*?<\/svg>/.exec(figure)![0],
    );
    const steps = figures.flatMap((figure) => figure.split('<g class="step">').slice(1));
    const arrows = steps.filter((step) => step.includes('class="arrow'));
    expect(arrows.length).toBeGreaterThan(5);
    for (const arrow of arrows) expect(arrow).toMatch(/>frame \d+</);
  });

  it('groups the digits of counts, and not those of frames and connections', () => {
    const { text } = dataTable({
      ...{ id: 'some', caption: 'Some', total: 1, command: '', rows: [12_345] },
      columns: [
        { title: 'resets', numeric: true, cell: (n) => n },
        { title: 'frame', numeric: true, names: true, cell: (n) => n },
      ],
    });
    expect(text).toMatch(/data-v="12345">12,345<\/td>.*data-v="12345">12345<\/td>/);
  });

  it('draws no clocks of addresses that have but one', () => {
    const page = pageOf('nat-several-clocks.pcap');
    expect(questions(page).filter((question) => question.includes('timestamp clocks'))).toHaveLength(1);
    expect(page).toContain('each line below is one, and so one host.');
  });

  it('gives SQL and saved queries that run', () => {
    const page = pageOf('time-wait-challenged.pcap');
    const sql = new Set(Array.from(page.matchAll(/<code>(SELECT[^<]*)/g), ([, text]) => text!));
    expect(sql.size).toBeGreaterThan(0);
    for (const statement of sql) {
      const { status, stdout } = run(
        'query',
        'time-wait-challenged.pcap.db',
        statement.replaceAll('&#39;', "'"),
        '--format',
        'ndjson',
      );
      expect({ statement, status, rows: stdout !== '' }).toEqual({ statement, status: 0, rows: true });
    }
    const names = SAVED_QUERIES.map(({ name }) => name);
    for (const [, name] of page.matchAll(/--named ([a-z-]+)/g)) expect(names).toContain(name);
  });

  it('has a question over each picture, and no picture where there is nothing to show', () => {
    const full = questions(pageOf('time-wait-challenged.pcap'));
    expect(full).toContain('Which SYNs did TIME_WAIT let through, by number and timestamp?');
    for (const question of full) expect(question).toMatch(/^[A-Z].*\?$/);
    expect(questions(pageOf('client-closes-first.pcap'))).toEqual([
      'How did connections end, over time?',
      'How many TIME_WAIT sockets did each host hold?',
      'Who closed first, at each service?',
      'How many hosts are behind 10.163.6.69, by their timestamp clocks?',
    ]);
  });

  it('does not speak of several captures where there is one', () => {
    const page = pageOf('refused.pcap');
    expect(page).toContain('<dd>unknown: the handshakes do not tell</dd>');
  });

  it('has a number at each timer that is marked, on narrow pages, too', () => {
    const page = pageOf('reset-idle-timeout.pcap');
    const figure = /<figure class="chart" id="idle-before-reset">[\s\S]*?<\/figure>/.exec(page)![0];
    for (const drawing of figure.match(/<svg class="(?:wide|narrow)"[\s\S]*?<\/svg>/g)!) {
      const marks = /<g class="marker">[\s\S]*?<\/g>/.exec(drawing)![0];
      expect(Array.from(marks.matchAll(/>(\d+ s)</g), ([, label]) => label)).toEqual(['5 s', '60 s', '240 s', '350 s']);
    }
  });

  it('shows which frames to look at without scrolling a table sideways', () => {
    const table = /<table id="syns-on-time-wait-rows">[\s\S]*?<\/thead>/.exec(pageOf('time-wait-challenged.pcap'))![0];
    const titles = Array.from(table.matchAll(/data-sort="[a-z]+">([^<]*)/g), ([, title]) => title);
    expect(titles.slice(0, 4)).toEqual(['outcome', 'how sure', 'connection', 'frame']);
  });

  it('draws what a host held on to the end of the capture, of one sample, too', () => {
    const figure = /<figure class="chart" id="time-wait-held">[\s\S]*?<\/figure>/.exec(
      pageOf('time-wait-matrix.pcap'),
    )![0];
    const [, end] = /class="base" d="M\S+ \S+H([\d.]+)"/.exec(figure)!;
    const lines = Array.from(figure.matchAll(/class="line" d="([^"]*)"/g), ([, path]) => path);
    expect(lines[0]).toMatch(/^M\S+ \S+V/);
    expect(lines[0]).toMatch(new RegExp(`H${end}$`));
  });

  it('asks nothing of the network, and lets nothing act but its own style and script', () => {
    const page = pageOf('time-wait-challenged.pcap');
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)![1]!;
    expect(policy).toContain("default-src 'none'");
    for (const element of ['style', 'script']) {
      const contents = Array.from(
        page.matchAll(new RegExp(`<${element}>([\\s\\S]*?)</${element}>`, 'g')),
        ([, text]) => text!,
      );
      expect(contents).toHaveLength(1);
      const hash = createHash('sha256').update(contents[0]!).digest('base64');
      expect(policy).toContain(`${element}-src 'sha256-${hash}'`);
    }
    expect(withoutCode(page)).not.toMatch(
      /\b(src|href|action)\s*=\s*(?!["']?#)|@import|https?:|\bstyle\s*=|\bon[a-z]+\s*=/i,
    );
  });

  it('takes the name of a file as text, whatever it is', () => {
    const evil = `x"><img src=x onerror=alert(1)> '&\u202e.pcap`;
    copyFileSync(sample('refused.pcap'), join(folder, evil));
    expect(run('analyze', evil, '-o', `<b>'evil'.db`, '--quiet').status).toBe(0);
    const page = run('report', `<b>'evil'.db`, '--html', '-').stdout;
    expect(page).toContain('x&quot;&gt;&lt;img src=x onerror=alert(1)&gt; &#39;&amp;\\u202e.pcap');
    expect(page).not.toMatch(/<img|<b>'|\u202e/);
    // as a shell takes it, escaped for the page
    expect(page).toContain('tcpclose show &#39;&lt;b&gt;&#39;\\&#39;&#39;evil&#39;\\&#39;&#39;.db&#39; 1');
  });

  it('of an empty database says so', () => {
    writeFileSync(
      join(folder, 'empty.pcap'),
      Buffer.concat([Buffer.from('d4c3b2a1020004000000000000000000ffff000001000000', 'hex')]),
    );
    expect(run('analyze', 'empty.pcap', '--quiet').status).toBe(0);
    const page = run('report', 'empty.db', '--html', '-').stdout;
    expect(page).toContain('No TCP connection');
    expect(withoutCode(page)).not.toMatch(/<figure|<table|NaN|undefined|Infinity/);
  });

  it.each([
    'refused.pcap',
    'nat-several-clocks.pcap',
    'reset-idle-timeout.pcap',
    'paws-rejected.pcap',
    'ipv6.pcap',
    'half-closed.pcapng',
  ])('of %s has a value for each number', (name) =>
    expect(withoutCode(pageOf(name))).not.toMatch(/NaN|undefined|Infinity|\[object/),
  );
});

describe('report --html', () => {
  beforeAll(() => pageOf('refused.pcap'));
  it('replaces a page only when told so', () => {
    const { status, stderr } = run('report', 'refused.pcap.db', '--html', 'refused.pcap.html');
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('--force') });
    expect(run('report', 'refused.pcap.db', '--html', 'refused.pcap.html', '--force').status).toBe(0);
  });
  it('names its own option where the page cannot be put', () => {
    const { status, stderr } = run('report', 'refused.pcap.db', '--html', 'nowhere/x.html');
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('another place with --html.') });
  });
  it('never replaces what is no page', () => {
    const before = readFileSync(join(folder, 'refused.pcap.db'));
    expect(run('report', 'refused.pcap.db', '--html', 'refused.pcap.db', '--force').status).toBe(2);
    expect(readFileSync(join(folder, 'refused.pcap.db')).equals(before)).toBe(true);
  });
});
