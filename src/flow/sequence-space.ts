import { TcpFlag } from '../segment/segment-batch.js';
import { serialAdd, serialDiff } from '../wire/serial.js';
import { ConnectionFlag, End, EndFlag, Head, endOffset, type ConnectionTable } from './connection-table.js';
import { acknowledgesMore, countProbe, isAcknowledgedTo, isProbe } from './keepalive-probe.js';
import { STRAY } from './limits.js';
import type { Segment } from './segment.js';
import { fillHoles, touchesHole } from './sequence-holes.js';
import { addHole, type Story } from './story.js';
import { COPY, countUnanswered } from './unanswered.js';

/** The parts of the tracker that are needed here. */
interface StoryKeeper {
  readonly table: ConnectionTable;
  story(slot: number): Story;
}

/** Octets and numbers of the sender's direction: RFC 9293 §3.4, what is new, what is repeated, what is missing. */
export function takeSequence(keeper: StoryKeeper, slot: number, segment: Segment, failsPaws: boolean): void {
  const { table } = keeper;
  const words = table.i32;
  const f64 = table.f64;
  const mine = table.at(slot) + endOffset(segment.end);
  const theirs = table.at(slot) + endOffset(1 - segment.end);
  const { flags, len, seq } = segment;
  // A FIN that PAWS rejects is not received, so it takes no number until something shows that it was.
  const units = len + ((flags & TcpFlag.SYN) >> 1 || (failsPaws ? 0 : flags & TcpFlag.FIN));
  f64[(mine + End.BYTES) >> 1]! += len;
  if (len > 0) words[mine + End.FLAGS]! |= EndFlag.DATA;
  if ((words[mine + End.FLAGS]! & EndFlag.END_KNOWN) === 0) {
    words[mine + End.MAX_END] = seq + units;
    words[mine + End.FLAGS]! |= EndFlag.END_KNOWN;
    if (units === 0 && !isAcknowledgedTo(table, theirs, seq)) words[mine + End.FLAGS]! |= EndFlag.END_OF_PROBE;
    if (len <= 1 && isProbe(table, slot, segment)) countProbe(table, mine, theirs);
    return;
  }
  const maxEnd = words[mine + End.MAX_END]!;
  const beyond = serialDiff(seq, maxEnd);
  if (beyond >= STRAY || beyond <= -STRAY) {
    f64[(mine + End.REPEATED) >> 1]! += len; // not a part of this stream: no new octet of it
    return;
  }
  if (units === 0) {
    if (beyond >= -1 && isProbe(table, slot, segment)) {
      if (beyond >= 0) skip(keeper, slot, segment.end, maxEnd, serialAdd(seq, 1));
      countProbe(table, mine, theirs);
    } else if (beyond > 0 && !failsPaws) {
      skip(keeper, slot, segment.end, maxEnd, seq);
      if (!isAcknowledgedTo(table, theirs, seq)) words[mine + End.FLAGS]! |= EndFlag.END_OF_PROBE;
    } else if (beyond === 0 && acknowledgesMore(table, mine, segment)) {
      words[mine + End.FLAGS]! &= ~EndFlag.END_OF_PROBE;
    }
    return;
  }
  const fresh = (beyond + units) | 0;
  if (fresh > 0) words[mine + End.FLAGS]! &= ~EndFlag.END_OF_PROBE;
  if (beyond === 0) {
    words[mine + End.MAX_END] = seq + units;
  } else if (beyond > 0) {
    if (failsPaws) {
      f64[(mine + End.REPEATED) >> 1]! += len;
      return;
    }
    skip(keeper, slot, segment.end, maxEnd, seq);
    words[mine + End.MAX_END] = seq + units;
  } else {
    if (fresh > 0) words[mine + End.MAX_END] = seq + units;
    repeat(keeper, slot, segment, beyond, fresh);
  }
}

/** A segment that begins before the highest number: a probe, a retransmission, or the filling of a hole. */
function repeat(keeper: StoryKeeper, slot: number, segment: Segment, beyond: number, fresh: number): void {
  const { table } = keeper;
  const words = table.i32;
  const mine = table.at(slot) + endOffset(segment.end);
  const theirs = table.at(slot) + endOffset(1 - segment.end);
  const { flags, len, seq } = segment;
  if ((flags & TcpFlag.SYN) !== 0) return; // counted with the SYNs
  const old = Math.min(len, -beyond);
  if (len <= 1 && beyond === -1 && (flags & TcpFlag.FIN) === 0 && fresh <= 0) {
    if (words[theirs + End.WINDOW] !== 0 && isProbe(table, slot, segment)) {
      countProbe(table, mine, theirs); // keepalive with one octet of garbage, RFC 9293 §3.8.4
      table.f64[(mine + End.REPEATED) >> 1]! += len;
      return;
    }
  }
  let filled = 0;
  if ((words[mine + End.FLAGS]! & EndFlag.HOLES) !== 0) {
    const holes = keeper.story(slot).holes[segment.end]!;
    if (touchesHole(holes, seq, serialAdd(seq, old))) filled = fillHoles(holes, seq, serialAdd(seq, old));
  }
  table.f64[(mine + End.REPEATED) >> 1]! += old - filled;
  if (filled === 0 && fresh <= 0) {
    words[mine + End.RETRANSMISSIONS]!++;
    countUnanswered(words, mine, COPY);
  }
}

/**
 * The other end acknowledges `unseen` octets more than were seen of `end`. One more than a segment without octets, which
 * may be a keepalive probe, is what its sender had sent before that: false, for then no segment is known to be missing.
 */
export function skipsSegments(keeper: StoryKeeper, slot: number, end: number, unseen: number): boolean {
  const mine = keeper.table.at(slot) + endOffset(end);
  const words = keeper.table.i32;
  const flags = words[mine + End.FLAGS]!;
  if ((flags & EndFlag.END_OF_PROBE) === 0) return unseen > 0;
  if (unseen < 0) return false;
  words[mine + End.FLAGS] = flags & ~EndFlag.END_OF_PROBE;
  if (unseen !== 1) return unseen > 0;
  const before = words[mine + End.MAX_END]!;
  words[mine + End.MAX_END] = before + 1;
  if ((flags & EndFlag.HOLES) === 0) return false;
  const holes = keeper.story(slot).holes[end]!;
  if (holes.at(-1) === before >>> 0) holes[holes.length - 1] = serialAdd(before, 1);
  return true;
}

function skip(keeper: StoryKeeper, slot: number, end: number, from: number, to: number): void {
  const words = keeper.table.i32;
  const mine = keeper.table.at(slot) + endOffset(end);
  // Where data were left out like ACKs, none of it will fill a hole.
  const hasData = keeper.table.f64[(mine + End.BYTES) >> 1]! > 0;
  if (hasData || (words[keeper.table.at(slot) + Head.FLAGS]! & ConnectionFlag.ACKS_LEFT_OUT) === 0) {
    addHole(keeper.story(slot), end, from, to);
    words[mine + End.FLAGS]! |= EndFlag.HOLES;
  }
  // The octets between are taken as sent; a segment that fills them later is no retransmission.
  words[mine + End.MAX_END] = to;
}

/** Whether the segment fills a hole: octets that come for the first time, though later ones have come. */
export function bringsLateOctets(keeper: StoryKeeper, slot: number, segment: Segment): boolean {
  const mine = keeper.table.at(slot) + endOffset(segment.end);
  const { len } = segment;
  if (len === 0 || (keeper.table.i32[mine + End.FLAGS]! & EndFlag.HOLES) === 0) return false;
  const { seq } = segment;
  return touchesHole(keeper.story(slot).holes[segment.end]!, seq, serialAdd(seq, len));
}

/** Whether a segment of the end has stood at or after that number, which is near those that were seen. */
export function isPassed({ i32 }: ConnectionTable, mine: number, number: number): boolean {
  if ((i32[mine + End.FLAGS]! & EndFlag.END_KNOWN) === 0) return false;
  const passed = serialDiff(i32[mine + End.MAX_END]!, number);
  return passed >= 0 && passed < STRAY;
}

/**
 * Whether an end may have unsent data when the other's FIN, which acknowledges `ack`, passes: it has data on the way, or
 * no window to send in. Linux then sends a FIN of its own later, though close() came first (close-rules 2.2).
 */
export function isHeldBack(table: ConnectionTable, finSender: number, other: number, ack: number): boolean {
  const { i32 } = table;
  const known = (i32[other + End.FLAGS]! & EndFlag.END_KNOWN) !== 0;
  const shut = (i32[finSender + End.FLAGS]! & EndFlag.HEARD) !== 0 && i32[finSender + End.WINDOW] === 0;
  return shut || (known && serialDiff(i32[other + End.MAX_END]!, ack) > 0);
}
