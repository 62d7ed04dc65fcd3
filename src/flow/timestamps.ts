import { SegmentOption, TcpFlag, type SegmentBatch } from '../segment/segment-batch.js';
import { serialDiff } from '../wire/serial.js';
import { clockRate } from './clock-rate.js';
import { End, EndFlag, type ConnectionTable } from './connection-table.js';

/** TSval of the sender, and TS.Recent of the sender as its TSecr discloses it (close-rules 5.3). */
export function learnTimestamps(
  table: ConnectionTable,
  mine: number,
  theirs: number,
  mineFlags: number,
  batch: SegmentBatch,
  row: number,
): void {
  const words = table.i32;
  const tsval = batch.tsval[row]!;
  if ((mineFlags & EndFlag.TSVAL_KNOWN) === 0 || serialDiff(tsval, table.i32[mine + End.TSVAL]!) > 0) {
    words[mine + End.TSVAL] = tsval;
    words[mine + End.FLAGS] = mineFlags | EndFlag.TSVAL_KNOWN;
  }
  const tsecr = batch.tsecr[row]!;
  if (tsecr === 0 || (batch.flags[row]! & TcpFlag.ACK) === 0) return;
  const theirFlags = words[theirs + End.FLAGS]!;
  // An echo of what the other never sent (as far as seen) shows a translation in the path, or an error: not TS.Recent.
  if ((theirFlags & EndFlag.TSVAL_KNOWN) !== 0 && serialDiff(tsecr, table.i32[theirs + End.TSVAL]!) > 0) return;
  if ((mineFlags & EndFlag.TS_RECENT_KNOWN) === 0 || serialDiff(tsecr, table.i32[mine + End.TS_RECENT]!) > 0) {
    words[mine + End.TS_RECENT] = tsecr;
    words[mine + End.TS_RECENT_FRAME] = batch.frame[row]!;
    table.f64[(mine + End.TS_RECENT_NS) >> 1] = batch.timeNs[row]!;
    words[mine + End.FLAGS]! |= EndFlag.TS_RECENT_KNOWN;
  }
}

/** A copy that was sent again shows so many ticks at least of the clock that its sender was seen to have. */
const LEAST_TICKS_ON = 2;

/**
 * Whether a segment of the sender that repeats an earlier one was not sent again, but copied on its way: by its timestamp its
 * sender's clock, which had gone on since, stood still. To be asked before that timestamp is learned.
 */
export function isOldCopy(table: ConnectionTable, at: number, mine: number, batch: SegmentBatch, row: number): boolean {
  const { i32, f64 } = table;
  if ((batch.options[row]! & SegmentOption.TIMESTAMP) === 0 || (i32[mine + End.FLAGS]! & EndFlag.TSVAL_KNOWN) === 0)
    return false;
  const ahead = serialDiff(batch.tsval[row]!, i32[mine + End.TSVAL]!);
  if (ahead !== 0) return ahead < 0;
  const elapsedNs = batch.timeNs[row]! - f64[(mine + End.LAST_NS) >> 1]!;
  return (elapsedNs / 1e9) * clockRate(table, at, mine) >= LEAST_TICKS_ON; // false where the rate is not known
}
