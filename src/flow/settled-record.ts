import { RECORD_WORDS, type ConnectionTable, type RecordMemory } from './connection-table.js';
import type { RowSink } from './row-sink.js';

/**
 * A connection without rare facts on its way to the writer's thread, which judges it there: a copy of its record as it
 * was when it settled, and what else the judgement and the row need. Offsets in float64 values.
 */
export const enum Settled {
  RECORD = 0,
  /** Time of the latest segment of the capture. */
  NOW = 64,
  /** The Zeek code of the row. */
  ZEEK = 65,
  /** The database's ids of the addresses of the lower and the higher end. */
  LOW_ADDRESS = 66,
  HIGH_ADDRESS = 67,
  VALUES = 68,
}

export class SettledCopies {
  readonly #appender: ReturnType<RowSink['settled']>;
  #words: Int32Array;

  constructor(appender: ReturnType<RowSink['settled']>) {
    this.#appender = appender;
    this.#words = wordsOf(appender.values);
  }

  /** Puts a copy of the record in `slot` into the appender. True: a batch of copies has just been sent. */
  append(
    table: ConnectionTable,
    slot: number,
    now: number,
    zeek: number,
    lowAddress: number,
    highAddress: number,
  ): boolean {
    const { at, values } = this.#appender;
    if (this.#words.byteOffset !== values.byteOffset) this.#words = wordsOf(values);
    // Word by word: a float64 that passes through JavaScript may come out as another NaN.
    const to = this.#words;
    const from = table.i32;
    const first = table.at(slot);
    for (let i = 0; i < RECORD_WORDS; i++) to[2 * at + i] = from[first + i]!;
    values[at + Settled.NOW] = now;
    values[at + Settled.ZEEK] = zeek;
    values[at + Settled.LOW_ADDRESS] = lowAddress;
    values[at + Settled.HIGH_ADDRESS] = highAddress;
    this.#appender.commit();
    return this.#appender.at === 0;
  }

  /** Sends what was appended, before a row takes the place of one of these connections. */
  flush(): void {
    this.#appender.flush();
  }
}

/** Copies of records, `Settled.VALUES` apart, for a `ConnectionView`. */
export class SettledMemory implements RecordMemory {
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly f64: Float64Array;

  constructor(values: Float64Array) {
    this.i32 = wordsOf(values);
    this.u32 = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
    this.f64 = values;
  }

  at(copy: number): number {
    return copy * 2 * Settled.VALUES;
  }
}

function wordsOf(values: Float64Array): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, 2 * values.length);
}
