import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../store/support/write.js';
import { CLI, sample, tcpclose } from './support/program.js';

const folder = temporaryFolder();
const run = (...args: string[]) => tcpclose(folder, ['extract', ...args]);
beforeAll(() => {
  copyFileSync(sample('refused.pcap'), join(folder, 'web.pcap'));
  expect(tcpclose(folder, ['analyze', 'web.pcap', '--quiet']).status).toBe(0);
});

describe('extract', () => {
  it('writes a file whole and says what is in it', () => {
    expect(run('web.db', '1', '2', '-w', 'two.pcapng')).toEqual({
      status: 0,
      stdout: 'two.pcapng: 4 packets of 2 connections\n',
      stderr: '',
    });
    expect(readdirSync(folder).filter((name) => name.includes('tcpclose-'))).toEqual([]);
  });

  it('writes to standard output what it would write to a file', () => {
    const { stdout } = spawnSync(process.execPath, [CLI, 'extract', 'web.db', '1', '2', '-w', '-', '-q'], {
      cwd: folder,
    });
    expect(run('web.db', '1', '2', '-w', 'same.pcapng', '--quiet')).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(stdout.equals(readFileSync(join(folder, 'same.pcapng')))).toBe(true);
  });

  it('is quiet where the reader of its packets has seen enough', () => {
    const pipe = `"${process.execPath}" "${CLI}" extract web.db --where 1 -w - -q | head -c 8`;
    const { stdout, stderr } = spawnSync('sh', ['-c', pipe], { cwd: folder });
    expect({ length: stdout.length, stderr: stderr.toString() }).toEqual({ length: 8, stderr: '' });
  });

  it('refuses an existing output unless it is told to replace it', () => {
    writeFileSync(join(folder, 'there.pcapng'), 'mine');
    const { status, stderr } = run('web.db', '1', '-w', 'there.pcapng');
    expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining('--force') as string });
    expect(readFileSync(join(folder, 'there.pcapng'), 'utf8')).toBe('mine');
    expect(run('web.db', '1', '-w', 'there.pcapng', '--force').status).toBe(0);
  });

  it.each(['web.pcap', 'web.db'])('never replaces %s, which it reads from', (name) => {
    const before = readFileSync(join(folder, name));
    expect(run('web.db', '1', '-w', name, '--force')).toMatchObject({ status: 2, stdout: '' });
    expect(readFileSync(join(folder, name)).equals(before)).toBe(true);
  });

  it.each([
    ['an id that is not there', ['99'], /there is no connection 99.*ids 1 to 8/],
    ['what is no id', ['x'], /x: is no number of a connection/],
    ['no selection', [], /say which connections/],
    ['a finding that is not there', ['--finding', '99'], /there is no finding 99/],
    ['a condition that nothing meets', ['--where', 'id > 100'], /no connection in this database is like that/],
    ['a condition with a wrong name', ['--where', 'prot = 1'], /no such column: prot/],
    ['a condition that is more than one', ['--where', '1; DELETE FROM captures'], /SQL/],
  ])('says what is wrong with %s, and writes nothing', (_, args, message) => {
    const { status, stderr } = run('web.db', ...args, '-w', 'no.pcapng');
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringMatching(message) as string });
    expect(existsSync(join(folder, 'no.pcapng'))).toBe(false);
  });
});
