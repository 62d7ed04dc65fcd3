import { SegmentOption, TcpFlag } from '../segment/segment-batch.js';
import { serialAtLeast, serialDiff } from '../wire/serial.js';
import {
  ConnectionFlag,
  End,
  EndFlag,
  Head,
  endOffset,
  type ConnectionTable,
  type RecordMemory,
} from './connection-table.js';
import { MOST_ATTEMPTS } from './limits.js';
import { openOldDuplicateCandidate, openTimeWaitPawsCandidate, taken } from './paws-watch.js';
import type { Segment } from './segment.js';
import { bringsLateOctets } from './sequence-space.js';
import type { Stories } from './stories.js';
import type { Story, TimeWaitSyn } from './story.js';

/** The parts of the tracker that watching needs. */
export interface Watcher {
  readonly table: ConnectionTable;
  readonly stories: Stories;
  /** How long TIME_WAIT is taken to last, ns. */
  readonly timeWaitNs: number;
  story(slot: number): Story;
}

/**
 * Whether an end of a finished connection went into TIME_WAIT: its first FIN did not cover the other's (RFC 9293 §3.6), and
 * it did not answer as one that knows no such connection when its own was acknowledged.
 */
export function holdsTimeWait(table: RecordMemory, at: number, end: number): boolean {
  const mine = at + endOffset(end);
  const theirs = at + endOffset(1 - end);
  if ((table.i32[mine + End.FLAGS]! & EndFlag.NO_TIME_WAIT) !== 0) return false;
  return !serialAtLeast(table.u32[mine + End.FIN_ACK]!, table.u32[theirs + End.FIN_END]!);
}

/** The incarnation before `slot` that is, or was a moment ago, in TIME_WAIT; -1 if none. Attempts between are skipped. */
function inTimeWaitBefore(table: ConnectionTable, slot: number, ns: number, timeWaitNs: number): number {
  let older = table.i32[table.at(slot) + Head.OLDER]!;
  for (let attempts = 0; older >= 0 && attempts <= MOST_ATTEMPTS; attempts++) {
    const at = table.at(older);
    const flags = table.i32[at + Head.FLAGS]!;
    if ((flags & ConnectionFlag.FINISHED) !== 0) {
      const age = ns - table.f64[(at + Head.TIME_WAIT_LAST_NS) >> 1]!;
      return age < timeWaitNs ? older : -1;
    }
    if ((flags & (ConnectionFlag.ATTEMPT | ConnectionFlag.REFUSED)) === 0) return -1;
    older = table.i32[at + Head.OLDER]!;
  }
  return -1;
}

/** A SYN as far as TIME_WAIT looks at it. */
interface SynSeen {
  readonly frame: number;
  readonly capture: number;
  readonly ns: number;
  readonly isn: number;
  readonly hasTimestamp: boolean;
  readonly optionsCut: boolean;
  readonly tsval: number;
  readonly tsecr: number;
  readonly copies: number;
  readonly sinceChallengeNs: number;
}

/** A copy of the SYN of attempt `slot`, the first one too: notes whether it meets TIME_WAIT, and whether it fails PAWS. */
export function meetTimeWait(watcher: Watcher, slot: number, segment: Segment): void {
  const { table } = watcher;
  const { ns } = segment;
  const older = inTimeWaitBefore(table, slot, ns, watcher.timeWaitNs);
  if (older < 0) return;
  const at = table.at(older);
  if (!holdsTimeWait(table, at, 0) && !holdsTimeWait(table, at, 1)) return;
  const hasTimestamp = (segment.options & SegmentOption.TIMESTAMP) !== 0;

  const story = watcher.story(slot);
  if (story.timeWaitSyn !== null) {
    story.timeWaitSyn.copies++;
    story.timeWaitSyn.afterReset ||= story.timeWaitSyn.clientResetFrame !== 0;
  } else {
    story.timeWaitSyn = newTimeWaitSyn(table, slot, older, segment.end, {
      frame: segment.frame,
      capture: segment.capture,
      ns,
      isn: segment.seq,
      hasTimestamp,
      optionsCut: (segment.options & SegmentOption.CUT) !== 0,
      tsval: segment.tsval,
      tsecr: segment.tsecr,
      copies: 1,
      sinceChallengeNs: ns - lastChallengeNs(watcher, slot, older),
    });
  }
  testInTimeWait(watcher, older, segment);
}

/** A late copy of the SYN that opened the connection in `slot`: whether it meets TIME_WAIT of that, and fails PAWS there. */
export function meetOwnTimeWait(watcher: Watcher, slot: number, segment: Segment): void {
  const { table } = watcher;
  const at = table.at(slot);
  if (segment.seq !== table.u32[at + endOffset(segment.end) + End.ISN]) return;
  if (segment.ns - table.f64[(at + Head.TIME_WAIT_LAST_NS) >> 1]! < watcher.timeWaitNs)
    testInTimeWait(watcher, slot, segment);
}

/** Whether a SYN fails PAWS at the end that is in TIME_WAIT of the connection in `slot`, which that restarts. */
function testInTimeWait(watcher: Watcher, slot: number, segment: Segment): void {
  const { table } = watcher;
  const at = table.at(slot);
  const theirs = at + endOffset(1 - segment.end);
  // Zero slack in TIME_WAIT (close-rules 5.2); a zero TS.Recent never rejects.
  if (
    holdsTimeWait(table, at, 1 - segment.end) &&
    (segment.options & SegmentOption.TIMESTAMP) !== 0 &&
    (table.i32[theirs + End.FLAGS]! & EndFlag.TS_RECENT_KNOWN) !== 0 &&
    table.u32[theirs + End.TS_RECENT] !== 0 &&
    serialDiff(table.u32[theirs + End.TS_RECENT]!, segment.tsval) > 0
  ) {
    openTimeWaitPawsCandidate(watcher, slot, segment);
    const restarted = Math.max(segment.ns, table.f64[(at + Head.TIME_WAIT_LAST_NS) >> 1]!);
    table.f64[(at + Head.TIME_WAIT_LAST_NS) >> 1] = restarted;
  }
}

/**
 * The close of `older` is complete, as the answer to a FIN shows, and attempt `slot` began before that answer passed the
 * tap: where its SYN left behind that FIN, it met TIME_WAIT (close-rules appendix A, A33).
 */
export function metTimeWaitBefore(watcher: Watcher, slot: number, older: number): void {
  const { table } = watcher;
  const { i32, u32, f64 } = table;
  const at = table.at(slot);
  if ((i32[at + Head.FLAGS]! & (ConnectionFlag.ATTEMPT | ConnectionFlag.REFUSED)) !== ConnectionFlag.ATTEMPT) return;
  const end = (i32[at + endOffset(0) + End.FLAGS]! & EndFlag.SYN) !== 0 ? 0 : 1;
  const mine = at + endOffset(end);
  const ns = f64[(at + Head.FIRST_NS) >> 1]!;
  const finNs = f64[(table.at(older) + endOffset(end) + End.FIN_NS) >> 1]!;
  if (!(finNs <= ns) || !holdsTimeWait(table, table.at(older), 1 - end)) return;
  watcher.story(slot).timeWaitSyn ??= newTimeWaitSyn(table, slot, older, end, {
    frame: u32[at + Head.FIRST_FRAME]!,
    capture: u32[at + Head.FIRST_CAPTURE]!,
    ns,
    isn: u32[mine + End.ISN]!,
    hasTimestamp: (i32[mine + End.FLAGS]! & EndFlag.SYN_TIMESTAMP) !== 0,
    optionsCut: (i32[mine + End.FLAGS]! & (EndFlag.SYN_TIMESTAMP | EndFlag.SYN_NO_TIMESTAMP)) === 0,
    tsval: u32[mine + End.TSVAL]!,
    tsecr: 0,
    copies: u32[at + Head.SYNS]!,
    sinceChallengeNs: NaN,
  });
}

/** When an attempt between `slot` and the incarnation in TIME_WAIT was challenged last; NaN: none was. */
function lastChallengeNs({ table, stories }: Watcher, slot: number, inTimeWait: number): number {
  for (
    let attempt = table.i32[table.at(slot) + Head.OLDER]!;
    attempt >= 0 && attempt !== inTimeWait;
    attempt = table.i32[table.at(attempt) + Head.OLDER]!
  ) {
    const syn = stories.get(attempt)?.timeWaitSyn ?? null;
    if (syn !== null && syn.challengeFrame !== 0) return syn.challengeNs;
  }
  return NaN;
}

function newTimeWaitSyn(table: ConnectionTable, slot: number, older: number, end: number, seen: SynSeen): TimeWaitSyn {
  const at = table.at(older);
  const mine = at + endOffset(end);
  const theirs = at + endOffset(1 - end);
  const mineFlags = table.i32[mine + End.FLAGS]!;
  const theirFlags = table.i32[theirs + End.FLAGS]!;
  const shift = table.i32[theirs + End.WINDOW_SHIFT]!;
  const scaled = shift !== 0 && table.i32[mine + End.WINDOW_SHIFT] !== 0;
  const tsvalKnown = (mineFlags & EndFlag.TSVAL_KNOWN) !== 0;
  const oldCut = (table.i32[at + Head.FLAGS]! & ConnectionFlag.OPTIONS_CUT) !== 0;
  // Each fact by its name: where V8 copies all facts of another object, it looks each up, which takes fifty times as long.
  return {
    frame: seen.frame,
    capture: seen.capture,
    ns: seen.ns,
    isn: seen.isn,
    hasTimestamp: seen.hasTimestamp,
    tsval: seen.tsval,
    tsecr: seen.tsecr,
    copies: seen.copies,
    sinceChallengeNs: seen.sinceChallengeNs,
    timestampsUnknown: (!seen.hasTimestamp && seen.optionsCut) || (!tsvalKnown && oldCut),
    id: table.u32[table.at(slot) + Head.ID]!,
    previousId: table.u32[at + Head.ID]!,
    end,
    elapsedNs: seen.ns - table.f64[(at + Head.ENDED_NS) >> 1]!,
    previousFinalSeq: table.u32[mine + End.MAX_END]!,
    previousTsval: tsvalKnown ? table.u32[mine + End.TSVAL]! : -1,
    echoedTsval: (theirFlags & EndFlag.TS_RECENT_KNOWN) !== 0 ? table.u32[theirs + End.TS_RECENT]! : -1,
    oldTimestamps: (mineFlags & theirFlags & EndFlag.TIMESTAMP) !== 0,
    receiverHolds: holdsTimeWait(table, at, 1 - end),
    senderHolds: holdsTimeWait(table, at, end),
    holderFinalSeq: table.u32[theirs + End.MAX_END]!,
    holderWindow: table.i32[theirs + End.WINDOW]! << (scaled ? shift - 1 : 0),
    resetBefore: (table.i32[at + Head.FLAGS]! & ConnectionFlag.TIME_WAIT_RESET) !== 0,
    acksLeftOut: (table.i32[at + Head.FLAGS]! & ConnectionFlag.ACKS_LEFT_OUT) !== 0,
    challengeFrame: 0,
    challengeCapture: 0,
    challengeNs: NaN,
    clientResetFrame: 0,
    afterReset: false,
    clientResets: 0,
    outlivedResets: 0,
    challengedAgainFrame: 0,
    refusedFrame: 0,
    refusedCapture: 0,
    refusedNs: NaN,
    synAckFrame: 0,
    synAckCapture: 0,
    synAckNs: NaN,
    synAckIsn: 0,
    actedFrame: 0,
    actedCapture: 0,
    actedNs: NaN,
    written: false,
  };
}

/**
 * A segment that carries the numbers of an incarnation (`slot`) before the newest one, while the newest is an attempt:
 * an ACK of the old numbers challenges the SYN, a reset of the SYN's sender with that number answers the challenge.
 */
export function answerFromBefore(watcher: Watcher, slot: number, newest: number, segment: Segment): void {
  const { table } = watcher;
  const attempt = table.at(newest);
  if ((table.i32[attempt + Head.FLAGS]! & ConnectionFlag.ATTEMPT) === 0) return;
  const { flags } = segment;
  const synSender = (table.i32[attempt + endOffset(segment.end) + End.FLAGS]! & EndFlag.SYN) !== 0;
  const syn = watcher.stories.get(newest)?.timeWaitSyn ?? null;
  if ((flags & TcpFlag.RST) !== 0) {
    const next = table.u32[table.at(slot) + endOffset(1 - segment.end) + End.MAX_ACK]!; // no other number ends TIME_WAIT
    if (!synSender || syn === null || segment.seq !== next) return;
    if (syn.clientResetFrame === 0) syn.clientResetFrame = segment.frame;
    syn.clientResets++;
    return;
  }
  if (synSender || segment.len > 0 || (flags & (TcpFlag.ACK | TcpFlag.FIN)) !== TcpFlag.ACK) return;
  const at = table.at(slot);
  const unchanged =
    segment.seq === table.u32[at + endOffset(segment.end) + End.MAX_END] &&
    segment.ack === table.u32[at + endOffset(segment.end) + End.MAX_ACK];
  if (!unchanged) return;
  table.i32[attempt + Head.FLAGS]! |= ConnectionFlag.CHALLENGED;
  watcher.story(newest).challengeAck = segment.ack;
  if (syn === null) return;
  if (syn.afterReset) {
    syn.outlivedResets = syn.clientResets;
    if (syn.challengedAgainFrame === 0) syn.challengedAgainFrame = segment.frame;
  }
  if (syn.challengeFrame === 0) {
    syn.challengeFrame = segment.frame;
    syn.challengeCapture = segment.capture;
    syn.challengeNs = segment.ns;
  }
}

/** A SYN-ACK or a refusal for attempt `slot`, if its SYN met TIME_WAIT. */
export function answerToTimeWaitSyn(watcher: Watcher, slot: number, segment: Segment): void {
  const syn = watcher.stories.get(slot)?.timeWaitSyn ?? null;
  if (syn === null) return;
  if ((segment.flags & TcpFlag.RST) !== 0) {
    if (syn.refusedFrame !== 0) return;
    syn.refusedFrame = segment.frame;
    syn.refusedCapture = segment.capture;
    syn.refusedNs = segment.ns;
    return;
  }
  if (syn.synAckFrame === 0) {
    syn.synAckFrame = segment.frame;
    syn.synAckCapture = segment.capture;
    syn.synAckNs = segment.ns;
    syn.synAckIsn = segment.seq;
  }
  takeSynOnTimeWait(watcher, slot, syn, segment);
}

/** A segment of attempt `slot` shows that its SYN was accepted, though the SYN-ACK was not captured. */
export function actsOnUnseenSynAck(syn: TimeWaitSyn | null, segment: Segment): void {
  if (syn === null || syn.synAckFrame !== 0 || syn.actedFrame !== 0) return;
  syn.actedFrame = segment.frame;
  syn.actedCapture = segment.capture;
  syn.actedNs = segment.ns;
}

/** A SYN-ACK takes the last copy of a SYN; where that one failed PAWS on TIME_WAIT, it was accepted all the same. */
function takeSynOnTimeWait({ table, stories }: Watcher, slot: number, syn: TimeWaitSyn, segment: Segment): void {
  let older = table.i32[table.at(slot) + Head.OLDER]!;
  while (older >= 0 && table.u32[table.at(older) + Head.ID] !== syn.previousId) {
    older = table.i32[table.at(older) + Head.OLDER]!;
  }
  const open = older < 0 ? [] : (stories.get(older)?.pawsOpen ?? []);
  for (let i = open.length - 1; i >= 0; i--) {
    const last = open[i]!;
    if (!last.fails || last.seq !== syn.isn || (last.flags & TcpFlag.SYN) === 0) continue;
    if (last.answerFrame === 0) taken(last, segment);
    return;
  }
}

/**
 * Whether a segment with the numbers of incarnation `slot` is an old duplicate (close-rules 8.3): a later one (`newest`) had
 * been accepted, its octets had passed before, and its timestamp, if it has one, is not newer than what that connection had
 * used. An ACK without octets is one only by its timestamp. Its receiver has the later connection by then.
 */
export function takeOldDuplicate(watcher: Watcher, slot: number, newest: number, segment: Segment): boolean {
  const { table } = watcher;
  const later = table.i32[table.at(newest) + Head.FLAGS]!;
  const { flags } = segment;
  if ((later & ConnectionFlag.ATTEMPT) !== 0 || (flags & (TcpFlag.RST | TcpFlag.SYN)) !== 0) return false;
  const mine = table.at(slot) + endOffset(segment.end);
  const mineFlags = table.i32[mine + End.FLAGS]!;
  const octets = segment.len;
  const units = octets + (flags & TcpFlag.FIN);
  const known = EndFlag.HEARD | EndFlag.END_KNOWN;
  if ((mineFlags & known) !== known) return false;
  if (serialDiff(segment.seq + units, table.i32[mine + End.MAX_END]!) > 0) return false;
  const stamped = (segment.options & SegmentOption.TIMESTAMP) !== 0 && (mineFlags & EndFlag.TSVAL_KNOWN) !== 0;
  if (stamped && serialDiff(segment.tsval, table.i32[mine + End.TSVAL]!) > 0) return false;
  const isNewAck = (mineFlags & EndFlag.ACK_KNOWN) === 0 || serialDiff(segment.ack, table.i32[mine + End.MAX_ACK]!) > 0;
  if (units === 0 && (!stamped || (flags & TcpFlag.ACK) === 0 || isNewAck)) return false;
  if (bringsLateOctets(watcher, slot, segment)) return false;
  // Where the later one was refused or reset its receiver has none.
  if ((later & (ConnectionFlag.REFUSED | ConnectionFlag.RESET)) === 0)
    openOldDuplicateCandidate(watcher, newest, segment);
  if (units > 0) noteDelayed(watcher.story(slot), segment.end, octets, stamped, segment);
  return true;
}

function noteDelayed(story: Story, end: number, octets: number, stamped: boolean, segment: Segment): void {
  const first = {
    count: 0,
    octets: 0,
    end,
    capture: segment.capture,
    frame: segment.frame,
    ns: segment.ns,
    stamped,
  };
  const delayed = (story.delayed ??= first);
  delayed.count++;
  delayed.octets += octets;
  delayed.stamped &&= stamped;
}
