import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { SAVED_QUERIES } from '../../src/store/saved-queries.js';
import { temporaryFolder } from '../store/support/write.js';
import { CLI, ended, sample, tcpclose } from './support/program.js';

const folder = temporaryFolder();
beforeAll(() => {
  expect(tcpclose(folder, ['analyze', sample('refused.pcap'), '-o', 'web.db', '--quiet']).status).toBe(0);
});
const query = (...args: string[]) => tcpclose(folder, ['query', 'web.db', ...args]);
const ENDLESS = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)';

describe('a saved query', () => {
  it.each(SAVED_QUERIES)('$name says in one line what it answers, and each parameter what it does', (saved) => {
    expect(saved.about.length).toBeLessThanOrEqual(90);
    for (const { about } of saved.parameters ?? []) expect(about.length).toBeLessThanOrEqual(80);
  });

  it('is narrowed by its parameters', () => {
    const ports = query('SELECT server_port, count(*) FROM resets GROUP BY 1', '--format', 'tsv').stdout;
    const [, port, count] = /^(\d+)\t(\d+)$/m.exec(ports) ?? [];
    const { stdout } = query('--named', 'resets-by-cause', '--param', `port=${port}`, '--format', 'ndjson');
    expect(JSON.parse(stdout)).toMatchObject({ reset_cause: 'refused', connections: Number(count) });
    expect(query('--named', 'resets-by-cause', '--param', 'port=1').stdout).toContain('(no rows)');
  });

  it.each([
    ['a name that there is not', ['--named', 'resets-by-cuase'], 'Did you mean resets-by-cause?'],
    ['an unknown parameter', ['--named', 'resets', '--param', 'prot=443'], 'resets takes port. Did you mean port?'],
    ['a parameter where there are none', ['--named', 'captures', '--param', 'x=1'], 'captures takes none'],
    ['a value of the wrong kind', ['--named', 'resets', '--param', 'port=https'], 'port is a whole number'],
    ['no value', ['--named', 'resets', '--param', 'port'], 'port=443'],
    ['a missing parameter', ['--named', 'evidence'], 'needs --param id=VALUE (number of the connection)'],
    ['SQL beside the name', ['SELECT 1', '--named', 'resets'], 'not both'],
  ])('is refused with %s, in words that help', (_, args, words) => {
    const { status, stdout, stderr } = query(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(words);
  });
});

describe("SQL of one's own", () => {
  it('may have question marks in strings, names and comments', () => {
    const { status, stdout } = query(`SELECT 'why?' AS "who?", 1 AS [how?] -- when?`, '--format', 'csv');
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'who?,how?\nwhy?,1\n' });
  });

  it('takes parameters, numbers as numbers', () => {
    const sql = 'SELECT typeof(:a) AS a, typeof($b) AS b, typeof(@c) AS c';
    const given = ['--param', 'a=443', '--param', 'b=1.5', '--param', 'c=10.0.0.1'];
    expect(query(sql, ...given, '--format', 'csv').stdout).toBe('a,b,c\ninteger,real,text\n');
  });

  it.each([
    ['a parameter without a value', ['SELECT :a'], 'give it with --param a=VALUE'],
    ['a value without a parameter', ['SELECT 1', '--param', 'a=1'], 'there is no parameter a'],
    [
      'a parameter that has no name',
      ["SELECT '?', ?1"],
      "Write :name, and give it with --param name=VALUE.\n  SELECT '?', ?1\n              ^^",
    ],
    ['what only looks like a parameter', ["SELECT ':a' -- :b", '--param', 'b=1'], 'this SQL takes none'],
  ])('is refused with %s', (_, args, words) => {
    const { status, stderr } = query(...args);
    expect(status).toBe(2);
    expect(stderr).toContain(words);
  });

  it.each([
    ['a word out of place', 'SELECT id FROM captures\nWHERE id = 1 GROUPP BY id', 'line 2\n  WHERE id = 1 GROUPP BY id\n               ^^^^^^'],
    ['a misspelt column', 'SELECT closed_frist FROM connections', '  SELECT closed_frist FROM connections\n         ^^^^^^^^^^^^\nDid you mean closed_first?'],
    ['a misspelt column with a prefix', 'SELECT c.closd FROM connections AS c', '         ^^^^^^^\nDid you mean close?'],
    ['the same word in a string before it', "SELECT 'closd', closd FROM connections", '                  ^^^^^\nDid you mean close?'],
    ['a column of another view', 'SELECT reset_cause FROM closers', 'reset_cause is a column of connections, resets'],
    ['a misspelt table', 'SELECT 1 FROM conections', '                ^^^^^^^^^^\nDid you mean connections?'],
    ['a misspelt function', 'SELECT cout(*) FROM connections', '         ^^^^\nDid you mean count?'],
    ['an early end', 'SELECT id FROM captures WHERE', '                               ^'],
    ['a string that does not end', "SELECT 'abc", "         ^^^^"],
    ['a name that two tables have', 'SELECT id FROM captures, connections', '         ^^\n'],
    ['too many arguments', 'SELECT abs(1, 2)', '         ^^^'],
    ['a place far into a long line', `SELECT ${'id, '.repeat(40)}idd${', id'.repeat(40)} FROM captures`, ' ...\n'],
  ])('that is wrong is shown with a mark under the place: %s', (_, sql, text) => {
    const { status, stdout, stderr } = query(sql);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(`${stderr}\n`).toContain(text);
    for (const line of stderr.split('\n').slice(1)) expect(line.length).toBeLessThanOrEqual(130);
  }); // prettier-ignore

  it('that fails on a value says so', () => {
    expect(query("SELECT json('x')")).toMatchObject({
      status: 2,
      stderr: 'tcpclose: the SQL failed while it ran: malformed JSON.\n',
    });
  });
});

describe('a query that does not end', () => {
  it('is stopped when its time is up, also while SQLite gives no row', () => {
    const { status, stderr } = query(`${ENDLESS} SELECT count(*) FROM n`, '--timeout', '300ms');
    expect(status).toBe(1);
    expect(stderr).toBe(
      'tcpclose: the query took longer than 0.3 s and was stopped. Ask for less, or give it more time with --timeout.\n',
    );
  });

  it('has all the time it takes with --timeout none', () => {
    expect(query('SELECT 1 AS n', '--timeout', 'none')).toMatchObject({ status: 0, stderr: '' });
  });

  it('has time as long as its reader is slow', () => {
    const command = `"${process.execPath}" "${CLI}" query web.db "${ENDLESS} SELECT i FROM n LIMIT 100000" --format csv --timeout 3s | { sleep 4; wc -l; }`;
    expect(spawnSync('sh', ['-c', command], { cwd: folder, encoding: 'utf8' })).toMatchObject({
      stdout: '100001\n',
      stderr: '',
    });
  });

  it.each(['csv', 'table', 'json', 'markdown', 'zeek'])('is quiet when its reader has seen enough (%s)', (format) => {
    const command = `"${process.execPath}" "${CLI}" query web.db "${ENDLESS} SELECT i FROM n" --format ${format} | head -n 1`;
    const { stdout, stderr } = spawnSync('sh', ['-c', command], { cwd: folder, encoding: 'utf8', timeout: 20_000 });
    expect(stderr).toBe('');
    expect(stdout.split('\n')).toHaveLength(2);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('ends by %s, and the shell sees the signal', async (signal) => {
    const child = spawn(process.execPath, [CLI, 'query', 'web.db', `${ENDLESS} SELECT count(*) FROM n`], {
      cwd: folder,
    });
    let said = '';
    child.stderr.on('data', (octets: Buffer) => (said += octets.toString()));
    await new Promise((resolve) => setTimeout(resolve, 700));
    child.kill(signal);
    expect(await ended(child)).toEqual({ code: null, signal });
    expect(said).toBe('');
  });
});

describe('the format zeek', () => {
  const rows = (sql: string): string[] =>
    query(sql, '--format', 'zeek')
      .stdout.replaceAll(/(?<=#(open|close)\t)\d{4}(-\d\d){5}/g, 'NOW')
      .split('\n');

  it('has the header that zeek-cut reads, and the names and types of conn.log', () => {
    const sql = `SELECT 1.5 AS ts, 'C1' AS uid, '10.0.0.1' AS id_orig_h, 40000 AS id_orig_p, 0.25 AS duration, 'tcp' AS proto, 5 AS orig_bytes, 'SF' AS conn_state`;
    expect(rows(sql)).toEqual([
      '#separator \\x09',
      '#set_separator\t,',
      '#empty_field\t(empty)',
      '#unset_field\t-',
      '#path\tconn',
      '#open\tNOW',
      '#fields\tts\tuid\tid.orig_h\tid.orig_p\tduration\tproto\torig_bytes\tconn_state',
      '#types\ttime\tstring\taddr\tport\tinterval\tenum\tcount\tstring',
      '1.500000\tC1\t10.0.0.1\t40000\t0.250000\ttcp\t5\tSF',
      '#close\tNOW',
      '',
    ]);
  });

  it('tells NULL from nothing, and lets no value break a line', () => {
    const sql = `SELECT NULL AS a, '' AS b, '-' AS c, '#x' || char(9) || char(10) || '\\' AS d, -1 AS e, 1.5 AS f`;
    expect(rows(sql).slice(6, 9)).toEqual([
      '#fields\ta\tb\tc\td\te\tf',
      '#types\tstring\tstring\tstring\tstring\tint\tdouble',
      '-\t(empty)\t\\x2d\t\\x23x\\x09\\x0a\\\\\t-1\t1.5',
    ]);
  });
});

describe('a table', () => {
  it('writes units: durations, sizes, moments, differences', () => {
    const sql = `SELECT 0.0123 AS gap_s, 350 AS timer_s, 7300.0 AS long_s, 1234567 AS client_bytes, 1700000000123456789 AS at_ns, -522614833 AS isn_delta, 5 AS n, 17 AS some_ns`;
    expect(query(sql).stdout.split('\n')[2]?.split(/ {2,}/)).toEqual([
      '12.3 ms',
      '350 s',
      '2 h 1 min',
      '1.23 MB',
      '2023-11-14T22:13:20.123456789Z',
      '-522,614,833',
      '5',
      '17',
    ]);
  });

  it('shows a moment to the microsecond, and of a sum no more than it is worth', () => {
    const sql = 'SELECT 1795221776.549471 AS ts, 123456789.5 AS n, 0.1 + 0.2 AS sum';
    expect(query(sql).stdout.split('\n')[2]?.trim().split(/ {2,}/)).toEqual([
      '1795221776.549471',
      '123456789.5',
      '0.3',
    ]);
  });

  it('is exact in every other format', () => {
    expect(query('SELECT 0.0123 AS gap_s, 1234567 AS client_bytes', '--format', 'csv').stdout).toBe(
      'gap_s,client_bytes\n0.0123,1234567\n',
    );
  });
});

it('messages name the database that is not there', () => {
  expect(tcpclose(folder, ['query', join('no', 'such.db'), 'SELECT 1'])).toMatchObject({ status: 1, stdout: '' });
});
