import { spawnSync } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { DETECTORS } from '../src/detect/registry.js';
import { WORDS } from '../src/detect/words.js';
import { SAVED_QUERIES } from '../src/store/saved-queries.js';
import { CLI, tcpclose } from './cli/support/program.js';
import { temporaryFolder } from './store/support/write.js';
import { consoleExamples, shellLines } from './support/readme.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const SAMPLES_README = readFileSync(join(ROOT, 'samples/README.md'), 'utf8');

/** A folder in which `samples/` is there, as in a clone; the examples of one page run in it one after the other. */
function clone(): string {
  const folder = temporaryFolder();
  symlinkSync(join(ROOT, 'samples'), join(folder, 'samples'));
  return folder;
}
const pages = { 'README.md': clone(), 'samples/README.md': clone() };

/** A command line of a page, the program taken from dist/. */
function shell(folder: string, line: string) {
  const command = line.replaceAll('npx tcpclose', `"${process.execPath}" "${CLI}"`).replace(/^npm ci && /, '');
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  return { status, stdout, stderr };
}

const help = (...command: string[]): string => tcpclose(ROOT, [...command, '--help']).stdout;
const [, commandList = ''] = help().split(/^Commands.*$/m);
const commands = Array.from(commandList.matchAll(/^ {2}([a-z][a-z-]*) {2}/gm), (match) => match[1] ?? '');

describe('README.md', () => {
  it.each(consoleExamples(README))('shows what `$command` prints', ({ command, output }) => {
    const { status, stdout, stderr } = shell(pages['README.md'], command);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.replaceAll(/ +$/gm, '').trimEnd()).toBe(output);
  });

  it('sets up with two commands, each alone', () => {
    const lines = shellLines(README);
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toMatch(/^npm ci && /);
  });

  it('names every command, and no other', () => {
    expect(commands).toEqual(['analyze', 'report', 'query', 'show', 'extract', 'what-if', 'explain', 'schema']);
    for (const name of commands) expect(README).toContain(`\`tcpclose ${name} `);
    const named = Array.from(`${README}${SAMPLES_README}`.matchAll(/\btcpclose ([a-z][a-z-]+)/g), (match) => match[1]);
    expect([...new Set(named)].filter((name) => !commands.includes(name ?? ''))).toEqual([]);
  });

  it.each(DETECTORS.map(({ meta }) => meta.id))('names the detector %s', (id) => {
    expect(README).toContain(`\`${id}\``);
  });

  it('names every option of analyze', () => {
    for (const [option] of help('analyze').matchAll(/--[a-z0-9-]+/g))
      if (option !== '--help') expect(README).toContain(option);
  });

  it('names saved queries that there are', () => {
    const names = SAVED_QUERIES.map(({ name }) => name);
    const used = Array.from(`${README}${SAMPLES_README}`.matchAll(/--named ([a-z-]+)/g), (match) => match[1]);
    expect(used.filter((name) => !names.includes(name ?? ''))).toEqual([]);
  });
});

describe('samples/README.md', () => {
  it.each(shellLines(SAMPLES_README))('`%s` works', (line) => {
    expect(shell(pages['samples/README.md'], line)).toMatchObject({ status: 0 });
  });
});

describe('explain', () => {
  it('lists every detector', () => {
    const { stdout } = tcpclose(ROOT, ['explain']);
    for (const { meta } of DETECTORS) expect(stdout).toContain(meta.id);
  });

  it.each(DETECTORS.map(({ meta }) => meta))('tells the rule of $id, its findings and sources', (meta) => {
    const { status, stdout } = tcpclose(ROOT, ['explain', meta.id]);
    expect(status).toBe(0);
    expect(stdout).toContain(meta.explanation.trim());
    for (const text of [...Object.keys(meta.findings), ...meta.references]) expect(stdout).toContain(text);
    for (const kind of Object.keys(meta.findings))
      expect(tcpclose(ROOT, ['explain', kind]).stdout).toContain(`${kind}: `);
  });
});

describe('explain of a word', () => {
  it.each([
    ['half-open', 'reset_cause', 'the end that reset knew no such connection any more'],
    ['late_fin_rst', 'reset_code', 'tcp_fin_timeout'],
    ['challenged', 'time_wait_syns.outcome', 'answered with an ACK of the old connection'],
    ['stall', 'paws_rejections.impact', 'the connection stood still'],
    ['random-offsets', 'nat_sources.verdict', 'hosts cannot be counted'],
    ['replaced', 'close', 'a later connection was accepted'],
  ])('%s says which column has it, and what it means', (word, column, meaning) => {
    const { status, stdout } = tcpclose(ROOT, ['explain', word]);
    expect(status).toBe(0);
    expect(stdout).toContain(`${word} (${column}): `);
    expect(stdout.replaceAll('\n', ' ')).toContain(meaning);
  });

  it('knows no word that only JavaScript has', () => {
    expect(tcpclose(ROOT, ['explain', 'toString']).status).toBe(2);
  });

  it('names a detector that there is, for every word', () => {
    const ids = DETECTORS.map(({ meta }) => meta.id);
    for (const { word, detector } of WORDS) expect(ids, word).toContain(detector);
  });
});

describe('help', () => {
  it('of the program fits a screen, and shows first what most people need', () => {
    expect(help().trimEnd().split('\n').length).toBeLessThanOrEqual(24);
    expect(help()).toMatch(/What most people need:\n( {2}tcpclose [a-z]+ .*\n){3}\n/);
  });

  it.each(['', ...commands])('of "%s" fits a terminal', (name) => {
    const lines = help(...(name === '' ? [] : [name])).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines.length).toBeLessThanOrEqual(48);
  });

  it.each(commands)('of %s has examples that work on the samples', (name) => {
    const [, examples = ''] = help(name).split('\nExamples:\n');
    const lines = examples.split('\n').flatMap((line) => line.match(/^ {2}(.*\btcpclose .*)$/)?.[1] ?? []);
    expect(lines.some((line) => line.includes(`tcpclose ${name}`))).toBe(true);
    const folder = clone();
    for (const line of lines) {
      const { status, stderr } = shell(folder, line.replaceAll(/\btcpclose /g, 'npx tcpclose '));
      expect({ line, stderr }).toEqual({ line, stderr: '' });
      expect([0, ...(line.includes('--fail-on') ? [4] : [])]).toContain(status);
    }
  });
});
