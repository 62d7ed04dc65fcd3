import { tupleHash } from './connection-table.js';

/** 8 MiB: with half a million four-tuples in it, about two in a million others seem to be there, too. */
const WORDS = 1 << 21;
/** A four-tuple has four bits, all in one block of eight words, half a cache line. */
const BLOCK_WORDS = 8;
const BLOCKS = WORDS / BLOCK_WORDS;

/** Ids of the connections whose numbering may have to go on from an earlier one; null: too many to list. */
export type ReturnedTuples = readonly number[] | null;

/** More are not listed, ids. */
const MAX_RETURNED = 1 << 16;

/**
 * Four-tuples whose connections have left memory, in a fixed number of octets (a Bloom filter, half a cache line a look):
 * one that comes back is told, and seldom one that does not.
 */
export class ForgottenTuples {
  #bits: Int32Array | null = null;
  #returned: number[] | null = [];

  get returned(): ReturnedTuples {
    return this.#returned;
  }

  add(low: number, high: number, ports: number): void {
    const bits = (this.#bits ??= new Int32Array(WORDS));
    const block = blockOf(low, high, ports);
    const places = placesOf(low, high, ports);
    for (let i = 0; i < 32; i += 8) bits[block + ((places >>> (i + 5)) & 7)]! |= 1 << (places >>> i);
  }

  /** A connection was opened on a four-tuple that is not in memory. Whether it may have been: false is certain. */
  opened(id: number, low: number, high: number, ports: number): boolean {
    if (this.#returned === null) return true;
    if (this.#bits === null || !this.#mayHold(this.#bits, low, high, ports)) return false;
    if (this.#returned.length < MAX_RETURNED) this.#returned.push(id);
    else this.#returned = null;
    return true;
  }

  #mayHold(bits: Int32Array, low: number, high: number, ports: number): boolean {
    const block = blockOf(low, high, ports);
    const places = placesOf(low, high, ports);
    for (let i = 0; i < 32; i += 8) {
      if ((bits[block + ((places >>> (i + 5)) & 7)]! & (1 << (places >>> i))) === 0) return false;
    }
    return true;
  }
}

function blockOf(low: number, high: number, ports: number): number {
  return (tupleHash(low, high, ports) & (BLOCKS - 1)) * BLOCK_WORDS;
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
