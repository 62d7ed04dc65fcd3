import { Family } from './segment-batch.js';

const WORDS = 4;
const EMPTY = -1;

/**
 * IPv6 addresses interned to small integers 0, 1, 2, …, so that a batch has one 32-bit column for every address.
 * Open addressing over typed arrays; looking up an address that is known allocates nothing.
 */
export class AddressTable {
  /** Four big-endian words an address, in order of its number. */
  private words = new Uint32Array(1024 * WORDS);
  /** Number of the address in each slot, or `EMPTY`; length is a power of two. */
  private slots = new Int32Array(2048).fill(EMPTY);
  private count = 0;

  /** How many distinct addresses were interned. */
  get size(): number {
    return this.count;
  }

  /** The number of the 16 octets at `at`, the same for equal octets. */
  intern(view: DataView, at: number): number {
    return this.internWords(
      view.getUint32(at),
      view.getUint32(at + 4),
      view.getUint32(at + 8),
      view.getUint32(at + 12),
    );
  }

  /** The same for an address given as four big-endian words. */
  internWords(a: number, b: number, c: number, d: number): number {
    const { words, slots } = this;
    const mask = slots.length - 1;
    let slot = hash(a, b, c, d) & mask;
    for (;;) {
      const number = slots[slot]!;
      if (number === EMPTY) break;
      const at = number * WORDS;
      // the interface part differs most, so it is compared first
      if (words[at + 3] === d && words[at + 2] === c && words[at + 1] === b && words[at] === a) return number;
      slot = (slot + 1) & mask;
    }
    return this.add(slot, a, b, c, d);
  }

  /** Copies address `number` into `target` as 16 octets in network order. */
  write(number: number, target: DataView, at: number): void {
    for (let i = 0; i < WORDS; i += 1) target.setUint32(at + i * 4, this.words[number * WORDS + i]!);
  }

  /** Less than, equal to or greater than 0, in the order of the octets. */
  compare(left: number, right: number): number {
    if (left === right) return 0;
    for (let i = 0; i < WORDS; i += 1) {
      const difference = this.words[left * WORDS + i]! - this.words[right * WORDS + i]!;
      if (difference !== 0) return difference;
    }
    return 0;
  }

  /** Text of an address column's value: dotted decimal, or RFC 5952 for IPv6. */
  text(family: number, value: number): string {
    if (family === Family.V4) return ipv4Text(value);
    const { words } = this;
    const at = value * WORDS;
    return ipv6Text(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!);
  }

  /** The addresses from number `first` on, four big-endian words each: for the table of another thread. */
  wordsFrom(first: number): Uint32Array {
    return this.words.slice(first * WORDS, this.count * WORDS);
  }

  /** Adds what `wordsFrom(size)` of another table gave. Both tables then have the same numbers. */
  addWords(words: Uint32Array): void {
    for (let at = 0; at < words.length; at += WORDS) {
      this.internWords(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!);
    }
  }

  private add(slot: number, a: number, b: number, c: number, d: number): number {
    const number = this.count;
    if ((number + 1) * WORDS > this.words.length) {
      const larger = new Uint32Array(this.words.length * 2);
      larger.set(this.words);
      this.words = larger;
    }
    this.words.set([a, b, c, d], number * WORDS);
    this.slots[slot] = number;
    this.count = number + 1;
    if (this.count * 2 > this.slots.length) this.rehash();
    return number;
  }

  private rehash(): void {
    const { words } = this;
    const slots = new Int32Array(this.slots.length * 2).fill(EMPTY);
    const mask = slots.length - 1;
    for (let number = 0; number < this.count; number += 1) {
      const at = number * WORDS;
      let slot = hash(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!) & mask;
      while (slots[slot] !== EMPTY) slot = (slot + 1) & mask;
      slots[slot] = number;
    }
    this.slots = slots;
  }
}

/** Dotted decimal of an unsigned 32-bit number. */
export function ipv4Text(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 0xff}.${(value >>> 8) & 0xff}.${value & 0xff}`;
}

/** RFC 5952: lower case, no leading zeros, the first of the longest runs of two or more zero groups as `::`. */
export function ipv6Text(a: number, b: number, c: number, d: number): string {
  if (a === 0 && b === 0 && c === 0xffff) return `::ffff:${ipv4Text(d)}`; // RFC 5952 §5, IPv4-mapped
  const groups = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff, c >>> 16, c & 0xffff, d >>> 16, d & 0xffff];
  let bestAt = -1;
  let bestLen = 1;
  for (let at = 0; at < 8; at += 1) {
    let len = 0;
    while (at + len < 8 && groups[at + len] === 0) len += 1;
    if (len > bestLen) {
      bestAt = at;
      bestLen = len;
    }
    at += len;
  }
  const hex = groups.map((group) => group.toString(16));
  if (bestAt < 0) return hex.join(':');
  return `${hex.slice(0, bestAt).join(':')}::${hex.slice(bestAt + bestLen).join(':')}`;
}

function hash(a: number, b: number, c: number, d: number): number {
  let h = Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15) ^ c, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 13) ^ d, 0x27d4eb2f);
  return (h ^ (h >>> 16)) >>> 0;
}
