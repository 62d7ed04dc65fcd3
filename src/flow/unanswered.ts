/** What an end has sent since the other was last heard, two counts in one word of its record: `End.UNANSWERED`. */
import { End } from './connection-table.js';

/** One keepalive probe; one segment that repeats what its sender had sent before. */
export const PROBE = 1;
export const COPY = 0x10000;
const MOST = 0xffff;

/** Counts a `PROBE` or a `COPY` of the end whose block is at `mine`, up to 65,535. */
export function countUnanswered(words: Int32Array, mine: number, unit: typeof PROBE | typeof COPY): void {
  const word = words[mine + End.UNANSWERED]!;
  if ((unit === PROBE ? probesOf(word) : copiesOf(word)) < MOST) words[mine + End.UNANSWERED] = word + unit;
}

export function probesOf(word: number): number {
  return word & MOST;
}

export function copiesOf(word: number): number {
  return word >>> 16;
}
