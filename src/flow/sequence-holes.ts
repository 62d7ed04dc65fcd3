import { serialAtMost, serialBefore, serialDiff } from '../wire/serial.js';
import { STRAY } from './limits.js';

/** Most ranges remembered for one end; older ones are given up, and count as filled. */
const MAX_HOLES = 256;

/** Remembers that [from, to) was not seen. `holes` is a flat list of pairs, in their order: this one is after all others. */
export function appendHole(holes: number[], from: number, to: number): void {
  holes.push(from, to);
  // None is so old that it would seem to come after the others.
  while (serialDiff(to, holes[0]!) >= STRAY || serialBefore(to, holes[0]!)) holes.splice(0, 2);
  giveUpOldest(holes);
}

/**
 * Removes [from, to) from the holes, and returns how many octets of it had been missing.
 */
export function fillHoles(holes: number[], from: number, to: number): number {
  if (serialAtMost(to, from)) return 0;
  let filled = 0;
  for (let i = firstAfter(holes, from); i < holes.length && serialBefore(holes[i]!, to);) {
    const low = holes[i]!;
    const high = holes[i + 1]!;
    const begin = serialBefore(from, low) ? low : from;
    const end = serialBefore(to, high) ? to : high;
    filled += serialDiff(end, begin);
    if (begin === low && end === high) {
      holes.splice(i, 2);
    } else if (begin === low) {
      holes[i] = end;
      i += 2;
    } else {
      holes[i + 1] = begin;
      if (end !== high) holes.splice(i + 2, 0, end, high);
      i += 2;
    }
  }
  giveUpOldest(holes);
  return filled;
}

/** Whether [from, to) touches a hole. */
export function touchesHole(holes: readonly number[], from: number, to: number): boolean {
  const first = firstAfter(holes, from);
  return first < holes.length && !serialAtMost(to, holes[first]!);
}

/** Where the first hole is that ends after that number; the length of the list: none does. */
function firstAfter(holes: readonly number[], number: number): number {
  let low = 0;
  let high = holes.length >> 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (serialBefore(number, holes[2 * middle + 1]!)) high = middle;
    else low = middle + 1;
  }
  return 2 * low;
}

function giveUpOldest(holes: number[]): void {
  if (holes.length > MAX_HOLES * 2) holes.splice(0, holes.length - MAX_HOLES * 2);
}
