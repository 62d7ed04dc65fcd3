import { SegmentOption, TcpFlag } from '../segment/segment-batch.js';
import { serialAdd, serialAtLeast, serialAtMost, serialDiff } from '../wire/serial.js';
import { clockRate } from './clock-rate.js';
import { registerFin } from './closing.js';
import { ConnectionFlag, End, EndFlag, Head, endOffset, type ConnectionTable } from './connection-table.js';
import type { Follower } from './follower.js';
import { isUnmovedAck, takeAnswer } from './paws-answer.js';
import type { Segment } from './segment.js';
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
 * Notes a segment that fails the test of RFC 7323 §5.3 R1 against the receiver's TS.Recent. False where the test
 * does not apply: timestamps were not agreed on, TS.Recent is no longer valid, or the record is out of order.
 */
export function openPawsCandidate(tracker: Keeper, slot: number, segment: Segment): boolean {
  const { table } = tracker;
  const at = table.at(slot);
  const mine = at + endOffset(segment.end);
  const theirs = at + endOffset(1 - segment.end);
  const { ns } = segment;
  if (((table.i32[mine + End.FLAGS]! | table.i32[theirs + End.FLAGS]!) & EndFlag.SYN_NO_TIMESTAMP) !== 0) return false;
  if (ns < table.f64[(theirs + End.TS_RECENT_NS) >> 1]!) return false; // it passed the tap before that echo
  if (ns - table.f64[(mine + End.LAST_NS) >> 1]! > INVALID_AFTER_NS) {
    table.i32[theirs + End.FLAGS]! &= ~EndFlag.TS_RECENT_KNOWN;
    table.i32[mine + End.TSVAL] = segment.tsval;
    return false;
  }
  if (isLateRecord(tracker, slot, segment)) return false;
  const story = tracker.story(slot);
  story.pawsCount++;
  if (hasRoom(story)) {
    addPaws(story, candidate(tracker, slot, segment));
    noteStall(story.pawsOpen);
  }
  // Linux takes one that is a tick older, and its window.
  if (serialDiff(table.u32[theirs + End.TS_RECENT]!, segment.tsval) > SLACK_TICKS) {
    const [low, high] = story.pawsLast;
    const last = { ...windowBefore(tracker, slot, segment.end), ns };
    story.pawsLast = segment.end === 0 ? [last, high] : [low, last];
  }
  return true;
}

/**
 * Whether its octets pass for the first time though the receiver has just acknowledged them: then the record stands behind
 * the answer to it, and the echo in that answer says nothing against it.
 */
function isLateRecord(tracker: Keeper, slot: number, segment: Segment): boolean {
  const { table } = tracker;
  const at = table.at(slot);
  const mine = at + endOffset(segment.end);
  const theirs = at + endOffset(1 - segment.end);
  if (segment.ns - table.f64[(theirs + End.TS_RECENT_NS) >> 1]! > CAPTURE_JITTER_NS) return false;
  const { seq } = segment;
  const seqEnd = serialAdd(seq, segment.len + (segment.flags & TcpFlag.FIN));
  const mineFlags = table.i32[mine + End.FLAGS]!;
  if (seqEnd === seq || (table.i32[theirs + End.FLAGS]! & EndFlag.ACK_KNOWN) === 0) return false;
  if ((mineFlags & EndFlag.END_KNOWN) === 0 || !serialAtLeast(table.u32[theirs + End.MAX_ACK]!, seqEnd)) return false;
  if (serialDiff(seqEnd, table.u32[mine + End.MAX_END]!) > 0) return true;
  return (mineFlags & EndFlag.HOLES) !== 0 && touchesHole(tracker.story(slot).holes[segment.end]!, seq, seqEnd);
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
export function openTimeWaitPawsCandidate(tracker: Keeper, slot: number, segment: Segment): void {
  const story = tracker.story(slot);
  story.pawsCount++;
  if (!hasRoom(story)) return;
  addPaws(story, candidate(tracker, slot, segment, { state: 'TIME_WAIT' }));
  willChange(tracker.table, slot);
}

/**
 * The same for an old duplicate, a segment with the numbers of an earlier incarnation, that comes when `later` was accepted:
 * its receiver has nothing but that one, and so the TS.Recent of that one.
 */
export function openOldDuplicateCandidate(tracker: Keeper, later: number, segment: Segment): void {
  const { table } = tracker;
  const at = table.at(later);
  const mine = at + endOffset(segment.end);
  const theirs = at + endOffset(1 - segment.end);
  const { ns } = segment;
  const flags = table.i32[theirs + End.FLAGS]!;
  if ((segment.options & SegmentOption.TIMESTAMP) === 0 || (flags & EndFlag.TS_RECENT_KNOWN) === 0) return;
  if (((flags | table.i32[mine + End.FLAGS]!) & EndFlag.SYN_NO_TIMESTAMP) !== 0) return;
  if (serialDiff(table.u32[theirs + End.TS_RECENT]!, segment.tsval) <= 0) return;
  // A record that stands a little too late met the connection that it belongs to.
  if (ns < table.f64[(theirs + End.TS_RECENT_NS) >> 1]!) return;
  if (ns - table.f64[(at + Head.SYN_ACK_NS) >> 1]! <= CAPTURE_JITTER_NS) return;
  const story = tracker.story(later);
  if (!hasRoom(story)) return;
  addPaws(story, candidate(tracker, later, segment, { ofEarlier: true }));
  willChange(table, later);
}

/** A SYN draws an ACK that does not move, too, from a connection on its four-tuple and from one in TIME_WAIT. */
export function suspectSyn(tracker: Keeper, slot: number, segment: Segment): void {
  const story = tracker.stories.get(slot);
  if (story === undefined || !isWaiting(story.pawsOpen, segment.end, segment.ns)) return;
  addSuspect(tracker, slot, story, segment);
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
  segment: Segment,
  given: {
    readonly state?: StateName;
    readonly fails?: boolean;
    readonly ofEarlier?: boolean;
  } = {},
): PawsCandidate {
  const { table } = tracker;
  const { i32, u32 } = table;
  const at = table.at(slot);
  const mine = at + endOffset(segment.end);
  const theirs = at + endOffset(1 - segment.end);
  const { ns, flags } = segment;
  const rtt = roundTripNs(table, at);
  const state = given.state ?? stateOf(table, slot, 1 - segment.end);
  return {
    end: segment.end,
    fails: given.fails ?? true,
    ofEarlier: given.ofEarlier ?? false,
    isRepeated: isRepeated(tracker, slot, segment),
    maybeGone: maybeGone(tracker, at, state, ns),
    rivals: [],
    frame: segment.frame,
    capture: segment.capture,
    ns,
    seq: segment.seq,
    len: segment.len,
    seqEnd: serialAdd(segment.seq, unitsOf(segment)),
    ack: segment.ack,
    flags,
    tsval: segment.tsval,
    tsRecent: u32[theirs + End.TS_RECENT]!,
    tsRecentFrame: i32[theirs + End.TS_RECENT_FRAME]!,
    clockHz: clockHzOf(tracker.story(slot), segment.end, () => clockRate(table, at, mine)),
    idleNs: ns - table.f64[(mine + End.LAST_NS) >> 1]!,
    receiverAck: (i32[theirs + End.FLAGS]! & EndFlag.ACK_KNOWN) !== 0 ? u32[theirs + End.MAX_ACK]! : -1,
    senderAck: (i32[mine + End.FLAGS]! & EndFlag.ACK_KNOWN) !== 0 ? u32[mine + End.MAX_ACK]! : -1,
    movesWindow: movesWindow(tracker, slot, segment),
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
 * Whether the receiver would take the window of a segment for a newer one than it has (RFC 9293 §3.10.7.4, SND.WL1;
 * Linux tcp_may_update_window).
 */
function movesWindow(tracker: Keeper, slot: number, segment: Segment): boolean {
  const flags = tracker.table.i32[tracker.table.at(slot) + endOffset(segment.end) + End.FLAGS]!;
  if ((flags & EndFlag.HEARD) === 0) return false;
  const before = windowBefore(tracker, slot, segment.end);
  const { window } = segment;
  return before.octetsEnd === segment.seq || window > before.window || window === 0;
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
function isRepeated(tracker: Keeper, slot: number, segment: Segment): boolean {
  const { table } = tracker;
  const mine = table.at(slot) + endOffset(segment.end);
  const from = segment.seq;
  const to = serialAdd(from, unitsOf(segment));
  const flags = table.i32[mine + End.FLAGS]!;
  if ((flags & EndFlag.END_KNOWN) === 0 || serialDiff(to, table.u32[mine + End.MAX_END]!) > 0) return false;
  const story = tracker.story(slot);
  if ((flags & EndFlag.HOLES) !== 0 && touchesHole(story.holes[segment.end]!, from, to)) return false;
  return !story.pawsOpen.some((c) => c.fails && c.end === segment.end && c.seq === from);
}

/** Sequence numbers that a segment takes. */
function unitsOf(segment: Segment): number {
  const { flags } = segment;
  return segment.len + ((flags & TcpFlag.SYN) >> 1) + (flags & TcpFlag.FIN);
}

/**
 * A later segment on a connection with open candidates: what it tells of their fate (close-rules 5.5). `isStale`: a
 * late copy of an earlier segment, which tells nothing, but may draw an answer.
 */
export function watchPaws(tracker: Follower, slot: number, segment: Segment, isStale: boolean): void {
  const story = tracker.stories.get(slot)!;
  const { pawsOpen } = story;
  if (!isStale && isUnmovedAck(segment)) takeAnswer(tracker.table, slot, story, segment);
  let waits = false;
  for (let i = 0; i < pawsOpen.length;) {
    const c = pawsOpen[i]!;
    const isItself = c.frame === segment.frame && c.capture === segment.capture;
    if (isItself || !(c.fails ? isDecided(tracker.table, slot, c, segment, isStale) : isCleared(c, segment))) {
      waits ||= c.fails;
      i++;
      continue;
    }
    pawsOpen.splice(i, 1);
    if (!c.fails) continue;
    if (c.taken && (c.flags & TcpFlag.FIN) !== 0) {
      registerFin(tracker, slot, c, false);
    }
    if (isToBeTold(c)) tracker.listener.onPaws(slot, c);
  }
  if (!waits) pawsOpen.length = 0;
  else suspect(tracker, slot, story, segment);
}

/** Whether one that might have failed did not: it was received, or is not answered any more. */
function isCleared(c: PawsCandidate, segment: Segment): boolean {
  if (segment.ns > c.answerUntilNs) return true;
  const isAck = (segment.flags & (TcpFlag.ACK | TcpFlag.RST)) === TcpFlag.ACK;
  return segment.end !== c.end && isAck && bringsNew(c) && serialAtLeast(segment.ack, c.seqEnd);
}

/** Whether it is a row: it failed, as far as anybody can tell. */
export function isToBeTold(c: PawsCandidate): boolean {
  return c.fails && (!c.maybeGone || c.answerFrame !== 0);
}

/** Whether all is known of the fate of a candidate that can be, with a later segment. */
function isDecided(
  table: ConnectionTable,
  slot: number,
  c: PawsCandidate,
  segment: Segment,
  isStale: boolean,
): boolean {
  const { ns } = segment;
  if (ns > c.answerUntilNs + DECIDE_NS) return true;
  if (segment.end === c.end) repeats(c, segment);
  else if (!isStale && isTakenOrRepeated(table, slot, c, segment)) return true;
  return c.answerFrame !== 0 && !bringsNew(c) && c.rivals.every((r) => r.answerFrame !== 0 || ns > r.answerUntilNs);
}

/** The sender goes on: whether it sends the same numbers again. */
function repeats(c: PawsCandidate, segment: Segment): void {
  const units = unitsOf(segment);
  if (c.ofEarlier || units === 0 || c.seqEnd === c.seq) return;
  const from = segment.seq;
  const to = serialAdd(from, units);
  if (serialAtMost(from, c.seq) && serialDiff(to, c.seq) > 0 && !isOld(c, segment)) c.resent = true;
}

function isOld(c: PawsCandidate, segment: Segment): boolean {
  return (segment.options & SegmentOption.TIMESTAMP) !== 0 && serialDiff(c.tsRecent, segment.tsval) > 0;
}

/** The receiver speaks: whether it took the segment, or what was sent again of it. */
function isTakenOrRepeated(table: ConnectionTable, slot: number, c: PawsCandidate, segment: Segment): boolean {
  const { flags } = segment;
  if ((flags & TcpFlag.ACK) === 0 || (flags & TcpFlag.RST) !== 0) return false;
  const hasTimestamp = (segment.options & SegmentOption.TIMESTAMP) !== 0;
  if (hasTimestamp && segment.tsecr === c.tsval && (flags & TcpFlag.SYN) === 0) {
    return taken(c, segment); // TS.Recent moved back to it: accepted
  }
  // What takes no number is never acknowledged.
  if (!bringsNew(c) || !serialAtLeast(segment.ack, c.seqEnd)) return false;
  c.acknowledged = c.resent;
  return c.isRepeated || c.resent || c.answerFrame !== 0 || echoesUnseen(table, slot, c, segment)
    ? true
    : taken(c, segment);
}

/**
 * Keeps a segment of the sender that may draw an ACK which does not move, while one that fails PAWS waits for its answer: it
 * stands before what was acknowledged, or beyond a hole, or its timestamp is behind others.
 */
function suspect(tracker: Keeper, slot: number, story: Story, segment: Segment): void {
  const { ns } = segment;
  if (!isWaiting(story.pawsOpen, segment.end, ns)) return;
  const { table } = tracker;
  const mine = table.at(slot) + endOffset(segment.end);
  const theirs = table.at(slot) + endOffset(1 - segment.end);
  const mineFlags = table.i32[mine + End.FLAGS]!;
  const past = serialDiff(segment.seq, table.i32[theirs + End.MAX_ACK]!);
  const beyond = past > 0 && unitsOf(segment) > 0 && (mineFlags & EndFlag.HOLES) !== 0;
  const isBehind =
    (segment.options & SegmentOption.TIMESTAMP) !== 0 &&
    (mineFlags & EndFlag.TSVAL_KNOWN) !== 0 &&
    serialDiff(table.i32[mine + End.TSVAL]!, segment.tsval) > 0;
  if (past < 0 || beyond || isBehind) addSuspect(tracker, slot, story, segment);
}

function addSuspect(tracker: Keeper, slot: number, story: Story, segment: Segment): void {
  if (story.pawsOpen.some((c) => c.frame === segment.frame && c.capture === segment.capture)) return;
  if (hasRoom(story)) story.pawsOpen.push(candidate(tracker, slot, segment, { fails: false }));
}

/** Whether one of the segments of `end` that fail may still be answered. */
function isWaiting(open: readonly PawsCandidate[], end: number, ns: number): boolean {
  return open.some((c) => c.fails && c.end === end && c.answerFrame === 0 && ns <= c.answerUntilNs);
}

/** Whether the receiver echoes a timestamp later than all that the sender was seen to send: it repeated the range unseen. */
function echoesUnseen(table: ConnectionTable, slot: number, c: PawsCandidate, segment: Segment): boolean {
  if ((segment.options & SegmentOption.TIMESTAMP) === 0) return false;
  const sender = table.at(slot) + endOffset(c.end);
  const known = (table.i32[sender + End.FLAGS]! & EndFlag.TSVAL_KNOWN) !== 0;
  return known && serialDiff(segment.tsecr, table.u32[sender + End.TSVAL]!) > 0;
}

/** The segment shows that the candidate was received. */
export function taken(c: PawsCandidate, segment: Segment): true {
  c.taken = true;
  c.takenFrame = segment.frame;
  c.takenCapture = segment.capture;
  c.takenNs = segment.ns;
  return true;
}

/** 0: not known. */
function roundTripNs(table: ConnectionTable, at: number): number {
  return (table.i32[at + Head.FLAGS]! & ConnectionFlag.RTT_KNOWN) === 0 ? 0 : table.f64[(at + Head.RTT) >> 1]!;
}
