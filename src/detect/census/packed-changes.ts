/** An octet of a number holds seven bits of it; this one says that there are more. */
const MORE = 0x80;
const SEVEN_BITS = 0x7f;

/**
 * Numbers by rising keys, in two or three octets a pair where an array would take eight: the step from the key before, and
 * the number with its sign in the lowest bit, each in groups of seven bits, the low ones first (LEB128).
 */
export class PackedChanges {
  readonly #octets: Uint8Array;
  /** Pairs of key and number. */
  readonly size: number;

  /** `pairs`: key and number in turn, `size` of both; keys above 0, each once, the lowest first. */
  constructor(pairs: Int32Array, size: number) {
    let len = 0;
    let before = 0;
    for (let at = 0; at < 2 * size; at += 2) {
      len += lenOf(pairs[at]! - before) + lenOf(zigzag(pairs[at + 1]!));
      before = pairs[at]!;
    }
    this.#octets = new Uint8Array(len);
    this.size = size;
    let to = 0;
    before = 0;
    for (let at = 0; at < 2 * size; at += 2) {
      to = put(this.#octets, put(this.#octets, to, pairs[at]! - before), zigzag(pairs[at + 1]!));
      before = pairs[at]!;
    }
  }

  each(on: (key: number, change: number) => void): void {
    const octets = this.#octets;
    let key = 0;
    for (let at = 0; at < octets.length;) {
      const step = get(octets, at);
      at += lenOf(step);
      const change = get(octets, at);
      at += lenOf(change);
      key += step;
      on(key, (change >>> 1) ^ -(change & 1));
    }
  }
}

/** 0, -1, 1, -2, ... as 0, 1, 2, 3, ... */
function zigzag(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0;
}

function lenOf(value: number): number {
  let len = 1;
  for (let rest = value >>> 7; rest !== 0; rest >>>= 7) len++;
  return len;
}

/** Returns the index after it. */
function put(to: Uint8Array, at: number, value: number): number {
  let rest = value >>> 0;
  for (; rest > SEVEN_BITS; rest >>>= 7) to[at++] = (rest & SEVEN_BITS) | MORE;
  to[at] = rest;
  return at + 1;
}

function get(octets: Uint8Array, at: number): number {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const octet = octets[at++]!;
    value |= (octet & SEVEN_BITS) << shift;
    if ((octet & MORE) === 0) return value >>> 0;
  }
}
