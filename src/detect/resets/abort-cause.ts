import type { ConnectionView } from '../../flow/connection-view.js';
import type { ResetSeen } from '../../flow/story.js';
import type { Confidence, ResetCode } from '../../flow/vocabulary.js';
import { TcpFlag } from '../../segment/segment-batch.js';
import { serialAdd, serialAtLeast, serialDiff } from '../../wire/serial.js';
import { answersLateData, type Cause } from './reset-cause.js';
import {
  crossesData,
  crossesFin,
  hadClosedWindow,
  longestAnswer,
  looksLikeAnswer,
  roundTrip,
  wayTo,
} from './reset-signs.js';

/** Silence from which on an abort counts as a timer's, ns; and data younger than this counts as not yet read. */
const IDLE_NS = 2e9;
const UNREAD_NS = 1e9;
/** A client that resets this soon after it had the last response has read it, and wants no TIME_WAIT, ns. */
const LAST_RESPONSE_NS = 10e6;
/** Copies of one segment without an answer that make an end give up (Windows: five). */
const GIVEN_UP_COPIES = 3;
const GIVEN_UP_NS = 1e9;

/** An abort of a living connection. SO_LINGER 0, unread data and timers give the same segment (close-rules 7.3). */
export function abort(c: ConnectionView, reset: ResetSeen, bare: boolean): Cause {
  const { sender, receiver } = reset;
  const mine = reset.end === c.client.index ? c.client : c.server;
  // Its number tells of a FIN that it overtook.
  const code: ResetCode =
    sender.fin || (mine.fin && reset.seq === mine.finEnd)
      ? 'fin_then_abort'
      : receiver.fin && !crossesFin(reset)
        ? 'abort_after_peer_fin'
        : 'abort_unread_or_linger0';
  // It acknowledges data that came after its FIN: other stacks than Linux answer such data so.
  if (!bare && sender.fin && sender.maxAck >= 0 && serialDiff(reset.ack, sender.maxAck) > 0 && receiver.lastLen > 0)
    return ['data-after-close', 'data_after_close', 'likely'];
  // It leaves them unacknowledged: gVisor answers so.
  if (answersWithoutTaking(c, reset)) return ['data-after-close', 'data_after_close', 'likely'];
  // Bare, but not the answer to the last segment: the last of several segments that were on their way, each answered.
  if (bare && answersLateData(c, reset) !== null) return ['data-after-close', 'data_after_close', 'likely'];
  // RFC 9293 §3.10.5 aborts so, but the stacks that we know add the ACK flag: what it answers may be missing, or it is forged.
  if (bare && (looksLikeAnswer(reset) || (!sender.fin && !receiver.fin))) return ['abort', code, 'weak'];
  if (givenUp(reset)) return ['abort', 'retx_timeout_abort', 'likely'];
  if (probedInVain(reset)) return ['keepalive', 'keepalive_timeout', 'likely'];
  // Its receive queue was full: an application that had read from it would have opened the window again.
  if (hadClosedWindow(reset)) return ['unread-data', code, 'strong'];
  // It had sent its FIN. If its application had closed then, what came since was not left unread: there was nobody to read it.
  const sure: Confidence = sender.fin && sentMore(reset, mine.finNs) ? 'weak' : 'likely';
  if (cutsOff(c, reset)) return ['unread-data', code, sure];
  const crossed = crossesData(reset);
  const unanswered =
    !crossed && !Number.isNaN(receiver.lastDataNs) && !(sender.lastDataNs >= receiver.lastDataNs) && receiver.bytes > 0;
  const isAnswered = hasItsAnswer(c, reset);
  if (unanswered && isAnswered && comesAtOnce(c, reset)) return ['abort', code, sure];
  const isRecent = reset.ns - receiver.lastDataNs < UNREAD_NS;
  // Who has the other's FIN needs no timer to close, and closes with a FIN, unless something is unread. A client may have read
  // its answer all the same, and set SO_LINGER 0.
  if (unanswered && code === 'abort_after_peer_fin')
    return ['unread-data', code, isRecent && !isAnswered ? 'likely' : 'weak'];
  if (unanswered && isRecent) return ['unread-data', code, sure];
  const silenceNs = crossed ? reset.ns - sender.lastNs : reset.idleNs;
  if (silenceNs >= IDLE_NS) return ['idle-timeout', code, 'weak'];
  if (unanswered) return ['unread-data', code, 'weak'];
  return ['abort', code, sure];
}

/** The sender had repeated its last data several times, and heard nothing meanwhile. */
function givenUp({ sender, receiver }: ResetSeen): boolean {
  return (
    sender.unansweredCopies >= GIVEN_UP_COPIES &&
    receiver.maxAck >= 0 &&
    serialDiff(serialAdd(sender.lastSeq, sender.lastLen), receiver.maxAck) > 0 &&
    serialAtLeast(receiver.maxAck, sender.lastSeq) &&
    sender.lastNs - receiver.lastNs > GIVEN_UP_NS
  );
}

/**
 * Whether a client resets after the answer to its own request: all of it is acknowledged, by the reset itself where that was
 * sooner than a delayed ACK, and it ends as answers do, with a push or a FIN.
 */
function hasItsAnswer(c: ConnectionView, { end, flags, ack, sender, receiver }: ResetSeen): boolean {
  const acknowledged = (flags & TcpFlag.ACK) !== 0 ? ack : sender.maxAck;
  if (end !== c.client.index || sender.bytes === 0 || acknowledged !== receiver.maxEnd) return false;
  return (receiver.lastFlags & (TcpFlag.PSH | TcpFlag.FIN)) !== 0;
}

/**
 * Whether a reset comes right after the last segment of the other end. Many clients close so on purpose when they have their
 * answer, to have no TIME_WAIT (close-rules 7.3, notes). At a tap beside the server it comes a round trip after the answer.
 */
function comesAtOnce(c: ConnectionView, { ns, receiver }: ResetSeen): boolean {
  return ns - receiver.lastNs < LAST_RESPONSE_NS + roundTrip(c);
}

/**
 * Whether the last that the sender of a reset sent was a keepalive probe, and the other had sent what the reset does not
 * acknowledge: that was lost behind the tap, and with it the answers to the probes, which the tap saw.
 */
function probedInVain({ flags, ack, sender, receiver }: ResetSeen): boolean {
  if ((flags & TcpFlag.ACK) === 0 || sender.fin || sender.maxEnd < 0 || receiver.maxEnd < 0) return false;
  const isProbe = sender.lastLen === 0 && serialDiff(sender.maxEnd, sender.lastSeq) === 1;
  return isProbe && (sender.lastFlags & TcpFlag.SYN) === 0 && serialDiff(receiver.maxEnd, ack) > 0;
}

/**
 * Whether a reset cuts off an end that was in the midst of sending: some of its octets are acknowledged, just before the
 * reset, and others are not, wherever the tap saw them. Who closes then has read all that came only by chance. After a
 * silence they are a new request, which crossed the reset.
 */
function cutsOff(c: ConnectionView, reset: ResetSeen): boolean {
  const cut = reset.end === c.client.index ? c.server : c.client;
  if ((reset.flags & TcpFlag.ACK) === 0 || cut.maxEnd < 0) return false;
  const octets = serialDiff(cut.maxEnd, reset.ack) - (cut.fin ? 1 : 0);
  return octets > 0 && octets < cut.bytes && reset.ns - reset.sender.lastNs < UNREAD_NS;
}

/**
 * Whether a reset answers data that came after the FIN of its sender and does not acknowledge them: they were the next that
 * it waited for, and it comes when they have been with it, by the time that the handshake took on this side of the tap.
 */
function answersWithoutTaking(c: ConnectionView, reset: ResetSeen): boolean {
  const { flags, ack, sender, receiver, ns, end } = reset;
  if ((flags & TcpFlag.ACK) === 0 || !sender.fin || receiver.lastLen === 0 || receiver.lastSeq !== ack) return false;
  const { finNs } = end === c.client.index ? c.client : c.server;
  const sinceNs = ns - receiver.lastNs;
  return receiver.lastNs > finNs && sinceNs >= wayTo(c, end) && sinceNs <= longestAnswer(c);
}

/** Whether its receiver had sent data after the FIN of its sender, at `finNs`, or is further than the reset acknowledges. */
function sentMore({ flags, ack, receiver }: ResetSeen, finNs: number): boolean {
  if (receiver.lastDataNs > finNs) return true;
  return (flags & TcpFlag.ACK) !== 0 && receiver.heard && serialDiff(receiver.lastSeq, ack) > 0;
}
