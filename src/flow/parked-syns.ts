import type { FillingMemory } from '../segment/filling-memory.js';
import { Family } from '../segment/segment-batch.js';
import {
  BUCKET_WORDS,
  ConnectionFlag,
  End,
  EndFlag,
  Head,
  bucketBit,
  endOffset,
  tupleHash,
  type ConnectionTable,
} from './connection-table.js';
import type { LoneSyn } from './lone-syn.js';
import { micros } from './duplicate-frame.js';
import { GROW_PAGES, PAGE, fillingOf, growOrRefuse, growingMemory } from './growing-memory.js';

/** Word offsets of a parked SYN: one cache line. f64 fields take two words and are even. */
const enum Parked {
  LOW = 0,
  HIGH = 1,
  PORTS = 2,
  /** Next of the hash chain (0: none), or of the free ones (-1: none). */
  CHAIN = 3,
  ID = 4,
  /** `Head.FLAGS`; 0: this place is free. */
  FLAGS = 5,
  /** f64: when it was seen. */
  NS = 6,
  FRAME = 8,
  ISN = 9,
  TSVAL = 10,
  /** Of its record, for telling copies. */
  SIGNATURE = 11,
  ZEEK = 12,
  /** IPv4 id and window, 16 bits each. */
  IP_ID_AND_WINDOW = 13,
  /** `End.FLAGS` of the sender, 19 bits, and the flags of the segment. */
  END_FLAGS = 14,
  /** Number of the capture, 16 bits, time to live and window shift, 8 bits each. */
  CAPTURE_TTL_SHIFT = 15,
  WORDS = 16,
}

/** Index of the word that holds the first place that was never used: in place 0, which no SYN has. */
const FRESH = 0;
const NONE = -1;
/** Where a chain ends. No SYN has this place. */
const CHAIN_END = 0;
const FIRST_BUCKETS = 1 << 12;
const MAX_CAPTURE = 0xffff;
const END_FLAG_BITS = 19;

/** What a lone SYN may have beside ATTEMPT: anything else is more than is kept here. */
const LONE =
  ConnectionFlag.LIVE |
  ConnectionFlag.V6 |
  ConnectionFlag.SYN |
  ConnectionFlag.ATTEMPT |
  ConnectionFlag.CLIENT_HIGH |
  ConnectionFlag.FIRST_HIGH |
  ConnectionFlag.RESUMED |
  ConnectionFlag.OPTIONS_CUT |
  ConnectionFlag.WRITTEN;

/**
 * SYNs that nobody has answered yet, an eighth of a record each: all that a record holds after one SYN without payload.
 * A flood of SYNs is millions of them. One comes back into the table, as it was, when another segment of its four-tuple
 * does.
 */
export class ParkedSyns {
  size = 0;
  #memory = growingMemory();
  #i32 = new Int32Array(this.#memory.buffer);
  #f64 = new Float64Array(this.#memory.buffer);
  /** As those of the connection table. */
  #buckets = new Int32Array(FIRST_BUCKETS * BUCKET_WORDS);
  #mask = FIRST_BUCKETS - 1;
  #free = NONE;

  constructor() {
    this.#i32[FRESH] = CHAIN_END + 1;
  }

  /** One past the last place that was ever used. */
  get places(): number {
    return this.#i32[FRESH]!;
  }

  get filling(): FillingMemory | null {
    return fillingOf(this.#memory, FRESH, Parked.WORDS * Int32Array.BYTES_PER_ELEMENT);
  }

  /** Whether the record in `slot` is a SYN that can be kept here. */
  fits(table: ConnectionTable, slot: number): boolean {
    const words = table.i32;
    const at = table.at(slot);
    const flags = words[at + Head.FLAGS]!;
    if ((flags & ~LONE) !== 0 || (flags & ConnectionFlag.ATTEMPT) === 0 || words[at + Head.OLDER] !== NONE)
      return false;
    const mine = at + endOffset((flags & ConnectionFlag.FIRST_HIGH) === 0 ? 0 : 1);
    return (
      words[at + Head.SYNS] === 1 &&
      words[mine + End.PACKETS] === 1 &&
      words[at + endOffset(0) + End.PACKETS]! + words[at + endOffset(1) + End.PACKETS]! === 1 &&
      words[mine + End.LAST_LEN] === 0 &&
      words[mine + End.LAST_ACK] === 0 &&
      words[mine + End.MAX_END] === ((words[mine + End.ISN]! + 1) | 0) &&
      words[at + Head.INCARNATION] === 1 &&
      words[at + Head.FIRST_CAPTURE]! <= MAX_CAPTURE
    );
  }

  /** Keeps what the record in `slot` holds; the caller releases it. */
  park(table: ConnectionTable, slot: number): void {
    const words = table.i32;
    const from = table.at(slot);
    const flags = words[from + Head.FLAGS]!;
    const mine = from + endOffset((flags & ConnectionFlag.FIRST_HIGH) === 0 ? 0 : 1);
    const at = this.#takePlace() * Parked.WORDS;
    const to = this.#i32;
    to[at + Parked.LOW] = words[from + Head.LOW]!;
    to[at + Parked.HIGH] = words[from + Head.HIGH]!;
    to[at + Parked.PORTS] = words[from + Head.PORTS]!;
    to[at + Parked.ID] = words[from + Head.ID]!;
    to[at + Parked.FLAGS] = flags;
    this.#f64[(at + Parked.NS) >> 1] = table.f64[(from + Head.FIRST_NS) >> 1]!;
    to[at + Parked.FRAME] = words[from + Head.FIRST_FRAME]!;
    to[at + Parked.ISN] = words[mine + End.ISN]!;
    to[at + Parked.TSVAL] = words[mine + End.TSVAL]!;
    to[at + Parked.SIGNATURE] = words[mine + End.RECENT]!;
    to[at + Parked.ZEEK] = words[from + Head.ZEEK]!;
    to[at + Parked.IP_ID_AND_WINDOW] = (words[mine + End.IP_ID]! << 16) | words[mine + End.WINDOW]!;
    to[at + Parked.END_FLAGS] = words[mine + End.FLAGS]! | (words[mine + End.LAST_FLAGS]! << END_FLAG_BITS);
    to[at + Parked.CAPTURE_TTL_SHIFT] =
      (words[from + Head.FIRST_CAPTURE]! << 16) |
      ((words[mine + End.TTL]! & 255) << 8) |
      words[mine + End.WINDOW_SHIFT]!;
    this.#link(at);
    this.size++;
    if (this.size > this.#mask) this.#growBuckets();
  }

  /** The place of the SYN on a four-tuple, or -1. */
  find(family: number, low: number, high: number, ports: number): number {
    const words = this.#i32;
    const v6 = family === Family.V6 ? ConnectionFlag.V6 : 0;
    const hash = tupleHash(low, high, ports);
    const bucket = (hash & this.#mask) * BUCKET_WORDS;
    if ((this.#buckets[bucket + 1]! & bucketBit(hash)) === 0) return NONE;
    let place = this.#buckets[bucket]!;
    while (place !== CHAIN_END) {
      const at = place * Parked.WORDS;
      if (
        words[at + Parked.PORTS] === (ports | 0) &&
        words[at + Parked.LOW] === (low | 0) &&
        words[at + Parked.HIGH] === (high | 0) &&
        (words[at + Parked.FLAGS]! & ConnectionFlag.V6) === v6
      ) {
        return place;
      }
      place = words[at + Parked.CHAIN]!;
    }
    return NONE;
  }

  /** Whether there may be a SYN on a four-tuple with that hash: false is certain. */
  mayHold(hash: number): boolean {
    return (this.#buckets[(hash & this.#mask) * BUCKET_WORDS + 1]! & bucketBit(hash)) !== 0;
  }

  /** What lies in the bucket of a four-tuple with that hash: to have it brought near. */
  peek(hash: number): number {
    return this.#buckets[(hash & this.#mask) * BUCKET_WORDS]!;
  }

  isTaken(place: number): boolean {
    return this.#i32[place * Parked.WORDS + Parked.FLAGS] !== 0;
  }

  /** Whether its row has been written: of what is kept here, nothing has changed since. */
  isWritten(place: number): boolean {
    return (this.#i32[place * Parked.WORDS + Parked.FLAGS]! & ConnectionFlag.WRITTEN) !== 0;
  }

  /** When the SYN at that place was seen. */
  seenNs(place: number): number {
    return this.#f64[(place * Parked.WORDS + Parked.NS) >> 1]!;
  }

  /** Opens a record with what the place holds, and frees the place. Returns the slot. */
  unpark(place: number, table: ConnectionTable): number {
    const at = place * Parked.WORDS;
    const words = this.#i32;
    const family = (words[at + Parked.FLAGS]! & ConnectionFlag.V6) === 0 ? Family.V4 : Family.V6;
    const slot = table.create(family, words[at]!, words[at + Parked.HIGH]!, words[at + Parked.PORTS]!, NONE);
    this.restore(place, table, slot);
    this.forget(place);
    return slot;
  }

  /** Makes the record in `slot` what it was before the SYN was parked. Whether the table finds it there is not touched. */
  restore(place: number, table: ConnectionTable, slot: number): void {
    const from = place * Parked.WORDS;
    const words = this.#i32;
    const to = table.i32;
    const at = table.at(slot);
    const flags = words[from + Parked.FLAGS]!;
    const mine = at + endOffset((flags & ConnectionFlag.FIRST_HIGH) === 0 ? 0 : 1);
    const chain = to[at + Head.CHAIN]!;
    table.clear(slot);
    to[at + Head.CHAIN] = chain;
    const ns = this.#f64[(from + Parked.NS) >> 1]!;
    const frame = words[from + Parked.FRAME]!;
    const isn = words[from + Parked.ISN]!;
    const endFlags = words[from + Parked.END_FLAGS]! & ((1 << END_FLAG_BITS) - 1);
    const capture = words[from + Parked.CAPTURE_TTL_SHIFT]! >>> 16;
    const ttl = (words[from + Parked.CAPTURE_TTL_SHIFT]! >>> 8) & 255;
    to[at + Head.LOW] = words[from + Parked.LOW]!;
    to[at + Head.HIGH] = words[from + Parked.HIGH]!;
    to[at + Head.PORTS] = words[from + Parked.PORTS]!;
    to[at + Head.ID] = words[from + Parked.ID]!;
    to[at + Head.FLAGS] = flags;
    to[at + Head.ZEEK] = words[from + Parked.ZEEK]!;
    to[at + Head.INCARNATION] = 1;
    to[at + Head.OLDER] = NONE;
    to[at + Head.NEWER] = NONE;
    to[at + Head.SYNS] = 1;
    to[at + Head.FIRST_FRAME] = to[at + Head.LAST_FRAME] = frame;
    to[at + Head.FIRST_CAPTURE] = to[at + Head.LAST_CAPTURE] = capture;
    table.f64[(at + Head.FIRST_NS) >> 1] = ns;
    table.f64[(at + Head.LAST_NS) >> 1] = ns;
    table.f64[(mine + End.LAST_NS) >> 1] = ns;
    to[mine + End.FLAGS] = endFlags;
    to[mine + End.PACKETS] = 1;
    to[mine + End.MAX_END] = isn + 1;
    to[mine + End.ISN] = to[mine + End.LAST_SEQ] = isn;
    to[mine + End.LAST_FLAGS] = words[from + Parked.END_FLAGS]! >>> END_FLAG_BITS;
    to[mine + End.TSVAL] = words[from + Parked.TSVAL]!;
    if ((endFlags & EndFlag.SYN_TIMESTAMP) !== 0) to[mine + End.SYN_TSVAL] = words[from + Parked.TSVAL]!;
    to[mine + End.IP_ID] = words[from + Parked.IP_ID_AND_WINDOW]! >>> 16;
    to[mine + End.WINDOW] = words[from + Parked.IP_ID_AND_WINDOW]! & 0xffff;
    to[mine + End.WINDOW_SHIFT] = words[from + Parked.CAPTURE_TTL_SHIFT]! & 255;
    to[mine + End.TTL] = ttl | (ttl << 8) | (ttl << 16);
    to[mine + End.RECENT] = words[from + Parked.SIGNATURE]!;
    to[mine + End.RECENT + 1] = micros(ns) || 1;
  }

  /** Tells what of the SYN at that place outlasts its row. */
  read(place: number, to: LoneSyn): void {
    const at = place * Parked.WORDS;
    const words = this.#i32;
    const flags = words[at + Parked.FLAGS]!;
    to.id = words[at + Parked.ID]! >>> 0;
    to.family = (flags & ConnectionFlag.V6) === 0 ? Family.V4 : Family.V6;
    to.firstCapture = words[at + Parked.CAPTURE_TTL_SHIFT]! >>> 16;
    to.firstFrame = words[at + Parked.FRAME]! >>> 0;
    to.firstNs = this.#f64[(at + Parked.NS) >> 1]!;
    to.isn = words[at + Parked.ISN]! >>> 0;
    to.low = words[at + Parked.LOW]!;
    to.high = words[at + Parked.HIGH]!;
    to.ports = words[at + Parked.PORTS]!;
    to.client.index = (flags & ConnectionFlag.CLIENT_HIGH) === 0 ? 0 : 1;
    to.server.index = 1 - to.client.index;
  }

  /** Takes over what was noted in the record in `slot`, which the place was restored to. */
  keep(place: number, table: ConnectionTable, slot: number): void {
    this.#i32[place * Parked.WORDS + Parked.FLAGS] = table.i32[table.at(slot) + Head.FLAGS]!;
  }

  /** Frees a place. */
  forget(place: number): void {
    const words = this.#i32;
    const at = place * Parked.WORDS;
    const bucket = (this.#hashOf(at) & this.#mask) * BUCKET_WORDS;
    const next = words[at + Parked.CHAIN]!;
    if (this.#buckets[bucket] === place) {
      this.#buckets[bucket] = next;
      if (next === CHAIN_END) this.#buckets[bucket + 1] = 0;
    } else {
      let before = this.#buckets[bucket]! * Parked.WORDS;
      while (words[before + Parked.CHAIN] !== place) before = words[before + Parked.CHAIN]! * Parked.WORDS;
      words[before + Parked.CHAIN] = next;
    }
    words[at + Parked.FLAGS] = 0;
    words[at + Parked.CHAIN] = this.#free;
    this.#free = place;
    this.size--;
  }

  #hashOf(at: number): number {
    const words = this.#i32;
    return tupleHash(words[at + Parked.LOW]!, words[at + Parked.HIGH]!, words[at + Parked.PORTS]!);
  }

  #link(at: number): void {
    const hash = this.#hashOf(at);
    const bucket = (hash & this.#mask) * BUCKET_WORDS;
    this.#i32[at + Parked.CHAIN] = this.#buckets[bucket]!;
    this.#buckets[bucket] = at / Parked.WORDS;
    this.#buckets[bucket + 1]! |= bucketBit(hash);
  }

  #takePlace(): number {
    if (this.#free !== NONE) {
      const place = this.#free;
      this.#free = this.#i32[place * Parked.WORDS + Parked.CHAIN]!;
      return place;
    }
    const fresh = this.#i32[FRESH]!;
    if ((fresh + 1) * Parked.WORDS > this.#i32.length) {
      const pages = this.#memory.buffer.byteLength / PAGE;
      growOrRefuse(this.#memory, Math.max(GROW_PAGES, pages >> 2), this.size);
      this.#i32 = new Int32Array(this.#memory.buffer);
      this.#f64 = new Float64Array(this.#memory.buffer);
    }
    this.#i32[FRESH] = fresh + 1;
    return fresh;
  }

  #growBuckets(): void {
    this.#mask = (this.#mask + 1) * 4 - 1;
    // Filled, though all are zeros: a page that is read before it is written is brought into being twice.
    this.#buckets = new Int32Array((this.#mask + 1) * BUCKET_WORDS).fill(0);
    for (let place = 0; place < this.places; place++) {
      const at = place * Parked.WORDS;
      if (this.#i32[at + Parked.FLAGS] !== 0) this.#link(at);
    }
  }
}
