import type { RowAppender } from '../flow/row-sink.js';

/** Takes the rows of one table. */
export interface RowTable {
  /** The first `rows` rows in `values`, which are the caller's again afterwards. */
  insert(values: Float64Array, rows: number): void;
}

/** Passes on rows that are made in the thread that stores them: one by one, so that they stay in order with all others. */
export class RowPasser implements RowAppender {
  readonly values: Float64Array;
  readonly at = 0;
  readonly #insert: RowTable['insert'];

  constructor(columns: number, insert: RowTable['insert']) {
    this.values = new Float64Array(columns);
    this.#insert = insert;
  }

  commit(): void {
    this.#insert(this.values, 1);
  }

  flush(): void {
    // Nothing waits.
  }
}
