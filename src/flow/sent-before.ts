import { SegmentOption, TcpFlag } from '../segment/segment-batch.js';
import { serialAdd, serialDiff } from '../wire/serial.js';
import { End, EndFlag, endOffset, type ConnectionTable } from './connection-table.js';
import type { RecentSegments } from './recent-segments.js';
import type { ResetSeen } from './reset-seen.js';
import type { Segment } from './segment.js';
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

/** The bits of `Past` for a segment of a connection with that story. To be asked before it changes the record. */
export function pastOf(memory: Memory, slot: number, story: Story, segment: Segment): number {
  const { table } = memory;
  const at = table.at(slot);
  const mine = at + endOffset(segment.end);
  let past = 0;
  if (story.resets.length > 0) {
    if (bringsLateOctets(memory, slot, segment)) past |= Past.FILLS_HOLE;
    const fresh = freshlyAcked(table, mine, segment);
    if (fresh < 0) past |= Past.ACKS_LESS;
    if (fresh <= 0 && !bringsOctets(table, mine, segment) && !isMarked(table, mine, segment)) past |= Past.MAYBE_COPY;
  }
  if (story.pawsOpen.length > 0 && isLateCopy(table, at, mine, segment)) past |= Past.STALE;
  return past;
}

/** By how much a segment acknowledges more than all those of its sender before. */
function freshlyAcked({ i32 }: ConnectionTable, mine: number, segment: Segment): number {
  if ((segment.flags & TcpFlag.ACK) === 0) return 0;
  if ((i32[mine + End.FLAGS]! & EndFlag.ACK_KNOWN) === 0) return 1;
  return serialDiff(segment.ack, i32[mine + End.MAX_ACK]!);
}

/** Whether a segment goes beyond all those of its sender before. */
function bringsOctets({ i32 }: ConnectionTable, mine: number, segment: Segment): boolean {
  if ((i32[mine + End.FLAGS]! & EndFlag.END_KNOWN) === 0) return true;
  const units = segment.len + (segment.flags & TcpFlag.FIN);
  return serialDiff(serialAdd(segment.seq, units), i32[mine + End.MAX_END]!) > 0;
}

/** Whether a copy could be told: the segment has an IPv4 id, or a timestamp that its sender had not used before. */
function isMarked({ i32 }: ConnectionTable, mine: number, segment: Segment): boolean {
  if ((segment.options & SegmentOption.IP_ID) !== 0 && segment.ipId !== 0) return true;
  if ((segment.options & SegmentOption.TIMESTAMP) === 0) return false;
  const isKnown = (i32[mine + End.FLAGS]! & EndFlag.TSVAL_KNOWN) !== 0;
  return !isKnown || serialDiff(segment.tsval, i32[mine + End.TSVAL]!) > 0;
}

/**
 * Whether a segment was sent before one that has passed already: its timestamp is older than another of its
 * sender, or it is a copy that the network made. It tells nothing of what its sender does after the resets of `story`.
 */
export function isOldSegment({ table, recent }: Memory, slot: number, story: Story, segment: Segment): boolean {
  const mine = table.at(slot) + endOffset(segment.end);
  const hasTimestamp = (segment.options & SegmentOption.TIMESTAMP) !== 0;
  const isKnown = (table.i32[mine + End.FLAGS]! & EndFlag.TSVAL_KNOWN) !== 0;
  if (hasTimestamp && isKnown && serialDiff(segment.tsval, table.i32[mine + End.TSVAL]!) < 0) return true;
  // To look for a copy takes long: not where it would change nothing.
  return story.resets.some((reset) => isUndecided(reset, segment.end)) && recent.hasCopy(segment.batch, segment.row);
}

/** Whether another segment of `end` can change what is known of a reset. */
function isUndecided(reset: ResetSeen, end: number): boolean {
  return !reset.outlived && (end === reset.end ? reset.senderSpoke : reset.receiverSpoke) <= 1;
}

/** Whether a segment of the reset's own sender carries an older timestamp than that reset. Zero is no timestamp of a clock. */
export function isOlderThanReset(reset: ResetSeen, segment: Segment): boolean {
  if (!reset.hasTimestamp || reset.tsval === 0 || (segment.options & SegmentOption.TIMESTAMP) === 0) return false;
  return serialDiff(segment.tsval, reset.tsval) < 0;
}
