/** SQL that a person typed, or a saved query: run read-only, and explained where it is wrong. */
import type { Database, Statement } from 'better-sqlite3';
import { UsageError } from '../errors.js';
import { failedSql, wrongSql } from './sql-error.js';
import { damageOf } from './sqlite-fault.js';

/** A value as SQLite gives and takes it; integers are bigints. */
export type SqlValue = null | number | bigint | string | Uint8Array;

export interface SqlResult {
  readonly columns: readonly string[];
  /** One by one as they are asked for; integers are bigints. */
  readonly rows: Iterable<readonly SqlValue[]>;
}

/**
 * @param parameters values of `:name` in the SQL; each one that the SQL names must be there.
 * @throws UsageError that points at the place in the SQL.
 */
export function runSql(db: Database, sql: string, parameters: Readonly<Record<string, SqlValue>> = {}): SqlResult {
  let statement: Statement<[Readonly<Record<string, SqlValue>>], SqlValue[]>;
  try {
    statement = db.prepare(sql);
  } catch (error) {
    if (damageOf(error) !== null) throw error;
    throw wrongSql(db, sql, error as Error);
  }
  if (!statement.reader)
    throw new UsageError(
      'sql-writes',
      'this SQL returns no rows. The database is opened read-only: ask it with SELECT.',
    );
  return {
    columns: statement.columns().map((column) => column.name),
    rows: explainedRows(() => statement.raw().safeIntegers().iterate(parameters)),
  };
}

function* explainedRows<Row>(start: () => Iterable<Row>): Iterable<Row> {
  try {
    yield* start();
  } catch (error) {
    if (damageOf(error) !== null) throw error; // not the fault of the SQL
    const { code } = error as { code?: string };
    if (code?.startsWith('SQLITE_') !== true && !(error instanceof RangeError || error instanceof TypeError))
      throw error;
    throw failedSql(error as Error);
  }
}
