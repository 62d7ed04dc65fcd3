import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { defaultOutput } from '../../src/commands/default-output.js';
import { parseDuration } from '../../src/commands/option-values.js';
import { temporaryFolder } from '../store/support/write.js';
import { ended, sample, started, tcpclose } from './support/program.js';

const top = temporaryFolder();
let folders = 0;
const fresh = (): string => {
  const folder = join(top, String(folders++));
  mkdirSync(folder);
  return folder;
};
const CAPTURE = sample('client-closes-first.pcap');
const octets = readFileSync(CAPTURE);
const query = (file: string, sql: string): unknown[] => {
  const db = new Database(file, { readonly: true });
  try {
    return db.prepare(sql).all();
  } finally {
    db.close();
  }
};

describe('the name of the database', () => {
  it.each([
    ['web.pcap.gz', 'web.db'],
    ['/captures/web.pcapng', 'web.db'],
    ['web.cap.zst', 'web.db'],
    ['ring/web.pcap12', 'web.db'],
    ['web.pcap.1', 'web.db'],
    ['2024.01.02.pcap', '2024.01.02.db'],
    ['trace', 'trace.db'],
    ['ring/', 'ring.db'],
    ['.pcap', 'tcpclose.db'],
    ['-', 'tcpclose.db'],
  ])('for %s is %s', (input, output) => {
    expect(defaultOutput(input)).toBe(output);
  });

  it('is made in the working directory', () => {
    const folder = fresh();
    writeFileSync(join(folder, 'in.pcap.gz'), gzipSync(octets));
    expect(tcpclose(folder, ['analyze', 'in.pcap.gz'])).toMatchObject({ status: 0, stderr: '' });
    expect(readdirSync(folder)).toEqual(['in.db', 'in.pcap.gz']);
  });
});

describe('a duration', () => {
  it.each([
    ['500ms', 5e8],
    ['30s', 3e10],
    ['2m', 1.2e11],
    ['4min', 2.4e11],
    ['1.5s', 1.5e9],
    ['1h', 3.6e12],
  ])('%s is %d ns', (text, ns) => {
    expect(parseDuration(text)).toBe(ns);
  });
  it.each(['60', 's', '-1s', '0s', '1 fortnight', '25h', ''])('%s is refused', (text) => {
    expect(() => parseDuration(text)).toThrow();
  });
});

describe('analyze ends with', () => {
  it('0 where all input was read whole, and a summary that fits a screen', () => {
    const { status, stdout, stderr } = tcpclose(fresh(), ['analyze', CAPTURE]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(24);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    for (const word of ['Captured', 'Connections', 'Closed first', 'Resets', 'TIME_WAIT', 'PAWS', 'Clocks'])
      expect(stdout).toContain(word);
  });

  it('0 and nothing on standard output with --quiet', () => {
    expect(tcpclose(fresh(), ['analyze', CAPTURE, '--quiet'])).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(tcpclose(fresh(), ['--quiet', 'analyze', CAPTURE])).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it('1 where the input cannot be read; nothing is written', () => {
    const folder = fresh();
    const { status, stderr } = tcpclose(folder, ['analyze', 'nothing.pcap']);
    expect(status).toBe(1);
    expect(stderr).toContain('nothing.pcap: there is no such file');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('1 where the output exists, which stays', () => {
    const folder = fresh();
    writeFileSync(join(folder, 'out.db'), 'mine');
    const { status, stderr } = tcpclose(folder, ['analyze', CAPTURE, '-o', 'out.db']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/--force.*--append/);
    expect(readFileSync(join(folder, 'out.db'), 'utf8')).toBe('mine');
  });

  it.each([
    ['no input', ['analyze']],
    ['an unknown command', ['analyse', 'x.pcap']],
    ['an unknown option', ['analyze', CAPTURE, '--speed']],
    ['a duration without a unit', ['analyze', CAPTURE, '--time-wait', '60']],
    ['no threads', ['analyze', CAPTURE, '--jobs', '0']],
    ['memory without a unit', ['analyze', CAPTURE, '--max-memory', '512']],
    ['less memory than the program takes', ['analyze', CAPTURE, '--max-memory', '64M']],
    ['an unknown level', ['analyze', CAPTURE, '--fail-on', 'bad']],
    ['--force and --append at once', ['analyze', CAPTURE, '--force', '--append']],
    ['no command', []],
  ])('2 for %s', (_, args) => {
    const { status, stdout } = tcpclose(fresh(), args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });

  it('2 where the output would overwrite a capture', () => {
    const folder = fresh();
    copyFileSync(CAPTURE, join(folder, 'web.pcap'));
    expect(tcpclose(folder, ['analyze', 'web.pcap', '-o', 'web.pcap', '--force']).status).toBe(2);
    expect(tcpclose(folder, ['analyze', '.', '-o', 'web.pcap', '--force']).status).toBe(2);
    expect(readFileSync(join(folder, 'web.pcap'))).toEqual(octets);
  });

  it('3 where a capture is cut short: what was readable is in the database, and the damage is told, with --quiet too', () => {
    const folder = fresh();
    writeFileSync(join(folder, 'cut.pcap'), octets.subarray(0, octets.length - 5));
    const { status, stderr } = tcpclose(folder, ['analyze', 'cut.pcap', '--quiet']);
    expect(status).toBe(3);
    expect(stderr).toMatch(/cut\.pcap: .*octet \d+, frame \d+/);
    const [row] = query(join(folder, 'cut.db'), 'SELECT packets, damage FROM captures') as {
      packets: number;
      damage: string;
    }[];
    expect(row!.packets).toBeGreaterThan(3);
    expect(row!.damage).toContain('cut-record');
  });

  it('3 where one of several inputs is missing', () => {
    const folder = fresh();
    const { status, stderr } = tcpclose(folder, ['analyze', CAPTURE, 'nothing.pcap', '-o', 'x.db', '--quiet']);
    expect(status).toBe(3);
    expect(stderr).toContain('nothing.pcap');
    expect(existsSync(join(folder, 'x.db'))).toBe(true);
  });

  it('0 and help on standard output where help is asked for', () => {
    const { status, stdout } = tcpclose(fresh(), ['--help']);
    expect(status).toBe(0);
    expect(stdout.split('\n').length).toBeLessThanOrEqual(25);
    expect(tcpclose(fresh(), ['--version']).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('an input of which nothing can be read', () => {
  it('is told in the summary, by a later report, and on the page, which does not claim that all was read', () => {
    const folder = fresh();
    const { status, stdout, stderr } = tcpclose(folder, [
      'analyze',
      'nope.pcap',
      sample('refused.pcap'),
      '-o',
      'some.db',
    ]);
    const said = 'nope.pcap: there is no such file. Check the name.';
    expect({ status, stderr }).toEqual({ status: 3, stderr: `tcpclose: ${said}\n` });
    expect(stdout).toContain(`Not read      ${said}\n`);
    expect(tcpclose(folder, ['report', 'some.db']).stdout).toBe(stdout);
    const page = tcpclose(folder, ['report', 'some.db', '--html', '-']).stdout;
    expect(page).toContain(`Nothing was read of ${said}`);
    expect(page).not.toContain('All input was read whole.');
  });
});

describe('the table captures', () => {
  it('accounts for every packet, and hashes the file where asked to', () => {
    const folder = fresh();
    expect(tcpclose(folder, ['analyze', CAPTURE, '-o', 'x.db', '--sha256', '--quiet']).status).toBe(0);
    const [row] = query(
      join(folder, 'x.db'),
      `SELECT *, packets - tcp_packets - COALESCE((SELECT sum(packets) FROM undecoded AS u WHERE u.capture_id = c.id), 0) AS rest FROM captures AS c`,
    ) as Record<string, unknown>[];
    expect(row).toMatchObject({
      path: CAPTURE,
      format: 'pcap',
      bytes: octets.length,
      damage: null,
      rest: 0,
      compression: null,
    });
    expect(row!.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each(['1', '2'])('reads standard input with --jobs %s', (jobs) => {
    const folder = fresh();
    expect(tcpclose(folder, ['analyze', '-', '--quiet', '--jobs', jobs], octets).status).toBe(0);
    expect(query(join(folder, 'tcpclose.db'), 'SELECT path, bytes FROM captures')).toEqual([
      { path: '-', bytes: octets.length },
    ]);
  });

  it('holds all captures of a directory and of an appended run', () => {
    const folder = fresh();
    mkdirSync(join(folder, 'ring'));
    copyFileSync(CAPTURE, join(folder, 'ring', 'a.pcap'));
    copyFileSync(sample('server-closes-first.pcap'), join(folder, 'ring', 'b.pcap'));
    writeFileSync(join(folder, 'ring', 'notes.txt'), 'not a capture');
    expect(tcpclose(folder, ['analyze', 'ring'])).toMatchObject({
      status: 0,
      stderr: 'tcpclose: 1 file in the directory left out: not captures.\n',
    });
    expect(tcpclose(folder, ['analyze', CAPTURE, '-o', 'ring.db', '--append', '--quiet']).status).toBe(0);
    expect(query(join(folder, 'ring.db'), 'SELECT id, recording_id FROM captures ORDER BY id')).toEqual([
      { id: 1, recording_id: 1 },
      { id: 2, recording_id: 1 },
      { id: 3, recording_id: 2 },
    ]);
  });
});

describe('an appended recording', () => {
  const lengths = (folder: string): unknown =>
    query(join(folder, 'x.db'), "SELECT json_extract(parameters, '$.time_wait_ns') AS ns FROM recordings ORDER BY id");

  it('has the length of TIME_WAIT of the database that it is added to', () => {
    const folder = fresh();
    expect(tcpclose(folder, ['analyze', CAPTURE, '-o', 'x.db', '--time-wait', '30s', '--quiet']).status).toBe(0);
    expect(tcpclose(folder, ['analyze', CAPTURE, '-o', 'x.db', '--append', '--quiet']).status).toBe(0);
    expect(tcpclose(folder, ['analyze', CAPTURE, '-o', 'x.db', '--append', '--time-wait', '30s', '-q']).status).toBe(0);
    expect(lengths(folder)).toEqual([{ ns: 30e9 }, { ns: 30e9 }, { ns: 30e9 }]);
  });

  it('is refused with another one, before anything is read, and the way out is said', () => {
    const folder = fresh();
    expect(tcpclose(folder, ['analyze', CAPTURE, '-o', 'x.db', '--quiet']).status).toBe(0);
    const { status, stderr } = tcpclose(folder, ['analyze', CAPTURE, '-o', 'x.db', '--append', '--time-wait', '30s']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/--time-wait 30s: x\.db was made with 60s.*tcpclose what-if x\.db --time-wait 30s/);
    expect(lengths(folder)).toEqual([{ ns: 60e9 }]);
  });
});

describe('a name', () => {
  it.each([
    ['analyze', CAPTURE, '-o', ''],
    ['analyze', ''],
    ['report', ''],
  ])('that is empty is told as such: %s', (...args) => {
    const { status, stderr } = tcpclose(fresh(), args);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/^tcpclose: .*empty \(a shell variable that is not set\?\)/);
  });

  // Node takes names for UTF-8: the octet is lost, so the file cannot be opened, and must not be left out in silence.
  it.runIf(process.platform === 'linux')('that is not UTF-8 is told of, in a directory, too', () => {
    const folder = fresh();
    mkdirSync(join(folder, 'ring'));
    copyFileSync(CAPTURE, join(folder, 'ring', 'good.pcap'));
    copyFileSync(CAPTURE, Buffer.concat([Buffer.from(join(folder, 'ring', 'caf')), Buffer.from([0xe9])]));
    const { status, stderr } = tcpclose(folder, ['analyze', 'ring', '--quiet']);
    expect(status).toBe(3);
    expect(stderr).toContain(
      'ring/caf\ufffd: cannot be opened by this name. Its name seems not to be UTF-8: rename it',
    );
    expect(query(join(folder, 'ring.db'), 'SELECT path FROM captures')).toEqual([{ path: 'ring/good.pcap' }]);
    const alone = tcpclose(folder, ['analyze', 'ring/caf\ufffd']);
    expect(alone).toMatchObject({ status: 1 });
    expect(alone.stderr).toContain('Its name seems not to be UTF-8');
  });
});

describe('a run that is ended', () => {
  const running = (folder: string, ...options: string[]) =>
    started(folder, ['analyze', '-', '-o', 'x.db', '--quiet', ...options], octets.subarray(0, 200), () =>
      readdirSync(folder).some((name) => name.startsWith('.x.db')),
    );

  it.each([
    ['SIGTERM', '1'],
    ['SIGTERM', '2'],
    ['SIGHUP', '2'],
  ] as const)('by %s with --jobs %s leaves nothing behind, and the shell sees the signal', async (signal, jobs) => {
    const folder = fresh();
    const child = await running(folder, '--jobs', jobs);
    child.kill(signal);
    expect(await ended(child)).toEqual({ code: null, signal });
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each(['1', '2'])(
    'by Ctrl-C on the pipe that it reads, with --jobs %s, tells of what came until then',
    async (jobs) => {
      const folder = fresh();
      const child = await running(folder, '--jobs', jobs);
      child.kill('SIGINT');
      child.stdin!.end(octets.subarray(200)); // as tcpdump does: it writes out what it has, and ends
      expect(await ended(child)).toEqual({ code: 0, signal: null });
      const whole = 'SELECT close, client_bytes FROM connections';
      expect(tcpclose(folder, ['analyze', CAPTURE, '-o', 'y.db', '--quiet']).status).toBe(0);
      expect(query(join(folder, 'x.db'), whole)).toEqual(query(join(folder, 'y.db'), whole));
      expect(readdirSync(folder)).toEqual(['x.db', 'y.db']);
    },
  );

  it.each(['1', '2'])('by Ctrl-C, with --jobs %s, ends also where the other end of the pipe goes on', async (jobs) => {
    const folder = fresh();
    const child = await running(folder, '--jobs', jobs);
    child.kill('SIGINT');
    expect(await ended(child)).toEqual({ code: 3, signal: null }); // a record was cut in two
    expect(readdirSync(folder)).toEqual(['x.db']);
  });

  it.each(['1', '2'])(
    'by Ctrl-C twice, with --jobs %s, leaves nothing behind, and the shell sees the signal',
    async (jobs) => {
      const folder = fresh();
      const child = await running(folder, '--jobs', jobs);
      child.kill('SIGINT');
      await new Promise((resolve) => setTimeout(resolve, 300));
      child.kill('SIGINT');
      expect(await ended(child)).toEqual({ code: null, signal: 'SIGINT' });
      expect(readdirSync(folder)).toEqual([]);
    },
  );

  it('by force leaves no database; the next run clears away what it left', async () => {
    const folder = fresh();
    const child = await running(folder);
    child.kill('SIGKILL');
    await ended(child);
    const names = readdirSync(folder);
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) expect(name).toMatch(/^\.x\.db\.tcpclose-/);
    expect(tcpclose(folder, ['analyze', CAPTURE, '-o', 'x.db', '--quiet']).status).toBe(0);
    expect(readdirSync(folder)).toEqual(['x.db']);
  });

  it('leaves the database that was there before', async () => {
    const folder = fresh();
    expect(tcpclose(folder, ['analyze', CAPTURE, '-o', 'x.db', '--quiet']).status).toBe(0);
    const before = readFileSync(join(folder, 'x.db'));
    const child = await started(
      folder,
      ['analyze', '-', '-o', 'x.db', '--force', '--quiet'],
      octets.subarray(0, 200),
      () => readdirSync(folder).length > 1,
    );
    child.kill('SIGKILL');
    await ended(child);
    expect(readFileSync(join(folder, 'x.db'))).toEqual(before);
  });
});
