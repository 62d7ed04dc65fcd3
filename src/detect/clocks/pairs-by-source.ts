import { Pair } from './pair-layout.js';
import type { PairTable } from './source-pairs.js';

const NONE = -1;

/** Pairs with SYNs by their source, in typed arrays: where addresses are forged there are millions, with a SYN each. */
export class PairsBySource {
  /** By place, in the order in which the pairs were made: the pair's first word, and the number of its source. */
  readonly #words: Uint32Array;
  readonly #sources: Uint32Array;
  /** The place of the next pair of the same source; and whether there is one before. */
  readonly #next: Int32Array;
  readonly #follows: Uint8Array;
  #size = 0;

  /** `addressId`: numbers that leave few gaps. */
  constructor(pairs: PairTable, addressId: (family: number, address: number) => number) {
    this.#words = new Uint32Array(pairs.size);
    this.#sources = new Uint32Array(pairs.size);
    let highest = 0;
    for (const at of pairs.all()) {
      if (pairs.i32[at + Pair.SYNS] === 0) continue;
      const source = addressId(pairs.family(at), pairs.u32[at + Pair.SOURCE]!);
      this.#words[this.#size] = at;
      this.#sources[this.#size++] = source;
      highest = Math.max(highest, source);
    }
    this.#next = new Int32Array(this.#size).fill(NONE);
    this.#follows = new Uint8Array(this.#size);
    this.#link(highest);
  }

  /** The first words of the pairs of each source, sources and pairs in the order in which they were first seen. */
  *[Symbol.iterator](): Generator<readonly [source: number, pairs: number[]]> {
    for (let first = 0; first < this.#size; first++) {
      if (this.#follows[first] === 1) continue;
      const pairs: number[] = [];
      for (let place = first; place !== NONE; place = this.#next[place]!) pairs.push(this.#words[place]!);
      yield [this.#sources[first]!, pairs];
    }
  }

  #link(highest: number): void {
    const newest = new Int32Array(highest + 1).fill(NONE);
    for (let place = 0; place < this.#size; place++) {
      const source = this.#sources[place]!;
      const before = newest[source]!;
      newest[source] = place;
      if (before === NONE) continue;
      this.#next[before] = place;
      this.#follows[place] = 1;
    }
  }
}
