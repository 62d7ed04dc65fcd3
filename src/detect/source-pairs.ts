import type { SegmentBatch } from '../segment/segment-batch.js';
import { RATES, areOnLine } from './timestamp-clocks.js';

/** Word offsets of a pair's record. f64 fields take two words and are even. */
export const enum Pair {
  FAMILY = 0,
  /** Address values as in SegmentBatch. */
  SOURCE = 1,
  DESTINATION = 2,
  /** First copies of SYNs with the timestamp option; of these, TSvals behind the one before; and tcp_tw_recycle's drops. */
  SYNS = 3,
  REGRESSIONS = 4,
  DROPS = 5,
  LAST_TSVAL = 6,
  /** Connection of the last SYN. */
  LAST_ID = 7,
  /** f64 */
  LAST_NS = 8,
  /** f64: what tcp_tw_recycle remembers: the second of the stamp (NaN: nothing), and its TSval. */
  STAMP_S = 10,
  STAMP_TSVAL = 12,
  /** Samples kept, and the newest block of them (0: none). */
  SAMPLES = 13,
  BLOCK = 14,
  /** What the samples have in common so far: bits of `Common`. */
  COMMON = 15,
}

/** The lower half is the port of the first sample. */
const enum Common {
  PORT = 0xffff,
  SEVERAL_PORTS = 0x1_0000,
  SEVERAL_TSVALS = 0x2_0000,
  /** Index of the first of `RATES` that all of them lie on one line of; `RATES.length`: none. */
  RATE_SHIFT = 20,
}
const WORDS = 16;

/** A block of samples: eight of (f64 time, TSval, port), and the number of the block before. */
const BLOCK_SAMPLES = 8;
const SAMPLE_WORDS = 4;
const BLOCK_WORDS = BLOCK_SAMPLES * SAMPLE_WORDS + 2;

/** SYNs remembered for one source and destination. */
export const MAX_SAMPLES = 128;

/** The samples of one pair, in order of time: the first `count` of each array. */
export class Samples {
  count: number;
  readonly ns: Float64Array;
  readonly tsval: Uint32Array;
  readonly port: Uint16Array;

  constructor(count: number) {
    this.count = count;
    this.ns = new Float64Array(count);
    this.tsval = new Uint32Array(count);
    this.port = new Uint16Array(count);
  }
}

/**
 * Pairs of a source and a destination address, each one record in one block of memory, found by open addressing. A SYN
 * costs two cache lines and allocates nothing. Address values are those of SegmentBatch.
 */
export class PairTable {
  i32 = new Int32Array(256 * WORDS);
  f64 = new Float64Array(this.i32.buffer);
  u32 = new Uint32Array(this.i32.buffer);
  size = 0;
  #slots = new Int32Array(1024).fill(-1);
  #blocks = new Int32Array(64 * BLOCK_WORDS);
  #blockTimes = new Float64Array(this.#blocks.buffer);
  #blockCount = 1;
  readonly #samples = new Samples(MAX_SAMPLES);
  readonly #lastTwo = new Samples(2);

  /** Index of a pair's first word in `i32`; halve it for `f64`. */
  at(pair: number): number {
    return pair * WORDS;
  }

  /** The pair's first word; the pair is made when it is new. Addresses as 32-bit integers, signed: larger numbers are objects. */
  get(family: number, source: number, destination: number): number {
    const mask = this.#slots.length - 1;
    const words = this.i32;
    let slot = hash(source, destination) & mask;
    for (;;) {
      const pair = this.#slots[slot]!;
      if (pair < 0) break;
      const at = pair * WORDS;
      if (
        words[at + Pair.SOURCE] === source &&
        words[at + Pair.DESTINATION] === destination &&
        words[at + Pair.FAMILY] === family
      ) {
        return at;
      }
      slot = (slot + 1) & mask;
    }
    this.#slots[slot] = this.size;
    return this.#create(family, source, destination);
  }

  /** Keeps the SYN in that row as a sample of the pair at that word, if it has not enough of them, and as its last. */
  addSample(at: number, batch: SegmentBatch, row: number): void {
    const { i32 } = this;
    const samples = i32[at + Pair.SAMPLES]!;
    if (samples < MAX_SAMPLES) {
      if (samples === 0) i32[at + Pair.COMMON] = batch.srcPort[row]!;
      else this.#compare(at, batch, row);
      this.#keep(at, batch, row);
    }
    i32[at + Pair.LAST_TSVAL] = batch.tsval[row]!;
    this.f64[(at + Pair.LAST_NS) >> 1] = batch.timeNs[row]!;
  }

  /** Whether all samples of the pair are of one port; and whether their TSvals are all the same. */
  areOfOnePort(at: number): boolean {
    return (this.i32[at + Pair.COMMON]! & Common.SEVERAL_PORTS) === 0;
  }

  areOfOneTsval(at: number): boolean {
    return (this.i32[at + Pair.COMMON]! & Common.SEVERAL_TSVALS) === 0;
  }

  /** The rate of the clock that all samples of the pair lie on, as `fitClocks` would find it; null: there is no such clock. */
  onlyLine(at: number): number | null {
    return RATES[this.i32[at + Pair.COMMON]! >>> Common.RATE_SHIFT] ?? null;
  }

  /** Holds the SYN in that row against the last sample: most hosts have one clock, and that tells whether it goes on. */
  #compare(at: number, batch: SegmentBatch, row: number): void {
    const common = this.i32[at + Pair.COMMON]!;
    const two = this.#lastTwo;
    two.ns[0] = this.f64[(at + Pair.LAST_NS) >> 1]!;
    two.ns[1] = batch.timeNs[row]!;
    two.tsval[0] = this.u32[at + Pair.LAST_TSVAL]!;
    two.tsval[1] = batch.tsval[row]!;
    let bits = common;
    if (batch.srcPort[row] !== (common & Common.PORT)) bits |= Common.SEVERAL_PORTS;
    if (two.tsval[0] !== two.tsval[1]) bits |= Common.SEVERAL_TSVALS;
    let rate = common >>> Common.RATE_SHIFT;
    if (rate < RATES.length && !areOnLine(two, RATES[rate]!)) {
      const earlier = this.samples(at);
      do rate++;
      while (rate < RATES.length && !(areOnLine(two, RATES[rate]!) && areOnLine(earlier, RATES[rate]!)));
      bits = (bits & ((1 << Common.RATE_SHIFT) - 1)) | (rate << Common.RATE_SHIFT);
    }
    if (bits !== common) this.i32[at + Pair.COMMON] = bits;
  }

  #keep(at: number, batch: SegmentBatch, row: number): void {
    const index = this.i32[at + Pair.SAMPLES]! % BLOCK_SAMPLES;
    if (index === 0) this.i32[at + Pair.BLOCK] = this.#newBlock(this.i32[at + Pair.BLOCK]!);
    const word = this.i32[at + Pair.BLOCK]! * BLOCK_WORDS + index * SAMPLE_WORDS;
    this.#blockTimes[word >> 1] = batch.timeNs[row]!;
    this.#blocks[word + 2] = batch.tsval[row]!;
    this.#blocks[word + 3] = batch.srcPort[row]!;
    this.i32[at + Pair.SAMPLES]!++;
  }

  /** The samples of the pair at that word, until the next call. */
  samples(at: number): Samples {
    const samples = this.#samples;
    const { ns, tsval, port } = samples;
    const count = this.i32[at + Pair.SAMPLES]!;
    samples.count = count;
    let block = this.i32[at + Pair.BLOCK]!;
    for (let i = count - 1; i >= 0; i--) {
      const word = block * BLOCK_WORDS + (i % BLOCK_SAMPLES) * SAMPLE_WORDS;
      ns[i] = this.#blockTimes[word >> 1]!;
      tsval[i] = this.#blocks[word + 2]!;
      port[i] = this.#blocks[word + 3]!;
      if (i % BLOCK_SAMPLES === 0) block = this.#blocks[(block + 1) * BLOCK_WORDS - 2]!;
    }
    return samples;
  }

  #create(family: number, source: number, destination: number): number {
    if ((this.size + 1) * WORDS > this.i32.length) {
      const grown = new Int32Array(this.i32.length * 2);
      grown.set(this.i32);
      this.i32 = grown;
      this.u32 = new Uint32Array(grown.buffer);
      this.f64 = new Float64Array(grown.buffer);
    }
    const at = this.size * WORDS;
    this.i32[at + Pair.FAMILY] = family;
    this.i32[at + Pair.SOURCE] = source;
    this.i32[at + Pair.DESTINATION] = destination;
    this.f64[(at + Pair.STAMP_S) >> 1] = NaN;
    this.size++;
    if (this.size * 2 > this.#slots.length) this.#growSlots();
    return at;
  }

  #newBlock(previous: number): number {
    if ((this.#blockCount + 1) * BLOCK_WORDS > this.#blocks.length) {
      const grown = new Int32Array(this.#blocks.length * 2);
      grown.set(this.#blocks);
      this.#blocks = grown;
      this.#blockTimes = new Float64Array(grown.buffer);
    }
    this.#blocks[(this.#blockCount + 1) * BLOCK_WORDS - 2] = previous;
    return this.#blockCount++;
  }

  #growSlots(): void {
    this.#slots = new Int32Array(this.#slots.length * 4).fill(-1);
    const mask = this.#slots.length - 1;
    for (let pair = 0; pair < this.size; pair++) {
      const at = pair * WORDS;
      let slot = hash(this.i32[at + Pair.SOURCE]!, this.i32[at + Pair.DESTINATION]!) & mask;
      while (this.#slots[slot]! >= 0) slot = (slot + 1) & mask;
      this.#slots[slot] = pair;
    }
  }
}

function hash(source: number, destination: number): number {
  let h = Math.imul(source, 0x9e3779b1) ^ Math.imul(destination, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return h ^ (h >>> 13);
}
