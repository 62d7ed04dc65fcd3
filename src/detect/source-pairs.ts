/** A source and a destination address: its SYNs with timestamps, and what tcp_tw_recycle would remember of it. */
export class Pair {
  readonly family: number;
  readonly source: number;
  readonly destination: number;
  /** The first SYNs: when, with which TSval, from which port. */
  readonly ns: number[] = [];
  readonly tsval: number[] = [];
  readonly port: number[] = [];
  syns = 0;
  regressions = 0;
  drops = 0;
  lastTsval = 0;
  lastNs = 0;
  lastId = 0;
  stampTs = 0;
  /** Whole second; NaN: nothing remembered. */
  stampS = NaN;

  constructor(family: number, source: number, destination: number) {
    this.family = family;
    this.source = source;
    this.destination = destination;
  }
}

/** Pairs of addresses, found by open addressing: a SYN costs no allocation and no string. */
export class PairTable {
  readonly #pairs: Pair[] = [];
  #slots = new Int32Array(1024).fill(-1);

  all(): readonly Pair[] {
    return this.#pairs;
  }

  /** The pair of two address values of a family (as in SegmentBatch); made when it is new. */
  get(family: number, source: number, destination: number): Pair {
    const mask = this.#slots.length - 1;
    let at = hash(source, destination) & mask;
    for (;;) {
      const index = this.#slots[at]!;
      if (index < 0) break;
      const pair = this.#pairs[index]!;
      if (pair.source === source && pair.destination === destination && pair.family === family) return pair;
      at = (at + 1) & mask;
    }
    const pair = new Pair(family, source, destination);
    this.#slots[at] = this.#pairs.length;
    this.#pairs.push(pair);
    if (this.#pairs.length * 2 > this.#slots.length) this.#grow();
    return pair;
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 4).fill(-1);
    const mask = this.#slots.length - 1;
    this.#pairs.forEach((pair, index) => {
      let at = hash(pair.source, pair.destination) & mask;
      while (this.#slots[at]! >= 0) at = (at + 1) & mask;
      this.#slots[at] = index;
    });
  }
}

function hash(source: number, destination: number): number {
  let h = Math.imul(source, 0x9e3779b1) ^ Math.imul(destination, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return h ^ (h >>> 13);
}
