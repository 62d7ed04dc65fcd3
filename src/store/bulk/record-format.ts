/**
 * SQLite's record format for rows of whole numbers, the first of which is the rowid (an INTEGER PRIMARY KEY).
 * https://www.sqlite.org/fileformat2.html, sections 1.6 (varint) and 2.1 (record format).
 */

/** Serial types: NULL, integers of 1, 2, 3, 4, 6 and 8 octets, and the constants 0 and 1. */
const enum Serial {
  NULL = 0,
  INT8 = 1,
  INT16 = 2,
  INT24 = 3,
  INT32 = 4,
  INT48 = 5,
  INT64 = 6,
  ZERO = 8,
  ONE = 9,
}
const BODY_LEN = Uint8Array.of(0, 1, 2, 3, 4, 6, 8, 8, 0, 0);

const TWO_32 = 2 ** 32;
const TWO_47 = 2 ** 47;
/** SQLite's integers end here; the nearest float64 below. */
const LIMIT = 2 ** 63 - 1024;

/** How the rows of a table are stored. */
export interface RowFormat {
  /** The rowid included; fewer than 127, so that the header's length is one octet. */
  readonly columns: number;
  /** Those of them, by index, where -1 stands for NULL. */
  readonly optional?: readonly number[];
  /**
   * What the table says that each column holds where a record ends before it (`DEFAULT`); NaN: none does. A record is not
   * longer than it need be.
   */
  readonly defaults?: readonly number[];
}

/** Encodes rows of numbers. Reused for all rows of a table; nothing is allocated a row. */
export class RowCodec {
  readonly #columns: number;
  readonly #optional: readonly number[];
  readonly #defaults: Float64Array;
  readonly #types: Uint8Array;
  /** Columns of the record that was measured last. */
  #stored = 0;

  constructor({ columns, optional = [], defaults = [] }: RowFormat) {
    this.#columns = columns;
    this.#optional = optional;
    this.#defaults = Float64Array.from({ length: columns }, (_, i) => defaults[i] ?? NaN);
    this.#types = new Uint8Array(columns);
  }

  get columns(): number {
    return this.#columns;
  }

  /** Octets that the record of the row at `values[at]` takes. Call it before `encode`, which relies on it. */
  measure(values: Float64Array, at: number): number {
    const types = this.#types;
    let stored = this.#columns;
    while (values[at + stored - 1] === this.#defaults[stored - 1]) stored--;
    this.#stored = stored;
    let len = 1 + stored; // the header: its own length, then a serial type a column
    types[0] = Serial.NULL; // the rowid stands in the cell
    for (let i = 1; i < stored; i++) {
      const type = serialType(values[at + i]!);
      types[i] = type;
      len += BODY_LEN[type]!;
    }
    return this.#optional.length === 0 ? len : len - this.#leaveOut(values, at);
  }

  /** Makes NULL of what is -1 where that stands for it. Returns the octets that this saves. */
  #leaveOut(values: Float64Array, at: number): number {
    let saved = 0;
    for (const column of this.#optional) {
      if (column >= this.#stored || values[at + column] !== -1) continue;
      saved += BODY_LEN[this.#types[column]!]!;
      this.#types[column] = Serial.NULL;
    }
    return saved;
  }

  /** Writes the record that was measured last. */
  encode(values: Float64Array, at: number, to: Uint8Array, start: number): void {
    const types = this.#types;
    const stored = this.#stored;
    to[start] = 1 + stored;
    let p = start + 1 + stored;
    to[start + 1] = types[0]!;
    for (let i = 1; i < stored; i++) {
      to[start + 1 + i] = types[i]!;
      const value = values[at + i]!;
      switch (types[i]!) {
        case Serial.INT64:
          p = putInt64(to, p, storable(value));
          break;
        case Serial.INT48: {
          const high = Math.floor(value / TWO_32);
          to[p++] = high >>> 8;
          to[p++] = high;
          p = putInt32(to, p, value - high * TWO_32);
          break;
        }
        case Serial.INT32:
          p = putInt32(to, p, value);
          break;
        case Serial.INT24:
          to[p++] = value >>> 16;
          to[p++] = value >>> 8;
          to[p++] = value;
          break;
        case Serial.INT16:
          to[p++] = value >>> 8;
          to[p++] = value;
          break;
        case Serial.INT8:
          to[p++] = value;
          break;
        default:
          break; // the type of NULL, 0 or 1 says it all
      }
    }
  }
  /** Reads the record at `start`, as `encode` wrote it, into `values`, all but the rowid, which comes first there. */
  decode(page: Uint8Array, start: number, values: Float64Array): void {
    const stored = page[start]! - 1;
    let p = start + 1 + stored;
    for (let i = 1; i < stored; i++) {
      const type = page[start + 1 + i]!;
      const len = BODY_LEN[type]!;
      if (len === 0) {
        values[i] = type === Serial.ONE ? 1 : type === Serial.NULL ? -1 : 0;
        continue;
      }
      let value = (page[p]! << 24) >> 24;
      for (let octet = 1; octet < len; octet++) value = value * 256 + page[p + octet]!;
      values[i] = value;
      p += len;
    }
    for (let i = stored; i < this.#columns; i++) values[i] = this.#defaults[i]!;
  }
}

function serialType(value: number): Serial {
  const n = value | 0;
  if (n === value) {
    if (n === 0) return Serial.ZERO;
    if (n === 1) return Serial.ONE;
    if ((n << 24) >> 24 === n) return Serial.INT8;
    if ((n << 16) >> 16 === n) return Serial.INT16;
    if ((n << 8) >> 8 === n) return Serial.INT24;
    return Serial.INT32;
  }
  return value < TWO_47 && value >= -TWO_47 ? Serial.INT48 : Serial.INT64;
}

/** The nearest value that a column can hold: files with absurd times must not stop the others. NaN is "unknown". */
function storable(value: number): number {
  return value <= LIMIT && value >= -LIMIT ? value : Number.isNaN(value) ? -1 : Math.sign(value) * LIMIT;
}

function putInt32(to: Uint8Array, at: number, value: number): number {
  to[at] = value >>> 24;
  to[at + 1] = value >>> 16;
  to[at + 2] = value >>> 8;
  to[at + 3] = value;
  return at + 4;
}

function putInt64(to: Uint8Array, at: number, value: number): number {
  const high = Math.floor(value / TWO_32);
  return putInt32(to, putInt32(to, at, high), value - high * TWO_32);
}

/** Octets of a varint. `value` is not negative and below 2^53. */
export function varintLen(value: number): number {
  let len = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) len++;
  return len;
}

/** Writes a varint, seven bits an octet, the highest first; returns the index behind it. */
export function putVarint(to: Uint8Array, at: number, value: number): number {
  const len = varintLen(value);
  let rest = value;
  for (let i = at + len - 1; i >= at; i--) {
    to[i] = (rest % 128) | (i === at + len - 1 ? 0 : 128);
    rest = Math.floor(rest / 128);
  }
  return at + len;
}

/** The varint at `at`; it takes `varintLen` octets of its value. Below 2^53, as `putVarint` writes it. */
export function getVarint(from: Uint8Array, at: number): number {
  let value = 0;
  for (let i = at; ; i++) {
    value = value * 128 + (from[i]! & 127);
    if ((from[i]! & 128) === 0) return value;
  }
}
