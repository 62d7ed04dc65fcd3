import { SegmentOption, TcpFlag, type SegmentBatch } from '../segment/segment-batch.js';
import { serialAdd, serialDiff } from '../wire/serial.js';
import { End, EndFlag, endOffset, type ConnectionTable } from './connection-table.js';
import type { RecentSegments } from './recent-segments.js';
import type { ResetSeen } from './reset-seen.js';
import { bringsLateOctets } from './sequence-space.js';
import type { Story } from './story.js';
import { isLateCopy } from './timestamps.js';

/** The parts of the tracker that are needed here. */
interface Memory {
  readonly table: ConnectionTable;
  readonly recent: RecentSegments;
  story(slot: number): Story;
}

/** What only the record before a segment tells of that segment: bits. */
export const enum Past {
  /** It fills a hole: it was sent before others that have passed, and perhaps before a reset of its sender. */
  FILLS_HOLE = 1,
  /** It acknowledges less than its sender had: nobody takes an ACK back, so it was sent before (RFC 9293 §3.4). */
  ACKS_LESS = 2,
  /** Nothing in it is new, and neither IPv4 id nor timestamp tell it from a copy that the network made. */
  MAYBE_COPY = 4,
  /** It is a copy that was made on its way, as far as its timestamp tells; asked only where a segment waits for an answer. */
  STALE = 8,
}

/** The bits of `Past` for a segment of `end`, of a connection with that story. To be asked before it changes the record. */
export function pastOf(
  memory: Memory,
  slot: number,
  story: Story,
  end: number,
  batch: SegmentBatch,
  row: number,
): number {
  const { table } = memory;
  const at = table.at(slot);
  const mine = at + endOffset(end);
  let past = 0;
  if (story.resets.length > 0) {
    if (bringsLateOctets(memory, slot, mine, end, batch, row)) past |= Past.FILLS_HOLE;
    const fresh = freshlyAcked(table, mine, batch, row);
    if (fresh < 0) past |= Past.ACKS_LESS;
    if (fresh <= 0 && !bringsOctets(table, mine, batch, row) && !isMarked(table, mine, batch, row))
      past |= Past.MAYBE_COPY;
  }
  if (story.pawsOpen.length > 0 && isLateCopy(table, at, mine, batch, row)) past |= Past.STALE;
  return past;
}

/** By how much a segment acknowledges more than all those of its sender before. */
function freshlyAcked({ i32 }: ConnectionTable, mine: number, batch: SegmentBatch, row: number): number {
  if ((batch.flags[row]! & TcpFlag.ACK) === 0) return 0;
  if ((i32[mine + End.FLAGS]! & EndFlag.ACK_KNOWN) === 0) return 1;
  return serialDiff(batch.ack[row]!, i32[mine + End.MAX_ACK]!);
}

/** Whether a segment goes beyond all those of its sender before. */
function bringsOctets({ i32 }: ConnectionTable, mine: number, batch: SegmentBatch, row: number): boolean {
  if ((i32[mine + End.FLAGS]! & EndFlag.END_KNOWN) === 0) return true;
  const units = batch.payloadLen[row]! + (batch.flags[row]! & TcpFlag.FIN);
  return serialDiff(serialAdd(batch.seq[row]!, units), i32[mine + End.MAX_END]!) > 0;
}

/** Whether a copy could be told: the segment has an IPv4 id, or a timestamp that its sender had not used before. */
function isMarked({ i32 }: ConnectionTable, mine: number, batch: SegmentBatch, row: number): boolean {
  if ((batch.options[row]! & SegmentOption.IP_ID) !== 0 && batch.ipId[row] !== 0) return true;
  if ((batch.options[row]! & SegmentOption.TIMESTAMP) === 0) return false;
  const isKnown = (i32[mine + End.FLAGS]! & EndFlag.TSVAL_KNOWN) !== 0;
  return !isKnown || serialDiff(batch.tsval[row]!, i32[mine + End.TSVAL]!) > 0;
}

/**
 * Whether a segment of `end` was sent before one that has passed already: its timestamp is older than another of its
 * sender, or it is a copy that the network made. It tells nothing of what its sender does after the resets of `story`.
 */
export function isOldSegment(
  { table, recent }: Memory,
  story: Story,
  end: number,
  mine: number,
  batch: SegmentBatch,
  row: number,
): boolean {
  const hasTimestamp = (batch.options[row]! & SegmentOption.TIMESTAMP) !== 0;
  const isKnown = (table.i32[mine + End.FLAGS]! & EndFlag.TSVAL_KNOWN) !== 0;
  if (hasTimestamp && isKnown && serialDiff(batch.tsval[row]!, table.i32[mine + End.TSVAL]!) < 0) return true;
  // To look for a copy takes long: not where it would change nothing.
  return story.resets.some((reset) => isUndecided(reset, end)) && recent.hasCopy(batch, row);
}

/** Whether another segment of `end` can change what is known of a reset. */
function isUndecided(reset: ResetSeen, end: number): boolean {
  return !reset.outlived && (end === reset.end ? reset.senderSpoke : reset.receiverSpoke) <= 1;
}

/** Whether a segment of the reset's own sender carries an older timestamp than that reset. Zero is no timestamp of a clock. */
export function isOlderThanReset(reset: ResetSeen, batch: SegmentBatch, row: number): boolean {
  if (!reset.hasTimestamp || reset.tsval === 0 || (batch.options[row]! & SegmentOption.TIMESTAMP) === 0) return false;
  return serialDiff(batch.tsval[row]!, reset.tsval) < 0;
}
