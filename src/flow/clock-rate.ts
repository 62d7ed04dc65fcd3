import { serialDiff } from '../wire/serial.js';
import { End, EndFlag, Head, type ConnectionTable } from './connection-table.js';

/** Rates of timestamp clocks that stacks use, ticks a second (close-rules 5.7). */
const RATES = [1000, 250, 100, 10, 2, 1, 300, 1024, 1e6];
/** A measured rate this near to one of them is that one. */
const NEAR = 0.05;
/** Less time, or fewer ticks, between the SYN and the last segment tell no rate: one tick or a little delay would matter. */
const LEAST_NS = 100e6;
const LEAST_TICKS = 20;

/**
 * Ticks a second of one end's timestamp clock, from its SYN (or SYN-ACK) to its last segment; NaN where the handshake was
 * not captured, too little time has passed, or the rate is none that a stack uses. `block` indexes the end's block.
 */
export function clockRate(table: ConnectionTable, at: number, block: number): number {
  const { i32, f64 } = table;
  const flags = i32[block + End.FLAGS]!;
  const synTsval = i32[block + End.SYN_TSVAL]!;
  if ((flags & EndFlag.SYN_TIMESTAMP) === 0 || (flags & EndFlag.TSVAL_KNOWN) === 0 || synTsval === 0) return NaN;
  const elapsedNs = f64[(block + End.LAST_NS) >> 1]! - synTsvalNs(table, at, block);
  const ticks = serialDiff(i32[block + End.TSVAL]!, synTsval);
  if (elapsedNs < LEAST_NS || ticks < LEAST_TICKS) return NaN;
  const measured = (ticks / elapsedNs) * 1e9;
  const nearest = RATES.reduce((best, rate) => (Math.abs(rate - measured) < Math.abs(best - measured) ? rate : best));
  return Math.abs(nearest - measured) <= NEAR * nearest ? nearest : NaN;
}

/**
 * When the segment passed whose TSval is kept of an end's opening: its SYN-ACK, or its SYN. An end that sent both (a
 * simultaneous open, RFC 9293 §3.5) had a later TSval in its SYN-ACK, and the other may echo that.
 */
export function synTsvalNs({ i32, f64 }: ConnectionTable, at: number, block: number): number {
  const isSyn = (i32[block + End.FLAGS]! & EndFlag.SYN) !== 0;
  return f64[(at + (isSyn ? Head.FIRST_NS : Head.SYN_ACK_NS)) >> 1]!;
}
