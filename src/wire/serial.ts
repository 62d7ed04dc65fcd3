/**
 * Arithmetic modulo 2^32 for sequence numbers (RFC 9293 §3.4) and timestamp values (RFC 7323 §5.2).
 * The only place that wraps; everyone else calls these.
 *
 * All arguments are unsigned 32-bit numbers or their signed twins; both work. Order is only meaningful when the two are
 * less than 2^31 apart. At exactly 2^31 `serialDiff` is -2^31, so both orders answer "before"; Linux and the BSDs use
 * the same cast and so treat such an ISN as higher.
 */

/** Signed distance `a - b` modulo 2^32, -2^31 … 2^31-1. */
export function serialDiff(a: number, b: number): number {
  return (a - b) | 0;
}

/** Whether `a` comes before `b`. */
export function serialBefore(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}

/** Whether `a` comes after `b`. */
export function serialAfter(a: number, b: number): boolean {
  return ((b - a) | 0) < 0;
}

/** Whether `a` is `b` or comes before it. */
export function serialAtMost(a: number, b: number): boolean {
  return ((b - a) | 0) >= 0;
}

/** Whether `a` is `b` or comes after it. */
export function serialAtLeast(a: number, b: number): boolean {
  return ((a - b) | 0) >= 0;
}

/** `a + n` as an unsigned 32-bit number. */
export function serialAdd(a: number, n: number): number {
  return (a + n) >>> 0;
}
