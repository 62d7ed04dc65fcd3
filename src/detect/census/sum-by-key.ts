/** A pass orders by so many bits of the keys. */
const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;
const DIGIT_MASK = DIGITS - 1;

/** Room for the order that a pass makes, and how many keys have each digit. */
let spare: Int32Array = new Int32Array(0);
const places = new Int32Array(DIGITS);

/**
 * Puts the `size` pairs of key (not negative) and number that `pairs` begins with in the order of their keys, those of
 * one key as one with the sum of their numbers, without those whose sum is 0. Returns how many pairs are left. It takes as
 * long for a pair however many there are: a radix sort, from the lowest digit on.
 */
export function sumByKey(pairs: Int32Array, size: number): number {
  const end = 2 * size;
  let bits = 0;
  for (let at = 0; at < end; at += 2) bits |= pairs[at]!;
  if (spare.length < end) spare = new Int32Array(pairs.length);
  let from = pairs;
  let to: Int32Array = spare;
  for (let shift = 0; shift < 32 && bits >>> shift !== 0; shift += DIGIT_BITS) {
    orderByDigit(from, to, end, shift);
    [from, to] = [to, from];
  }
  return sumNeighbours(from, pairs, end);
}

function orderByDigit(from: Int32Array, to: Int32Array, end: number, shift: number): void {
  places.fill(0);
  for (let at = 0; at < end; at += 2) places[(from[at]! >>> shift) & DIGIT_MASK]! += 2;
  let place = 0;
  for (let digit = 0; digit < DIGITS; digit++) {
    const words = places[digit]!;
    places[digit] = place;
    place += words;
  }
  for (let at = 0; at < end; at += 2) {
    const digit = (from[at]! >>> shift) & DIGIT_MASK;
    const goal = places[digit]!;
    places[digit] = goal + 2;
    to[goal] = from[at]!;
    to[goal + 1] = from[at + 1]!;
  }
}

/** `from` and `to` may be the same. */
function sumNeighbours(from: Int32Array, to: Int32Array, end: number): number {
  let left = 0;
  for (let at = 0; at < end;) {
    const key = from[at]!;
    let sum = 0;
    for (; at < end && from[at] === key; at += 2) sum += from[at + 1]!;
    if (sum === 0) continue;
    to[left] = key;
    to[left + 1] = sum;
    left += 2;
  }
  return left / 2;
}
