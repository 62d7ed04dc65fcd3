import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, it } from 'vitest';
import { Analysis } from './analysis.js';

const folder = mkdtempSync(join(tmpdir(), 'tcpclose-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('an analysis', () => {
  it.each(['delete', 'wal'])('is read into memory whole, also with journal mode %s', (mode) => {
    const file = join(folder, `${mode}.db`);
    const database = new Database(file);
    database.pragma(`journal_mode = ${mode}`);
    database.exec(
      'CREATE TABLE connections (id INTEGER, first_ns INTEGER, duration_s REAL, close TEXT, closed_first TEXT)',
    );
    database.exec("INSERT INTO connections VALUES (1, 1700000000000000001, 0.5, 'fin', NULL)");
    database.close();
    const analysis = new Analysis(file);
    rmSync(file);
    const row = { id: 1, first_ns: 1_700_000_000_000_000_001n, duration_s: 0.5, close: 'fin', closed_first: null };
    expect(analysis.connection).toEqual(row);
    expect(analysis.query('SELECT id FROM connections WHERE id > ?', 1)).toEqual([]);
  });
});
