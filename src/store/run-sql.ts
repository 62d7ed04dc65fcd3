/** SQL that a person typed: run read-only, and explained where it is wrong. */
import type { Database, Statement } from 'better-sqlite3';
import { UsageError } from '../errors.js';
import { SCHEMA_DOCS } from './schema-docs.js';

export interface SqlResult {
  readonly columns: readonly string[];
  /** One by one as they are asked for; integers are bigints. */
  readonly rows: Iterable<readonly (null | number | bigint | string | Uint8Array)[]>;
}

/** @throws UsageError that points at the place in the SQL. */
export function runSql(db: Database, sql: string): SqlResult {
  let statement: Statement<[], (null | number | bigint | string | Uint8Array)[]>;
  try {
    statement = db.prepare(sql);
  } catch (error) {
    throw explained(db, sql, error as Error);
  }
  if (!statement.reader)
    throw new UsageError(
      'sql-writes',
      'this SQL returns no rows. The database is opened read-only: ask it with SELECT.',
    );
  return {
    columns: statement.columns().map((column) => column.name),
    rows: explainedRows(statement.raw().safeIntegers().iterate()),
  };
}

function* explainedRows<Row>(rows: Iterable<Row>): Iterable<Row> {
  try {
    yield* rows;
  } catch (error) {
    if ((error as { code?: string }).code?.startsWith('SQLITE_') !== true) throw error;
    throw new UsageError('sql-fails', `the SQL failed while it ran: ${(error as Error).message}.`, { cause: error });
  }
}

function explained(db: Database, sql: string, error: Error): UsageError {
  const { message } = error;
  const at = placeOf(db, sql, message);
  const place = at === null ? '' : `\n${marked(sql, at)}`;
  const hint = hintFor(message);
  return new UsageError('sql-wrong', `the SQL is wrong: ${message}.${place}${hint === '' ? '' : `\n${hint}`}`, {
    cause: error,
  });
}

/** Where the word that SQLite complains of stands in the text. */
function placeOf(db: Database, sql: string, message: string): number | null {
  const near = /^near "([\s\S]+)": syntax error/.exec(message)?.[1];
  if (near !== undefined) return placeOfSyntaxError(db, sql, near, message);
  const name =
    /^no such (?:column|table|function): (?:\S+\.)?(\S+?)(?: - .*)?$/.exec(message)?.[1] ??
    /^ambiguous column name: (?:\S+\.)?(\S+)/.exec(message)?.[1];
  if (name === undefined) return null;
  const found = new RegExp(`(?<![\\w])${name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?!\\w)`, 'i').exec(sql);
  return found?.index ?? null;
}

/** The first place of the word where the text up to and with it is wrong in the same way; before it, it only ends too early. */
function placeOfSyntaxError(db: Database, sql: string, word: string, message: string): number | null {
  for (let at = sql.indexOf(word); at >= 0; at = sql.indexOf(word, at + 1)) {
    try {
      db.prepare(sql.slice(0, at + word.length));
    } catch (error) {
      if ((error as Error).message === message) return at;
    }
  }
  return null;
}

/** The line of the SQL with a mark under the place. */
function marked(sql: string, at: number): string {
  const start = sql.lastIndexOf('\n', at - 1) + 1;
  const end = sql.indexOf('\n', at);
  const line = sql.slice(start, end < 0 ? undefined : end);
  return `  ${line.replaceAll('\t', ' ')}\n  ${' '.repeat(at - start)}^`;
}

function hintFor(message: string): string {
  const table = /^no such table: (?:\S+\.)?(\S+)/.exec(message)?.[1];
  if (table !== undefined)
    return meant(
      table,
      SCHEMA_DOCS.map((t) => t.name),
      'tcpclose schema lists tables and views.',
    );
  const column = /^no such column: (?:\S+\.)?(\S+?)(?: - .*)?$/.exec(message)?.[1];
  if (column !== undefined)
    return meant(
      column,
      SCHEMA_DOCS.filter((t) => !t.name.endsWith('_row')).flatMap((t) => t.columns.map((c) => c.name)),
      'tcpclose schema lists all columns. Text stands in single quotes.',
    );
  return '';
}

function meant(word: string, names: readonly string[], otherwise: string): string {
  const near = nearest(word, names);
  return near === null ? otherwise : `Did you mean ${near}? ${otherwise}`;
}

/** The name that is a few letters away; null where none is near. */
export function nearest(word: string, names: readonly string[]): string | null {
  let best: string | null = null;
  let least = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const name of new Set(names)) {
    const distance = editDistance(word.toLowerCase(), name);
    if (distance < least) [best, least] = [name, distance];
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(
        Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)),
      );
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
