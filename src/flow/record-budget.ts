import { ConnectionFlag, Head, RECORD_WORDS, type ConnectionTable } from './connection-table.js';
import type { ParkedSyns } from './parked-syns.js';
import type { Stories } from './stories.js';

/** A record with its share of what finds it: hash buckets, Zeek's deadline, places in the queues, octets. */
const RECORD_OCTETS = RECORD_WORDS * 4 + 64;
/** A parked SYN, likewise. */
const PARKED_OCTETS = 64 + 32;
/** The rare facts of a connection with a reset or two, as measured in V8. */
const STORY_OCTETS = 1024;

/** Who leaves makes room for a tenth, so that looking for them is rare. */
const ROOM = 0.9;
/** Records, and parked SYNs, that are asked for their age. */
const SAMPLES = 1000;

/** How much memory connections may take, and how long one must have been silent to make room for others. */
export class RecordBudget {
  readonly #octets: number;
  readonly #table: ConnectionTable;
  readonly #parked: ParkedSyns;
  readonly #stories: Stories;

  /** `octets`: as in `TrackerOptions.maxRecordBytes`. */
  constructor(octets: number | null, table: ConnectionTable, parked: ParkedSyns, stories: Stories) {
    this.#octets = octets ?? Infinity;
    this.#table = table;
    this.#parked = parked;
    this.#stories = stories;
  }

  get isExceeded(): boolean {
    return this.#taken > this.#octets;
  }

  /** Whether there is room again, or nobody left who could make it. */
  get hasRoom(): boolean {
    return this.#taken <= ROOM * this.#octets || this.#table.size + this.#parked.size === 0;
  }

  get #taken(): number {
    return this.#table.size * RECORD_OCTETS + this.#parked.size * PARKED_OCTETS + this.#stories.size * STORY_OCTETS;
  }

  /**
   * Those last heard then or before, ns, are about as many as have to leave: a quantile of evenly spread samples. At least
   * `leastShare` of all; Infinity where that is 1.
   */
  silentSince(leastShare: number): number {
    const share = Math.max(leastShare, 1 - (ROOM * this.#octets) / this.#taken);
    if (share >= 1) return Infinity;
    const samples = [...this.#recordAges(), ...this.#parkedAges()].sort((a, b) => a.ns - b.ns);
    let octets = share * samples.reduce((sum, sample) => sum + sample.octets, 0);
    for (const sample of samples) {
      octets -= sample.octets;
      if (octets <= 0) return sample.ns;
    }
    return Infinity;
  }

  #recordAges(): Sample[] {
    const table = this.#table;
    const times: number[] = [];
    for (const place of spread(table.slots - table.firstSlot)) {
      const at = table.at(table.firstSlot + place);
      if ((table.i32[at + Head.FLAGS]! & ConnectionFlag.LIVE) !== 0) times.push(table.f64[(at + Head.LAST_NS) >> 1]!);
    }
    return weighed(times, table.size * RECORD_OCTETS);
  }

  #parkedAges(): Sample[] {
    const parked = this.#parked;
    const times = spread(parked.places)
      .filter((place) => parked.isTaken(place))
      .map((place) => parked.seenNs(place));
    return weighed(times, parked.size * PARKED_OCTETS);
  }
}

/** A time when a connection was last heard, and how many octets it stands for. */
interface Sample {
  readonly ns: number;
  readonly octets: number;
}

function weighed(times: readonly number[], octets: number): Sample[] {
  return times.map((ns) => ({ ns, octets: octets / times.length }));
}

/** `SAMPLES` numbers below `end`, evenly spread; all where there are no more. */
function spread(end: number): number[] {
  const count = Math.min(SAMPLES, end);
  return Array.from({ length: count }, (_, i) => Math.floor((i * end) / count));
}
