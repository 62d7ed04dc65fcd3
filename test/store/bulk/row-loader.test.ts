import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RowLoader } from '../../../src/store/bulk/row-loader.js';
import { RowInserter } from '../../../src/store/row-inserter.js';

const LAYOUT = { table: 't', columns: ['id', 'a', 'b', 'c'] };
/** Rows that end with 0 and -1, or with -1 alone, end before them. */
const FORMAT = { columns: 4, defaults: [NaN, NaN, 0, -1] };
type Row = readonly [id: number, a: number, b: number, c: number];

let folder: string;
beforeAll(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tcpclose-test-'))));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

let files = 0;
/** `blob`: octets that the database holds besides. */
function emptyDatabase(blob = 0): string {
  const file = path.join(folder, `${files++}.db`);
  const db = new Database(file);
  db.pragma('synchronous = OFF');
  db.exec(
    'CREATE TABLE other (x); CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER NOT NULL DEFAULT 0, c INTEGER NOT NULL DEFAULT -1) STRICT',
  );
  db.exec("INSERT INTO other VALUES ('before')");
  if (blob > 0) db.prepare('INSERT INTO other VALUES (zeroblob(?))').run(blob);
  db.close();
  return file;
}

/** Makes the database one of `pages` pages; those it did not have are free, and take no room on disk. */
function growFree(file: string, pages: number): void {
  const AT_A_TRUNK = 1000;
  const fd = fs.openSync(file, 'r+');
  const header = Buffer.alloc(100);
  fs.readSync(fd, header, 0, 100, 0);
  const had = header.readUInt32BE(28);
  for (let trunk = had + 1; trunk <= pages; trunk += AT_A_TRUNK + 1) {
    const leaves = Math.min(AT_A_TRUNK, pages - trunk);
    const page = Buffer.alloc(4096);
    page.writeUInt32BE(trunk + AT_A_TRUNK + 1 <= pages ? trunk + AT_A_TRUNK + 1 : 0, 0);
    page.writeUInt32BE(leaves, 4);
    for (let i = 0; i < leaves; i++) page.writeUInt32BE(trunk + 1 + i, 8 + 4 * i);
    fs.writeSync(fd, page, 0, 4096, (trunk - 1) * 4096);
  }
  header.writeUInt32BE(pages, 28);
  header.writeUInt32BE(had + 1, 32); // the first trunk of the list of free pages, and their number
  header.writeUInt32BE(pages - had, 36);
  fs.writeSync(fd, header, 0, 100, 0);
  fs.ftruncateSync(fd, pages * 4096);
  fs.closeSync(fd);
}

function contents(file: string): string[] {
  const db = new Database(file);
  db.pragma('synchronous = OFF');
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  db.exec("INSERT INTO other VALUES ('after'); INSERT INTO t VALUES (1000000000, 1, 2, 3)"); // the tree can grow
  db.exec('DELETE FROM t WHERE id = 1000000000');
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  const rows = db.prepare<[], string>("SELECT id || ' ' || a || ' ' || b || ' ' || c FROM t ORDER BY id").pluck().all();
  db.close();
  return rows;
}

/** What SQLite makes of the rows itself. */
function inserted(rows: readonly Row[]): string[] {
  const file = emptyDatabase();
  const db = new Database(file);
  db.pragma('synchronous = OFF');
  db.exec('BEGIN');
  new RowInserter(db, LAYOUT).insert(Float64Array.from(rows.flat()), rows.length);
  db.exec('COMMIT');
  db.close();
  return contents(file);
}

function loaded(rows: readonly Row[], file = emptyDatabase()): { rows: string[]; late: number } {
  const loader = new RowLoader(FORMAT, file);
  for (let from = 0; from < rows.length; from += 1000) {
    const batch = rows.slice(from, from + 1000);
    loader.insert(Float64Array.from(batch.flat()), batch.length);
  }
  const root = rootOf(file);
  loader.load(file, root);
  const { late } = loader;
  loader.close();
  return { rows: contents(file), late };
}

/** Where two tables differ first; comparing all of them row by row would take the test runner minutes. */
function firstDifference(a: readonly string[], b: readonly string[]): unknown {
  for (let i = 0; i < Math.max(a.length, b.length); i++) if (a[i] !== b[i]) return { row: i, a: a[i], b: b[i] };
  return null;
}

/** Holds what the loader makes of the rows to what SQLite makes of them. Returns how many came late. */
function expectSameTable(rows: readonly Row[]): number {
  const made = loaded(rows);
  expect(firstDifference(made.rows, inserted(rows))).toBeNull();
  return made.late;
}

function rootOf(file: string): number {
  const db = new Database(file, { readonly: true });
  const root = db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 't'").pluck().get() as number;
  db.close();
  return root;
}

/** What stands beside a file under a name that begins with its own. */
function beside(file: string): string[] {
  return fs.readdirSync(folder).filter((name) => name.startsWith(path.basename(file)) && name !== path.basename(file));
}

const numbered = (count: number, of: (id: number) => Row): Row[] => Array.from({ length: count }, (_, i) => of(i + 1));

describe('a table that is made of its pages', () => {
  it('holds the rows that SQLite would hold, whatever the numbers', () => {
    const value = fc.oneof(
      fc.integer({ min: -300, max: 300 }),
      fc.integer(),
      fc.maxSafeInteger(),
      fc.constantFrom(
        0,
        1,
        -1,
        127,
        128,
        -128,
        -129,
        32767,
        32768,
        8388607,
        -8388609,
        2 ** 31,
        -(2 ** 31) - 1,
        2 ** 47,
      ),
      fc.constantFrom(-(2 ** 47), -(2 ** 47) - 1, 2 ** 60, -(2 ** 62), 1e300, -1e300, NaN),
    );
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 50_000 }), value, value, value), {
          selector: ([id]) => id,
          maxLength: 400,
        }),
        (rows) => {
          expectSameTable(rows);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('takes less room where rows end with what the columns hold without them', () => {
    const pagesOf = (c: number): number => {
      const file = emptyDatabase();
      loaded(
        numbered(10_000, (id) => [id, id, 0, c]),
        file,
      );
      return fs.statSync(file).size / 4096;
    };
    expect(pagesOf(-2)).toBeGreaterThan(1.2 * pagesOf(-1)); // 14 octets a row, and 11
  });

  it.each([
    ['no row', 0],
    ['one row', 1],
    ['one leaf', 50],
    ['one level of interior pages', 20_000],
    ['two levels of interior pages', 300_000],
  ])('is whole with %s', (_, count) => {
    const rows = numbered(count, (id) => [id, id * 1e6, -id, 7]);
    expect(expectSameTable(rows)).toBe(0);
  });

  it('holds what the last copy of a row said, soon or late', () => {
    const rows = numbered(100_000, (id) => [id, 1, 2, 3]);
    rows.splice(500, 0, [100, 9, 9, 9]); // still in the window
    rows.push([5, 8, 8, 8], [5, 7, 7, 7], [99_999, 6, 6, 6]);
    expect(expectSameTable(rows)).toBe(2);
  });

  it('keeps more rows for their changes once one has come too late', () => {
    const changesAfter = 3000;
    const rows = numbered(50_000, (id) => [id, 1, 2, 3]).flatMap((row): Row[] =>
      row[0] > changesAfter ? [row, [row[0] - changesAfter, 9, 9, 9]] : [row],
    );
    expect(expectSameTable(rows)).toBeLessThan(changesAfter);
  });

  it('waits for a row while 30,000 with higher ids come, not while 40,000 do', () => {
    const without = (id: number, count: number): Row[] => numbered(count, (n) => [n < id ? n : n + 1, n, 0, 0]);
    const waited = without(3, 30_000);
    const late = without(3, 40_000);
    for (const rows of [waited, late]) rows.push([3, 1, 2, 3], ...numbered(100, (n): Row => [50_000 + n, n, n, n]));
    expect([expectSameTable(waited), expectSameTable(late)]).toEqual([0, 1]);
  });

  it('holds rows that come long after those with higher ids, and leaves gaps where ids never came', () => {
    const rows: Row[] = numbered(80_000, (id) => [2 * id, id, id, id]);
    rows.push([1, 1, 1, 1], [77_777, 2, 2, 2], [159_999, 3, 3, 3]);
    expect(expectSameTable(rows)).toBe(2);
  });

  it('holds a hundred thousand rows that came late, in any order, some of them twice', () => {
    const rows = numbered(140_000, (id) => [id, 1, 2, 3]);
    rows.splice(100_000, 5); // these come late only
    for (let i = 0; i < 100_000; i++) rows.push([1 + ((i * 7919) % 99_991), i, -i, 5]);
    for (let i = 100_001; i <= 100_005; i++) rows.push([i, 6, 6, 6]);
    expect(expectSameTable(rows)).toBe(100_005);
  });

  it.each([
    ['in memory', 3000],
    ['in a file', 60_000],
  ])('has no page that nothing is on where rows became shorter, kept %s', (_, count) => {
    const rows = numbered(count, (id) => [id, 2 ** 50 + id, -(2 ** 50), 2 ** 50]);
    const isLong = (id: number): boolean => id % 1000 < 500;
    // The windows of the loader must have passed, for rows to be late.
    const passed = numbered(40_000, (n): Row => [count + n, 1, 1, 1]);
    const shorter = rows.filter(([id]) => !isLong(id)).map(([id]): Row => [id, 0, 1, 0]);
    const all = [...rows, ...passed, ...shorter];
    expect(expectSameTable(all)).toBe(shorter.length);
    const file = emptyDatabase();
    loaded(all, file);
    const db = new Database(file, { readonly: true });
    expect(fs.statSync(file).size).toBe(Number(db.pragma('page_count', { simple: true })) * 4096);
    db.close();
  });

  it('tells of each row that is in the table, once, and of none that another has replaced', () => {
    const told = new Map<number, number[]>();
    const loader = new RowLoader(FORMAT, emptyDatabase(), (values, at, weight) => {
      const [id, a] = [values[at]!, values[at + 1]!];
      if (weight === 1) told.set(id, [...(told.get(id) ?? []), a]);
      else expect(told.get(id)?.pop()).toBe(a);
    });
    const rows = [...numbered(50_000, (id) => [id, id, 0, 0]), [7, 70, 0, 0], [7, 71, 0, 0], [9, 90, 0, 0]];
    loader.insert(Float64Array.from(rows.flat()), rows.length);
    const file = emptyDatabase();
    loader.load(file, rootOf(file));
    loader.close();
    expect(told.size).toBe(50_000);
    expect([told.get(6), told.get(7), told.get(8), told.get(9)]).toEqual([[6], [71], [8], [90]]);
    expect([...told.values()].filter((values) => values.length !== 1)).toEqual([]);
  });

  it.each([
    ['fewer pages than the table has leaves', 100 * 4096],
    ['half as many', 550 * 4096],
    ['more', 5000 * 4096],
  ])('is whole in a database that has %s, and so is what that held', (_, blob) => {
    const rows = numbered(100_000, (id) => [id, id * 1e6, -id, 7]); // some 1,100 leaves
    const file = emptyDatabase(blob);
    expect(firstDifference(loaded(rows, file).rows, inserted(rows))).toBeNull();
    const db = new Database(file, { readonly: true });
    expect(db.prepare('SELECT length(x) FROM other').pluck().all()).toEqual([6, blob, 5]);
    db.close();
  });

  it('leaves out the page at a gibibyte, where SQLite locks the file', () => {
    const rows = numbered(100_000, (id) => [id, id * 1e6, -id, 7]);
    const file = emptyDatabase();
    growFree(file, 2 ** 18 - 500); // so that some of its leaves stand before that page, and some behind
    expect(firstDifference(loaded(rows, file).rows, inserted(rows))).toBeNull();
  });

  it.each([true, false])('leaves no other file behind, whether it was put into the database or not: %s', (isPut) => {
    const file = emptyDatabase();
    const loader = new RowLoader(FORMAT, file);
    const rows = numbered(300_000, (id) => [id, id, id, id]);
    loader.insert(Float64Array.from(rows.flat()), rows.length);
    expect(beside(file)).not.toEqual([]);
    if (isPut) loader.load(file, rootOf(file));
    loader.close();
    expect(beside(file)).toEqual([]);
  });

  it('leaves no other file behind where rows came late', () => {
    loaded([...numbered(300_000, (id): Row => [id, id, id, id]), [7, 1, 1, 1]]);
    expect(fs.readdirSync(folder).filter((name) => !/^\d+\.db$/.test(name))).toEqual([]);
  });
});
