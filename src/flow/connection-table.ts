import type { FillingMemory } from '../segment/filling-memory.js';
import { Family } from '../segment/segment-batch.js';
import { Desk } from './desk.js';
import { GROW_PAGES, PAGE, fillingOf, growOrRefuse, growingMemory } from './growing-memory.js';
import { Block, ConnectionFlag, Head } from './record-layout.js';

export { ConnectionFlag, End, EndFlag, Head } from './record-layout.js';

/** Memory that holds records: the table itself, or copies of records that have left it. */
export interface RecordMemory {
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly f64: Float64Array;
  /** Index of the first word of the record in that slot; even. */
  at(slot: number): number;
}

/** Words of a record. */
export const RECORD_WORDS = Block.WORDS;

/** What `Head.FLAGS` tells of the four-tuple that a slot holds. */
const IDENTITY = ConnectionFlag.LIVE | ConnectionFlag.V6;

function identityOf(family: number): number {
  return family === Family.V6 ? IDENTITY : ConnectionFlag.LIVE;
}

/** A place as one number, as in the `*_at` columns of `row-layout.ts`. */
export function placeOf(capture: number, frame: number): number {
  return capture * 4294967296 + frame;
}

/** The frame, and the capture, of a place. */
export function frameOf(place: number): number {
  return place % 4294967296;
}
export function captureOf(place: number): number {
  return Math.floor(place / 4294967296);
}

/** Offset of the block of end 0 (lower) or 1 (higher) in a record. */
export function endOffset(end: number): number {
  return end === 0 ? Block.LOW : Block.HIGH;
}

const FIRST_BUCKETS = 1 << 14;
/** The next size, so that few captures grow twice; after it, four times as many. Most need no more than the first. */
const SECOND_BUCKETS = 1 << 20;
/** A bucket: the first slot of its chain, and a bit for each of 32 kinds of hash that were in it since it was empty. */
export const BUCKET_WORDS = 2;
/** The desk of the short way and the buckets lie before the first record; see `desk.ts`. */
const FIRST_SLOT = Desk.RECORDS / (4 * Block.WORDS);
/** A slot without a record. */
const NO_SLOT = Desk.NO_SLOT / (4 * Block.WORDS);
/** The bits of a slot in `Desk.RECENT`. */
const SLOTS = (1 << Desk.SLOT_BITS) - 1;
/** Words of the desk. */
const FRESH = Desk.FRESH / 4;
const FREE = Desk.FREE / 4;
const CAPACITY = Desk.CAPACITY / 4;
const SIZE = Desk.SIZE / 4;
const TUPLES = Desk.TUPLES / 4;
const MASK = Desk.MASK / 4;
const BUCKETS = Desk.BUCKETS / 4;
const NONE = -1;
/** Where a chain ends. No record has this slot. */
const CHAIN_END = 0;

/**
 * All connections in memory, one fixed-size record each, in one block of memory that three views share. A record is
 * addressed by its slot; `at(slot)` gives the index of its first word. Found by four-tuple through a chained hash; the
 * newest incarnation is in the chain, older ones hang off it by `Head.OLDER`. Slots are reused after `release()`.
 */
export class ConnectionTable implements RecordMemory {
  i32: Int32Array;
  u32: Uint32Array;
  f64: Float64Array;
  /** What stands before the first record is in `desk.ts`: the short way looks up and makes records, too. */
  readonly memory = growingMemory(Math.ceil(Desk.RECORDS / PAGE) + GROW_PAGES);
  /** Four-tuples heard lately, by the low bits of their hash: small enough for the second-level cache. */
  private recent: Int32Array;

  constructor() {
    this.i32 = new Int32Array(this.memory.buffer);
    this.u32 = new Uint32Array(this.memory.buffer);
    this.f64 = new Float64Array(this.memory.buffer);
    this.recent = new Int32Array(this.memory.buffer, Desk.RECENT, Desk.RECENT_SLOTS).fill(NO_SLOT);
    this.i32[FRESH] = FIRST_SLOT;
    this.i32[FREE] = NONE;
    this.i32[MASK] = FIRST_BUCKETS - 1;
    this.i32[CAPACITY] = this.i32.length / Block.WORDS;
  }

  get filling(): FillingMemory | null {
    return fillingOf(this.memory, FRESH, Block.WORDS * Int32Array.BYTES_PER_ELEMENT);
  }

  /** Records in use. */
  get size(): number {
    return this.i32[SIZE]!;
  }

  /** Index of the record's first word in `i32` and `u32`. Halve it (and the offset) for `f64`. */
  at(slot: number): number {
    return slot * Block.WORDS;
  }

  /** The lowest slot, and one past the highest ever used; for walking over all records (skip those without LIVE). */
  readonly firstSlot = FIRST_SLOT;
  get slots(): number {
    return this.i32[FRESH]!;
  }

  /** The newest incarnation on a four-tuple, or -1. `low` and `high` are the ends in canonical order. */
  find(family: number, low: number, high: number, ports: number): number {
    const words = this.i32;
    const identity = identityOf(family);
    const h = tupleHash(low, high, ports);
    // Nine of ten segments are of a four-tuple heard a moment ago: the buckets, far larger, are not touched for them. Nor
    // is the record of another, which is far away by now, if it has other high bits in its hash.
    const heard = this.recent[h & (Desk.RECENT_SLOTS - 1)]!;
    const recent = heard & SLOTS;
    const recentAt = recent * Block.WORDS;
    if (
      (heard ^ h) >>> Desk.SLOT_BITS === 0 &&
      words[recentAt + Head.PORTS] === (ports | 0) &&
      words[recentAt + Head.LOW] === (low | 0) &&
      words[recentAt + Head.HIGH] === (high | 0) &&
      words[recentAt + Head.NEWER] === NONE &&
      (words[recentAt + Head.FLAGS]! & IDENTITY) === identity
    ) {
      return recent;
    }
    const bucket = this.bucketOf(h);
    // The record of another four-tuple lies far away, and a new one is in no chain: most are told by their bit.
    if ((words[bucket + 1]! & bucketBit(h)) === 0) return NONE;
    let slot = words[bucket]!;
    while (slot !== CHAIN_END) {
      const at = slot * Block.WORDS;
      if (
        words[at + Head.PORTS] === (ports | 0) &&
        words[at + Head.LOW] === (low | 0) &&
        words[at + Head.HIGH] === (high | 0) &&
        (words[at + Head.FLAGS]! & IDENTITY) === identity
      ) {
        this.recent[h & (Desk.RECENT_SLOTS - 1)] = (h & ~SLOTS) | slot;
        return slot;
      }
      slot = words[at + Head.CHAIN]!;
    }
    return NONE;
  }

  /** A cleared record for a new incarnation; `older` is the newest one so far on that four-tuple, or -1. */
  create(family: number, low: number, high: number, ports: number, older: number): number {
    const slot = this.takeSlot();
    const at = slot * Block.WORDS;
    const words = this.i32;
    words[at + Head.LOW] = low;
    words[at + Head.HIGH] = high;
    words[at + Head.PORTS] = ports;
    words[at + Head.OLDER] = older;
    words[at + Head.NEWER] = NONE;
    words[at + Head.FLAGS] = identityOf(family);
    const h = tupleHash(low, high, ports);
    const bucket = this.bucketOf(h);
    this.recent[h & (Desk.RECENT_SLOTS - 1)] = (h & ~SLOTS) | slot;
    if (older === NONE) {
      this.link(slot, h);
      words[TUPLES]!++;
      if (words[TUPLES]! > words[MASK]!) this.growBuckets();
    } else {
      words[older * Block.WORDS + Head.NEWER] = slot;
      words[at + Head.CHAIN] = words[older * Block.WORDS + Head.CHAIN]!;
      this.replaceInChain(bucket, older, slot);
    }
    return slot;
  }

  /** Forgets a record; its slot will be used again. */
  release(slot: number): void {
    const words = this.i32;
    const at = slot * Block.WORDS;
    const older = words[at + Head.OLDER]!;
    const newer = words[at + Head.NEWER]!;
    if (older !== NONE) words[older * Block.WORDS + Head.NEWER] = newer;
    if (newer !== NONE) {
      words[newer * Block.WORDS + Head.OLDER] = older;
    } else {
      const bucket = this.bucketOf(this.hashOf(slot));
      if (older !== NONE) {
        words[older * Block.WORDS + Head.CHAIN] = words[at + Head.CHAIN]!;
        this.replaceInChain(bucket, slot, older);
      } else {
        this.replaceInChain(bucket, slot, words[at + Head.CHAIN]!);
        if (words[bucket] === CHAIN_END) words[bucket + 1] = 0;
        words[TUPLES]!--;
      }
    }
    this.giveBack(slot);
  }

  /** `tupleHash` of the record in that slot. */
  hashOf(slot: number): number {
    const words = this.i32;
    const at = slot * Block.WORDS;
    return tupleHash(words[at + Head.LOW]!, words[at + Head.HIGH]!, words[at + Head.PORTS]!);
  }

  /** Whether the connection with that id is in that slot, still. */
  holds(slot: number, id: number): boolean {
    const at = slot * Block.WORDS;
    return this.u32[at + Head.ID] === id && (this.i32[at + Head.FLAGS]! & ConnectionFlag.LIVE) !== 0;
  }

  /** A clear record that no four-tuple leads to, for a while: `giveBack` it. */
  borrow(): number {
    return this.takeSlot();
  }

  giveBack(slot: number): void {
    this.i32[this.at(slot) + Head.FLAGS] = 0;
    this.i32[this.at(slot) + Head.CHAIN] = this.i32[FREE]!;
    this.i32[FREE] = slot;
    this.i32[SIZE]!--;
  }

  clear(slot: number): void {
    // `fill` of a typed array costs a call out of compiled code, for two cache lines' worth of time.
    const f64 = this.f64;
    for (let i = (slot * Block.WORDS) >> 1, end = i + (Block.WORDS >> 1); i < end; i++) f64[i] = 0;
  }

  private takeSlot(): number {
    this.i32[SIZE]!++;
    const slot = this.i32[FREE]!;
    if (slot !== NONE) {
      this.i32[FREE] = this.i32[this.at(slot) + Head.CHAIN]!;
      this.clear(slot);
      return slot;
    }
    if (this.i32[FRESH] === this.i32[CAPACITY]) this.growRecords();
    return this.i32[FRESH]!++;
  }

  /** Index of the first word of the bucket for that hash. */
  private bucketOf(hash: number): number {
    return BUCKETS + (hash & this.i32[MASK]!) * BUCKET_WORDS;
  }

  private link(slot: number, hash: number): void {
    const words = this.i32;
    const bucket = this.bucketOf(hash);
    words[slot * Block.WORDS + Head.CHAIN] = words[bucket]!;
    words[bucket] = slot;
    words[bucket + 1]! |= bucketBit(hash);
  }

  private replaceInChain(bucket: number, was: number, becomes: number): void {
    const words = this.i32;
    if (words[bucket] === was) {
      words[bucket] = becomes;
      return;
    }
    let slot = words[bucket]!;
    while (words[slot * Block.WORDS + Head.CHAIN] !== was) slot = words[slot * Block.WORDS + Head.CHAIN]!;
    words[slot * Block.WORDS + Head.CHAIN] = becomes;
  }

  private growRecords(): void {
    const pages = this.memory.buffer.byteLength / PAGE;
    growOrRefuse(this.memory, Math.max(GROW_PAGES, pages >> 2), this.size);
    this.i32 = new Int32Array(this.memory.buffer);
    this.u32 = new Uint32Array(this.memory.buffer);
    this.f64 = new Float64Array(this.memory.buffer);
    this.i32[CAPACITY] = this.i32.length / Block.WORDS;
    this.recent = new Int32Array(this.memory.buffer, Desk.RECENT, Desk.RECENT_SLOTS);
  }

  private growBuckets(): void {
    const words = this.i32;
    const buckets = words[MASK]! + 1;
    if (buckets === Desk.MAX_BUCKETS) return;
    const more = buckets === FIRST_BUCKETS ? SECOND_BUCKETS : buckets * 4;
    words[MASK] = more - 1;
    // All of them, though most are zeros already: a page that is read before it is written is brought into being twice.
    words.fill(0, BUCKETS, BUCKETS + more * BUCKET_WORDS);
    for (let slot = this.firstSlot; slot < this.slots; slot++) {
      const at = slot * Block.WORDS;
      // Older incarnations are in no chain. (A borrowed record is given back before another is made.)
      if ((words[at + Head.FLAGS]! & ConnectionFlag.LIVE) !== 0 && words[at + Head.NEWER] === NONE)
        this.link(slot, this.hashOf(slot));
    }
  }
}

/** The bit of a hash in its bucket, by the bits that no bucket's number is made of. */
export function bucketBit(hash: number): number {
  return 1 << (hash >>> 27);
}

/** Mixes a four-tuple (multipliers of a well-known avalanche; `family` adds nothing, for few captures mix both). */
export function tupleHash(low: number, high: number, ports: number): number {
  let h = Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b) ^ Math.imul(ports, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return h ^ (h >>> 12);
}
