import { Spill } from './spill.js';
import { TablePages } from './table-pages.js';

/** Rows that wait for those with lower ids. */
const WINDOW = 1 << 15;

/**
 * Takes the rows of one table nearly in order of their ids, and makes the table's pages of them. Rows wait in a window of
 * ids; a row that comes after its place has passed, and one that replaces a row that has left the window, are late: few in
 * most captures, they are left to SQLite.
 */
export class RowLoader {
  readonly #columns: number;
  readonly #onRow: (values: Float64Array, at: number) => void;
  readonly #pages: TablePages;
  readonly #leaves: Spill;
  readonly #late: Spill;
  /** The row of id n is at slot n % WINDOW. */
  readonly #rows: Float64Array;
  readonly #present = new Uint8Array(WINDOW);
  /** The lowest id that the window has room for, and one past the highest seen. */
  #low = 1;
  #high = 1;

  /**
   * `scratch`: a path beside which temporary files may lie. `columns`: of a row; the first one is its id, from 1 on. `onRow`
   * is told of each row that is not late, once, as it goes into its page.
   */
  constructor(columns: number, scratch: string, onRow: (values: Float64Array, at: number) => void = () => undefined) {
    this.#columns = columns;
    this.#onRow = onRow;
    this.#leaves = new Spill(`${scratch}-pages`);
    this.#late = new Spill(`${scratch}-late`);
    this.#pages = new TablePages(columns, this.#leaves);
    this.#rows = new Float64Array(WINDOW * columns);
  }

  insert(values: Float64Array, rows: number): void {
    const columns = this.#columns;
    for (let row = 0; row < rows; row++) {
      const at = row * columns;
      const id = values[at]!;
      if (id < this.#low) {
        this.#late.append(octetsOf(values, at, columns));
        continue;
      }
      if (id >= this.#low + WINDOW) this.#moveOn(id - WINDOW + 1);
      const slot = id % WINDOW;
      const to = slot * columns;
      for (let i = 0; i < columns; i++) this.#rows[to + i] = values[at + i]!;
      this.#present[slot] = 1;
      if (id >= this.#high) this.#high = id + 1;
    }
  }

  /** Puts the rows into the table whose root is that page of a database that nobody has open. Late rows are left. */
  load(path: string, root: number): void {
    this.#moveOn(this.#high);
    this.#pages.attach(path, root);
  }

  /** The late rows in the order in which they came, in batches; each is valid until the next is asked for. */
  *late(): Generator<{ readonly values: Float64Array; readonly rows: number }> {
    for (const piece of this.#late.pieces()) {
      const values = new Float64Array(piece.buffer, piece.byteOffset, piece.length / Float64Array.BYTES_PER_ELEMENT);
      yield { values, rows: values.length / this.#columns };
    }
  }

  close(): void {
    this.#leaves.close();
    this.#late.close();
  }

  /** Makes pages of all rows with ids below `low`. */
  #moveOn(low: number): void {
    for (const end = Math.min(low, this.#high); this.#low < end; this.#low++) {
      const slot = this.#low % WINDOW;
      if (this.#present[slot] === 0) continue;
      this.#pages.append(this.#rows, slot * this.#columns);
      this.#onRow(this.#rows, slot * this.#columns);
      this.#present[slot] = 0;
    }
    this.#low = Math.max(this.#low, low);
  }
}

function octetsOf(values: Float64Array, at: number, count: number): Uint8Array {
  return new Uint8Array(
    values.buffer,
    values.byteOffset + at * Float64Array.BYTES_PER_ELEMENT,
    count * Float64Array.BYTES_PER_ELEMENT,
  );
}
