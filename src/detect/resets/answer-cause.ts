import { EndFlag } from '../../flow/connection-table.js';
import type { ConnectionView } from '../../flow/connection-view.js';
import { BARE_NS } from '../../flow/limits.js';
import type { ResetSeen, Story } from '../../flow/story.js';
import { TcpFlag } from '../../segment/segment-batch.js';
import { serialAdd, serialDiff } from '../../wire/serial.js';
import { PROMPT_NS, answersLateData, hasUnacknowledgedData, type Cause } from './reset-cause.js';
import { longestAnswer, roundTrip } from './reset-signs.js';

/**
 * No end gives FIN_WAIT_2 up sooner than this, ns (Linux: 3.5 times the RTO, which is 200 ms or more); and from the other
 * time on it is what happens (Linux tcp_fin_timeout is 60 s at most as a rule).
 */
const LEAST_FIN_WAIT_NS = 0.5e9;
const LATE_FIN_NS = 10e9;
/** Who has sent data within this time is no host that was restarted since, ns. */
const JUST_SENT_NS = 0.2e9;
/** A window does not grow by more than this, times, from one segment of an end to the next. */
const WINDOW_GROWTH = 1.5;

/** A bare reset whose number is the ACK field of the segment before it: its host has no use for that segment. */
export function answerToSegment(c: ConnectionView, reset: ResetSeen, story: Story): Cause {
  const { sender, receiver } = reset;
  const probe = receiver.probes > 0 && receiver.lastLen <= 1 && (receiver.lastFlags & TcpFlag.FIN) === 0;
  const late = answersLateData(c, reset);
  if (late !== null) return ['data-after-close', 'data_after_close', late];
  // RFC 9293 §3.10.5 aborts so (passt does), at any time.
  if (isLateOrHasWindow(c, reset)) return ['abort', 'abort_unread_or_linger0', 'weak'];
  if (sender.finAcked) {
    const closed = answerToClosing(c, reset, story);
    if (closed !== null) return closed;
  }
  // One that knows no such connection sends nothing more of it: a filter answered in its name (REJECT), or an attacker.
  if (reset.senderSpoke > 0) return ['unknown', 'unknown_rst', 'unknown'];
  if (probe) return ['keepalive', 'half_open_peer_gone', 'strong'];
  if (hasJustSent(reset)) return ['data-after-close', 'data_after_close', 'weak'];
  return ['half-open', 'half_open_peer_gone', 'likely'];
}

/**
 * The cause where a reset with an ACK flag answers the last segment as stacks do that have no connection for it (lwIP): it
 * has that segment's ACK field for its number, acknowledges all of it, comes at once, and shows that nothing was known of
 * the connection. null: it may as well be an abort, which looks so where that segment had just been taken.
 */
export function answerWithAck(c: ConnectionView, reset: ResetSeen): Cause | null {
  const { flags, seq, ack, window, sender, receiver, ns } = reset;
  if ((flags & TcpFlag.ACK) === 0 || !receiver.heard || !sender.heard || receiver.lastNs < sender.lastNs) return null;
  const fin = receiver.lastFlags & TcpFlag.FIN;
  const syn = (receiver.lastFlags & TcpFlag.SYN) === 0 ? 0 : 1;
  if (seq !== receiver.lastAck || ack !== serialAdd(receiver.lastSeq, receiver.lastLen + fin + syn)) return null;
  if (ns - receiver.lastNs > roundTrip(c)) return null;
  if (sender.maxAck >= 0 && serialDiff(ack, sender.maxAck) < 0)
    return receiver.probes > 0
      ? ['keepalive', 'half_open_peer_gone', 'strong']
      : ['half-open', 'half_open_peer_gone', 'likely'];
  if (sender.finAcked && fin !== 0 && ns - sender.lastNs >= LATE_FIN_NS) return ['half-open', 'late_fin_rst', 'likely'];
  // Who aborts tells the window that it has: not much more than it told last. That of a SYN is in other units.
  const isOtherWindow = window > sender.window * WINDOW_GROWTH && (sender.lastFlags & TcpFlag.SYN) === 0;
  if (!isOtherWindow || sender.window === 0) return null;
  return sender.fin && receiver.lastLen > 0
    ? ['data-after-close', 'data_after_close', 'likely']
    : ['half-open', 'half_open_peer_gone', 'likely'];
}

/**
 * A bare reset of an end whose FIN was acknowledged: it does not know the connection any more. null: nothing says why.
 * Where it answers that very ACK, it had given up at once (Linux: TCP_LINGER2 below 0); where it answers the other's FIN,
 * FIN_WAIT_2 had ended, or, for a copy of that FIN, TIME_WAIT was missing.
 */
function answerToClosing(c: ConnectionView, reset: ResetSeen, story: Story): Cause | null {
  const { receiver } = reset;
  const [mine, theirs] = reset.end === c.client.index ? [c.client, c.server] : [c.server, c.client];
  const answersFin = receiver.fin && (receiver.lastFlags & TcpFlag.FIN) !== 0;
  const waited = theirs.finNs - mine.finAckedNs;
  const isRepeated = repeatedFin(c, reset, story); // then the first was answered, perhaps, and only that was lost
  if (answersFin && waited >= LEAST_FIN_WAIT_NS)
    return ['half-open', 'late_fin_rst', waited >= LATE_FIN_NS && !isRepeated ? 'strong' : 'likely'];
  if (reset.senderSpoke > 0) return null; // so it was still there
  // Nobody waits so long for the ACK of a FIN that it comes with the other's.
  if (answersFin && receiver.lastNs === mine.finAckedNs && theirs.finNs - mine.finNs >= LATE_FIN_NS)
    return ['half-open', 'late_fin_rst', 'likely'];
  // Two resets of that number: one for the FIN, and so one for the ACK before it.
  const alike = story.resets.filter(({ end, seq }) => end === reset.end && seq === reset.seq);
  const answersBoth = answersFin && !isRepeated && alike.length > 1;
  // With the FIN right behind the ACK, the answers to both come as one, or are taken for one (`BARE_NS`).
  const mayAnswerAck = answersFin && !isRepeated && theirs.finNs - mine.finAckedNs <= BARE_NS;
  const answersAck = receiver.lastNs === mine.finAckedNs || answersBoth || mayAnswerAck;
  // A host that was restarted just then, or a filter, answers that ACK so, too.
  if (answersAck && reset.ns - mine.finAckedNs < PROMPT_NS)
    return ['abort', 'fin_then_abort', answersBoth ? 'likely' : 'weak'];
  return answersFin && story.finsAgain[theirs.index] !== null ? ['time-wait', 'fin_retx_rst', 'likely'] : null;
}

/** Whether the receiver of the reset had sent its FIN again: the reset may answer that copy. */
export function repeatedFin(c: ConnectionView, reset: ResetSeen, story: Story): boolean {
  const receiver = reset.end === c.client.index ? c.server : c.client;
  return story.finsAgain[receiver.index] !== null || receiver.has(EndFlag.FIN_IS_COPY);
}

/**
 * Whether the sender of a reset had sent data just before that were not acknowledged yet, and the other data that it did not
 * take: it has not forgotten the connection, but closed it, perhaps, with the FIN behind what was still to be sent.
 */
function hasJustSent(reset: ResetSeen): boolean {
  const { sender, receiver } = reset;
  const isHeldUp = receiver.window === 0 || serialDiff(sender.maxEnd, receiver.maxAck) > 0;
  return isHeldUp && hasUnacknowledgedData(reset) && reset.ns - sender.lastDataNs < JUST_SENT_NS;
}

/**
 * Whether a bare reset that would do for an answer is none after all: it comes later than answers do, or has the window that
 * its sender had told last, which shows that it knew the connection.
 */
function isLateOrHasWindow(c: ConnectionView, { flags, window, ns, sender, receiver }: ResetSeen): boolean {
  if ((flags & TcpFlag.ACK) !== 0) return false;
  return (window !== 0 && window === sender.window) || ns - receiver.lastNs > longestAnswer(c);
}
