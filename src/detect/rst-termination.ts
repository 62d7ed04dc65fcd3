import { ConnectionFlag, EndFlag } from '../flow/connection-table.js';
import type { ConnectionView } from '../flow/connection-view.js';
import { BARE_NS } from '../flow/limits.js';
import type { ResetSeen, Story } from '../flow/story.js';
import type { Confidence, ResetCause, ResetCode } from '../flow/vocabulary.js';
import { TcpFlag } from '../segment/segment-batch.js';
import { serialAdd, serialAtLeast, serialDiff } from '../wire/serial.js';
import { overflowBehind } from './accept-overflow.js';
import type { DetectorMeta } from './detector.js';
import {
  abortBehind,
  confirmedBy,
  crossesData,
  crossesFin,
  hadClosedWindow,
  hasUnusualTtl,
  hasUsualTtl,
  isAnswer,
  longestAnswer,
  looksLikeAnswer,
  middleboxTimeout,
  roundTrip,
  signsOfInjection,
  UNANSWERED_PROBES,
  wayTo,
} from './reset-signs.js';
import { finBeforeReset, isAfterUnseen } from './unseen-fin.js';

export const rstTermination: DetectorMeta = {
  id: 'rst-termination',
  summary: 'Connections that a reset ended: in whose name, why, and whether the receiver had to obey',
  references: ['RFC 9293 §3.5.2', 'RFC 9293 §3.10.7.4', 'RFC 5961 §3.2', 'RFC 9293 §3.6.1'],
  findings: {
    reset: 'A connection was ended by a reset',
    refused: 'SYNs were refused with a reset',
    'injected-reset': 'A reset does not come from the end in whose name it was sent',
    backscatter: 'A port answers SYNs that somebody else sends it in the names of others',
    'reset-without-effect': 'A reset was not obeyed: both ends went on after it',
    'syn-ack-turned-down': 'A client answered a SYN-ACK with a reset, and the connection opened later',
  },
  explanation: `
A reset that answers a segment takes its sequence number from that segment's ACK field and has no ACK flag (RFC 9293
§3.5.2): the host had no connection for it, or one that was closed for good. A reset of an end that aborts a living
connection has the ACK flag and the next sequence number. What went before then tells why: data that was never answered,
a FIN, keepalive probes, a long silence, a handshake that had just been completed. One that refuses a SYN has the number
0; with another number its sender had answered the SYN before, and the capture missed that. Some codes need more than one
connection: a closed listener (several aborts at once of what nobody had accepted, then a refused SYN), a storm (five or
more connections of a server that was silent on all of them), backscatter (answers to addresses that sent no SYN), and a
device that refuses or drops in a host's name (another TTL, and too soon or after a silence as long as its timer). Where a
reset draws a challenge ACK (RFC 5961 §3.2), the next one, with the number that this told, ended the connection. Some
stacks differ: lwIP answers what it has no connection for with an ACK flag, and shows by what it acknowledges, or by another
window, that it knows nothing of it; gVisor does not acknowledge the data that it resets after close(); passt aborts
without an ACK flag.

What else can look the same: SO_LINGER 0 and close() with unread data give the same segment; only what went before
favours one. So does TCP_LINGER2 below 0, whose reset answers the ACK of the FIN, and looks as if the host had lost the
connection just then. A firewall that rejects with a reset looks like a host that knows no such connection, unless that host
goes on. One sign alone, such as another TTL, never makes a reset an injected one: two are asked for. But then its cause
is likely at most.`,
};

export interface ResetVerdict {
  cause: ResetCause;
  code: ResetCode;
  confidence: Confidence;
  origin: 'unknown' | 'endpoint' | 'middlebox';
  acceptable: boolean | null;
}

/** Silence from which on an abort counts as a timer's, ns; and data younger than this counts as not yet read. */
const IDLE_NS = 2e9;
const UNREAD_NS = 1e9;
/** A client that resets this soon after it had the last response has read it, and wants no TIME_WAIT, ns. */
const LAST_RESPONSE_NS = 10e6;
/**
 * No end gives FIN_WAIT_2 up sooner than this, ns (Linux: 3.5 times the RTO, which is 200 ms or more); and from the other
 * time on it is what happens (Linux tcp_fin_timeout is 60 s at most as a rule).
 */
const LEAST_FIN_WAIT_NS = 0.5e9;
const LATE_FIN_NS = 10e9;
/** Who has sent data within this time is no host that was restarted since, ns. */
const JUST_SENT_NS = 0.2e9;
/** Copies of one segment without an answer that make an end give up (Windows: five). */
const GIVEN_UP_COPIES = 3;
const GIVEN_UP_NS = 1e9;
/** A window does not grow by more than this, times, from one segment of an end to the next. */
const WINDOW_GROWTH = 1.5;
/** What answers a SYN-ACK does so within a round trip; a reset after this time may answer something not captured, ns. */
const PROMPT_NS = 0.5e9;

/**
 * Why a reset was sent; close-rules 7. The first rule that fits holds. `proved` is the code that other connections of the
 * same hosts prove, null where they prove none: see `ResetSurroundings`.
 */
export function judgeReset(c: ConnectionView, reset: ResetSeen, story: Story, proved: ResetCode): ResetVerdict {
  const acceptable = c.has(ConnectionFlag.REFUSED) ? true : reset.challenged ? null : reset.exact;
  const signs = signsOfInjection(c, reset, story);
  if (c.has(ConnectionFlag.REFUSED)) {
    if (story.secondSyn) return verdict('refused', 'syn_rcvd_second_syn', 'strong', 'unknown', true);
    if (proved === 'refused_by_middlebox') return verdict('refused', proved, 'likely', 'middlebox', true);
    return verdict('refused', 'refused', 'certain', 'unknown', true);
  }
  const isAlone = c.has(ConnectionFlag.ACKS_LEFT_OUT) || isAfterUnseen(reset);
  if (isAlone && !reset.finished && !reset.answersChallenge) {
    const [cause, code, sure] = inContext(amongControl(reset), proved);
    return verdict(cause, code, sure, 'unknown', acceptable);
  }
  const timeout = reset.finished || signs > 2 ? null : middleboxTimeout(c, reset, story);
  if (timeout !== null) return verdict('idle-timeout', 'mb_idle_timeout', timeout, 'middlebox', acceptable);
  if (!reset.finished && signs >= 2)
    return verdict('injected', 'injected', signs > 2 ? 'strong' : 'likely', 'middlebox', acceptable);
  const [cause, code, sure] = inContext(causeOf(c, toldBy(c, reset, story), story), proved);
  // What a reset did to a closed connection, or to a challenge, does not depend on who sent it.
  const maybeOfDevice = !reset.finished && !reset.answersChallenge && (signs > 0 || hasUnusualTtl(reset));
  const origin = signs === 0 && hasUsualTtl(reset) ? 'endpoint' : 'unknown';
  return verdict(cause, code, maybeOfDevice ? atMostLikely(sure) : withGap(c, sure), origin, acceptable);
}

/** What is missing may be the segment that it answers (close-rules 9.6). */
function withGap(c: ConnectionView, sure: Confidence): Confidence {
  return sure === 'certain' && hasGap(c) ? 'strong' : sure;
}

/** A device in the end's place does as it would, to keep up appearances: one sign of that is not enough to say so. */
function atMostLikely(sure: Confidence): Confidence {
  return sure === 'certain' || sure === 'strong' ? 'likely' : sure;
}

/** The reset of the same end that says why this one was sent: the one that it confirms, an abort before it, or itself. */
function toldBy(c: ConnectionView, reset: ResetSeen, story: Story): ResetSeen {
  return confirmedBy(reset, story) ?? abortBehind(c, reset, story) ?? reset;
}

type Cause = readonly [ResetCause, ResetCode, Confidence];

/** What the reset alone says, and what other connections add to it. They refine an answer; they never turn it round. */
function inContext(alone: Cause, proved: ResetCode): Cause {
  const [cause, code] = alone;
  if (proved === 'listener_closed' && (cause === 'abort' || cause === 'unread-data' || cause === 'idle-timeout'))
    return ['abort', proved, 'likely'];
  if (proved === 'port_unreach_like_reset_storm' && code === 'half_open_peer_gone') return [cause, proved, 'likely'];
  if (proved === 'syn_flood_backscatter') return ['unknown', proved, 'likely'];
  return alone;
}

/**
 * The cause where data and ACKs were left out of the capture: an ACK flag says that an end gave up the connection, not what
 * for; without one it answers a segment, which is not there to be looked at, unless that is the SYN-ACK.
 */
function amongControl(reset: ResetSeen): Cause {
  const { flags, seq, receiver, synAck, handshake } = reset;
  if ((flags & TcpFlag.ACK) !== 0) return ['abort', 'abort_unread_or_linger0', 'weak'];
  if (!handshake && synAck && seq === receiver.lastAck && reset.ns - receiver.lastNs < PROMPT_NS)
    return ['abort', 'synack_refused', 'likely'];
  return ['unknown', 'unknown_rst', 'unknown'];
}

function causeOf(c: ConnectionView, reset: ResetSeen, story: Story): Cause {
  const { sender, receiver } = reset;
  const bare = (reset.flags & TcpFlag.ACK) === 0;
  const answers = isAnswer(reset);

  if (reset.finished) {
    const holds = reset.end === c.client.index ? c.holdsTimeWait(c.client) : c.holdsTimeWait(c.server);
    const code = reset.answersChallenge
      ? 'syn_sent_rst_to_stale_ack'
      : holds && repeatedFin(c, reset, story)
        ? 'fin_retx_rst'
        : 'unknown_rst';
    return ['time-wait', code, hasGap(c) || c.has(ConnectionFlag.ACKS_LEFT_OUT) ? 'likely' : 'strong'];
  }
  if (reset.answersChallenge) {
    // With FINs that were not captured, the end that challenged was in TIME_WAIT.
    const confidence = finBeforeReset(c, story, reset) === null ? 'certain' : 'likely';
    return ['challenge-ack', 'syn_sent_rst_to_stale_ack', confidence];
  }
  // Bare, it may answer anything that its receiver had sent, and none of that was captured.
  if (!receiver.heard && (bare || !sender.heard)) return ['unknown', 'unknown_rst', 'unknown'];
  const isHandshake = !reset.handshake && reset.synAck && !serverHasSent(c, reset) && !clientGoesOn(c, reset);
  if (isHandshake) return duringHandshake(c, reset);
  const overflow = overflowBehind(c, reset, story);
  if (overflow !== null) return ['listen-overflow', 'accept_overflow', overflow];
  if (answers) return answerToSegment(c, reset, story);
  const stateless = answerWithAck(c, reset);
  if (stateless !== null) return stateless;
  if (sender.probes >= UNANSWERED_PROBES) return ['keepalive', 'keepalive_timeout', 'strong'];
  return abort(c, reset, bare);
}

/**
 * The cause where a reset with an ACK flag answers the last segment as stacks do that have no connection for it (lwIP): it
 * has that segment's ACK field for its number, acknowledges all of it, comes at once, and shows that nothing was known of
 * the connection. null: it may as well be an abort, which looks so where that segment had just been taken.
 */
function answerWithAck(c: ConnectionView, reset: ResetSeen): Cause | null {
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
  if (sender.fin && sender.finAcked && fin !== 0 && ns - sender.lastNs >= LATE_FIN_NS)
    return ['half-open', 'late_fin_rst', 'likely'];
  // Who aborts tells the window that it has: not much more than it told last. That of a SYN is in other units.
  const isOtherWindow = window > sender.window * WINDOW_GROWTH && (sender.lastFlags & TcpFlag.SYN) === 0;
  if (!isOtherWindow || sender.window === 0) return null;
  return sender.fin && receiver.lastLen > 0
    ? ['data-after-close', 'data_after_close', 'likely']
    : ['half-open', 'half_open_peer_gone', 'likely'];
}

function hasGap(c: ConnectionView): boolean {
  return c.client.has(EndFlag.ACKED_UNSEEN) || c.server.has(EndFlag.ACKED_UNSEEN);
}

/** Whether the receiver of the reset had sent its FIN again: the reset may answer that copy. */
function repeatedFin(c: ConnectionView, reset: ResetSeen, story: Story): boolean {
  const receiver = reset.end === c.client.index ? c.server : c.client;
  return story.finsAgain[receiver.index] !== null || receiver.has(EndFlag.FIN_IS_COPY);
}

/** Payload of the server shows that the handshake was complete, though its last ACK was not captured. */
function serverHasSent(c: ConnectionView, { end, sender, receiver }: ResetSeen): boolean {
  return (end === c.server.index ? sender : receiver).bytes > 0;
}

/** The client that resets had sent more than its SYN: it had taken the SYN-ACK, which stands later in the capture than it passed. */
function clientGoesOn(c: ConnectionView, { end, sender }: ResetSeen): boolean {
  return end === c.client.index && (sender.lastFlags & TcpFlag.SYN) === 0;
}

/** A reset before the handshake was complete (close-rules 7.3). */
function duringHandshake(c: ConnectionView, reset: ResetSeen): Cause {
  const fromClient = reset.end === c.client.index;
  if (fromClient) {
    if (reset.receiver.lastAck === reset.seq && (reset.flags & TcpFlag.ACK) === 0)
      return ['abort', 'synack_refused', reset.ns - reset.receiver.lastNs < PROMPT_NS ? 'strong' : 'likely'];
    return ['abort', 'abort_unread_or_linger0', 'likely'];
  }
  if ((reset.flags & TcpFlag.ACK) === 0) return ['half-open', 'handshake_bad_ack', 'likely'];
  return ['abort', 'unknown_rst', 'weak'];
}

/**
 * Whether the receiver of the reset had sent data that its sender never acknowledged. The FIN may have come last, but the
 * host that had closed answers each segment, and the first of them was data.
 */
function hasUnacknowledgedData({ sender, receiver }: ResetSeen): boolean {
  if (receiver.maxEnd < 0 || sender.maxAck < 0) return false;
  return serialDiff(receiver.maxEnd, sender.maxAck) > (receiver.fin ? 1 : 0);
}

/**
 * How sure it is that a bare reset answers data that came after its sender had closed; null: it answers something else.
 * A number after the FIN says that the other end had the FIN: then data that it sent before does not count.
 */
function answersLateData(c: ConnectionView, reset: ResetSeen): Confidence | null {
  const { sender, receiver } = reset;
  if (!sender.fin || !hasUnacknowledgedData(reset)) return null;
  const finNs = (reset.end === c.client.index ? c.client : c.server).finNs;
  // Never certain: an abort after the FIN that was not captured, or a filter, would have data answered so, too.
  const follows = receiver.lastLen > 0 || receiver.lastDataNs >= finNs || reset.seq !== sender.finEnd;
  if (!follows) return null;
  return hasGap(c) ? 'likely' : 'strong';
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

/**
 * Whether the sender of a reset had sent data just before that were not acknowledged yet, and the other data that it did not
 * take: it has not forgotten the connection, but closed it, perhaps, with the FIN behind what was still to be sent.
 */
function hasJustSent(reset: ResetSeen): boolean {
  const { sender, receiver } = reset;
  const isHeldUp = receiver.window === 0 || serialDiff(sender.maxEnd, receiver.maxAck) > 0;
  return isHeldUp && hasUnacknowledgedData(reset) && reset.ns - sender.lastDataNs < JUST_SENT_NS;
}

/** A bare reset whose number is the ACK field of the segment before it: its host has no use for that segment. */
function answerToSegment(c: ConnectionView, reset: ResetSeen, story: Story): Cause {
  const { sender, receiver } = reset;
  const probe = receiver.probes > 0 && receiver.lastLen <= 1 && (receiver.lastFlags & TcpFlag.FIN) === 0;
  const late = answersLateData(c, reset);
  if (late !== null) return ['data-after-close', 'data_after_close', late];
  // RFC 9293 §3.10.5 aborts so (passt does), at any time.
  if (isLateOrHasWindow(c, reset)) return ['abort', 'unknown_rst', 'weak'];
  if (sender.fin && sender.finAcked) {
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
 * Whether a bare reset that would do for an answer is none after all: it comes later than answers do, or has the window that
 * its sender had told last, which shows that it knew the connection.
 */
function isLateOrHasWindow(c: ConnectionView, { flags, window, ns, sender, receiver }: ResetSeen): boolean {
  if ((flags & TcpFlag.ACK) !== 0) return false;
  return (window !== 0 && window === sender.window) || ns - receiver.lastNs > longestAnswer(c);
}

/** The sender had repeated its last data several times, and heard nothing since. */
function givenUp({ sender, receiver }: ResetSeen): boolean {
  return (
    sender.retransmissions >= GIVEN_UP_COPIES &&
    sender.lastLen > 0 &&
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

/** An abort of a living connection. SO_LINGER 0, unread data and timers give the same segment (close-rules 7.3). */
function abort(c: ConnectionView, reset: ResetSeen, bare: boolean): Cause {
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
  if (bare && (looksLikeAnswer(reset) || (!sender.fin && !receiver.fin))) return ['abort', 'unknown_rst', 'weak'];
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

function verdict(
  cause: ResetCause,
  code: ResetCode,
  confidence: Confidence,
  origin: ResetVerdict['origin'],
  acceptable: boolean | null,
): ResetVerdict {
  return { cause, code, confidence, origin, acceptable };
}
