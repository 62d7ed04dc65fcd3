import { Page } from './page-format.js';
import { Spill } from './spill.js';

/**
 * The leaf pages of one table, in the order of their rowids, wherever in their file each of them is: what is put between
 * them later goes to the file's end.
 */
export class LeafPages {
  readonly #spill: Spill;
  /** In order of the rowids: where each leaf is, counted in pages, and the highest rowid in it. */
  #places: number[] = [];
  #highest: number[] = [];
  /** Places that were taken apart. */
  readonly #free: number[] = [];

  /** `path`: where the file goes, once there are many. */
  constructor(path: string) {
    this.#spill = new Spill(path);
  }

  /** Where they are, unless they are few; see `Spill`. */
  get file(): Spill {
    return this.#spill;
  }

  get places(): readonly number[] {
    return this.#places;
  }

  get highest(): readonly number[] {
    return this.#highest;
  }

  /** Adds a leaf. All its rowids are higher than those before. */
  append(leaf: Uint8Array, highest: number): void {
    this.keep(this.#put(leaf), highest);
  }

  /** Makes the list of leaves anew. Each of those that were in it is then to be kept or taken apart, in order. */
  beginAgain(): { readonly places: readonly number[]; readonly highest: readonly number[] } {
    const before = { places: this.#places, highest: this.#highest };
    this.#places = [];
    this.#highest = [];
    return before;
  }

  /** Adds the leaf that is at that place already. */
  keep(place: number, highest: number): void {
    this.#places.push(place);
    this.#highest.push(highest);
  }

  /** Reads a leaf, whose place another may take then. */
  takeApart(place: number, into: Uint8Array): void {
    this.read(place, into);
    this.#free.push(place);
  }

  read(place: number, into: Uint8Array): void {
    this.#spill.readAt(place * Page.SIZE, into);
  }

  /** Leaves no place between them unused: the last ones move there. */
  closeGaps(): void {
    if (this.#free.length === 0) return;
    const free = this.#free.sort((a, b) => a - b);
    const numberOf = new Map(this.#places.map((place, i) => [place, i]));
    const leaf = new Uint8Array(Page.SIZE);
    let filled = 0;
    for (let last = this.#spill.size / Page.SIZE - 1; filled < free.length; last--) {
      if (free.at(-1) === last) {
        free.pop();
      } else {
        const place = free[filled++]!;
        this.read(last, leaf);
        this.#spill.writeAt(place * Page.SIZE, leaf);
        this.#places[numberOf.get(last)!] = place;
      }
      this.#spill.truncate(last * Page.SIZE);
    }
    free.length = 0;
  }

  close(): void {
    this.#spill.close();
  }

  #put(leaf: Uint8Array): number {
    const free = this.#free.pop();
    if (free !== undefined) {
      this.#spill.writeAt(free * Page.SIZE, leaf);
      return free;
    }
    this.#spill.append(leaf);
    return this.#spill.size / Page.SIZE - 1;
  }
}
