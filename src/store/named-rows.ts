import type { Database } from 'better-sqlite3';

/**
 * Rows as objects whose names are the columns' in camelCase. Columns `*_ns` (nanoseconds since 1970) are bigints, for they
 * exceed 2^53; all other whole numbers are numbers.
 */
export function namedRows<Row>(db: Database, sql: string, ...parameters: readonly (number | bigint | string)[]): Row[] {
  const statement = db.prepare<unknown[], Record<string, unknown>>(sql).safeIntegers();
  return statement.all(...parameters).map((row) => {
    const named = Object.entries(row).map(([column, value]) => [
      column.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
      typeof value === 'bigint' && !column.endsWith('_ns') ? Number(value) : value,
    ]);
    return Object.fromEntries(named) as Row;
  });
}
