import { LateRows } from './late-rows.js';
import type { RowFormat } from './record-format.js';
import { TablePages } from './table-pages.js';

/** Rows that may wait for those with lower ids: so many at first, and up to so many where rows do come later. */
const FIRST_WINDOW = 1 << 13;
const MAX_WINDOW = 1 << 15;
/** The newest rows stay in it, for a row that changes does so soon: few, as all of them are left to do in the end... */
const YOUNG = 1 << 8;
/** ... until one comes late: then so many, about what the busiest servers close in the time that a change may take. */
const YOUNG_AMID_CHANGES = 1 << 13;

/** Told of the row at `values[at]`: it is in the table (1), or in it no longer, for another of its id has come (-1). */
export type OnRow = (values: Float64Array, at: number, weight: 1 | -1) => void;

/**
 * Takes the rows of one table nearly in order of their ids, and makes the table's pages of them. Rows wait in a window of
 * ids; a row that comes after its place has passed, and one that replaces a row that has left the window, are late: they
 * are sorted in the end, and merged into the pages.
 */
export class RowLoader {
  readonly #columns: number;
  readonly #onRow: OnRow;
  readonly #pages: TablePages;
  readonly #late: LateRows;
  /** The row of id n is at slot n % #window. */
  #window = FIRST_WINDOW;
  #rows: Float64Array;
  #present = new Uint8Array(FIRST_WINDOW);
  /** The lowest id that the window has room for, and one past the highest seen. */
  #low = 1;
  #high = 1;
  #young = YOUNG;

  /** `scratch`: a path beside which temporary files may lie. Rowids are from 1 on. */
  constructor(format: RowFormat, scratch: string, onRow: OnRow = () => undefined) {
    const { columns } = format;
    this.#columns = columns;
    this.#onRow = onRow;
    this.#late = new LateRows(columns, `${scratch}-late`);
    this.#pages = new TablePages(format, `${scratch}-pages`);
    this.#rows = new Float64Array(FIRST_WINDOW * columns);
  }

  /** Rows so far that came late. */
  get late(): number {
    return this.#late.size;
  }

  insert(values: Float64Array, rows: number): void {
    const columns = this.#columns;
    for (let row = 0; row < rows; row++) {
      const at = row * columns;
      const id = values[at]!;
      if (id < this.#low) {
        this.#late.add(values, at);
        this.#young = YOUNG_AMID_CHANGES;
        continue;
      }
      if (id >= this.#low + this.#window) this.#makeRoomFor(id);
      const slot = id % this.#window;
      const to = slot * columns;
      for (let i = 0; i < columns; i++) this.#rows[to + i] = values[at + i]!;
      this.#present[slot] = 1;
      if (id >= this.#high) this.#high = id + 1;
    }
    this.#moveOnWithoutGap(this.#high - this.#young);
  }

  /** Puts the rows into the table whose root is that page of a database that nobody has open. */
  load(path: string, root: number): void {
    this.#moveOn(this.#high);
    if (this.#late.size > 0) {
      this.#pages.merge(this.#late.inOrder(), {
        onMerged: (values) => this.#onRow(values, 0, 1),
        onReplaced: (values) => this.#onRow(values, 0, -1),
      });
    }
    this.#pages.attach(path, root);
  }

  close(): void {
    this.#pages.close();
    this.#late.close();
  }

  /** Waits longer for rows that are not there yet, as long as it may. */
  #makeRoomFor(id: number): void {
    this.#moveOnWithoutGap(id - this.#window + 1);
    while (id >= this.#low + this.#window && this.#window < MAX_WINDOW) this.#widen();
    this.#moveOn(id - this.#window + 1);
  }

  #widen(): void {
    const [rows, present, window, columns] = [this.#rows, this.#present, this.#window, this.#columns];
    this.#window = 2 * window;
    this.#rows = new Float64Array(this.#window * columns);
    this.#present = new Uint8Array(this.#window);
    for (let id = this.#low; id < this.#high; id++) {
      const [from, to] = [id % window, id % this.#window];
      this.#present[to] = present[from]!;
      this.#rows.set(rows.subarray(from * columns, (from + 1) * columns), to * columns);
    }
  }

  /** Makes pages of rows with ids below `low`, as far as all are there: then little is left to do in the end. */
  #moveOnWithoutGap(low: number): void {
    while (this.#low < low && this.#present[this.#low % this.#window] !== 0) this.#pass(this.#low++);
  }

  /** Makes pages of all rows with ids below `low`. */
  #moveOn(low: number): void {
    for (const end = Math.min(low, this.#high); this.#low < end; this.#low++)
      if (this.#present[this.#low % this.#window] !== 0) this.#pass(this.#low);
    this.#low = Math.max(this.#low, low);
  }

  /** Makes the row with that id part of a page. */
  #pass(id: number): void {
    const slot = id % this.#window;
    this.#pages.append(this.#rows, slot * this.#columns);
    this.#onRow(this.#rows, slot * this.#columns, 1);
    this.#present[slot] = 0;
  }
}
