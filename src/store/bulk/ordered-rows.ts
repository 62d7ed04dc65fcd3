import type { RowTable } from '../row-passer.js';
import type { RowFormat } from './record-format.js';
import { TablePages } from './table-pages.js';

/** Rows that are passed on at a time. */
const PASSED_TOGETHER = 256;

/**
 * The rows of one table in order of their ids, with which nobody is in a hurry: of many, the table's pages are made; few are
 * inserted, for which the database need not be closed.
 */
export class OrderedRows implements RowTable {
  readonly #columns: number;
  readonly #pages: TablePages;

  /** `path`: where a temporary file may lie. */
  constructor(format: RowFormat, path: string) {
    this.#columns = format.columns;
    this.#pages = new TablePages(format, path);
  }

  get areMany(): boolean {
    return this.#pages.areMany;
  }

  insert(values: Float64Array, rows: number): void {
    for (let row = 0; row < rows; row++) this.#pages.append(values, row * this.#columns);
  }

  /** Puts them into the table whose root is that page of a database that nobody has open. */
  attach(path: string, root: number): void {
    this.#pages.attach(path, root);
  }

  /** Passes on all of them. */
  passTo(table: RowTable): void {
    const together = new Float64Array(PASSED_TOGETHER * this.#columns);
    let count = 0;
    const pass = (): void => {
      table.insert(together, count);
      count = 0;
    };
    this.#pages.each((values) => {
      together.set(values, count * this.#columns);
      if (++count === PASSED_TOGETHER) pass();
    });
    pass();
  }

  close(): void {
    this.#pages.close();
  }
}
