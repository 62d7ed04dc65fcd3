import type { ConnectionView } from '../../flow/connection-view.js';
import { LONGEST_DELAYED_ACK_NS } from '../../flow/limits.js';
import type { ResetSeen, Story } from '../../flow/story.js';
import type { Confidence } from '../../flow/vocabulary.js';
import { TcpFlag } from '../../segment/segment-batch.js';
import { serialAdd, serialAtLeast, serialDiff } from '../../wire/serial.js';

/** IPv4 ids of one host's successive packets are closer than this, as a rule. */
const IP_ID_STEP = 2048;
/** Idle timers of devices between, seconds (close-rules 7.3), and how exactly a silence must match one. */
const TIMERS_S = [60, 240, 350, 600, 900, 3600];
const TIMER_SLACK = 0.02;
/** What comes within this time after the silence still belongs to its end, ns; and resets of one moment are this close. */
const AFTER_SILENCE_NS = 1e9;
const SAME_MOMENT_NS = 1e6;
/** A way from the tap to an end and back that is shorter than this says nothing: address resolution alone may take as long, ns. */
const LEAST_WAY_NS = 5e6;
/** Octets of one window that may all be lost before the tap. */
const MOST_LOST = 1 << 20;
/** No answer comes later than this, or three round trips, ns (as close-rules 5.5 has it). */
const LATE_NS = 200e6;

/** From so many keepalive probes without an answer on, a reset of the end that probes is taken to say that it gave up. */
export const UNANSWERED_PROBES = 2;

/**
 * Whether the reset answers the last segment of its receiver: its number is that segment's ACK field, without an ACK flag,
 * or 0 with one where that segment had none (RFC 9293 §3.5.2), and its sender has not dealt with that segment in the ordinary way before.
 */
export function isAnswer({ flags, seq, sender, receiver }: ResetSeen): boolean {
  if (!receiver.heard) return false;
  if ((flags & TcpFlag.ACK) !== 0) return seq === 0 && (receiver.lastFlags & TcpFlag.ACK) === 0;
  if (seq !== receiver.lastAck) return false;
  if (!sender.heard || receiver.lastNs >= sender.lastNs) return true;
  const units = receiver.lastLen + (receiver.lastFlags & TcpFlag.FIN);
  return units > 0 && sender.maxAck >= 0 && serialDiff(serialAdd(receiver.lastSeq, units), sender.maxAck) > 0;
}

/**
 * Whether a reset looks as all that answer a segment do: no ACK flag, no window, no timestamp. Who aborts sends the last two
 * along, or an ACK flag (close-rules 7.1).
 */
export function looksLikeAnswer({ flags, window, hasTimestamp }: ResetSeen): boolean {
  return (flags & TcpFlag.ACK) === 0 && window === 0 && !hasTimestamp;
}

/** A bare answer to a segment of a connection that its sender had served, and knows no more (RFC 9293 §3.10.7.1). */
export function isOfUnknown(reset: ResetSeen): boolean {
  const { flags, sender, handshake, synAck, answersChallenge } = reset;
  if ((flags & TcpFlag.ACK) !== 0 || !sender.heard || sender.fin || answersChallenge) return false;
  return (handshake || !synAck) && isAnswer(reset);
}

/** The reset that drew the challenge ACK which this one answers (RFC 5961 §3.2): that one says why. null: none did. */
export function confirmedBy({ end, seq }: ResetSeen, story: Story | null): ResetSeen | null {
  const isIt = (first: ResetSeen): boolean => first.end === end && first.challenged && first.receiver.maxAck === seq;
  return story?.resets.find((first) => isIt(first) && first.seq !== seq) ?? null;
}

/**
 * The abort of the same end after which it answers segments with bare resets such as this one, for it knows the connection
 * no more: with an ACK flag, and no lower number. It may have been overtaken by such an answer, or have come out of order so
 * that it missed. null: there is none. Where its sender goes on between the two, somebody else may have answered in its name
 * (REJECT) before it aborted, and nobody knows which.
 */
export function abortBehind(c: ConnectionView, reset: ResetSeen, story: Story): ResetSeen | null {
  if ((reset.flags & TcpFlag.ACK) !== 0) return null;
  const isIt = (abort: ResetSeen): boolean =>
    abort.end === reset.end &&
    (abort.flags & TcpFlag.ACK) !== 0 &&
    !abort.outlived &&
    !abort.finished &&
    serialAtLeast(abort.seq, reset.seq) &&
    abort.ns - reset.ns <= roundTrip(c) &&
    (abort.ns > reset.ns ? !hasSentBetween(reset, abort) : mayHaveItsNumber(abort, reset));
  return story.resets.find(isIt) ?? null;
}

/** Whether the sender of both sent something new between the two, as far as the capture's order tells. */
function hasSentBetween(first: ResetSeen, then: ResetSeen): boolean {
  return then.sender.bytes > first.sender.bytes || then.sender.fin !== first.sender.fin;
}

/**
 * Whether its sender may have come to its number when `then` passed, for what is missing was lost before the tap: else
 * somebody else sent it.
 */
function mayHaveItsNumber({ seq }: ResetSeen, then: ResetSeen): boolean {
  return then.sender.maxEnd < 0 || serialDiff(seq, then.sender.maxEnd) < MOST_LOST;
}

/**
 * Whether a reset was sent before its receiver's FIN had come, as its ACK field shows: then that FIN met no connection any
 * more and took no effect, whichever of them passed the tap first.
 */
export function crossesFin({ flags, ack, receiver }: ResetSeen): boolean {
  return (flags & TcpFlag.ACK) !== 0 && receiver.fin && serialDiff(ack, receiver.finEnd) < 0;
}

/**
 * Whether the last segment of its receiver brought data that a reset does not acknowledge: they were on their way when it
 * was sent, and say nothing of what its sender had to read.
 */
export function crossesData({ flags, ack, receiver }: ResetSeen): boolean {
  return (flags & TcpFlag.ACK) !== 0 && receiver.lastLen > 0 && serialAtLeast(receiver.lastSeq, ack);
}

/** Whether the sender of a reset had closed its window to what the other end sent. Resets tell nothing of a window. */
export function hadClosedWindow({ sender, receiver }: ResetSeen): boolean {
  const isWindowKnown = sender.ttlHigh > 0; // like the time to live, it is noted of all but resets
  return isWindowKnown && sender.window === 0 && receiver.bytes > 0;
}

/**
 * Whether a reset that ended the connection answers what crossed an abort of its sender, the FIN of the other end among it:
 * who had aborted took that FIN no more, whether or not a challenge ACK (RFC 5961 §3.2) came between, or the abort missed
 * because data before it were late.
 */
export function followsAbort(c: ConnectionView, reset: ResetSeen, story: Story | null): boolean {
  const abort = confirmedBy(reset, story) ?? (story === null ? null : abortBehind(c, reset, story));
  if (abort === null || (abort.flags & TcpFlag.ACK) === 0 || !reset.receiver.fin) return false;
  return serialDiff(abort.ack, reset.receiver.finEnd) < 0;
}

/** Whether no packet of its connection was captured before it. */
export function isFirstOf(c: ConnectionView, { capture, frame }: ResetSeen): boolean {
  return capture === c.firstCapture && frame === c.firstFrame;
}

/** Whether its time to live is one that its sender's other segments had. One more or less may be a device on the way. */
export function hasUsualTtl({ sender, ttl }: ResetSeen): boolean {
  return sender.heard && sender.ttlHigh > 0 && ttl >= sender.ttlLow && ttl <= sender.ttlHigh;
}

/** Whether its time to live is none that its sender's other segments had, be it by one. */
export function hasUnusualTtl(reset: ResetSeen): boolean {
  return reset.sender.ttlHigh > 0 && !hasUsualTtl(reset);
}

function hasOtherTtl({ sender, ttl }: ResetSeen): boolean {
  return sender.ttlHigh > 0 && (ttl < sender.ttlLow - 1 || ttl > sender.ttlHigh + 1);
}

function hasOtherIpId({ sender, ipId }: ResetSeen): boolean {
  if (ipId <= 0 || sender.ipId <= 0) return false;
  const step = ((ipId - sender.ipId) << 16) >> 16;
  return Math.abs(step) > IP_ID_STEP; // a little lower: it was overtaken
}

/**
 * How many independent signs speak against the end in whose name the reset came (close-rules 7.3, `injected`). One is
 * never enough: paths change, and offload rewrites.
 */
export function signsOfInjection(c: ConnectionView, reset: ResetSeen, story: Story): number {
  const { sender } = reset;
  if (!sender.heard) return 0;
  let signs = 0;
  const tooSoon = comesTooSoon(c, reset);
  // A device one step before its host differs from it by one.
  if (hasOtherTtl(reset) || (tooSoon && hasUnusualTtl(reset))) signs++;
  if (tooSoon) signs++;
  if (reset.senderSpoke > 0 && !reset.outlived) signs++;
  if (hasOtherIpId(reset)) signs++;
  if (isAhead(reset)) signs++;
  if (signs > 0 && lacksWhatAbortsHave(reset)) signs++;
  if (hasOtherTtl(reset) && !endsTimer(reset, story)) {
    if (answersNothing(c, reset)) signs++;
    if (goesToBothEnds(reset, story)) signs++;
  }
  return signs;
}

/** Whether it is bare as an answer is, with a number that its receiver has not acknowledged. */
function isAhead(reset: ResetSeen): boolean {
  const { receiver, seq } = reset;
  if ((reset.flags & TcpFlag.ACK) !== 0 || !receiver.heard || isAnswer(reset)) return false;
  return receiver.maxAck >= 0 && serialDiff(seq, receiver.maxAck) > 0; // its last ACK may be an older one that was overtaken
}

/**
 * Whether it is bare as an answer is, and there is nothing for it to answer: its number is its sender's next one when all
 * that the receiver had sent was dealt with, or it comes later than answers do. What it answers may have been sent again
 * unseen, so it is a sign only beside another TTL.
 */
function answersNothing(c: ConnectionView, reset: ResetSeen): boolean {
  const { sender, receiver, seq } = reset;
  if ((reset.flags & TcpFlag.ACK) !== 0 || !receiver.heard) return false;
  if (isAnswer(reset)) return !Number.isNaN(c.rttNs) && reset.ns - receiver.lastNs > longestAnswer(c);
  return seq === receiver.maxAck && sender.maxEnd >= 0 && serialAtLeast(seq, sender.maxEnd);
}

/** Whether the silence before it, or before one to the other end in the same moment, is as long as a known timer. */
function endsTimer(reset: ResetSeen, story: Story): boolean {
  const ofMoment = story.resets.filter(({ ns }) => Math.abs(ns - reset.ns) <= SAME_MOMENT_NS);
  return matchesTimer(Math.max(reset.idleNs, ...ofMoment.map(({ idleNs }) => idleNs)));
}

/**
 * Whether an abort comes without the timestamp or the window that Linux' own aborts carry. Those of Windows and the BSDs
 * have neither: so both are one sign, and only beside another one. The window counts beside another TTL alone, for some of
 * those hosts draw IPv4 ids by chance.
 */
function lacksWhatAbortsHave(reset: ResetSeen): boolean {
  const { flags, window, hasTimestamp, optionsCut, sender } = reset;
  if ((flags & TcpFlag.ACK) === 0) return false;
  return (
    (sender.timestamp && !hasTimestamp && !optionsCut) || (window === 0 && sender.window > 0 && hasOtherTtl(reset))
  );
}

/**
 * Whether one in the name of the other end passed in the same moment: who is reset does not answer. Two ends may abort in
 * one moment, so it is a sign only beside another TTL.
 */
function goesToBothEnds(reset: ResetSeen, story: Story): boolean {
  return story.resets.some(({ end, ns }) => end !== reset.end && Math.abs(ns - reset.ns) <= SAME_MOMENT_NS);
}

/** The time within which an answer to a segment passes the tap, as far as the round trip was seen, ns. */
export function longestAnswer(c: ConnectionView): number {
  return Math.max(LATE_NS, 3 * roundTrip(c));
}

/** The way from the tap to an end and back, as the handshake shows it, ns; NaN: not known. */
export function wayTo(c: ConnectionView, end: number): number {
  const toServerNs = c.synAckNs - c.firstNs;
  return end === c.server.index ? toServerNs : c.rttNs - toServerNs;
}

/**
 * Whether a reset answers the first data after the longest silence in less than half the time that the way from the tap to
 * its end and back takes, as the handshake shows: what sent it is nearer. Without the silence, or with more data on their
 * way, it may answer an earlier segment. A handshake may have been slow for other reasons, so it is a sign like the others.
 */
function comesTooSoon(c: ConnectionView, reset: ResetSeen): boolean {
  const { sender, receiver, ns, end } = reset;
  if (Number.isNaN(c.rttNs) || !isAnswer(reset) || receiver.maxEnd < 0 || sender.maxAck < 0) return false;
  const wayNs = wayTo(c, end);
  if (wayNs < LEAST_WAY_NS || (ns - receiver.lastNs) * 2 >= wayNs) return false;
  const units = receiver.lastLen + (receiver.lastFlags & TcpFlag.FIN);
  if (units === 0 || serialDiff(receiver.maxEnd, sender.maxAck) !== units) return false;
  // Before the silence came the last word of the reset's sender, or the ACK of that.
  const besides = receiver.lastNs - sender.lastNs - c.idleMaxNs;
  return c.idleMaxNs >= wayNs && besides >= 0 && besides <= LONGEST_DELAYED_ACK_NS;
}

/**
 * Whether a device between dropped the connection after silence (close-rules 7.3, `mb_idle_timeout`), and how surely; null:
 * it does not look so. Two things are asked for: the reset's IP header is not its sender's (a time to live that differs by
 * one will do where it comes too soon for its sender), and it comes as such devices send it, in answer to the first segment
 * after a silence as long as their timers, or to both ends when a timer ends.
 */
export function middleboxTimeout(c: ConnectionView, reset: ResetSeen, story: Story): Confidence | null {
  const { sender, receiver } = reset;
  if (!reset.handshake && reset.synAck) return null;
  if (!sender.heard || !receiver.heard) return null;
  const isNearer = comesTooSoon(c, reset) && hasUnusualTtl(reset);
  if (!isNearer && !hasOtherTtl(reset) && !hasOtherIpId(reset)) return null;
  const toOther = story.resets.find(
    (other) => other.end !== reset.end && Math.abs(other.ns - reset.ns) <= roundTrip(c),
  );
  if (toOther !== undefined && matchesTimer(Math.max(reset.idleNs, toOther.idleNs))) {
    return hasOtherTtl(reset) ? 'strong' : 'likely';
  }
  if (!isAnswer(reset)) return null;
  const silence = receiver.lastNs - sender.lastNs;
  const isTheSilence = Math.abs(c.idleMaxNs - silence) <= AFTER_SILENCE_NS;
  return isTheSilence && c.idleMaxNs >= TIMERS_S[0]! * (1 - TIMER_SLACK) * 1e9 ? 'likely' : null;
}

/** The round trip as far as seen, ns; what is closer together is of one moment. */
export function roundTrip(c: ConnectionView): number {
  return Math.max(SAME_MOMENT_NS, Number.isNaN(c.rttNs) ? 0 : c.rttNs);
}

function matchesTimer(idleNs: number): boolean {
  return TIMERS_S.some((timer) => Math.abs(idleNs / 1e9 - timer) <= timer * TIMER_SLACK);
}
