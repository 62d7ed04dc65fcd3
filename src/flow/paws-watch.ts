import { SegmentOption, TcpFlag, type SegmentBatch } from '../segment/segment-batch.js';
import { serialAdd, serialAtLeast, serialAtMost, serialDiff } from '../wire/serial.js';
import { clockRate } from './clock-rate.js';
import { registerFin, type Closer } from './closing.js';
import { ConnectionFlag, End, EndFlag, Head, endOffset, type ConnectionTable } from './connection-table.js';
import type { FlowListener } from './events.js';
import { touchesHole } from './sequence-holes.js';
import { addPaws, clockHzOf, type PawsCandidate, type Story } from './story.js';
import { stateOf } from './state.js';
import type { StateName } from './vocabulary.js';

/** An unchanged ACK within this time, or three round trips, answers a rejected segment, ns (close-rules 5.5). */
const ANSWER_NS = 200e6;
/** No more than this is decided about a segment after that time, ns. */
const DECIDE_NS = 60e9;
/** Open candidates kept for one connection; a host of them is one story, not thousands. */
const MAX_OPEN = 32;
/** Idle for longer than this, TS.Recent is no longer valid: 24 days (RFC 7323 §5.5). */
const INVALID_AFTER_NS = 24 * 86_400e9;
/** Records of several processors' queues may stand this much too late in a capture, ns (close-rules 5.6). */
const CAPTURE_JITTER_NS = 5e6;
/** Segments with new data that fail for this long, with no progress, are a stall, ns (close-rules 5.5). */
const STALL_NS = 1e9;

/**
 * Notes a segment of `end` that fails the test of RFC 7323 §5.3 R1 against the receiver's TS.Recent. False where the test
 * does not apply: timestamps were not agreed on, TS.Recent is no longer valid, or the record is out of order.
 */
export function openPawsCandidate(
  tracker: Closer,
  slot: number,
  end: number,
  batch: SegmentBatch,
  row: number,
  capture: number,
): boolean {
  const { table } = tracker;
  const at = table.at(slot);
  const mine = at + endOffset(end);
  const theirs = at + endOffset(1 - end);
  const ns = batch.timeNs[row]!;
  if (((table.i32[mine + End.FLAGS]! | table.i32[theirs + End.FLAGS]!) & EndFlag.SYN_NO_TIMESTAMP) !== 0) return false;
  if (ns < table.f64[(theirs + End.TS_RECENT_NS) >> 1]!) return false; // it passed the tap before that echo
  if (ns - table.f64[(mine + End.LAST_NS) >> 1]! > INVALID_AFTER_NS) {
    table.i32[theirs + End.FLAGS]! &= ~EndFlag.TS_RECENT_KNOWN;
    table.i32[mine + End.TSVAL] = batch.tsval[row]!;
    return false;
  }
  if (isLateRecord(tracker, slot, end, batch, row)) return false;
  const story = tracker.story(slot);
  story.pawsCount++;
  if (story.pawsOpen.length >= MAX_OPEN) return true;
  const clockHz = clockHzOf(story, end, () => clockRate(table, at, mine));
  const rtt = roundTripNs(table, at);
  addPaws(
    story,
    candidate(
      table,
      mine,
      theirs,
      end,
      batch,
      row,
      capture,
      stateOf(table, slot, 1 - end),
      rtt > 0 ? rtt * 3 : 0,
      clockHz,
    ),
  );
  noteStall(story.pawsOpen);
  return true;
}

/**
 * Whether its octets pass for the first time though the receiver has just acknowledged them: then the record stands behind
 * the answer to it, and the echo in that answer says nothing against it.
 */
function isLateRecord(tracker: Closer, slot: number, end: number, batch: SegmentBatch, row: number): boolean {
  const { table } = tracker;
  const at = table.at(slot);
  const mine = at + endOffset(end);
  const theirs = at + endOffset(1 - end);
  if (batch.timeNs[row]! - table.f64[(theirs + End.TS_RECENT_NS) >> 1]! > CAPTURE_JITTER_NS) return false;
  const seq = batch.seq[row]!;
  const seqEnd = serialAdd(seq, batch.payloadLen[row]! + (batch.flags[row]! & TcpFlag.FIN));
  const mineFlags = table.i32[mine + End.FLAGS]!;
  if (seqEnd === seq || (table.i32[theirs + End.FLAGS]! & EndFlag.ACK_KNOWN) === 0) return false;
  if ((mineFlags & EndFlag.END_KNOWN) === 0 || !serialAtLeast(table.u32[theirs + End.MAX_ACK]!, seqEnd)) return false;
  if (serialDiff(seqEnd, table.u32[mine + End.MAX_END]!) > 0) return true;
  return (mineFlags & EndFlag.HOLES) !== 0 && touchesHole(tracker.story(slot).holes[end]!, seq, seqEnd);
}

/** Whether the newest candidate and those before it show a stall: new data fails again and again, and nothing moves. */
function noteStall(open: readonly PawsCandidate[]): void {
  const newest = open.at(-1)!;
  if (!bringsNew(newest)) return;
  let since = newest.ns;
  for (const c of open) if (isSameStall(c, newest)) since = Math.min(since, c.ns);
  if (newest.ns - since < STALL_NS) return;
  for (const c of open) if (isSameStall(c, newest)) c.stalled = true;
}

function isSameStall(c: PawsCandidate, newest: PawsCandidate): boolean {
  return c.end === newest.end && c.receiverAck === newest.receiverAck && bringsNew(c);
}

function bringsNew(c: PawsCandidate): boolean {
  return c.seqEnd !== c.seq && c.receiverAck >= 0 && serialDiff(c.seqEnd, c.receiverAck) > 0;
}

/** The same for a copy of a SYN that meets TIME_WAIT: `slot` is the incarnation in TIME_WAIT. */
export function openTimeWaitPawsCandidate(
  tracker: Pick<Closer, 'table' | 'story'>,
  slot: number,
  end: number,
  batch: SegmentBatch,
  row: number,
  capture: number,
): void {
  const { table } = tracker;
  const at = table.at(slot);
  const story = tracker.story(slot);
  story.pawsCount++;
  if (story.pawsOpen.length >= MAX_OPEN) return;
  const rtt = roundTripNs(table, at);
  addPaws(
    story,
    candidate(
      table,
      at + endOffset(end),
      at + endOffset(1 - end),
      end,
      batch,
      row,
      capture,
      'TIME_WAIT',
      rtt > 0 ? rtt * 3 : 0,
      clockHzOf(story, end, () => clockRate(table, at, at + endOffset(end))),
    ),
  );
  if ((table.i32[at + Head.FLAGS]! & ConnectionFlag.WRITTEN) !== 0)
    table.i32[at + Head.FLAGS]! |= ConnectionFlag.CHANGED;
}

function candidate(
  table: ConnectionTable,
  mine: number,
  theirs: number,
  end: number,
  batch: SegmentBatch,
  row: number,
  capture: number,
  state: StateName,
  answerNs: number,
  clockHz: number,
): PawsCandidate {
  const { i32, u32 } = table;
  const ns = batch.timeNs[row]!;
  const flags = batch.flags[row]!;
  const units = batch.payloadLen[row]! + ((flags & TcpFlag.SYN) >> 1) + (flags & TcpFlag.FIN);
  return {
    end,
    frame: batch.frame[row]!,
    capture,
    ns,
    seq: batch.seq[row]!,
    len: batch.payloadLen[row]!,
    seqEnd: serialAdd(batch.seq[row]!, units),
    ack: batch.ack[row]!,
    flags,
    window: batch.window[row]!,
    tsval: batch.tsval[row]!,
    tsRecent: u32[theirs + End.TS_RECENT]!,
    tsRecentFrame: i32[theirs + End.TS_RECENT_FRAME]!,
    clockHz,
    idleNs: ns - table.f64[(mine + End.LAST_NS) >> 1]!,
    receiverAck: (i32[theirs + End.FLAGS]! & EndFlag.ACK_KNOWN) !== 0 ? u32[theirs + End.MAX_ACK]! : -1,
    senderAck: (i32[mine + End.FLAGS]! & EndFlag.ACK_KNOWN) !== 0 ? u32[mine + End.MAX_ACK]! : -1,
    state,
    answerUntilNs: ns + Math.max(ANSWER_NS, answerNs),
    answerFrame: 0,
    answerCapture: 0,
    answerNs: NaN,
    resent: false,
    acknowledged: false,
    stalled: false,
    taken: false,
    takenFrame: 0,
    takenCapture: 0,
    takenNs: NaN,
  };
}

/** A later segment of `end` on a connection with open candidates: what it tells of their fate (close-rules 5.5). */
export function watchPaws(
  tracker: Closer,
  slot: number,
  story: Story,
  end: number,
  batch: SegmentBatch,
  row: number,
  capture: number,
  listener: FlowListener,
): void {
  const { pawsOpen } = story;
  for (let i = 0; i < pawsOpen.length;) {
    const c = pawsOpen[i]!;
    if (c.frame === batch.frame[row] && c.capture === capture) {
      i++;
      continue;
    }
    const decided = end === c.end ? repeats(c, batch, row) : answers(tracker.table, slot, c, batch, row, capture);
    if (decided || batch.timeNs[row]! > c.answerUntilNs + DECIDE_NS) {
      pawsOpen.splice(i, 1);
      if (c.taken && (c.flags & TcpFlag.FIN) !== 0) {
        registerFin(tracker, slot, c.end, c.seqEnd, false, c.ack, c.frame, c.capture, c.ns);
      }
      listener.onPaws(slot, c);
    } else {
      i++;
    }
  }
}

/** The sender goes on: whether it sends the same numbers again. */
function repeats(c: PawsCandidate, batch: SegmentBatch, row: number): boolean {
  const flags = batch.flags[row]!;
  const units = batch.payloadLen[row]! + ((flags & TcpFlag.SYN) >> 1) + (flags & TcpFlag.FIN);
  if (units === 0 || c.seqEnd === c.seq) return false;
  const from = batch.seq[row]!;
  const to = serialAdd(from, units);
  if (serialAtMost(from, c.seq) && serialDiff(to, c.seq) > 0 && !isOld(c, batch, row)) c.resent = true;
  return false;
}

function isOld(c: PawsCandidate, batch: SegmentBatch, row: number): boolean {
  return (batch.options[row]! & SegmentOption.TIMESTAMP) !== 0 && serialDiff(c.tsRecent, batch.tsval[row]!) > 0;
}

/** The receiver speaks: whether it took the segment, or answered as one does that rejects it. */
function answers(
  table: ConnectionTable,
  slot: number,
  c: PawsCandidate,
  batch: SegmentBatch,
  row: number,
  capture: number,
): boolean {
  const flags = batch.flags[row]!;
  if ((flags & TcpFlag.ACK) === 0 || (flags & TcpFlag.RST) !== 0) return false;
  const ack = batch.ack[row]!;
  const hasTimestamp = (batch.options[row]! & SegmentOption.TIMESTAMP) !== 0;
  if (hasTimestamp && batch.tsecr[row] === c.tsval && (flags & TcpFlag.SYN) === 0) {
    return taken(c, batch, row, capture); // TS.Recent moved back to it: accepted
  }
  const brings = bringsNew(c); // what takes no number is never acknowledged
  if (brings && serialAtLeast(ack, c.seqEnd)) {
    c.acknowledged = c.resent;
    return c.resent || c.answerFrame !== 0 || echoesUnseen(table, slot, c, batch, row)
      ? true
      : taken(c, batch, row, capture);
  }
  const pure = batch.payloadLen[row] === 0 && (flags & (TcpFlag.SYN | TcpFlag.FIN)) === 0;
  if (pure && c.answerFrame === 0 && ack === c.receiverAck && batch.timeNs[row]! <= c.answerUntilNs) {
    const echo = batch.tsecr[row]!;
    if (!hasTimestamp || serialAtLeast(echo, c.tsRecent)) {
      c.answerFrame = batch.frame[row]!;
      c.answerCapture = capture;
      c.answerNs = batch.timeNs[row]!;
      if (hasTimestamp && echo !== c.tsRecent) {
        c.tsRecent = echo;
        c.tsRecentFrame = c.answerFrame;
      }
      return !brings;
    }
  }
  return false;
}

/** Whether the receiver echoes a timestamp later than all that the sender was seen to send: it repeated the range unseen. */
function echoesUnseen(
  table: ConnectionTable,
  slot: number,
  c: PawsCandidate,
  batch: SegmentBatch,
  row: number,
): boolean {
  if ((batch.options[row]! & SegmentOption.TIMESTAMP) === 0) return false;
  const sender = table.at(slot) + endOffset(c.end);
  const known = (table.i32[sender + End.FLAGS]! & EndFlag.TSVAL_KNOWN) !== 0;
  return known && serialDiff(batch.tsecr[row]!, table.u32[sender + End.TSVAL]!) > 0;
}

/** The segment in `row` shows that the candidate was received. */
export function taken(c: PawsCandidate, batch: SegmentBatch, row: number, capture: number): true {
  c.taken = true;
  c.takenFrame = batch.frame[row]!;
  c.takenCapture = capture;
  c.takenNs = batch.timeNs[row]!;
  return true;
}

/** 0: not known. */
function roundTripNs(table: ConnectionTable, at: number): number {
  return (table.i32[at + Head.FLAGS]! & ConnectionFlag.RTT_KNOWN) === 0 ? 0 : table.f64[(at + Head.RTT) >> 1]!;
}
