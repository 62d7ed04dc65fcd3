import type { Database, Statement } from 'better-sqlite3';
import type { RowLayout } from '../flow/row-layout.js';
import { optionalReferences } from './schema.js';

/** Rows of one INSERT. More gain nothing (test/bench), fewer cost: 20 rows take 3 % longer, one row twice as long. */
export const ROWS_A_STATEMENT = 64;

/** SQLite's integers end here; a float64 beyond cannot be stored in a STRICT INTEGER column. */
const LIMIT = 2 ** 63 - 1024;

/**
 * Puts rows of one layout from float64 batches into their table. A row whose id is there already replaces it, which costs
 * nothing measurable here: a table without secondary indexes is searched for the id in any case.
 */
export class RowInserter {
  readonly #columns: number;
  readonly #references: readonly number[];
  readonly #manySql: string;
  /** Made when there are so many rows: few tables have them, and it takes longer to compile than a few rows to write. */
  #many: Statement | null = null;
  readonly #db: Database;
  readonly #one: Statement;
  /** Bound again and again; only optional references ever hold null. */
  readonly #manyArguments: (number | null)[];
  readonly #oneArguments: (number | null)[];

  constructor(db: Database, layout: RowLayout) {
    this.#columns = layout.columns.length;
    this.#references = optionalReferences(layout);
    const row = `(${layout.columns.map(() => '?').join(',')})`;
    const insert = `INSERT OR REPLACE INTO ${layout.table} VALUES `;
    this.#db = db;
    this.#manySql = insert + Array<string>(ROWS_A_STATEMENT).fill(row).join(',');
    this.#one = db.prepare(insert + row);
    this.#manyArguments = new Array<number>(ROWS_A_STATEMENT * this.#columns).fill(0);
    this.#oneArguments = new Array<number>(this.#columns).fill(0);
  }

  insert(values: Float64Array, rows: number): void {
    let row = 0;
    for (; row + ROWS_A_STATEMENT <= rows; row += ROWS_A_STATEMENT)
      this.#run((this.#many ??= this.#db.prepare(this.#manySql)), this.#manyArguments, values, row * this.#columns);
    for (; row < rows; row++) this.#run(this.#one, this.#oneArguments, values, row * this.#columns);
  }

  #run(statement: Statement, args: (number | null)[], values: Float64Array, at: number): void {
    for (let i = 0; i < args.length; i++) {
      const value = values[at + i] ?? NaN;
      args[i] = value <= LIMIT && value >= -LIMIT ? Math.round(value) : storable(value);
    }
    for (const reference of this.#references) {
      for (let i = reference; i < args.length; i += this.#columns) if (args[i] === -1) args[i] = null;
    }
    statement.run(args);
  }
}

/** The nearest value that a column can hold: files with absurd times must not stop the others. NaN is "unknown". */
function storable(value: number): number {
  return Number.isNaN(value) ? -1 : Math.sign(value) * LIMIT;
}
