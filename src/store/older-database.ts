/** Tells a database that an older tcpclose made: what this one asks of may not be in it. */
import type { Database } from 'better-sqlite3';
import { StoreError } from '../errors.js';
import { ROW_LAYOUTS } from '../flow/row-layout.js';
import { SCHEMA_STEPS } from './schema.js';
import { VIEWS } from './views/index.js';

interface Part {
  readonly name: string;
  readonly columns: readonly string[];
}

const PARTS: readonly Part[] = [
  { name: 'captures', columns: ['largest_backward_step_ns'] },
  ...ROW_LAYOUTS.map(({ table, columns }) => ({ name: table, columns })),
  ...VIEWS.map(({ name, columns }) => ({ name, columns: columns.map((column) => column.name) })),
];

/** A command line longer than this is not repeated in a message. */
const COMMAND_SHOWN = 120;

/**
 * What is wrong with a database that is older than this program, and the way out; null where nothing is.
 * `user_version` alone does not tell: a file may also lack what came within one version.
 */
export function olderDatabase(db: Database, path: string): StoreError | null {
  const lacking = firstLacking(db);
  if (lacking === null && (db.pragma('user_version', { simple: true }) as number) >= SCHEMA_STEPS.length) return null;
  const without = lacking === null ? '' : `, which wrote no ${lacking}`;
  return new StoreError(
    'older-database',
    `${path}: was made by an older tcpclose${without}. Analyze its captures again: tcpclose analyze CAPTURE... -o ${path} --force${madeWith(db)}.`,
  );
}

/** The first table or view that is not there, or `table.column` of one that has fewer columns. */
function firstLacking(db: Database): string | null {
  const columns = db.prepare<[string], string>('SELECT name FROM pragma_table_info(?)').pluck();
  for (const part of PARTS) {
    const there = new Set(columns.all(part.name));
    if (there.size === 0) return part.name;
    const lacking = part.columns.find((name) => !there.has(name));
    if (lacking !== undefined) return `${part.name}.${lacking}`;
  }
  return null;
}

function madeWith(db: Database): string {
  const command =
    db.prepare<[], string | null>("SELECT value FROM meta WHERE key = 'command_line'").pluck().get() ?? '';
  return command === '' || command.length > COMMAND_SHOWN ? '' : ` (it was made with: ${command})`;
}
