import Database from 'better-sqlite3';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../store/support/write.js';
import { sample, tcpclose } from './support/program.js';

const folder = temporaryFolder();
const CAPTURE = sample('time-wait-challenged.pcap');

/** Takes what later releases added out of a database. */
function age(name: string, change: string): void {
  copyFileSync(join(folder, 'new.db'), join(folder, name));
  const db = new Database(join(folder, name));
  db.exec(change);
  db.close();
}

beforeAll(() => {
  expect(tcpclose(folder, ['analyze', CAPTURE, '-o', 'new.db', '--quiet']).status).toBe(0);
  age('lacking.db', 'DROP VIEW tuple_reuse; DROP TABLE tuple_reuse_row');
  age('version.db', 'PRAGMA user_version = 0');
  age('column.db', 'ALTER TABLE nat_source_row RENAME COLUMN loners TO lonely');
});

const ask = (name: string, command: string): ReturnType<typeof tcpclose> => {
  const [first = '', ...rest] = command.split(' ');
  return tcpclose(folder, [first, name, ...rest]);
};

describe.each(['lacking.db', 'version.db', 'column.db'])('a database that an older tcpclose made (%s)', (name) => {
  it.each(['what-if', 'report', 'report --html page.html', 'show 8', 'extract 8 -w out.pcapng'])(
    'is refused by %s, with its name and the way out',
    (command) => {
      const { status, stdout, stderr } = ask(name, command);
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expect(stderr).toMatch(`tcpclose: ${name}: was made by an older tcpclose`);
      expect(stderr).toContain(`Analyze its captures again: tcpclose analyze CAPTURE... -o ${name} --force`);
      expect(stderr).not.toMatch(/no such|fault of tcpclose/);
    },
  );

  it('gets nothing appended, and stays as it is', () => {
    const before = readFileSync(join(folder, name));
    const { status, stderr } = tcpclose(folder, ['analyze', CAPTURE, '-o', name, '--append', '--quiet']);
    expect(status).toBe(1);
    expect(stderr).toMatch(`${name}: was made by an older tcpclose`);
    expect(readFileSync(join(folder, name)).equals(before)).toBe(true);
  });

  it('still answers SQL about what it holds', () => {
    const { status, stdout } = tcpclose(folder, [
      'query',
      name,
      'SELECT count(*) AS n FROM connections',
      '--format',
      'csv',
    ]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'n\n8\n' });
  });
});

describe('SQL about what an older database lacks', () => {
  it.each([
    ['lacking.db', ['SELECT * FROM tuple_reuse']],
    ['lacking.db', ['--named', 'reuse']],
    ['column.db', ['SELECT loners FROM nat_source_row']],
  ])('names %s and the way out (%j)', (name, question) => {
    const { status, stdout, stderr } = tcpclose(folder, ['query', name, ...question]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(`tcpclose: ${name}: was made by an older tcpclose, which wrote no `);
  });

  it('is a mistake in the SQL where no tcpclose has such a table, or the database is not older', () => {
    expect(tcpclose(folder, ['query', 'lacking.db', 'SELECT * FROM nowhere']).stderr).toContain(
      'no such table: nowhere',
    );
    const { status, stderr } = tcpclose(folder, ['query', 'new.db', 'SELECT loners FROM connections']);
    expect({ status, stderr }).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('no such column') as string,
    });
  });
});
