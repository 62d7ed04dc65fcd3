import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../store/support/write.js';
import { sample, tcpclose, type Ended } from './support/program.js';

const folder = temporaryFolder();
const preload = fileURLToPath(new URL('./support/another-node.cjs', import.meta.url));
const anotherNode = { NODE_OPTIONS: `--require ${JSON.stringify(preload)}` };
const withAnotherNode = (...args: string[]): Ended => tcpclose(folder, args, undefined, anotherNode);

const WAY_OUT = `SQLite cannot be loaded: better-sqlite3 was compiled for another Node than this one (${process.version}), or never. Run "npm rebuild better-sqlite3" where tcpclose is installed.\n`;

beforeAll(() => {
  expect(tcpclose(folder, ['analyze', sample('client-closes-first.pcap'), '-o', 'web.db', '--quiet']).status).toBe(0);
});

describe('where SQLite was compiled for another Node', () => {
  it.each([
    ['report', ['report', 'web.db']],
    ['query', ['query', 'web.db', 'SELECT 1']],
  ])('%s says so, and what to do', (_command, args) => {
    expect(withAnotherNode(...args)).toEqual({ status: 1, stdout: '', stderr: `tcpclose: web.db: ${WAY_OUT}` });
  });

  it('analyze says so, and leaves nothing', () => {
    const output = join(folder, 'new.db');
    const { status, stderr } = withAnotherNode('analyze', sample('client-closes-first.pcap'), '-o', output);
    expect({ status, stderr }).toEqual({ status: 1, stderr: `tcpclose: ${output}: ${WAY_OUT}` });
    expect(existsSync(output)).toBe(false);
  });

  it('analyze says so also where a thread of its own writes, as it does of a pipe', () => {
    const output = join(folder, 'piped.db');
    const capture = readFileSync(sample('client-closes-first.pcap'));
    const { status, stderr } = tcpclose(folder, ['analyze', '-', '-o', output], capture, anotherNode);
    expect({ status, stderr }).toEqual({ status: 1, stderr: `tcpclose: ${output}: ${WAY_OUT}` });
    expect(existsSync(output)).toBe(false);
  });
});
