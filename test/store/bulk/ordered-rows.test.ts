import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OrderedRows } from '../../../src/store/bulk/ordered-rows.js';

let folder: string;
beforeAll(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tcpclose-test-'))));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

const COLUMNS = 3;

/** `[id, -1 or 0 or 1 or more, -1 or more]`, and the same as SQLite gives it back: the second column can be NULL. */
const given = (id: number): number[] => [id, (id % 5) - 1 + (id % 3) * 1000, (id % 7) - 1];
const stored = (id: number): (number | null)[] => given(id).map((value, i) => (i === 1 && value === -1 ? null : value));

function ofFirst(count: number): OrderedRows {
  const rows = new OrderedRows({ columns: COLUMNS, optional: [1] }, path.join(folder, 'sources'));
  for (let id = 1; id <= count; id++) rows.insert(Float64Array.from(given(id)), 1);
  return rows;
}

describe('rows that come in order', () => {
  it('are few up to a MiB, and passed on as they came', () => {
    const rows = ofFirst(1000);
    expect(rows.areMany).toBe(false);
    const passed: number[] = [];
    rows.passTo({ insert: (values, count) => passed.push(...values.subarray(0, count * COLUMNS)) });
    rows.close();
    expect(passed).toEqual(Array.from({ length: 1000 }, (_, i) => given(i + 1)).flat());
  });

  it('are many from there on, and become the pages of their table, with NULL where -1 stands for it', () => {
    const file = path.join(folder, 'many.db');
    const before = new Database(file);
    before.exec(
      'CREATE TABLE other (x); CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER NOT NULL) STRICT',
    );
    before.prepare('INSERT INTO other VALUES (zeroblob(?))').run(1 << 22);
    const root = before.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 't'").pluck().get() as number;
    before.close();
    const rows = ofFirst(200_000);
    expect(rows.areMany).toBe(true);
    rows.attach(file, root);
    rows.close();
    const after = new Database(file, { readonly: true });
    expect(after.pragma('integrity_check', { simple: true })).toBe('ok');
    const found = after.prepare<[], (number | null)[]>('SELECT * FROM t ORDER BY id').raw().all();
    expect(found).toHaveLength(200_000);
    expect(found.findIndex((row, i) => row.join() !== stored(i + 1).join())).toBe(-1);
    after.close();
    expect(fs.readdirSync(folder)).toEqual(['many.db']);
  });
});
