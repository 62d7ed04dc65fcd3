/** What SQLite says of SQL that a person typed, with the place and the names that may have been meant. */
import type { Database } from 'better-sqlite3';
import { UsageError, type TcpcloseError } from '../errors.js';
import { didYouMean, nearest } from './nearest.js';
import { olderDatabase } from './older-database.js';
import { SCHEMA_DOCS } from './schema-docs.js';
import { codeOf, marked, spanOfWord, type Span } from './sql-text.js';

/** For SQL that could not be prepared, or asks for what a later tcpclose writes. */
export function wrongSql(db: Database, sql: string, error: Error): TcpcloseError {
  const { message } = error;
  if (isPromised(message)) {
    const older = olderDatabase(db, db.name);
    if (older !== null) return older;
  }
  const span = spanOf(db, sql, message);
  const place = span === null ? '' : `\n${marked(sql, span)}`;
  const hint = hintFor(db, sql, message);
  const what = message === SEVERAL ? 'it is more than one statement' : message;
  return new UsageError('sql-wrong', `the SQL is wrong: ${what}.${place}${hint === '' ? '' : `\n${hint}`}`, {
    cause: error,
  });
}

/** For SQL that was right as it stands, and failed on a value. */
export function failedSql(error: Error): UsageError {
  return new UsageError('sql-fails', `the SQL failed while it ran: ${error.message}.`, { cause: error });
}

/** What better-sqlite3 says of `SELECT 1; SELECT 2`. */
const SEVERAL = 'The supplied SQL string contains more than one statement';
const NO_COLUMN = /^no such column: "?([^\s"]+?)"?(?: - .*)?$/;
const NO_TABLE = /^no such table: (\S+)$/;
const NO_FUNCTION = /^no such function: (\S+)$/;

/** Whether what is not there is in the schema of this program. */
function isPromised(message: string): boolean {
  const table = NO_TABLE.exec(message)?.[1];
  const column = NO_COLUMN.exec(message)?.[1];
  return SCHEMA_DOCS.some(
    ({ name, columns }) =>
      (table !== undefined && name === unqualified(table)) ||
      (column !== undefined && columns.some((c) => c.name === unqualified(column))),
  );
}

/** Where the word that SQLite complains of stands in the text. */
function spanOf(db: Database, sql: string, message: string): Span | null {
  const near = /^near "([\s\S]+)": syntax error$/.exec(message)?.[1];
  if (near !== undefined) return spanOfSyntaxError(db, sql, near, message);
  if (message === 'incomplete input') return { at: sql.trimEnd().length, length: 1 };
  const token = /^unrecognized token: "([\s\S]*)"$/.exec(message)?.[1];
  if (token !== undefined) return { at: Math.max(0, sql.indexOf(token)), length: token.length };
  const name =
    NO_COLUMN.exec(message)?.[1] ??
    NO_TABLE.exec(message)?.[1] ??
    NO_FUNCTION.exec(message)?.[1] ??
    /^ambiguous column name: (\S+)$/.exec(message)?.[1] ??
    /^(?:misuse of (?:aggregate|window function):?|wrong number of arguments to function) (\w+)\(\)$/.exec(
      message,
    )?.[1];
  if (name === undefined) return null;
  return spanOfWord(sql, name) ?? spanOfWord(sql, unqualified(name));
}

/** The first place of the word where the text up to and with it is wrong in the same way; before it, it only ends too early. */
function spanOfSyntaxError(db: Database, sql: string, word: string, message: string): Span | null {
  for (let at = sql.indexOf(word); at >= 0; at = sql.indexOf(word, at + 1)) {
    try {
      db.prepare(sql.slice(0, at + word.length));
    } catch (error) {
      if ((error as Error).message === message) return { at, length: word.length };
    }
  }
  return null;
}

const unqualified = (name: string): string => name.slice(name.lastIndexOf('.') + 1);

function hintFor(db: Database, sql: string, message: string): string {
  if (/^\s*\.\w/.test(sql))
    return 'Commands that begin with a dot are of the sqlite3 shell. tcpclose schema lists tables, views and columns.';
  if (message === SEVERAL)
    return 'Ask one after the other, or join two SELECTs that have the same columns with UNION ALL.';
  if (message === 'incomplete input') return 'Something is missing at the end, as a value, a name or a bracket.';
  const table = NO_TABLE.exec(message)?.[1];
  if (table !== undefined) {
    const names = SCHEMA_DOCS.map((t) => t.name);
    return `${didYouMean(unqualified(table), names)}tcpclose schema lists tables and views.`;
  }
  const column = NO_COLUMN.exec(message)?.[1];
  if (column !== undefined) return columnHint(sql, unqualified(column));
  const call = NO_FUNCTION.exec(message)?.[1];
  if (call !== undefined) {
    const names = db.prepare<[], string>('SELECT DISTINCT name FROM pragma_function_list').pluck().all();
    return didYouMean(call, names).trim();
  }
  return '';
}

/** Columns of the tables that the SQL names come first; then where else the name is a column. */
function columnHint(sql: string, column: string): string {
  const code = codeOf(sql);
  const readable = SCHEMA_DOCS.filter((t) => !t.name.endsWith('_row'));
  const used = readable.filter((t) => new RegExp(`\\b${t.name}\\b`, 'i').test(code));
  const names = (tables: typeof readable): string[] => tables.flatMap((t) => t.columns.map((c) => c.name));
  const more =
    used.length === 0
      ? 'tcpclose schema lists all columns.'
      : `tcpclose schema ${used[0]?.name ?? ''} lists the columns.`;
  const near = nearest(column, names(used));
  const elsewhere = readable.filter((t) => t.columns.some((c) => c.name === column)).map((t) => t.name);
  if (near.length === 0 && elsewhere.length > 0)
    return `${column} is a column of ${elsewhere.slice(0, 4).join(', ')}. ${more}`;
  return `${didYouMean(column, names(near.length > 0 ? used : readable))}${more} Text stands in single quotes.`;
}
