import { tupleHash } from './connection-table.js';

/** 2 MiB for the first half a million four-tuples: then about three in ten thousand others seem to be there, too. */
const FIRST_WORDS = 1 << 19;
const FIRST_TUPLES = 1 << 19;
/** 8 MiB when there are more. */
const MOST_WORDS = 1 << 21;
/** A four-tuple has four bits, all in one block of eight words, half a cache line. */
const BLOCK_WORDS = 8;

/** Ids of the connections whose numbering may have to go on from an earlier one; null: too many to list. */
export type ReturnedTuples = readonly number[] | null;

/** More are not listed, ids. */
const MAX_RETURNED = 1 << 16;

/**
 * Four-tuples whose connections have left memory, in 8 MiB at most (a Bloom filter, half a cache line a look): one that
 * comes back is told, and seldom one that does not.
 */
export class ForgottenTuples {
  #bits: Int32Array | null = null;
  #size = 0;
  #returned: number[] | null = [];

  get returned(): ReturnedTuples {
    return this.#returned;
  }

  add(low: number, high: number, ports: number): void {
    if (this.#size++ === FIRST_TUPLES) this.#grow();
    const bits = (this.#bits ??= new Int32Array(FIRST_WORDS));
    const block = blockOf(bits, low, high, ports);
    const places = placesOf(low, high, ports);
    for (let i = 0; i < 32; i += 8) bits[block + ((places >>> (i + 5)) & 7)]! |= 1 << (places >>> i);
  }

  /** A connection was opened on a four-tuple that is not in memory. Whether it may have been: false is certain. */
  opened(id: number, low: number, high: number, ports: number): boolean {
    if (this.#returned === null) return true;
    if (this.#bits === null || !mayHold(this.#bits, low, high, ports)) return false;
    if (this.#returned.length < MAX_RETURNED) this.#returned.push(id);
    else this.#returned = null;
    return true;
  }

  /** A block goes to several in a larger filter; nobody knows which of its four-tuples to which, so all go to each. */
  #grow(): void {
    const grown = new Int32Array(MOST_WORDS);
    for (let at = 0; at < MOST_WORDS; at += FIRST_WORDS) grown.set(this.#bits!, at);
    this.#bits = grown;
  }
}

function mayHold(bits: Int32Array, low: number, high: number, ports: number): boolean {
  const block = blockOf(bits, low, high, ports);
  const places = placesOf(low, high, ports);
  for (let i = 0; i < 32; i += 8) {
    if ((bits[block + ((places >>> (i + 5)) & 7)]! & (1 << (places >>> i))) === 0) return false;
  }
  return true;
}

function blockOf(bits: Int32Array, low: number, high: number, ports: number): number {
  return (tupleHash(low, high, ports) & (bits.length / BLOCK_WORDS - 1)) * BLOCK_WORDS;
}

/**
 * Four places in a block, a byte each: a word of eight by its upper three bits, a bit of that word by the lower five. By
 * another hash than the block's: four-tuples that share one seldom share the other.
 */
function placesOf(low: number, high: number, ports: number): number {
  let h = Math.imul(low, 0xc2b2ae35) ^ Math.imul(high, 0x9e3779b1) ^ Math.imul(ports, 0x27d4eb2f);
  h = Math.imul(h ^ (h >>> 16), 0x297a2d39);
  return h ^ (h >>> 15);
}
