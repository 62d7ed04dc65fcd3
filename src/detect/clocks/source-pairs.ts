import { GROW_PAGES, MAX_PAGES, PAGE, growOrRefuse, growingMemory } from '../../flow/growing-memory.js';
import { Family } from '../../segment/segment-batch.js';
import { instantiate } from '../../segment/web-assembly.js';
import { Block, Common, MAX_SAMPLES, Pair, PairMemory, Sample, Waiting } from './pair-layout.js';
import { RATES, areOnLine } from './timestamp-clocks.js';

/** What `short-way/clock-pairs.ts` exports. */
interface Exports {
  take(first: number, end: number): number;
}

const FIRST_SLOTS = 1024;
/** Octets that a word can count. */
const MOST = MAX_PAGES * PAGE - PAGE;
/** Words of `PairMemory`. */
const PAIRS = PairMemory.PAIRS / 4;
const TAKEN = PairMemory.TAKEN / 4;
const CAPACITY = PairMemory.CAPACITY / 4;
const FIRST = PairMemory.FIRST / 4;
const NEWEST = PairMemory.NEWEST / 4;
const MASK = PairMemory.MASK / 4;
const SLOTS = PairMemory.SLOTS / 4;

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
 * costs two cache lines and allocates nothing; `shortWay` works in the same memory. Address values are those of
 * SegmentBatch.
 */
export class PairTable {
  i32!: Int32Array;
  u32!: Uint32Array;
  f64!: Float64Array;
  /** null where the memory is not one that WebAssembly can work in, or it is not wanted. */
  readonly #shortWay: Exports | null;
  readonly #memory = growingMemory();
  readonly #samples = new Samples(MAX_SAMPLES);
  readonly #lastTwo = new Samples(2);

  constructor(shortWay = true) {
    this.#look();
    this.i32[TAKEN] = PairMemory.BEGIN;
    new Float64Array(this.#memory.buffer, PairMemory.RATES, PairMemory.RATE_COUNT).set(RATES);
    this.#makeSlots(FIRST_SLOTS);
    this.#shortWay =
      shortWay && this.#memory instanceof WebAssembly.Memory
        ? (instantiate('detect/plain-judge', this.#memory) as Exports)
        : null;
  }

  /** The first word of the `Waiting` at that place. */
  waiting(place: number): number {
    return PairMemory.INBOX / 4 + place * Waiting.WORDS;
  }

  /** Takes what waits from place `first` on, up to `end`, the short way; the first that needs the long way, or `end`. */
  take(first: number, end: number): number {
    return this.#shortWay === null ? first : this.#shortWay.take(first, end);
  }

  get size(): number {
    return this.i32[PAIRS]!;
  }

  /** The first words of all pairs, in the order in which they were made. */
  *all(): Iterable<number> {
    for (let at = this.u32[FIRST]! / 4; at !== 0; at = this.u32[at + Pair.NEXT]! / 4) yield at;
  }

  /** The pair's first word in `i32`, halve it for `f64`; it is made when it is new. `v6`: `v6Of` the family. */
  get(v6: number, source: number, destination: number): number {
    const words = this.i32;
    const mask = words[MASK]!;
    const slots = words[SLOTS]! >>> 2;
    let slot = hash(source, destination) & mask;
    for (;;) {
      const at = words[slots + slot]! >>> 2;
      if (at === 0) break;
      if (
        words[at + Pair.SOURCE] === source &&
        words[at + Pair.DESTINATION] === destination &&
        (words[at + Pair.COMMON]! & Common.V6) === v6
      ) {
        return at;
      }
      slot = (slot + 1) & mask;
    }
    return this.#create(v6, source, destination);
  }

  family(at: number): number {
    return (this.i32[at + Pair.COMMON]! & Common.V6) === 0 ? Family.V4 : Family.V6;
  }

  /** Keeps the SYN that waits at word `syn` as a sample of the pair, if it has not enough of them, and as its last. */
  addSample(at: number, syn: number): void {
    const samples = this.i32[at + Pair.SAMPLES]!;
    if (samples < MAX_SAMPLES) {
      if (samples === 0) this.i32[at + Pair.COMMON]! |= this.i32[syn + Waiting.PORT]!;
      else this.#compare(at, syn);
      this.#keep(at, syn);
    }
    this.i32[at + Pair.LAST_TSVAL] = this.i32[syn + Waiting.TSVAL]!;
    this.f64[(at + Pair.LAST_NS) >> 1] = this.f64[(syn + Waiting.NS) >> 1]!;
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

  /** Holds the SYN against the last sample: most hosts have one clock, and that tells whether it goes on. */
  #compare(at: number, syn: number): void {
    const common = this.i32[at + Pair.COMMON]!;
    const two = this.#lastTwo;
    two.ns[0] = this.f64[(at + Pair.LAST_NS) >> 1]!;
    two.ns[1] = this.f64[(syn + Waiting.NS) >> 1]!;
    two.tsval[0] = this.u32[at + Pair.LAST_TSVAL]!;
    two.tsval[1] = this.u32[syn + Waiting.TSVAL]!;
    let bits = common;
    if (this.i32[syn + Waiting.PORT] !== (common & Common.PORT)) bits |= Common.SEVERAL_PORTS;
    if (two.tsval[0] !== two.tsval[1]) bits |= Common.SEVERAL_TSVALS;
    let rate = common >>> Common.RATE_SHIFT;
    if (rate < RATES.length && !areOnLine(two, RATES[rate]!)) {
      const earlier = this.samples(at);
      do rate++;
      while (rate < RATES.length && !(areOnLine(two, RATES[rate]!) && areOnLine(earlier, RATES[rate]!)));
      bits = (bits & ((1 << Common.RATE_SHIFT) - 1)) | (rate << Common.RATE_SHIFT);
    }
    this.i32[at + Pair.COMMON] = bits;
  }

  /** Adds a sample to those of the pair, which holds its first one itself, as its last SYN. */
  #keep(at: number, syn: number): void {
    const samples = this.i32[at + Pair.SAMPLES]!++;
    if (samples === 0) return;
    if (samples === 1) {
      this.#addBlock(at);
      const port = this.i32[at + Pair.COMMON]! & Common.PORT;
      this.#put(at, 0, this.f64[(at + Pair.LAST_NS) >> 1]!, this.i32[at + Pair.LAST_TSVAL]!, port);
    } else if (samples % Block.SAMPLES === 0) {
      this.#addBlock(at);
    }
    const ns = this.f64[(syn + Waiting.NS) >> 1]!;
    this.#put(at, samples, ns, this.i32[syn + Waiting.TSVAL]!, this.i32[syn + Waiting.PORT]!);
  }

  #addBlock(at: number): void {
    const block = this.#take(Block.WORDS * 4);
    this.i32[(block >>> 2) + Block.BEFORE] = this.i32[at + Pair.BLOCK]!;
    this.i32[at + Pair.BLOCK] = block;
  }

  /** Sample number `index`, in the newest block. */
  #put(at: number, index: number, ns: number, tsval: number, port: number): void {
    const sample = (this.i32[at + Pair.BLOCK]! >>> 2) + Block.FIRST + (index % Block.SAMPLES) * Sample.WORDS;
    this.f64[(sample + Sample.NS) >> 1] = ns;
    this.i32[sample + Sample.TSVAL] = tsval;
    this.i32[sample + Sample.PORT] = port;
  }

  /** The samples of the pair at that word, until the next call. */
  samples(at: number): Samples {
    const samples = this.#samples;
    const { ns, tsval, port } = samples;
    const count = this.i32[at + Pair.SAMPLES]!;
    samples.count = count;
    if (count === 1) {
      ns[0] = this.f64[(at + Pair.LAST_NS) >> 1]!;
      tsval[0] = this.i32[at + Pair.LAST_TSVAL]!;
      port[0] = this.i32[at + Pair.COMMON]! & Common.PORT;
      return samples;
    }
    let block = this.i32[at + Pair.BLOCK]! >>> 2;
    for (let i = count - 1; i >= 0; i--) {
      const sample = block + Block.FIRST + (i % Block.SAMPLES) * Sample.WORDS;
      ns[i] = this.f64[(sample + Sample.NS) >> 1]!;
      tsval[i] = this.i32[sample + Sample.TSVAL]!;
      port[i] = this.i32[sample + Sample.PORT]!;
      if (i % Block.SAMPLES === 0) block = this.i32[block + Block.BEFORE]! >>> 2;
    }
    return samples;
  }

  #create(v6: number, source: number, destination: number): number {
    const pair = this.#take(Pair.WORDS * 4);
    const at = pair / 4;
    const words = this.i32;
    words[at + Pair.SOURCE] = source;
    words[at + Pair.DESTINATION] = destination;
    words[at + Pair.COMMON] = v6;
    this.f64[(at + Pair.STAMP_S) >> 1] = NaN;
    if (words[FIRST] === 0) words[FIRST] = pair;
    else words[(words[NEWEST]! >>> 2) + Pair.NEXT] = pair;
    words[NEWEST] = pair;
    words[PAIRS]!++;
    if (this.size * 2 > words[MASK]! + 1) this.#makeSlots((words[MASK]! + 1) * 4);
    else this.#link(at);
    return at;
  }

  /** Slots for all pairs there are, instead of those before, whose place is not used again. */
  #makeSlots(slots: number): void {
    const place = this.#take(slots * 4);
    this.i32[SLOTS] = place;
    this.i32[MASK] = slots - 1;
    for (const at of this.all()) this.#link(at);
  }

  #link(at: number): void {
    const words = this.i32;
    const slots = words[SLOTS]! >>> 2;
    const mask = words[MASK]!;
    let slot = hash(words[at + Pair.SOURCE]!, words[at + Pair.DESTINATION]!) & mask;
    while (words[slots + slot] !== 0) slot = (slot + 1) & mask;
    words[slots + slot] = at * 4;
  }

  /** Where so many clear octets lie. */
  #take(octets: number): number {
    const place = this.u32[TAKEN]!;
    const missing = place + octets - this.u32[CAPACITY]!;
    if (missing > 0) {
      const pages = this.#memory.buffer.byteLength / PAGE;
      growOrRefuse(this.#memory, Math.max(GROW_PAGES, pages >> 2, Math.ceil(missing / PAGE)), this.size);
      this.#look();
    }
    this.i32[TAKEN] = place + octets;
    return place;
  }

  #look(): void {
    const { buffer } = this.#memory;
    this.i32 = new Int32Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.u32[CAPACITY] = Math.min(buffer.byteLength, MOST);
  }
}

/** The bit of `Common` for a family. */
export function v6Of(family: number): number {
  return family === Family.V6 ? Common.V6 : 0;
}

function hash(source: number, destination: number): number {
  let h = Math.imul(source, 0x9e3779b1) ^ Math.imul(destination, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return h ^ (h >>> 13);
}
