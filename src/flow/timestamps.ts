import { SegmentOption, TcpFlag } from '../segment/segment-batch.js';
import { serialDiff } from '../wire/serial.js';
import { clockRate } from './clock-rate.js';
import { ConnectionFlag, End, EndFlag, Head, type ConnectionTable } from './connection-table.js';
import { isCopy, signature } from './duplicate-frame.js';
import { Block } from './record-layout.js';
import type { Segment } from './segment.js';

/** TSval of the sender, and TS.Recent of the sender as its TSecr discloses it (close-rules 5.3). */
export function learnTimestamps(
  table: ConnectionTable,
  mine: number,
  theirs: number,
  mineFlags: number,
  segment: Segment,
): void {
  const words = table.i32;
  const { tsval } = segment;
  if ((mineFlags & EndFlag.TSVAL_KNOWN) === 0 || serialDiff(tsval, table.i32[mine + End.TSVAL]!) > 0) {
    words[mine + End.TSVAL] = tsval;
    words[mine + End.FLAGS] = mineFlags | EndFlag.TSVAL_KNOWN;
  }
  const { tsecr } = segment;
  if (tsecr === 0 || (segment.flags & TcpFlag.ACK) === 0) return;
  const theirFlags = words[theirs + End.FLAGS]!;
  // An echo of what the other never sent (as far as seen) shows a translation in the path, or an error: not TS.Recent.
  if ((theirFlags & EndFlag.TSVAL_KNOWN) !== 0) {
    if (serialDiff(tsecr, table.i32[theirs + End.TSVAL]!) > 0) return;
  } else if (hasCutOptions(table, mine, theirs)) return; // what the other sent may be among the octets that were cut off
  if ((mineFlags & EndFlag.TS_RECENT_KNOWN) === 0 || serialDiff(tsecr, table.i32[mine + End.TS_RECENT]!) > 0) {
    words[mine + End.TS_RECENT] = tsecr;
    words[mine + End.TS_RECENT_FRAME] = segment.frame;
    table.f64[(mine + End.TS_RECENT_NS) >> 1] = segment.ns;
    words[mine + End.FLAGS]! |= EndFlag.TS_RECENT_KNOWN;
  }
}

/** Whether the snap length cut off options of the connection whose ends are `mine` and `theirs`. */
function hasCutOptions({ i32 }: ConnectionTable, mine: number, theirs: number): boolean {
  const at = Math.min(mine, theirs) - Block.LOW;
  return (i32[at + Head.FLAGS]! & ConnectionFlag.OPTIONS_CUT) !== 0;
}

/** A clock has gone on by so many ticks where it is said to have gone on. */
const LEAST_TICKS_ON = 2;
/** Where its rate is not known it has gone on after this time, ns: few tick less often than a hundred times a second. */
const SLOW_TICKS_NS = 20e6;
/** No stack sends a FIN again as soon as this, ns (RFC 6298 §2.4 wants a second, Linux takes 200 ms). */
const SOONEST_AGAIN_NS = 20e6;

/** A copy made on its way comes no later than this, ns (RFC 9293 §3.4.2: MSL, and no network lets a packet live so long). */
const LONGEST_WAY_NS = 60e9;

/**
 * Whether a segment passed once more as a copy that was made on its way: it has the IP id of one before, too, or by its
 * timestamp its sender's clock stands where it had been. To be asked before that timestamp is learned.
 */
export function isLateCopy(table: ConnectionTable, at: number, mine: number, segment: Segment): boolean {
  const { i32, f64 } = table;
  if ((segment.options & SegmentOption.TIMESTAMP) === 0 || (i32[mine + End.FLAGS]! & EndFlag.TSVAL_KNOWN) === 0)
    return false;
  const ahead = serialDiff(segment.tsval, i32[mine + End.TSVAL]!);
  if (ahead !== 0) return ahead < 0;
  if (segment.ipId !== 0 && isCopy(table, mine, signature(segment), segment.ns, LONGEST_WAY_NS)) return true;
  const elapsedNs = segment.ns - f64[(mine + End.LAST_NS) >> 1]!;
  const rate = clockRate(table, at, mine);
  return Number.isNaN(rate) ? elapsedNs >= SLOW_TICKS_NS : (elapsedNs / 1e9) * rate >= LEAST_TICKS_ON;
}

/** The same for a FIN that repeats an earlier one: what comes at once was not sent again, either. */
export function isCopiedFin(table: ConnectionTable, at: number, mine: number, segment: Segment): boolean {
  if (isLateCopy(table, at, mine, segment)) return true;
  const isStamped = (segment.options & SegmentOption.TIMESTAMP) !== 0;
  const isYoung = isStamped && serialDiff(segment.tsval, table.i32[mine + End.TSVAL]!) > 0;
  return !isYoung && segment.ns - table.f64[(mine + End.FIN_NS) >> 1]! < SOONEST_AGAIN_NS;
}
