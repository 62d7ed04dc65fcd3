import type { BitField } from '../../flow/row-layout.js';
import type { RowAppender } from '../../flow/row-sink.js';

/** 2^32: a place is capture id * 2^32 + frame. */
const CAPTURE = 4294967296;

/** No row is being filled. */
const BETWEEN = -1;

/** Fills one row of an appender, column by column in the layout's order. Reused for all rows of its table. */
export class RowWriter {
  readonly #appender: RowAppender;
  /**
   * The appender's memory and the next column in it, or `BETWEEN`. Fetched with the first column of each row: between two,
   * the sink may have handed on what was committed, and the next row goes elsewhere.
   */
  #values: Float64Array;
  #at = BETWEEN;

  constructor(appender: RowAppender) {
    this.#appender = appender;
    this.#values = appender.values;
  }

  /** A whole number; NaN is NULL. */
  put(value: number): this {
    if (this.#at === BETWEEN) this.#begin();
    this.#values[this.#at++] = Number.isNaN(value) ? -1 : value;
    return this;
  }

  /** A time or a span, ns: rounded; NaN is NULL. */
  putNs(ns: number): this {
    return this.put(Math.round(ns));
  }

  /** A place; frame 0 is NULL. */
  putAt(capture: number, frame: number): this {
    return this.put(frame === 0 ? -1 : capture * CAPTURE + frame);
  }

  /** A place, by how much it is above `firstAt`; frame 0 is NULL. */
  putPast(capture: number, frame: number, firstAt: number): this {
    return this.put(frame === 0 ? -1 : capture * CAPTURE + frame - firstAt);
  }

  /** The next `columns`, as they are from `values[at]` on. */
  putAll(values: Float64Array, at: number, columns: number): this {
    if (this.#at === BETWEEN) this.#begin();
    for (let i = at; i < at + columns; i++) this.#values[this.#at++] = values[i]!;
    return this;
  }

  /** True: rows have just been handed on. */
  commit(): boolean {
    this.#appender.commit();
    this.#at = BETWEEN;
    return this.#appender.at === 0;
  }

  /** Hands on the rows that are whole. */
  flush(): void {
    this.#appender.flush();
  }

  #begin(): void {
    this.#values = this.#appender.values;
    this.#at = this.#appender.at;
  }
}

/** A code in its place of a packed column. */
export function bitsOf(field: BitField, code: number): number {
  return code << field.shift;
}

/**
 * Code of a word of a vocabulary; 0 where it has none. Loops, for this runs a dozen times a row and `indexOf` is not
 * inlined; and one of its own for text, which V8 compares by a call where the other side may be anything.
 */
export function codeOf<T>(words: readonly T[], word: T): number {
  if (typeof word === 'string') return codeOfText(words, word);
  for (let code = 0; code < words.length; code++) if (words[code] === word) return code;
  return 0;
}

/** Only the first word of a vocabulary is ever something else than text, or one that is not reached. */
function codeOfText(words: readonly unknown[], word: string): number {
  for (let code = words[0] === null ? 1 : 0; code < words.length; code++) if (words[code] === word) return code;
  return 0;
}
