import { Page, PageType, putUint16 } from './page-format.js';
import { RowEncoder, decodeRecord, getVarint, putVarint, varintLen } from './record-format.js';
import type { Spill } from './spill.js';
import { attachTree } from './table-tree.js';

/**
 * The pages of one table of whole numbers, built from its rows in order of their rowids: leaves as the rows come, the tree
 * above them at the end. SQLite itself searches the tree and takes values one call each; for half a million rows of 25
 * columns that was 1.2 s, and writing the pages as it would have written them is a tenth of it.
 */
export class TablePages {
  readonly #encoder: RowEncoder;
  readonly #leaves: Spill;
  /** The highest rowid of each leaf that is done. */
  readonly #highest: number[] = [];
  #page = new Uint8Array(Page.SIZE);
  #cells = 0;
  #content: number = Page.SIZE;
  #last = 0;

  /** `columns` and `optional`: as those of `RowEncoder`. */
  constructor(columns: number, leaves: Spill, optional: readonly number[] = []) {
    this.#encoder = new RowEncoder(columns, optional);
    this.#leaves = leaves;
  }

  /** Adds the row at `values[at]`; its first value is the rowid, higher than that of every row before. */
  append(values: Float64Array, at: number): void {
    const rowid = values[at]!;
    const recordLen = this.#encoder.measure(values, at);
    const cellLen = varintLen(recordLen) + varintLen(rowid) + recordLen;
    if (this.#content - cellLen < Page.LEAF_HEADER + 2 * (this.#cells + 1)) this.#endLeaf();
    const start = this.#content - cellLen;
    const page = this.#page;
    const record = putVarint(page, putVarint(page, start, recordLen), rowid);
    this.#encoder.encode(values, at, page, record);
    putUint16(page, Page.LEAF_HEADER + 2 * this.#cells, start);
    this.#cells++;
    this.#content = start;
    this.#last = rowid;
  }

  /** Adds a leaf that another builder of the same table made; all its rowids are higher than those of the rows before. */
  appendLeaf(leaf: Uint8Array, highest: number): void {
    if (this.#cells > 0) this.#endLeaf();
    this.#leaves.append(leaf);
    this.#highest.push(highest);
  }

  /** Ends the last leaf, and gives all of them in order, each with its highest rowid. Valid until the next is asked for. */
  *leaves(): Generator<{
    readonly leaf: Uint8Array;
    readonly highest: number;
  }> {
    if (this.#cells > 0) this.#endLeaf();
    let number = 0;
    for (const piece of this.#leaves.pieces()) {
      for (let at = 0; at < piece.length; at += Page.SIZE)
        yield {
          leaf: piece.subarray(at, at + Page.SIZE),
          highest: this.#highest[number++]!,
        };
    }
  }

  /**
   * Puts the table into a database that nobody has open, where it stands empty with its root on page `root`.
   * @throws where the file is not what SQLite left there
   */
  attach(path: string, root: number): void {
    if (this.#cells > 0) this.#endLeaf();
    attachTree(path, root, this.#leaves, this.#highest);
  }

  #endLeaf(): void {
    const page = this.#page;
    page[Page.TYPE] = PageType.LEAF;
    putUint16(page, Page.CELLS, this.#cells);
    putUint16(page, Page.CONTENT, this.#content);
    this.#leaves.append(page);
    this.#highest.push(this.#last);
    page.fill(0);
    this.#cells = 0;
    this.#content = Page.SIZE;
  }
}

/** Calls `on` for every row of a leaf, in order; `values` is filled anew for each. */
export function eachRow(
  leaf: Uint8Array,
  columns: number,
  values: Float64Array,
  on: (values: Float64Array) => void,
): void {
  const cells = (leaf[Page.CELLS]! << 8) | leaf[Page.CELLS + 1]!;
  for (let cell = 0; cell < cells; cell++) {
    const pointer = Page.LEAF_HEADER + 2 * cell;
    const start = (leaf[pointer]! << 8) | leaf[pointer + 1]!;
    const rowidAt = start + varintLen(getVarint(leaf, start));
    values[0] = getVarint(leaf, rowidAt);
    decodeRecord(leaf, rowidAt + varintLen(values[0]), columns, values, 0);
    on(values);
  }
}
