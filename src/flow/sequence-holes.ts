import { serialAtMost, serialBefore, serialDiff } from '../wire/serial.js';

/** Most ranges remembered for one end; older ones are given up, and count as filled. */
const MAX_HOLES = 64;

/** Remembers that [from, to) was not seen. `holes` is a flat list of pairs. */
export function addHole(holes: number[], from: number, to: number): void {
  if (holes.length >= MAX_HOLES * 2) holes.splice(0, 2);
  holes.push(from, to);
}

/**
 * Removes [from, to) from the holes, and returns how many octets of it had been missing.
 */
export function fillHoles(holes: number[], from: number, to: number): number {
  let filled = 0;
  for (let i = 0; i < holes.length;) {
    const low = holes[i]!;
    const high = holes[i + 1]!;
    const begin = serialBefore(from, low) ? low : from;
    const end = serialBefore(to, high) ? to : high;
    const overlap = serialDiff(end, begin);
    if (overlap <= 0) {
      i += 2;
      continue;
    }
    filled += overlap;
    holes.splice(i, 2);
    if (serialBefore(low, begin)) {
      holes.splice(i, 0, low, begin);
      i += 2;
    }
    if (serialBefore(end, high)) {
      holes.splice(i, 0, end, high);
      i += 2;
    }
  }
  return filled;
}

/** Whether [from, to) touches a hole. */
export function touchesHole(holes: readonly number[], from: number, to: number): boolean {
  for (let i = 0; i < holes.length; i += 2) {
    if (serialBefore(from, holes[i + 1]!) && !serialAtMost(to, holes[i]!)) return true;
  }
  return false;
}
