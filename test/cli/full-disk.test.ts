import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../store/support/write.js';
import { CLI, sample, tcpclose } from './support/program.js';

const folder = temporaryFolder();
beforeAll(() => {
  expect(tcpclose(folder, ['analyze', sample('client-closes-first.pcap'), '-o', 'web.db', '--quiet']).status).toBe(0);
});

const FULL = '/dev/full';

/** Runs the program with its standard output on a disk that is full. */
function toFullDisk(...args: string[]): { readonly status: number | null; readonly stderr: string } {
  const full = openSync(FULL, 'w');
  try {
    const { status, stderr } = spawnSync(process.execPath, [CLI, ...args], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', full, 'pipe'],
    });
    return { status, stderr };
  } finally {
    closeSync(full);
  }
}

describe.runIf(existsSync(FULL))('where the disk behind standard output is full', () => {
  it.each([
    ['report', ['report', 'web.db']],
    ['query', ['query', 'web.db', 'SELECT 1']],
    ['extract', ['extract', 'web.db', '1', '-w', '-', '-q']],
    ['analyze', ['analyze', sample('client-closes-first.pcap'), '-o', 'other.db']],
  ])('%s says so in one line', (_command, args) => {
    const { status, stderr } = toFullDisk(...args);
    expect(stderr).toMatch(/^tcpclose: standard output: cannot be written \(.*no space left on device.*\)\..*\n$/);
    expect(status).toBe(1);
  });

  it('analyze has written its database all the same', () => {
    const output = join(folder, 'whole.db');
    toFullDisk('analyze', sample('client-closes-first.pcap'), '-o', output);
    expect(tcpclose(folder, ['query', output, 'SELECT count(*) FROM connections']).status).toBe(0);
  });
});

describe.runIf(process.platform === 'linux')('where a page does not fit on the disk', () => {
  it('report says so, and leaves the page that was there', () => {
    const page = join(folder, 'page.html');
    writeFileSync(page, '<!doctype html>before');
    const limited = `trap '' XFSZ; ulimit -f 8; exec "$0" "$@"`;
    const args = [process.execPath, CLI, 'report', 'web.db', '--html', page, '--force'];
    const { status, stderr } = spawnSync('sh', ['-c', limited, ...args], { cwd: folder, encoding: 'utf8' });
    expect(stderr).toMatch(/^tcpclose: .*page\.html: cannot be written \(EFBIG.*\)\. Choose another place, .*\n$/);
    expect(status).toBe(1);
    expect(readFileSync(page, 'utf8')).toBe('<!doctype html>before');
  });
});
