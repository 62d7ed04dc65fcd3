import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { sample, tcpclose } from '../../cli/support/program.js';
import { temporaryFolder } from '../../store/support/write.js';

const folder = temporaryFolder();
const show = (...args: string[]) => tcpclose(folder, ['show', 'web.db', ...args]);

beforeAll(() => {
  const made = tcpclose(folder, ['analyze', sample('time-wait-challenged.pcap'), '-o', 'web.db', '--quiet']);
  expect(made.status).toBe(0);
});

describe('tcpclose show', () => {
  it('fits 80 columns, save for what is to be copied', () => {
    const lines = show('1', '2', '3', '4', '5', '6', '7', '8').stdout.split('\n');
    expect(lines.filter((line) => line.length > 80 && !line.startsWith('ip.addr=='))).toEqual([]);
    expect(lines.filter((line) => line.endsWith(' '))).toEqual([]);
  });
  it('tells the rule, evidence, confidence and source of each verdict', () => {
    const { stdout, status } = show('8');
    expect(status).toBe(0);
    for (const text of [
      'confidence strong',
      'evidence: linux challenge',
      'RFC 6191 §2',
      'tcpclose explain time-wait-syn',
    ])
      expect(stdout).toContain(text);
  });
  it('says what only the capture can tell', () => {
    expect(show('3').stdout).toContain('The capture would add');
    expect(show('3').stdout).toMatch(/^tcpclose extract web\.db 3 4 -w connection-3\.pcapng$/m);
  });
  it('breaks no line inside a number and its unit, a rule or a command', () => {
    expect(show('1', '3', '8').stdout).not.toMatch(/RFC \d+\n|\d\n +(B|ms|s)\b|tcpclose\n/);
  });
  it('names no command for packets that came from standard input', () => {
    const capture = readFileSync(sample('refused.pcap'));
    expect(tcpclose(folder, ['analyze', '-', '-o', 'piped.db', '--quiet'], capture).status).toBe(0);
    const { stdout } = tcpclose(folder, ['show', 'piped.db', '1']);
    expect(stdout).toContain('came from standard input and were not kept');
    expect(stdout).not.toContain('tcpclose extract');
  });
  it('writes numbers as on the wire with --raw', () => {
    expect(show('3').stdout).toMatch(/ SYN seq 0 -/);
    expect(show('3', '--raw').stdout).toMatch(/ SYN seq 4206433612 -/);
  });
  it('colours nothing unless asked', () => {
    expect(show('3').stdout).not.toContain('\u001b');
    expect(show('3', '--color', 'always').stdout).toContain('\u001b[1mConnection 3');
  });
  it('writes several connections as one JSON array, each once, times as exact digits', () => {
    const parsed = JSON.parse(show('3', '8', '3', '--format', 'json').stdout) as { connection: object }[];
    expect(parsed.map(({ connection }) => connection)).toMatchObject([
      { id: 3, firstNs: '1795221776763961000' },
      { id: 8, close: 'unanswered' },
    ]);
  });
  it('names the ids that there are when one is unknown, and prints nothing', () => {
    const { status, stdout, stderr } = show('1', '99');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toBe('tcpclose: there is no connection 99 in this database. Its connections have the ids 1 to 8.\n');
  });
  it.each(['x', '-1', '1.5', '99999999999999999999'])('refuses %s as an id', (id) => {
    expect(show('--', id).status).toBe(2);
  });
});
