import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeAll, describe, expect, it } from 'vitest';
import { SAVED_QUERIES } from '../../src/store/saved-queries.js';
import { SCHEMA_DOCS } from '../../src/store/schema-docs.js';
import { temporaryFolder } from '../store/support/write.js';
import { sample, tcpclose } from './support/program.js';

const folder = temporaryFolder();
beforeAll(() => {
  expect(tcpclose(folder, ['analyze', sample('client-closes-first.pcap'), '-o', 'web.db', '--quiet']).status).toBe(0);
});
const run = (...args: string[]) => tcpclose(folder, args);
const query = (sql: string, format: string) => run('query', 'web.db', sql, '--format', format).stdout;

const ODD = `SELECT 1 AS n, 9223372036854775807 AS big, 0.5 AS half, NULL AS "none", 'a,"b|' || char(10) || char(9) || 'c' AS text, x'00ff' AS blob, 2 AS n`;

describe('query', () => {
  it('writes CSV as RFC 4180 has it', () => {
    expect(query(ODD, 'csv')).toBe('n,big,half,none,text,blob,n\n1,9223372036854775807,0.5,,"a,""b|\n\tc",00ff,2\n');
  });
  it('writes TSV with tab, line end and backslash escaped', () => {
    expect(query(ODD, 'tsv')).toBe(
      'n\tbig\thalf\tnone\ttext\tblob\tn\n1\t9223372036854775807\t0.5\t\ta,"b|\\n\\tc\t00ff\t2\n',
    );
  });
  it('writes JSON with exact integers and a name for each column', () => {
    const line =
      '{"n":1,"big":9223372036854775807,"half":0.5,"none":null,"text":"a,\\"b|\\n\\tc","blob":"00ff","n_2":2}';
    expect(query(ODD, 'json')).toBe(`[\n${line}\n]\n`);
    expect(query(ODD, 'ndjson')).toBe(`${line}\n`);
  });
  it('writes valid JSON also when there is nothing to say', () => {
    expect(JSON.parse(query('SELECT 1 WHERE 0', 'json'))).toEqual([]);
    expect(query('SELECT 1 WHERE 0', 'ndjson')).toBe('');
  });
  it('writes Markdown that stays one table', () => {
    expect(query(ODD, 'markdown').split('\n')[2]).toBe(
      '| 1 | 9223372036854775807 | 0.5 |  | a,"b\\| \\\\u0009c | 00ff | 2 |',
    );
  });
  it('writes an aligned table, control characters made visible', () => {
    expect(query("SELECT 'a' AS name, 5 AS n UNION ALL SELECT 'long' || char(27) || '[31m', 1234", 'table')).toBe(
      'name               n\n--------------  ----\na                  5\nlong\\u001b[31m  1234\n',
    );
    expect(query('SELECT 1 AS n WHERE 0', 'table')).toContain('(no rows)');
  });

  it('streams results larger than memory should hold', () => {
    const many = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT i FROM n';
    expect(query(many, 'csv').length).toBeGreaterThan(1_000_000);
  });

  it('lists the saved queries, without a database too', () => {
    const { stdout } = run('query', '--list', '--format', 'ndjson');
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { name: string }).name),
    ).toEqual(SAVED_QUERIES.map(({ name }) => name));
  });

  it.each([
    ['a statement that writes', 'DELETE FROM captures'],
    ['a statement that attaches', "ATTACH 'other.db' AS other"],
    ['two statements', 'SELECT 1; SELECT 2'],
    ['no statement', ''],
  ])('refuses %s', (_, sql) => {
    expect(run('query', 'web.db', sql).status).toBe(2);
  });
  it('reads SQL from standard input', () => {
    expect(tcpclose(folder, ['query', 'web.db', '-', '--format', 'csv'], Buffer.from('SELECT 1 AS one')).stdout).toBe(
      'one\n1\n',
    );
  });
});

describe('a database that is none of ours', () => {
  it.each([
    ['that is not there', 'nothing.db', 'there is no such file'],
    ['that is a capture', sample('client-closes-first.pcap'), 'tcpclose analyze'],
    ['of another program', 'other.db', 'none that tcpclose made'],
    ['of a newer tcpclose', 'newer.db', 'newer tcpclose'],
  ])('%s is refused, and the message says what to do', (_, file, text) => {
    new Database(join(folder, 'other.db')).exec('CREATE TABLE IF NOT EXISTS t (x)').close();
    const newer = new Database(join(folder, 'newer.db')).exec('CREATE TABLE IF NOT EXISTS t (x)');
    newer.pragma('application_id = 1952673891');
    newer.pragma('user_version = 99');
    newer.close();
    const { status, stderr } = run('report', file);
    expect(status).toBe(1);
    expect(stderr).toContain(text);
  });
  it('that is damaged is an error without a stack', () => {
    writeFileSync(join(folder, 'damaged.db'), Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(5000, 7)]));
    const { status, stderr } = run('query', 'damaged.db', 'SELECT 1');
    expect(status).toBe(1);
    expect(stderr).not.toContain('    at ');
  });
});

describe('report', () => {
  it('says again what analyze said, from the database alone', () => {
    const said = run('analyze', sample('client-closes-first.pcap'), '-o', 'again.db').stdout;
    expect(run('report', 'again.db').stdout).toBe(said);
  });
  it('is valid JSON where asked for', () => {
    const summary = JSON.parse(run('report', 'web.db', '--format', 'json').stdout) as Record<string, unknown>;
    expect(Object.keys(summary)).toEqual([
      'database',
      'meta',
      'input',
      'connections',
      'closers',
      'resets',
      'timeWaitSyns',
      'paws',
      'clocks',
      'findings',
    ]);
  });
  it('has colours only where they are asked for', () => {
    expect(run('report', 'web.db').stdout).not.toContain('\u001b');
    expect(run('report', 'web.db', '--color', 'always').stdout).toContain('\u001b[1m');
    expect(run('report', 'web.db', '--no-color').stdout).not.toContain('\u001b');
  });
});

describe('schema', () => {
  it('prints every table, or the one that is named', () => {
    const { stdout } = run('schema');
    for (const table of SCHEMA_DOCS) expect(stdout).toContain(`${table.name} (${table.kind})`);
    expect(run('schema', 'captures').stdout).toMatch(/^captures \(table\)/);
    expect(run('schema', 'nothing').status).toBe(2);
    expect(JSON.parse(run('schema', '--format', 'json').stdout)).toHaveLength(SCHEMA_DOCS.length);
  });
});

describe('explain', () => {
  it('lists detectors, and refuses names that it does not know', () => {
    expect(run('explain').status).toBe(0);
    expect(run('explain', 'nothing-like-it').status).toBe(2);
  });
});
