import { LeafBuilder, eachRow } from './leaf-builder.js';
import { LeafPages } from './leaf-pages.js';
import { Page } from './page-format.js';
import { RowCodec, type RowFormat } from './record-format.js';
import { attachTree } from './table-tree.js';

/** A late row, or one that comes instead of another: what became of rows as they were merged. */
export interface MergeListener {
  /** The row at `values[0]` goes into the table. */
  onMerged(values: Float64Array): void;
  /** The row at `values[0]` is in the table no longer: one with its rowid takes its place. */
  onReplaced(values: Float64Array): void;
}

/**
 * The pages of one table of whole numbers, built from its rows in order of their rowids: leaves as the rows come, the tree
 * above them at the end. SQLite itself searches the tree and takes values one call each; for half a million rows of 25
 * columns that was 1.2 s, and writing the pages as it would have written them is a tenth of it.
 */
export class TablePages {
  readonly #codec: RowCodec;
  readonly #leaves: LeafPages;
  readonly #builder: LeafBuilder;

  /** `path`: where a temporary file may lie. */
  constructor(format: RowFormat, path: string) {
    this.#codec = new RowCodec(format);
    this.#leaves = new LeafPages(path);
    this.#builder = this.#newBuilder();
  }

  /** Whether they are more than fit in memory. */
  get areMany(): boolean {
    return this.#leaves.file.hasFile;
  }

  /** Adds the row at `values[at]`; its first value is the rowid, higher than that of every row before. */
  append(values: Float64Array, at: number): void {
    this.#builder.append(values, at);
  }

  /** Calls `on` for every row, in order; `values` is valid during the call. No row may come after that. */
  each(on: (values: Float64Array) => void): void {
    this.#builder.end();
    const leaf = new Uint8Array(Page.SIZE);
    const values = new Float64Array(this.#codec.columns);
    for (const place of this.#leaves.places) {
      this.#leaves.read(place, leaf);
      eachRow(leaf, this.#codec, values, on);
    }
  }

  /**
   * Puts rows between those that are there, and in the place of those with the same rowid. `rows`: in order, no rowid twice.
   * Leaves that no row falls into stay where they are. No row may be appended after that.
   */
  merge(rows: Iterable<Float64Array>, listener: MergeListener): void {
    this.#builder.end();
    const leaves = this.#leaves;
    const builder = this.#newBuilder();
    const coming = rows[Symbol.iterator]();
    let late = nextOf(coming);
    const passLate = (row: Float64Array): void => {
      listener.onMerged(row);
      builder.append(row, 0);
      late = nextOf(coming);
    };
    const leaf = new Uint8Array(Page.SIZE);
    const values = new Float64Array(this.#codec.columns);
    const { places, highest } = leaves.beginAgain();
    for (let i = 0; i < places.length; i++) {
      if (late === null || late[0]! > highest[i]!) {
        builder.end();
        leaves.keep(places[i]!, highest[i]!);
        continue;
      }
      leaves.takeApart(places[i]!, leaf);
      eachRow(leaf, this.#codec, values, () => {
        while (late !== null && late[0]! < values[0]!) passLate(late);
        if (late === null || late[0] !== values[0]) {
          builder.append(values, 0);
        } else {
          listener.onReplaced(values);
          passLate(late);
        }
      });
    }
    while (late !== null) passLate(late);
    builder.end();
    leaves.closeGaps();
  }

  /**
   * Puts the table into a database that nobody has open, where it stands empty with its root on page `root`.
   * @throws where the file is not what SQLite left there
   */
  attach(path: string, root: number): void {
    this.#builder.end();
    attachTree(path, root, this.#leaves);
  }

  close(): void {
    this.#leaves.close();
  }

  #newBuilder(): LeafBuilder {
    return new LeafBuilder(this.#codec, (leaf, highest) => this.#leaves.append(leaf, highest));
  }
}

function nextOf<T>(values: Iterator<T>): T | null {
  const next = values.next();
  return next.done === true ? null : next.value;
}
