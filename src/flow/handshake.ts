/** SYN, SYN-ACK and what answers them: RFC 9293 §3.5 and §3.10.7.3. */
import { SegmentOption, TcpFlag } from '../segment/segment-batch.js';
import { serialAdd, serialAtMost, serialDiff } from '../wire/serial.js';
import {
  ConnectionFlag,
  End,
  EndFlag,
  Head,
  captureOf,
  endOffset,
  frameOf,
  placeOf,
  type ConnectionTable,
} from './connection-table.js';
import { synTsvalNs } from './clock-rate.js';
import type { Follower } from './follower.js';
import { MOST_WINDOW_SHIFT, STRAY } from './limits.js';
import { outliveResets } from './reset-effect.js';
import type { Segment } from './segment.js';
import { answerToTimeWaitSyn, meetTimeWait } from './time-wait-watch.js';

/** No stack sends a SYN-ACK again sooner, ns (RFC 6298 §2.1 says 1 s); a network may copy it. */
const SENT_AGAIN_NS = 200e6;

/** An end that has sent what its numbers are known by. */
const SENT = EndFlag.HEARD | EndFlag.END_KNOWN;

/**
 * Whether a segment to the sender of an unanswered SYN, a SYN-ACK too, does not acknowledge that SYN: then it speaks of
 * an earlier incarnation that this capture does not hold (RFC 9293 §3.10.7.3), and none of its numbers are ours.
 */
export function challengesAttempt(tracker: Follower, slot: number, segment: Segment): boolean {
  const { table } = tracker;
  const mine = table.at(slot) + endOffset(segment.end);
  const theirs = table.at(slot) + endOffset(1 - segment.end);
  if ((table.i32[mine + End.FLAGS]! & EndFlag.SYN) !== 0) return false; // it sent the SYN itself
  const { ack } = segment;
  const covers =
    (segment.flags & TcpFlag.ACK) !== 0 &&
    serialDiff(ack, table.i32[theirs + End.ISN]!) >= 1 &&
    serialAtMost(ack, table.i32[theirs + End.MAX_END]!);
  if (covers) return false;
  if ((segment.flags & TcpFlag.ACK) !== 0) {
    table.i32[table.at(slot) + Head.FLAGS]! |= ConnectionFlag.CHALLENGED;
    tracker.story(slot).challengeAck = ack;
  }
  return true;
}

/** A SYN or SYN-ACK that belongs to this incarnation. False: its numbers are not those that the connection uses. */
export function synchronise(tracker: Follower, slot: number, segment: Segment): boolean {
  const { table } = tracker;
  const words = table.i32;
  const at = table.at(slot);
  const mine = at + endOffset(segment.end);
  const theirs = at + endOffset(1 - segment.end);
  const { ns, options } = segment;
  const answeredNs = table.f64[(at + Head.SYN_ACK_NS) >> 1]!;
  const answeredAt = table.f64[(mine + End.OPENING_AT) >> 1]!;
  if ((options & SegmentOption.WINDOW_SCALE) !== 0)
    words[mine + End.WINDOW_SHIFT] = Math.min(segment.windowShift, MOST_WINDOW_SHIFT) + 1;
  let mineFlags = words[mine + End.FLAGS]!;
  if ((options & SegmentOption.TIMESTAMP) !== 0) {
    mineFlags |= EndFlag.SYN_TIMESTAMP;
    const acknowledged =
      (segment.flags & TcpFlag.ACK) !== 0 && (words[at + Head.FLAGS]! & ConnectionFlag.HANDSHAKE) !== 0;
    if ((mineFlags & EndFlag.SYN) === 0 && !acknowledged) words[mine + End.SYN_TSVAL] = segment.tsval;
  } else if ((options & SegmentOption.CUT) === 0) mineFlags |= EndFlag.SYN_NO_TIMESTAMP;

  if ((segment.flags & TcpFlag.ACK) === 0) {
    words[at + Head.SYNS]!++;
    let state = words[at + Head.FLAGS]!;
    const isLate = (state & ConnectionFlag.SYN) === 0 && words[mine + End.PACKETS]! + words[theirs + End.PACKETS]! > 0;
    if ((state & ConnectionFlag.SYN) === 0) {
      state |= ConnectionFlag.SYN | (segment.end === 1 ? ConnectionFlag.CLIENT_HIGH : 0);
      if (segment.end === 0) state &= ~ConnectionFlag.CLIENT_HIGH;
    } else if ((words[theirs + End.FLAGS]! & EndFlag.SYN) !== 0 && (mineFlags & EndFlag.SYN) === 0) {
      state |= ConnectionFlag.SIMULTANEOUS_OPEN;
    }
    if ((mineFlags & EndFlag.SYN) !== 0) {
      if ((state & ConnectionFlag.HANDSHAKE) === 0) state |= ConnectionFlag.RTT_AMBIGUOUS;
      words[mine + End.RETRANSMISSIONS]!++;
      if (
        (state & (ConnectionFlag.RESET | ConnectionFlag.HANDSHAKE)) === ConnectionFlag.RESET &&
        (segment.flags & TcpFlag.FIN) === 0
      ) {
        state &= ~ConnectionFlag.RESET; // it had refused a SYN-ACK, and tries on
        outliveResets(tracker, slot);
      }
    }
    // All that was seen of it so far is what refused this SYN.
    if (isLate && (state & ConnectionFlag.RESET) !== 0 && words[mine + End.PACKETS] === 0)
      state = (state & ~ConnectionFlag.RESET) | ConnectionFlag.ATTEMPT | ConnectionFlag.REFUSED;
    words[at + Head.FLAGS] = state;
    mineFlags |= EndFlag.SYN;
    if (isLate) tellOfLateSyn(tracker, slot, segment);
    else if ((state & ConnectionFlag.STORY) !== 0 || words[at + Head.OLDER]! >= 0) repeatedSyn(tracker, slot, segment);
  } else {
    words[at + Head.SYN_ACKS]!++;
    const state = words[at + Head.FLAGS]!;
    const theirFlags = words[theirs + End.FLAGS]!;
    if ((mineFlags & EndFlag.SYN_ACK) !== 0) {
      if ((state & ConnectionFlag.HANDSHAKE) === 0) words[at + Head.FLAGS]! |= ConnectionFlag.RTT_AMBIGUOUS;
      else if (
        table.u32[mine + End.ISN] === segment.seq &&
        ns - table.f64[(at + Head.SYN_ACK_NS) >> 1]! >= SENT_AGAIN_NS &&
        words[at + Head.SYNS]! < 2 && // it may answer the copy
        hasHadAck(table, at, ns)
      ) {
        const story = tracker.story(slot);
        story.synAcksAgain++;
        story.synAckAgain ??= { capture: segment.capture, frame: segment.frame, ns };
        if (hasHadMore(table, at, theirs, ns)) story.synAckAfterData = true;
      }
      words[mine + End.RETRANSMISSIONS]!++;
    }
    if ((theirFlags & EndFlag.SYN) !== 0) {
      const isn = table.u32[theirs + End.ISN]!;
      const { ack } = segment;
      const acceptable = serialDiff(ack, isn) >= 1 && serialAtMost(ack, table.i32[theirs + End.MAX_END]!);
      if (!acceptable) {
        if ((state & ConnectionFlag.ATTEMPT) !== 0) tracker.story(slot).challengeAck = ack;
        words[mine + End.FLAGS] = mineFlags;
        return true;
      }
      if (
        ack === serialAdd(isn, 1) &&
        table.u32[theirs + End.MAX_END] !== ack &&
        (state & ConnectionFlag.ATTEMPT) !== 0
      ) {
        // Fast Open data was not taken: it will be sent again (RFC 7413 §4.2.2), and is no retransmission then.
        table.f64[(theirs + End.REPEATED) >> 1]! += table.f64[(theirs + End.BYTES) >> 1]!;
        words[theirs + End.MAX_END] = ack;
      }
      tracker.replaceOlder(slot);
      if ((state & ConnectionFlag.HANDSHAKE) === 0) noteStrangeEcho(tracker, slot, segment);
    } else if ((state & ConnectionFlag.SYN) === 0 && (state & ConnectionFlag.SYN_ACK) === 0) {
      words[at + Head.FLAGS] =
        (words[at + Head.FLAGS]! & ~ConnectionFlag.CLIENT_HIGH) | (segment.end === 0 ? ConnectionFlag.CLIENT_HIGH : 0);
      if ((theirFlags & EndFlag.END_KNOWN) === 0) {
        // The SYN was not captured, but it is told what comes after it: what is missing there can be missed.
        words[theirs + End.MAX_END] = segment.ack;
        words[theirs + End.FLAGS] = theirFlags | EndFlag.END_KNOWN;
      }
    }
    words[at + Head.FLAGS]! |= ConnectionFlag.SYN_ACK;
    words[at + Head.FLAGS]! &= ~ConnectionFlag.ATTEMPT;
    if ((state & ConnectionFlag.STORY) !== 0) answerToTimeWaitSyn(tracker, slot, segment);
    if ((state & ConnectionFlag.HANDSHAKE) === 0 || (mineFlags & EndFlag.SYN_ACK) === 0) {
      table.f64[(at + Head.SYN_ACK_NS) >> 1] = ns;
      table.f64[(mine + End.OPENING_AT) >> 1] = placeOf(segment.capture, segment.frame);
    }
    mineFlags |= EndFlag.SYN_ACK;
  }
  const isn = segment.seq;
  words[mine + End.FLAGS] = mineFlags | EndFlag.ISN_KNOWN | EndFlag.END_KNOWN;
  if ((mineFlags & EndFlag.ISN_KNOWN) !== 0) {
    if (table.u32[mine + End.ISN] === isn) return true;
    // Two answers to one SYN (several servers behind one address): the client takes the one that it acknowledges.
    const story = tracker.story(slot);
    if ((segment.flags & TcpFlag.ACK) !== 0) story.severalIsns = true;
    if ((words[at + Head.FLAGS]! & ConnectionFlag.HANDSHAKE) !== 0) return false;
    story.otherIsn = table.u32[mine + End.ISN]!;
    story.otherAt = answeredAt;
    story.otherNs = answeredNs;
  }
  words[mine + End.ISN] = isn;
  const sent = serialDiff(table.u32[mine + End.MAX_END]!, isn);
  const isBehind = (segment.flags & TcpFlag.ACK) === 0 && (mineFlags & SENT) === SENT && sent > 0 && sent < STRAY;
  if (!isBehind) words[mine + End.MAX_END] = isn;
  return true;
}

/** A SYN that stands in the capture after what answers it, and perhaps after more: what its place would have told of it. */
function tellOfLateSyn(tracker: Follower, slot: number, segment: Segment): void {
  const { table } = tracker;
  const at = table.at(slot);
  const theirs = at + endOffset(1 - segment.end);
  tracker.listener.onSyn(slot, segment);
  if (table.i32[at + Head.OLDER]! < 0) return;
  meetTimeWait(tracker, slot, segment);
  const syn = tracker.stories.get(slot)?.timeWaitSyn ?? null;
  if (syn === null || (table.i32[theirs + End.FLAGS]! & EndFlag.SYN_ACK) === 0) return;
  const place = table.f64[(theirs + End.OPENING_AT) >> 1]!;
  syn.synAckCapture = captureOf(place);
  syn.synAckFrame = frameOf(place);
  syn.synAckNs = table.f64[(at + Head.SYN_ACK_NS) >> 1]!;
  syn.synAckIsn = table.u32[theirs + End.ISN]!;
}

/** Whether the ACK of a SYN-ACK had reached its sender when it sent that again at `ns`: it came as long after it, likewise. */
function hasHadAck({ f64 }: ConnectionTable, at: number, ns: number): boolean {
  const firstNs = f64[(at + Head.FIRST_NS) >> 1]!;
  return ns - (firstNs + f64[(at + Head.RTT) >> 1]!) > f64[(at + Head.SYN_ACK_NS) >> 1]! - firstNs;
}

/**
 * Whether the other end's data or FIN had reached the sender of a SYN-ACK at `ns` when it sent that: it came as long after
 * them as the first SYN-ACK did after the SYN.
 */
function hasHadMore({ i32, f64 }: ConnectionTable, at: number, theirs: number, ns: number): boolean {
  const wayNs = f64[(at + Head.SYN_ACK_NS) >> 1]! - f64[(at + Head.FIRST_NS) >> 1]!;
  const flags = i32[theirs + End.FLAGS]!;
  return (
    ((flags & EndFlag.DATA) !== 0 && ns - f64[(theirs + End.LAST_DATA_NS) >> 1]! > wayNs) ||
    ((flags & EndFlag.FIN) !== 0 && ns - f64[(theirs + End.FIN_NS) >> 1]! > wayNs)
  );
}

function repeatedSyn(tracker: Follower, slot: number, segment: Segment): void {
  const syn = tracker.stories.get(slot)?.timeWaitSyn;
  if (syn === undefined || syn === null || syn.end !== segment.end) return;
  if (syn.frame === segment.frame && syn.capture === segment.capture) return; // the first copy itself
  meetTimeWait(tracker, slot, segment);
}

/** The client acknowledges one of two SYN-ACKs with different numbers: that one holds. */
export function chooseAnswer(tracker: Follower, slot: number, at: number, theirs: number, ack: number): void {
  const story = tracker.stories.get(slot)!;
  const { table } = tracker;
  if (story.otherIsn < 0 || ack !== serialAdd(story.otherIsn, 1) || ack === table.u32[theirs + End.MAX_END]) return;
  table.i32[theirs + End.ISN] = story.otherIsn;
  table.i32[theirs + End.MAX_END] = ack;
  table.i32[theirs + End.SYN_TSVAL] = 0; // the other answer's
  table.f64[(theirs + End.OPENING_AT) >> 1] = story.otherAt;
  table.f64[(at + Head.SYN_ACK_NS) >> 1] = story.otherNs;
  story.otherIsn = -1;
}

/** The segment completes the handshake. `state`: `Head.FLAGS` before it. */
export function noteHandshake(tracker: Follower, slot: number, state: number, segment: Segment): void {
  const { table } = tracker;
  const at = table.at(slot);
  const mine = at + endOffset(segment.end);
  const theirs = at + endOffset(1 - segment.end);
  const first = table.f64[(at + Head.FIRST_NS) >> 1]!;
  const synAck = table.f64[(at + Head.SYN_ACK_NS) >> 1]!;
  const rtt = segment.ns - first;
  table.f64[(at + Head.RTT) >> 1] = rtt;
  if ((state & ConnectionFlag.ACKS_LEFT_OUT) !== 0) return; // it is the FIN, not the ACK
  if ((table.i32[mine + End.FLAGS]! & EndFlag.SYN_ACK) === 0)
    table.f64[(mine + End.OPENING_AT) >> 1] = placeOf(segment.capture, segment.frame);
  if ((state & (ConnectionFlag.RTT_AMBIGUOUS | ConnectionFlag.SYN)) !== ConnectionFlag.SYN || rtt < 0) return;
  if ((table.i32[mine + End.FLAGS]! & EndFlag.HOLES) !== 0) return; // the ACK was missed, and what is missing came before
  table.i32[at + Head.FLAGS]! |= ConnectionFlag.RTT_KNOWN;
  // An ACK that waited for data says nothing of where the tap was.
  if (table.f64[(mine + End.BYTES) >> 1] === 0) {
    const ttl = table.i32[mine + End.TTL]! & 255;
    tracker.vantage.add(rtt, synAck - first, ttl, table.i32[theirs + End.TTL]! & 255);
  }
}

/** No clock of RFC 7323 §5.4 ticks more often than this: microseconds, where Linux is told to. Ticks a nanosecond. */
const FASTEST_CLOCK = 1e-3;
/** A TSecr may be so far behind the first SYN that was captured: copies of it may have gone before, ticks. */
const EARLIER_COPIES = 2 ** 27;

/**
 * Notes a segment of the handshake whose TSecr cannot be what the other end had sent: far behind the timestamp of its SYN,
 * or ahead of any that its clock can have shown since. Linux resets such a SYN-ACK, and does not take such an ACK
 * (RFC 7323 §3.2; close-rules 5.2).
 */
export function noteStrangeEcho(tracker: Follower, slot: number, segment: Segment): void {
  const { table } = tracker;
  const theirs = table.at(slot) + endOffset(1 - segment.end);
  const { tsecr } = segment;
  if ((segment.options & SegmentOption.TIMESTAMP) === 0 || tsecr === 0) return;
  if ((table.i32[theirs + End.FLAGS]! & EndFlag.SYN_TIMESTAMP) === 0) return;
  const ahead = serialDiff(tsecr, table.i32[theirs + End.SYN_TSVAL]!);
  const elapsed = Math.max(0, segment.ns - synTsvalNs(table, table.at(slot), theirs)) * FASTEST_CLOCK;
  if (ahead >= -EARLIER_COPIES && ahead <= elapsed + 1) return;
  tracker.story(slot).strangeEcho ??= {
    end: segment.end,
    isSynAck: (segment.flags & TcpFlag.SYN) !== 0,
    capture: segment.capture,
    frame: segment.frame,
    ns: segment.ns,
    tsecr,
    tsval: table.u32[theirs + End.SYN_TSVAL]!,
  };
}
