import { Page, PageType, putUint16 } from './page-format.js';
import { type RowCodec, getVarint, putVarint, varintLen } from './record-format.js';

/** Makes leaf pages of the rows of one table, which come in order of their rowids. */
export class LeafBuilder {
  readonly #codec: RowCodec;
  readonly #onLeaf: (leaf: Uint8Array, highest: number) => void;
  readonly #page = new Uint8Array(Page.SIZE);
  #cells = 0;
  #content: number = Page.SIZE;
  #last = 0;

  /** `onLeaf` is given each page that is done, valid during the call, and the highest rowid in it. */
  constructor(codec: RowCodec, onLeaf: (leaf: Uint8Array, highest: number) => void) {
    this.#codec = codec;
    this.#onLeaf = onLeaf;
  }

  /** Adds the row at `values[at]`; its first value is the rowid, higher than that of every row before. */
  append(values: Float64Array, at: number): void {
    const rowid = values[at]!;
    const recordLen = this.#codec.measure(values, at);
    const cellLen = varintLen(recordLen) + varintLen(rowid) + recordLen;
    if (this.#content - cellLen < Page.LEAF_HEADER + 2 * (this.#cells + 1)) this.end();
    const start = this.#content - cellLen;
    const page = this.#page;
    const record = putVarint(page, putVarint(page, start, recordLen), rowid);
    this.#codec.encode(values, at, page, record);
    putUint16(page, Page.LEAF_HEADER + 2 * this.#cells, start);
    this.#cells++;
    this.#content = start;
    this.#last = rowid;
  }

  /** No further row belongs on the page that is begun, if there is one. */
  end(): void {
    if (this.#cells === 0) return;
    const page = this.#page;
    page[Page.TYPE] = PageType.LEAF;
    putUint16(page, Page.CELLS, this.#cells);
    putUint16(page, Page.CONTENT, this.#content);
    this.#onLeaf(page, this.#last);
    page.fill(0);
    this.#cells = 0;
    this.#content = Page.SIZE;
  }
}

/** Calls `on` for every row of a leaf, in order; `values` is filled anew for each. */
export function eachRow(
  leaf: Uint8Array,
  codec: RowCodec,
  values: Float64Array,
  on: (values: Float64Array) => void,
): void {
  const cells = (leaf[Page.CELLS]! << 8) | leaf[Page.CELLS + 1]!;
  for (let cell = 0; cell < cells; cell++) {
    const pointer = Page.LEAF_HEADER + 2 * cell;
    const start = (leaf[pointer]! << 8) | leaf[pointer + 1]!;
    const rowidAt = start + varintLen(getVarint(leaf, start));
    values[0] = getVarint(leaf, rowidAt);
    codec.decode(leaf, rowidAt + varintLen(values[0]), values);
    on(values);
  }
}
