import { existsSync, readFileSync, writeFileSync } from 'node:fs';
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

describe('where the database is damaged', () => {
  const PAGE = 4096;
  /** Another database, of which only the part that holds the schema is whole. */
  const damaged = (name: string, keepPages: number): string => {
    const octets = readFileSync(join(folder, 'web.db'));
    octets.fill(0x55, keepPages * PAGE);
    writeFileSync(join(folder, name), octets);
    return name;
  };

  it.each([
    ['report', ['report']],
    ['show', ['show', '1']],
    ['what-if', ['what-if']],
    ['extract', ['extract', '1', '-w', '-']],
    ['query', ['query', 'SELECT * FROM connections']],
  ])('%s says so, and what to do, and takes no fault of it on itself', (_command, [command, ...args]) => {
    const name = damaged('damaged.db', 12);
    const { status, stdout, stderr } = tcpclose(folder, [command!, name, ...args]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toBe(
      'tcpclose: damaged.db: is damaged, or on a disk that fails (database disk image is malformed). Make it again: tcpclose analyze CAPTURE -o FILE. What is left of it comes out with: sqlite3 FILE .recover\n',
    );
  });
});
