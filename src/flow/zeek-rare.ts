import { RecordPool, type PoolChunk } from './record-pool.js';
import { NO_PLACE, SlotPlaces } from './slot-places.js';

/** What few of Zeek's connections need: offsets in float64 values. Of two values the first is the lower end's. */
export const enum Rare {
  /** Retransmissions, zero windows and gaps so far: Zeek writes the 1st, 10th, 100th, ... */
  REPEATS = 0,
  ZERO_WINDOWS = 2,
  GAPS = 4,
  /** Sequence number up to which gaps were told; NaN: none was. */
  GAP_TO = 6,
  /** Number of the last FIN and RST; NaN: none, or the FIN that the connection table knows. */
  LAST_FIN = 8,
  LAST_RST = 10,
  /** Records that the capture made twice: Zeek counts them; and the time of the last one, NaN: none. */
  COPIES = 12,
  COPY_NS = 14,
  /** Zeek connections that this incarnation was before; and packets and octets in them. */
  PARTS = 15,
  PACKETS_BEFORE = 16,
  BYTES_BEFORE = 18,
  /** When the part began; NaN: with the incarnation. */
  FIRST_NS = 20,
  VALUES = 22,
}

/** Where the rare facts of one connection lie: `Rare` offsets count from `at`. */
export class ZeekRare {
  values: Float64Array;
  at: number;

  constructor(values: Float64Array, at: number) {
    this.values = values;
    this.at = at;
  }

  get(what: number): number {
    return this.values[this.at + what]!;
  }

  set(what: number, value: number): void {
    this.values[this.at + what] = value;
  }
}

/** Zeek's rare facts by slot. */
export class ZeekRares {
  readonly #records = new RecordPool(2 * Rare.VALUES);
  readonly #places = new SlotPlaces();
  /** Filled again and again. */
  readonly #shown = new ZeekRare(new Float64Array(0), 0);

  /** Of a slot that has some; valid until the next call. */
  of(slot: number): ZeekRare {
    return this.#show(this.#places.of(slot));
  }

  /** Facts of a connection of which there are none yet; likewise. */
  begin(slot: number): ZeekRare {
    let place = this.#places.of(slot);
    if (place === NO_PLACE) {
      place = this.#records.take();
      this.#places.set(slot, place);
    }
    const rare = this.#show(place);
    rare.values.fill(0, rare.at, rare.at + Rare.VALUES);
    rare.values.fill(NaN, rare.at + Rare.GAP_TO, rare.at + Rare.COPIES);
    rare.set(Rare.COPY_NS, NaN);
    rare.set(Rare.FIRST_NS, NaN);
    return rare;
  }

  /** The connection of that slot, which may have some, has left memory. */
  end(slot: number): void {
    const place = this.#places.of(slot);
    if (place === NO_PLACE) return;
    this.#records.release(place);
    this.#places.set(slot, NO_PLACE);
  }

  #show(place: number): ZeekRare {
    const chunk: PoolChunk = this.#records.chunk(place);
    this.#shown.values = chunk.f64;
    this.#shown.at = this.#records.at(place) >> 1;
    return this.#shown;
  }
}
