/** What a reset does to the connection that it is for (RFC 9293 §3.10.7, RFC 5961 §3), and whether that held. */
import { SegmentOption, TcpFlag } from '../segment/segment-batch.js';
import { serialAtMost, serialDiff } from '../wire/serial.js';
import { OVER } from './attribution.js';
import {
  ConnectionFlag,
  End,
  EndFlag,
  Head,
  endOffset,
  type ConnectionTable,
  type RecordMemory,
} from './connection-table.js';
import type { Follower } from './follower.js';
import { keepReset } from './kept-resets.js';
import { answerDelayNs } from './paws-answer.js';
import type { ResetSeen } from './reset-seen.js';
import { isSecondSyn, resetSeen, turnsDownHandshakeAck } from './reset-watch.js';
import type { Segment } from './segment.js';
import { Past, isOldSegment, isOlderThanReset } from './sent-before.js';
import type { Story } from './story.js';
import { actsOnUnseenSynAck, answerToTimeWaitSyn, holdsTimeWait } from './time-wait-watch.js';

export function takeReset(tracker: Follower, slot: number, newest: number, segment: Segment): void {
  const { table } = tracker;
  const words = table.i32;
  const at = table.at(slot);
  const mine = at + endOffset(segment.end);
  const theirs = at + endOffset(1 - segment.end);
  const story = tracker.story(slot);
  const { ns } = segment;
  story.resetCount++;
  const challengeAck = newest >= 0 ? (tracker.stories.get(newest)?.challengeAck ?? -1) : -1;
  if (turnsDownHandshakeAck(table, slot, segment))
    words[at + Head.FLAGS]! &= ~(ConnectionFlag.HANDSHAKE | ConnectionFlag.RTT_KNOWN);
  const challenged = confirmed(story, segment);
  if (challenged !== null) {
    challenged.outlive();
    maybeOutlived(tracker, slot, story);
  }
  // Only in SYN_SENT is a challenge answered so (RFC 9293 §3.10.7.3).
  const isAccepted =
    slot === newest && (words[at + Head.FLAGS]! & (ConnectionFlag.SYN_ACK | ConnectionFlag.HANDSHAKE)) !== 0;
  // lwIP answers an incarnation that it knows no more with an ACK flag, too.
  const mayBeAnswer = (segment.flags & TcpFlag.ACK) === 0 || slot !== newest;
  const answersChallenge = challengeAck === segment.seq && mayBeAnswer && !isAccepted;
  const seen = resetSeen(tracker.resets, table, slot, segment, answersChallenge);
  if (challenged !== null) seen.judgeNumber(true, true);
  const isAnswerToSyn =
    (words[at + Head.FLAGS]! & ConnectionFlag.ATTEMPT) !== 0 && (words[mine + End.FLAGS]! & EndFlag.SYN) === 0;
  const counts = isAnswerToSyn && acknowledgesSyn(table, theirs, segment);
  if (isAnswerToSyn && !counts) seen.judgeNumber(false, null);
  const isAgain = challenged === null && repeatsChallenged(story, seen);
  if (isAgain) seen.challenge();
  if (seen.exact !== false && !isAgain) words[theirs + End.FLAGS]! &= ~EndFlag.LIVES_ON;
  words[mine + End.FLAGS]! &= ~EndFlag.LIVES_ON;
  const givenUp = keepReset(story, seen);
  const state = words[at + Head.FLAGS]!;

  if ((state & ConnectionFlag.ATTEMPT) !== 0) {
    if (isAnswerToSyn) {
      if (counts && (state & OVER) === 0) {
        // What refuses a SYN has no number of its own (RFC 9293 §3.5.2), or that of the TIME_WAIT which the SYN met. With
        // another number it comes from a socket whose SYN-ACK was not captured.
        const syn = story.timeWaitSyn;
        const refuses = segment.seq === 0 || segment.seq === syn?.holderFinalSeq;
        words[at + Head.FLAGS] = state | (refuses ? ConnectionFlag.REFUSED : ConnectionFlag.RESET);
        story.secondSyn = isSecondSyn(table, words[at + Head.OLDER]!, 1 - segment.end, table.u32[theirs + End.ISN]!);
        if (refuses) {
          if (segment.seq === 0) endOrphan(tracker, words[at + Head.OLDER]!, segment.end);
          answerToTimeWaitSyn(tracker, slot, segment);
        } else actsOnUnseenSynAck(syn, segment);
        tracker.ended(slot, ns);
      }
    } else if (story.challengeAck !== segment.seq && (state & OVER) === 0) {
      words[at + Head.FLAGS] = state | ConnectionFlag.RESET;
      tracker.ended(slot, ns);
    }
  } else if ((state & (OVER & ~ConnectionFlag.REPLACED)) === 0) {
    const challenged =
      (state & (ConnectionFlag.SYN_ACK | ConnectionFlag.HANDSHAKE)) === 0 && story.challengeAck === segment.seq;
    if (seen.exact !== false && !challenged) {
      words[at + Head.FLAGS] = state | ConnectionFlag.RESET;
      tracker.ended(slot, ns);
    }
  } else if ((state & ConnectionFlag.FINISHED) !== 0) {
    if (seen.exact === true && holdsTimeWait(table, at, 1 - segment.end))
      words[at + Head.FLAGS] = state | ConnectionFlag.TIME_WAIT_RESET;
    if (answersAckOfFin(table, mine, theirs, seen)) words[mine + End.FLAGS]! |= EndFlag.NO_TIME_WAIT;
  }
  tracker.listener.onReset(slot, seen);
  if (givenUp !== null) tracker.resets.release(givenUp.place);
}

/** In SYN_SENT a reset counts only if it acknowledges the SYN (RFC 9293 §3.10.7.3). `theirs`: who sent that. */
function acknowledgesSyn({ i32 }: ConnectionTable, theirs: number, segment: Segment): boolean {
  const { ack } = segment;
  return (
    (segment.flags & TcpFlag.ACK) !== 0 &&
    serialDiff(ack, i32[theirs + End.ISN]!) >= 1 &&
    serialAtMost(ack, i32[theirs + End.MAX_END]!)
  );
}

/** What a later segment tells of the resets before it: who goes on. `past`: bits of `Past`. */
export function hearAfterResets(tracker: Follower, slot: number, story: Story, segment: Segment, past: number): void {
  const { table } = tracker;
  if ((segment.flags & TcpFlag.SYN) !== 0 || isBeyondFin(table, slot, segment)) return;
  const mine = table.at(slot) + endOffset(segment.end);
  if ((past & Past.ACKS_LESS) === 0 && !isOldSegment(tracker, slot, story, segment)) {
    const late = (past & Past.FILLS_HOLE) !== 0;
    for (const reset of story.resets) {
      const mayBeCopy = (past & Past.MAYBE_COPY) !== 0 && segment.ns - reset.ns < LONG_SENT_NS;
      if (reset.end !== segment.end || !(late || isOlderThanReset(reset, segment)))
        reset.heardAfter(segment.end, mayBeCopy);
    }
    if (!late) table.i32[mine + End.FLAGS]! &= ~EndFlag.NO_TIME_WAIT;
    if (!late) livesAfterReset(tracker, slot, story, segment);
  }
  maybeOutlived(tracker, slot, story);
}

/** Whether a segment stands after the FIN of its sender, of a complete close: it is of another connection. */
function isBeyondFin(table: ConnectionTable, slot: number, segment: Segment): boolean {
  const { i32 } = table;
  const at = table.at(slot);
  if ((i32[at + Head.FLAGS]! & ConnectionFlag.FINISHED) === 0) return false;
  return serialDiff(segment.seq, i32[at + endOffset(segment.end) + End.FIN_END]!) > 0;
}

/** After this time no segment is on its way any more that its sender had sent before it got a reset, ns. */
const LONG_SENT_NS = 1e9;

/**
 * A segment after resets of the other end: one that only says again what it expects next, which is less than the
 * number of such a reset, challenges that (RFC 5961 §3.2). It lives on then, and where a segment comes long after.
 */
function livesAfterReset({ table }: Follower, slot: number, story: Story, segment: Segment): void {
  const mine = table.at(slot) + endOffset(segment.end);
  const soonestNs = soonestAnswer(answerDelayNs(table, table.at(slot), segment.end));
  for (const reset of story.resets) {
    if (reset.end === segment.end || reset.finished || reset.outlived) continue;
    if (segment.ns - reset.ns >= soonestNs && isChallengeOf(reset, segment)) reset.challenge();
    if (metTimeWait(reset, segment.ack)) reset.outlive();
    if (reset.exact === false) continue; // which ends nothing
    if (reset.challenged || segment.ns - reset.ns >= LONG_SENT_NS) table.i32[mine + End.FLAGS]! |= EndFlag.LIVES_ON;
  }
}

/** A host that was busy with the SYN may answer the rest sooner than that by this, ns, and by half of what it took. */
const BUSY_NS = 1e6;

/** What comes sooner than this after a reset was sent before it arrived; NaN where the handshake does not tell. */
function soonestAnswer(answerNs: number): number {
  return answerNs - Math.max(Math.min(BUSY_NS, answerNs / 2), answerNs / 5);
}

/**
 * Nothing in it is new, not even the window: only something that it does not take draws such an ACK. With SACK blocks it says
 * what that was: data.
 */
function isChallengeOf({ seq, receiver }: ResetSeen, segment: Segment): boolean {
  const { ack } = segment;
  return (
    segment.len === 0 &&
    (segment.options & SegmentOption.SACK) === 0 &&
    (segment.flags & (TcpFlag.SYN | TcpFlag.FIN | TcpFlag.ACK)) === TcpFlag.ACK &&
    ack === receiver.maxAck &&
    serialDiff(seq, ack) > 0 &&
    segment.seq === receiver.maxEnd &&
    segment.window === receiver.window
  );
}

/**
 * Whether a reset had the number of its sender's FIN, and its receiver, which acknowledges that FIN with `ack`, had it
 * before: it was in TIME_WAIT then, for its own FIN had been acknowledged, and takes no number but the next (close-rules 2.5).
 */
function metTimeWait({ seq, sender, receiver }: ResetSeen, ack: number): boolean {
  return receiver.finAcked && sender.fin && serialDiff(sender.finEnd, seq) === 1 && serialDiff(ack, seq) === 1;
}

/** Whether a reset has the number of one before that was challenged, and its receiver waits for the same number still. */
function repeatsChallenged(story: Story, { end, seq, receiver }: ResetSeen): boolean {
  return story.resets.some(
    (reset) => reset.end === end && reset.challenged && reset.seq === seq && reset.receiver.maxAck === receiver.maxAck,
  );
}

/** The reset of the same end that this one confirms: it carries the number that the challenge ACK told. */
function confirmed(story: Story, segment: Segment): ResetSeen | null {
  if ((segment.flags & TcpFlag.ACK) !== 0) return null;
  const { seq } = segment;
  return (
    story.resets.find((reset) => reset.end === segment.end && reset.challenged && reset.receiver.maxAck === seq) ?? null
  );
}

/**
 * An end refused a SYN: where it had been in FIN_WAIT_2 of the incarnation before, it is so no more. Linux answers a SYN in
 * the window so, and drops what its application had closed; and if there was nothing to drop, that was over already.
 */
function endOrphan(tracker: Follower, older: number, end: number): void {
  if (older < 0) return;
  const { i32 } = tracker.table;
  const at = tracker.table.at(older);
  const state = i32[at + Head.FLAGS]!;
  const mine = i32[at + endOffset(end) + End.FLAGS]!;
  const theirs = i32[at + endOffset(1 - end) + End.FLAGS]!;
  const closed = EndFlag.FIN | EndFlag.FIN_ACKED;
  if ((state & OVER) !== 0 || (mine & closed) !== closed || (theirs & EndFlag.FIN) !== 0) return;
  tracker.replaceOlder(tracker.table.i32[at + Head.NEWER]!);
}

/**
 * Whether a reset of a finished connection answers the ACK of its sender's FIN (RFC 9293 §3.10.7.1), after which its
 * receiver has sent nothing: whoever waited for that ACK, in CLOSING or LAST_ACK, was there no more (SO_LINGER 0).
 */
function answersAckOfFin({ f64 }: RecordMemory, mine: number, theirs: number, reset: ResetSeen): boolean {
  const { flags, seq, sender, receiver } = reset;
  if ((flags & TcpFlag.ACK) !== 0 || seq !== sender.finEnd || seq !== receiver.lastAck) return false;
  if (receiver.lastLen > 0 || (receiver.lastFlags & TcpFlag.FIN) !== 0) return false;
  return f64[(theirs + End.LAST_NS) >> 1] === f64[(mine + End.FIN_ACKED_NS) >> 1];
}

/**
 * A reset that was obeyed leaves its receiver silent, or sending resets. Where both ends go on as before, it was not:
 * it missed, or never arrived.
 */
function maybeOutlived(tracker: Follower, slot: number, story: Story): void {
  const { table } = tracker;
  const at = table.at(slot);
  let anyHolds = false;
  // Where their ACKs were left out, a FIN of each is all that is to be seen of that.
  const least = (table.i32[at + Head.FLAGS]! & ConnectionFlag.ACKS_LEFT_OUT) !== 0 ? 1 : 2;
  for (const reset of story.resets) {
    if (!reset.outlived && reset.receiverSpoke >= least && reset.senderSpoke >= least) reset.outlive();
    if (!reset.outlived && reset.exact !== false && !reset.finished) anyHolds = true;
  }
  const state = table.i32[at + Head.FLAGS]!;
  if ((state & ConnectionFlag.RESET) !== 0 && !anyHolds) {
    table.i32[at + Head.FLAGS] = state & ~ConnectionFlag.RESET;
    const low = table.i32[at + endOffset(0) + End.FLAGS]!;
    const high = table.i32[at + endOffset(1) + End.FLAGS]!;
    if ((low & high & EndFlag.FIN_ACKED) !== 0) tracker.complete(slot, at, tracker.now);
  }
}

export function outliveResets(tracker: Follower, slot: number): void {
  const story = tracker.stories.get(slot);
  if (story !== undefined) for (const reset of story.resets) reset.outlive();
}
