import { SegmentOption, TcpFlag, type SegmentBatch } from '../segment/segment-batch.js';
import { serialDiff } from '../wire/serial.js';
import { FORGOTTEN_NS } from './attribution.js';
import { ConnectionFlag, End, EndFlag, Head, endOffset, type ConnectionTable } from './connection-table.js';
import { noteSegment } from './last-segment.js';
import { STRAY } from './sequence-space.js';
import type { ZeekHistory } from './zeek-history.js';

/** A connection that is open, of which nothing rare is known and no row is written. */
const OPEN = ConnectionFlag.HANDSHAKE;
const NOT_OPEN =
  ConnectionFlag.ATTEMPT |
  ConnectionFlag.REFUSED |
  ConnectionFlag.CHALLENGED |
  ConnectionFlag.FINISHED |
  ConnectionFlag.RESET |
  ConnectionFlag.REPLACED |
  ConnectionFlag.STORY |
  ConnectionFlag.WRITTEN |
  ConnectionFlag.CHANGED;

const NUMBERS_KNOWN = EndFlag.HEARD | EndFlag.END_KNOWN | EndFlag.ACK_KNOWN;
const CLOSING_OR_GAPPED = EndFlag.FIN | EndFlag.HOLES;

/**
 * The short way for what most segments are: the next data of an open connection, or an ACK of data that was seen. False:
 * nothing was changed, and the segment needs `Tracker.advance`, which would have done the same. A test holds both ways to
 * the same rows.
 */
export function takePlain(
  table: ConnectionTable,
  zeek: ZeekHistory,
  slot: number,
  end: number,
  batch: SegmentBatch,
  row: number,
  capture: number,
): boolean {
  const words = table.i32;
  const f64 = table.f64;
  const at = table.at(slot);
  const mine = at + endOffset(end);
  const theirs = at + endOffset(1 - end);
  const flags = batch.flags[row]!;
  if ((flags & (TcpFlag.FIN | TcpFlag.SYN | TcpFlag.RST | TcpFlag.ACK)) !== TcpFlag.ACK) return false;
  if ((words[at + Head.FLAGS]! & (OPEN | NOT_OPEN)) !== OPEN || words[at + Head.OLDER]! >= 0) return false;
  let mineFlags = words[mine + End.FLAGS]!;
  const theirFlags = words[theirs + End.FLAGS]!;
  if ((mineFlags & NUMBERS_KNOWN) !== NUMBERS_KNOWN || (theirFlags & EndFlag.END_KNOWN) === 0) return false;
  if (((mineFlags | theirFlags) & CLOSING_OR_GAPPED) !== 0) return false;

  const len = batch.payloadLen[row]!;
  const seq = batch.seq[row]!;
  const ack = batch.ack[row]!;
  const fresh = serialDiff(ack, words[mine + End.MAX_ACK]!);
  const unacknowledged = serialDiff(words[theirs + End.MAX_END]!, ack);
  if ((seq | 0) !== words[mine + End.MAX_END]! || fresh < 0 || fresh >= STRAY) return false;
  if (unacknowledged < 0 || unacknowledged >= STRAY || (len === 0 && fresh === 0)) return false;

  const ns = batch.timeNs[row]!;
  if (ns - f64[(at + Head.LAST_NS) >> 1]! > FORGOTTEN_NS) return false;
  if (batch.window[row] === 0 || !zeek.staysAsItIs(at, end, flags, len)) return false;

  const options = batch.options[row]! & (SegmentOption.TIMESTAMP | SegmentOption.CUT | SegmentOption.PAYLOAD_CUT);
  if (options === SegmentOption.TIMESTAMP) {
    const tsval = batch.tsval[row]!;
    if ((theirFlags & EndFlag.TS_RECENT_KNOWN) === 0 || serialDiff(words[theirs + End.TS_RECENT]!, tsval) > 0)
      return false;
    if ((mineFlags & EndFlag.TSVAL_KNOWN) === 0 || (theirFlags & EndFlag.TSVAL_KNOWN) === 0) return false;
    if (serialDiff(tsval, words[mine + End.TSVAL]!) > 0) words[mine + End.TSVAL] = tsval;
    const tsecr = batch.tsecr[row]!;
    if (tsecr !== 0 && serialDiff(tsecr, words[theirs + End.TSVAL]!) <= 0) {
      if ((mineFlags & EndFlag.TS_RECENT_KNOWN) === 0 || serialDiff(tsecr, words[mine + End.TS_RECENT]!) > 0) {
        words[mine + End.TS_RECENT] = tsecr;
        words[mine + End.TS_RECENT_FRAME] = batch.frame[row]!;
        f64[(mine + End.TS_RECENT_NS) >> 1] = ns;
        mineFlags |= EndFlag.TS_RECENT_KNOWN;
      }
    }
    mineFlags |= EndFlag.TIMESTAMP;
  } else if (options === 0) {
    mineFlags |= EndFlag.NO_TIMESTAMP;
  } else {
    return false;
  }

  if (len > 0) {
    mineFlags |= EndFlag.DATA;
    f64[(mine + End.BYTES) >> 1]! += len;
    words[mine + End.MAX_END] = seq + len;
  }
  words[mine + End.FLAGS] = mineFlags;
  words[mine + End.MAX_ACK] = ack;
  noteSegment(table, at, mine, theirs, capture, batch, row);
  return true;
}
