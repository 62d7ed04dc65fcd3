import { SegmentOption, TcpFlag, type SegmentBatch } from '../segment/segment-batch.js';
import { serialAdd, serialAtLeast, serialAtMost, serialDiff } from '../wire/serial.js';
import { clockRate } from './clock-rate.js';
import { registerFin, type Closer } from './closing.js';
import { ConnectionFlag, End, EndFlag, Head, endOffset, type ConnectionTable } from './connection-table.js';
import type { FlowListener } from './events.js';
import { isUnmovedAck, takeAnswer } from './paws-answer.js';
import { touchesHole } from './sequence-holes.js';
import type { Stories } from './stories.js';
import { addPaws, clockHzOf, type PawsCandidate, type Story, type WindowBefore } from './story.js';
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
/** Linux lets a segment pass that is one tick older (close-rules 5.2). */
const SLACK_TICKS = 1;
/** Segments with new data that fail for this long, with no progress, are a stall, ns (close-rules 5.5). */
const STALL_NS = 1e9;

/** The parts of the tracker that are needed here. */
interface Keeper {
  readonly table: ConnectionTable;
  readonly stories: Stories;
  /** How long TIME_WAIT is taken to last, ns. */
  readonly timeWaitNs: number;
  story(slot: number): Story;
}

/**
 * Notes a segment of `end` that fails the test of RFC 7323 §5.3 R1 against the receiver's TS.Recent. False where the test
 * does not apply: timestamps were not agreed on, TS.Recent is no longer valid, or the record is out of order.
 */
export function openPawsCandidate(
  tracker: Keeper,
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
  if (hasRoom(story)) {
    addPaws(story, candidate(tracker, slot, end, batch, row, capture));
    noteStall(story.pawsOpen);
  }
  // Linux takes one that is a tick older, and its window.
  if (serialDiff(table.u32[theirs + End.TS_RECENT]!, batch.tsval[row]!) > SLACK_TICKS) {
    const [low, high] = story.pawsLast;
    const last = { ...windowBefore(tracker, slot, end), ns };
    story.pawsLast = end === 0 ? [last, high] : [low, last];
  }
  return true;
}

/**
 * Whether its octets pass for the first time though the receiver has just acknowledged them: then the record stands behind
 * the answer to it, and the echo in that answer says nothing against it.
 */
function isLateRecord(tracker: Keeper, slot: number, end: number, batch: SegmentBatch, row: number): boolean {
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
  return c.fails && c.end === newest.end && c.receiverAck === newest.receiverAck && bringsNew(c);
}

/** Whether it has numbers that its receiver had not acknowledged. */
export function bringsNew(c: PawsCandidate): boolean {
  return !c.ofEarlier && c.seqEnd !== c.seq && c.receiverAck >= 0 && serialDiff(c.seqEnd, c.receiverAck) > 0;
}

/** The same for a copy of a SYN that meets TIME_WAIT: `slot` is the incarnation in TIME_WAIT. */
export function openTimeWaitPawsCandidate(
  tracker: Keeper,
  slot: number,
  end: number,
  batch: SegmentBatch,
  row: number,
  capture: number,
): void {
  const story = tracker.story(slot);
  story.pawsCount++;
  if (!hasRoom(story)) return;
  addPaws(story, candidate(tracker, slot, end, batch, row, capture, { state: 'TIME_WAIT' }));
  willChange(tracker.table, slot);
}

/**
 * The same for an old duplicate, a segment with the numbers of an earlier incarnation, that comes when `later` was accepted:
 * its receiver has nothing but that one, and so the TS.Recent of that one.
 */
export function openOldDuplicateCandidate(
  tracker: Keeper,
  later: number,
  end: number,
  batch: SegmentBatch,
  row: number,
  capture: number,
): void {
  const { table } = tracker;
  const at = table.at(later);
  const mine = at + endOffset(end);
  const theirs = at + endOffset(1 - end);
  const ns = batch.timeNs[row]!;
  const flags = table.i32[theirs + End.FLAGS]!;
  if ((batch.options[row]! & SegmentOption.TIMESTAMP) === 0 || (flags & EndFlag.TS_RECENT_KNOWN) === 0) return;
  if (((flags | table.i32[mine + End.FLAGS]!) & EndFlag.SYN_NO_TIMESTAMP) !== 0) return;
  if (serialDiff(table.u32[theirs + End.TS_RECENT]!, batch.tsval[row]!) <= 0) return;
  // A record that stands a little too late met the connection that it belongs to.
  if (ns < table.f64[(theirs + End.TS_RECENT_NS) >> 1]!) return;
  if (ns - table.f64[(at + Head.SYN_ACK_NS) >> 1]! <= CAPTURE_JITTER_NS) return;
  const story = tracker.story(later);
  if (!hasRoom(story)) return;
  addPaws(story, candidate(tracker, later, end, batch, row, capture, { ofEarlier: true }));
  willChange(table, later);
}

/** A SYN draws an ACK that does not move, too, from a connection on its four-tuple and from one in TIME_WAIT. */
export function suspectSyn(
  tracker: Keeper,
  slot: number,
  end: number,
  batch: SegmentBatch,
  row: number,
  capture: number,
): void {
  const story = tracker.stories.get(slot);
  if (story === undefined || !isWaiting(story.pawsOpen, end, batch.timeNs[row]!)) return;
  addSuspect(tracker, slot, story, end, batch, row, capture);
}

/** Whether one more fits; what only might fail makes way. */
function hasRoom({ pawsOpen }: Story): boolean {
  if (pawsOpen.length < MAX_OPEN) return true;
  const suspect = pawsOpen.findIndex((c) => !c.fails);
  if (suspect >= 0) pawsOpen.splice(suspect, 1);
  return suspect >= 0;
}

/** Its row may have been written. */
function willChange(table: ConnectionTable, slot: number): void {
  const flags = table.at(slot) + Head.FLAGS;
  if ((table.i32[flags]! & ConnectionFlag.WRITTEN) !== 0) table.i32[flags]! |= ConnectionFlag.CHANGED;
}

function candidate(
  tracker: Keeper,
  slot: number,
  end: number,
  batch: SegmentBatch,
  row: number,
  capture: number,
  given: { readonly state?: StateName; readonly fails?: boolean; readonly ofEarlier?: boolean } = {},
): PawsCandidate {
  const { table } = tracker;
  const { i32, u32 } = table;
  const at = table.at(slot);
  const mine = at + endOffset(end);
  const theirs = at + endOffset(1 - end);
  const ns = batch.timeNs[row]!;
  const flags = batch.flags[row]!;
  const rtt = roundTripNs(table, at);
  const state = given.state ?? stateOf(table, slot, 1 - end);
  return {
    end,
    fails: given.fails ?? true,
    ofEarlier: given.ofEarlier ?? false,
    isRepeated: isRepeated(tracker, slot, end, batch, row),
    maybeGone: maybeGone(tracker, at, state, ns),
    rivals: [],
    frame: batch.frame[row]!,
    capture,
    ns,
    seq: batch.seq[row]!,
    len: batch.payloadLen[row]!,
    seqEnd: serialAdd(batch.seq[row]!, unitsOf(batch, row)),
    ack: batch.ack[row]!,
    flags,
    tsval: batch.tsval[row]!,
    tsRecent: u32[theirs + End.TS_RECENT]!,
    tsRecentFrame: i32[theirs + End.TS_RECENT_FRAME]!,
    clockHz: clockHzOf(tracker.story(slot), end, () => clockRate(table, at, mine)),
    idleNs: ns - table.f64[(mine + End.LAST_NS) >> 1]!,
    receiverAck: (i32[theirs + End.FLAGS]! & EndFlag.ACK_KNOWN) !== 0 ? u32[theirs + End.MAX_ACK]! : -1,
    senderAck: (i32[mine + End.FLAGS]! & EndFlag.ACK_KNOWN) !== 0 ? u32[mine + End.MAX_ACK]! : -1,
    movesWindow: movesWindow(tracker, slot, end, batch, row),
    state,
    answerUntilNs: ns + Math.max(ANSWER_NS, rtt * 3),
    answerFrame: 0,
    answerCapture: 0,
    answerNs: NaN,
    isAnswerLate: false,
    resent: false,
    acknowledged: false,
    stalled: false,
    taken: false,
    takenFrame: 0,
    takenCapture: 0,
    takenNs: NaN,
  };
}

/**
 * Whether the receiver would take the window of a segment of `end` for a newer one than it has (RFC 9293 §3.10.7.4, SND.WL1;
 * Linux tcp_may_update_window).
 */
function movesWindow(tracker: Keeper, slot: number, end: number, batch: SegmentBatch, row: number): boolean {
  const flags = tracker.table.i32[tracker.table.at(slot) + endOffset(end) + End.FLAGS]!;
  if ((flags & EndFlag.HEARD) === 0) return false;
  const before = windowBefore(tracker, slot, end);
  const window = batch.window[row]!;
  return before.octetsEnd === batch.seq[row] || window > before.window || window === 0;
}

/** The window that the last segment of `end` left behind; one that failed PAWS itself left none. */
function windowBefore(tracker: Keeper, slot: number, end: number): WindowBefore {
  const { i32, u32, f64 } = tracker.table;
  const mine = tracker.table.at(slot) + endOffset(end);
  const ns = f64[(mine + End.LAST_NS) >> 1]!;
  const failed = tracker.story(slot).pawsLast[end];
  if (failed?.ns === ns) return failed;
  const flags = i32[mine + End.LAST_FLAGS]!;
  const units = i32[mine + End.LAST_LEN]! + ((flags & TcpFlag.SYN) >> 1) + (flags & TcpFlag.FIN);
  const octetsEnd = units > 0 ? serialAdd(u32[mine + End.LAST_SEQ]!, units) : -1;
  return { ns, octetsEnd, window: i32[mine + End.WINDOW]! };
}

/** Whether the receiver may have forgotten the connection: it is closed, or its TIME_WAIT may be over. */
function maybeGone({ table, timeWaitNs }: Keeper, at: number, state: StateName, ns: number): boolean {
  if (state !== 'TIME_WAIT') return state === 'CLOSED';
  if ((table.i32[at + Head.FLAGS]! & ConnectionFlag.TIME_WAIT_RESET) !== 0) return true;
  return ns - table.f64[(at + Head.TIME_WAIT_LAST_NS) >> 1]! >= timeWaitNs;
}

/** Whether the segment's octets have passed, in one that does not wait to be judged. */
function isRepeated(tracker: Keeper, slot: number, end: number, batch: SegmentBatch, row: number): boolean {
  const { table } = tracker;
  const mine = table.at(slot) + endOffset(end);
  const from = batch.seq[row]!;
  const to = serialAdd(from, unitsOf(batch, row));
  const flags = table.i32[mine + End.FLAGS]!;
  if ((flags & EndFlag.END_KNOWN) === 0 || serialDiff(to, table.u32[mine + End.MAX_END]!) > 0) return false;
  const story = tracker.story(slot);
  if ((flags & EndFlag.HOLES) !== 0 && touchesHole(story.holes[end]!, from, to)) return false;
  return !story.pawsOpen.some((c) => c.fails && c.end === end && c.seq === from);
}

/** Sequence numbers that a segment takes. */
function unitsOf(batch: SegmentBatch, row: number): number {
  const flags = batch.flags[row]!;
  return batch.payloadLen[row]! + ((flags & TcpFlag.SYN) >> 1) + (flags & TcpFlag.FIN);
}

/**
 * A later segment of `end` on a connection with open candidates: what it tells of their fate (close-rules 5.5). `isStale`: a
 * late copy of an earlier segment, which tells nothing, but may draw an answer.
 */
export function watchPaws(
  tracker: Closer & Keeper,
  slot: number,
  story: Story,
  end: number,
  batch: SegmentBatch,
  row: number,
  capture: number,
  listener: FlowListener,
  isStale: boolean,
): void {
  const { pawsOpen } = story;
  if (!isStale && isUnmovedAck(batch, row)) takeAnswer(tracker.table, slot, story, end, batch, row, capture);
  let waits = false;
  for (let i = 0; i < pawsOpen.length;) {
    const c = pawsOpen[i]!;
    const isItself = c.frame === batch.frame[row] && c.capture === capture;
    if (
      isItself ||
      !(c.fails ? isDecided(tracker.table, slot, c, end, batch, row, capture, isStale) : isCleared(c, end, batch, row))
    ) {
      waits ||= c.fails;
      i++;
      continue;
    }
    pawsOpen.splice(i, 1);
    if (!c.fails) continue;
    if (c.taken && (c.flags & TcpFlag.FIN) !== 0) {
      registerFin(tracker, slot, c, false);
    }
    if (isToBeTold(c)) listener.onPaws(slot, c);
  }
  if (!waits) pawsOpen.length = 0;
  else suspect(tracker, slot, story, end, batch, row, capture);
}

/** Whether one that might have failed did not: it was received, or is not answered any more. */
function isCleared(c: PawsCandidate, end: number, batch: SegmentBatch, row: number): boolean {
  if (batch.timeNs[row]! > c.answerUntilNs) return true;
  const isAck = (batch.flags[row]! & (TcpFlag.ACK | TcpFlag.RST)) === TcpFlag.ACK;
  return end !== c.end && isAck && bringsNew(c) && serialAtLeast(batch.ack[row]!, c.seqEnd);
}

/** Whether it is a row: it failed, as far as anybody can tell. */
export function isToBeTold(c: PawsCandidate): boolean {
  return c.fails && (!c.maybeGone || c.answerFrame !== 0);
}

/** Whether all is known of the fate of a candidate that can be, with a later segment of `end`. */
function isDecided(
  table: ConnectionTable,
  slot: number,
  c: PawsCandidate,
  end: number,
  batch: SegmentBatch,
  row: number,
  capture: number,
  isStale: boolean,
): boolean {
  const ns = batch.timeNs[row]!;
  if (ns > c.answerUntilNs + DECIDE_NS) return true;
  if (end === c.end) repeats(c, batch, row);
  else if (!isStale && isTakenOrRepeated(table, slot, c, batch, row, capture)) return true;
  return c.answerFrame !== 0 && !bringsNew(c) && c.rivals.every((r) => r.answerFrame !== 0 || ns > r.answerUntilNs);
}

/** The sender goes on: whether it sends the same numbers again. */
function repeats(c: PawsCandidate, batch: SegmentBatch, row: number): void {
  const units = unitsOf(batch, row);
  if (c.ofEarlier || units === 0 || c.seqEnd === c.seq) return;
  const from = batch.seq[row]!;
  const to = serialAdd(from, units);
  if (serialAtMost(from, c.seq) && serialDiff(to, c.seq) > 0 && !isOld(c, batch, row)) c.resent = true;
}

function isOld(c: PawsCandidate, batch: SegmentBatch, row: number): boolean {
  return (batch.options[row]! & SegmentOption.TIMESTAMP) !== 0 && serialDiff(c.tsRecent, batch.tsval[row]!) > 0;
}

/** The receiver speaks: whether it took the segment, or what was sent again of it. */
function isTakenOrRepeated(
  table: ConnectionTable,
  slot: number,
  c: PawsCandidate,
  batch: SegmentBatch,
  row: number,
  capture: number,
): boolean {
  const flags = batch.flags[row]!;
  if ((flags & TcpFlag.ACK) === 0 || (flags & TcpFlag.RST) !== 0) return false;
  const hasTimestamp = (batch.options[row]! & SegmentOption.TIMESTAMP) !== 0;
  if (hasTimestamp && batch.tsecr[row] === c.tsval && (flags & TcpFlag.SYN) === 0) {
    return taken(c, batch, row, capture); // TS.Recent moved back to it: accepted
  }
  // What takes no number is never acknowledged.
  if (!bringsNew(c) || !serialAtLeast(batch.ack[row]!, c.seqEnd)) return false;
  c.acknowledged = c.resent;
  return c.isRepeated || c.resent || c.answerFrame !== 0 || echoesUnseen(table, slot, c, batch, row)
    ? true
    : taken(c, batch, row, capture);
}

/**
 * Keeps a segment of the sender that may draw an ACK which does not move, while one that fails PAWS waits for its answer: it
 * stands before what was acknowledged, or beyond a hole, or its timestamp is behind others.
 */
function suspect(
  tracker: Keeper,
  slot: number,
  story: Story,
  end: number,
  batch: SegmentBatch,
  row: number,
  capture: number,
): void {
  const ns = batch.timeNs[row]!;
  if (!isWaiting(story.pawsOpen, end, ns)) return;
  const { table } = tracker;
  const mine = table.at(slot) + endOffset(end);
  const theirs = table.at(slot) + endOffset(1 - end);
  const mineFlags = table.i32[mine + End.FLAGS]!;
  const past = serialDiff(batch.seq[row]!, table.i32[theirs + End.MAX_ACK]!);
  const beyond = past > 0 && unitsOf(batch, row) > 0 && (mineFlags & EndFlag.HOLES) !== 0;
  const isBehind =
    (batch.options[row]! & SegmentOption.TIMESTAMP) !== 0 &&
    (mineFlags & EndFlag.TSVAL_KNOWN) !== 0 &&
    serialDiff(table.i32[mine + End.TSVAL]!, batch.tsval[row]!) > 0;
  if (past < 0 || beyond || isBehind) addSuspect(tracker, slot, story, end, batch, row, capture);
}

function addSuspect(
  tracker: Keeper,
  slot: number,
  story: Story,
  end: number,
  batch: SegmentBatch,
  row: number,
  capture: number,
): void {
  if (story.pawsOpen.some((c) => c.frame === batch.frame[row] && c.capture === capture)) return;
  if (hasRoom(story)) story.pawsOpen.push(candidate(tracker, slot, end, batch, row, capture, { fails: false }));
}

/** Whether one of the segments of `end` that fail may still be answered. */
function isWaiting(open: readonly PawsCandidate[], end: number, ns: number): boolean {
  return open.some((c) => c.fails && c.end === end && c.answerFrame === 0 && ns <= c.answerUntilNs);
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
