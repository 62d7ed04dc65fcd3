/** Words and small sentences of the summary. */
import type { CaptureTotals } from '../store/queries.js';
import { counted, grouped, spokenSeconds } from './plain.js';
import type { Summary } from './summary.js';

/** How a connection ended, as a person would say it. */
export const CLOSE_WORDS: Readonly<Record<string, string>> = {
  fin: 'closed',
  rst: 'reset',
  'fin-then-rst': 'FIN then reset',
  open: 'still open',
  replaced: 'begun anew without a close',
};

export const listed = (parts: readonly string[]): string => parts.join(', ');
export const sum = (parts: readonly { readonly count: number }[]): number =>
  parts.reduce((n, { count }) => n + count, 0);

/** `5: closed 3, reset 2`; `5: all closed`; `1: closed`. No line ends between a word and its count. */
export function split(total: string, parts: readonly (readonly [word: string, count: number])[]): string {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return `${total}: ${only[1] === 1 ? '' : 'all '}${only[0]}`;
  return `${total}: ${listed(parts.map(([word, count]) => `${word}\u00a0${grouped(count)}`))}`;
}

const signed = (n: number): string => (n > 0 ? `+${grouped(n)}` : n < 0 ? `-${grouped(-n)}` : '0');

/** How a number stands to the one before it: the difference tells, where it is one. */
export const compared = (relation: string, delta: number | null): string =>
  delta === null || delta === 0 ? relation : signed(delta);

/** Before the noun: `the client`, `both sides`. */
export const bySide = (side: string | null): string => (side === 'both' ? 'both sides' : `the ${side ?? 'sender'}`);

/** A larger step is no reordering: a clock was set, or captures of other times were joined, s. */
const CLOCK_STEP_S = 1;

/** How time steps back in the captures, and the way out. */
export function stepsBack({ backwardSteps, largestBackwardStepS }: CaptureTotals): string {
  const steps = `time steps back ${counted(backwardSteps, 'time')}, by up to ${spokenSeconds(largestBackwardStepS)}`;
  return largestBackwardStepS > CLOCK_STEP_S
    ? `${steps}: a clock was set, or captures were joined out of order`
    : `${steps}: packets do not stand in the order in which they passed; reordercap (of Wireshark) sorts them`;
}

/** Of no connection both directions were captured, though of some the other one must have been there. */
export function isOneWay({ connections: { count, oneSided, unheard } }: Summary): boolean {
  return oneSided > 0 && oneSided + unheard === count;
}

/**
 * `nothing`, as far as it can be said: both TIME_WAIT, which two FINs begin, and what a receiver knew, which it echoes, take
 * both directions of a connection.
 */
export function unlessUnseen(nothing: string, summary: Summary): string {
  const { count, oneSided, unheard } = summary.connections;
  if (isOneWay(summary)) {
    const all = count === 1 ? 'the connection' : `all ${grouped(count)} connections`;
    return `cannot be seen: of ${all} one direction only was captured`;
  }
  if (summary.input.withoutAcks.count > 0) return `${nothing}, as far as can be seen: data and ACKs were left out`;
  if (count > 0 && unheard === count) return 'cannot be seen: no answer to any SYN was captured';
  if (oneSided === 0) return nothing;
  const part = `${grouped(oneSided)} of ${counted(count, 'connection')}`;
  return `${nothing}, as far as can be seen: of ${part} one direction only was captured`;
}
