import { ConnectionFlag } from '../flow/connection-table.js';
import type { ConnectionView } from '../flow/connection-view.js';
import type { ResetSeen, Story } from '../flow/story.js';
import type { Confidence, ResetCause, ResetCode } from '../flow/vocabulary.js';
import { TcpFlag } from '../segment/segment-batch.js';
import { serialAdd, serialAtLeast, serialDiff } from '../wire/serial.js';
import type { DetectorMeta } from './detector.js';
import type { NewFinding } from './findings.js';

export const rstTermination: DetectorMeta = {
  id: 'rst-termination',
  summary: 'Connections that a reset ended: in whose name, why, and whether the receiver had to obey',
  references: ['RFC 9293 §3.5.2', 'RFC 9293 §3.10.7.4', 'RFC 5961 §3.2', 'RFC 9293 §3.6.1'],
  findings: {
    reset: 'A connection was ended by a reset',
    refused: 'SYNs were refused with a reset',
    'injected-reset': 'A reset does not come from the end in whose name it was sent',
  },
  explanation: `
A reset that answers a segment takes its sequence number from that segment's ACK field and has no ACK flag (RFC 9293
§3.5.2): the host had no connection for it, or one that was closed for good. A reset of an end that aborts a living
connection has the ACK flag and the next sequence number. What went before then tells why: data that was never answered,
a FIN, keepalive probes, a long silence, a handshake that had just been completed.

What else can look the same: SO_LINGER 0 and close() with unread data give the same segment; only what went before
favours one. One sign alone, such as another TTL, never makes a reset an injected one: two are asked for.`,
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
/** A client that resets this soon after the last response has it, and wants no TIME_WAIT, ns. */
const LAST_RESPONSE_NS = 10e6;
/** A full accept queue answers the handshake; a server that is silent for longer has lost the connection, ns. */
const OVERFLOW_NS = 10e9;
/** From this time in FIN_WAIT_2 on a FIN may find that its end has given up, ns (Linux tcp_fin_timeout is 60 s at most as a rule). */
const LATE_FIN_NS = 10e9;
/** Copies of one segment without an answer that make an end give up (Windows: five). */
const GIVEN_UP_COPIES = 3;
const GIVEN_UP_NS = 1e9;
/** IPv4 ids of one host's successive packets are closer than this, as a rule. */
const IP_ID_STEP = 2048;

/** Why a reset was sent; close-rules 7. The first rule that fits holds. */
export function judgeReset(c: ConnectionView, reset: ResetSeen, story: Story): ResetVerdict {
  const acceptable = c.has(ConnectionFlag.REFUSED) ? true : reset.exact;
  const signs = signsOfInjection(reset);
  if (c.has(ConnectionFlag.REFUSED)) {
    return story.secondSyn
      ? verdict('refused', 'syn_rcvd_second_syn', 'strong', 'unknown', true)
      : verdict('refused', 'refused', 'certain', 'unknown', true);
  }
  if (!reset.finished && signs >= 2)
    return verdict('injected', 'injected', signs > 2 ? 'strong' : 'likely', 'middlebox', acceptable);
  const [cause, code, confidence] = causeOf(c, reset, story);
  const origin = signs === 0 && reset.sender.heard && reset.sender.ttlHigh > 0 ? 'endpoint' : 'unknown';
  return verdict(cause, code, confidence, origin, acceptable);
}

/**
 * Whether the reset answers the last segment of its receiver: its number is that segment's ACK field, without an ACK flag,
 * or 0 with one where that segment had none (RFC 9293 §3.5.2), and its sender has not dealt with that segment in the ordinary way before.
 */
function isAnswer({ flags, seq, sender, receiver }: ResetSeen): boolean {
  if (!receiver.heard) return false;
  if ((flags & TcpFlag.ACK) !== 0) return seq === 0 && (receiver.lastFlags & TcpFlag.ACK) === 0;
  if (seq !== receiver.lastAck) return false;
  if (!sender.heard || receiver.lastNs >= sender.lastNs) return true;
  const units = receiver.lastLen + (receiver.lastFlags & TcpFlag.FIN);
  return units > 0 && sender.maxAck >= 0 && serialDiff(serialAdd(receiver.lastSeq, units), sender.maxAck) > 0;
}

type Cause = readonly [ResetCause, ResetCode, Confidence];

function causeOf(c: ConnectionView, reset: ResetSeen, story: Story): Cause {
  const { sender, receiver } = reset;
  const bare = (reset.flags & TcpFlag.ACK) === 0;
  const answers = isAnswer(reset);

  if (reset.finished) {
    const holds = reset.end === c.client.index ? c.holdsTimeWait(c.client) : c.holdsTimeWait(c.server);
    if (holds) return ['time-wait', 'fin_retx_rst', 'strong'];
    return ['time-wait', reset.answersChallenge ? 'syn_sent_rst_to_stale_ack' : 'unknown_rst', 'strong'];
  }
  if (reset.answersChallenge) return ['challenge-ack', 'syn_sent_rst_to_stale_ack', 'certain'];
  if (!sender.heard && !receiver.heard) return ['unknown', 'unknown_rst', 'unknown'];
  if (!reset.handshake && reset.synAck) return duringHandshake(c, reset);
  if (answers && isOverflow(c, reset)) return ['listen-overflow', 'accept_overflow', 'strong'];
  if (answers) return answerToSegment(reset);
  if (sender.probes >= 2) return ['keepalive', 'keepalive_timeout', 'strong'];
  return abort(c, reset, story, bare);
}

/** A reset before the handshake was complete (close-rules 7.3). */
function duringHandshake(c: ConnectionView, reset: ResetSeen): Cause {
  const fromClient = reset.end === c.client.index;
  if (fromClient) {
    if (reset.receiver.lastAck === reset.seq && (reset.flags & TcpFlag.ACK) === 0)
      return ['abort', 'synack_refused', 'strong'];
    return ['abort', 'abort_unread_or_linger0', 'likely'];
  }
  if ((reset.flags & TcpFlag.ACK) === 0) return ['half-open', 'handshake_bad_ack', 'likely'];
  return ['abort', 'listener_closed', 'weak'];
}

/** The server answers the ACK that completes the handshake, or the first data with it, and has never sent more. */
function isOverflow(c: ConnectionView, reset: ResetSeen): boolean {
  if (reset.end !== c.server.index) return false;
  const { sender, receiver } = reset;
  return (
    c.server.isn >= 0 &&
    reset.seq === serialAdd(c.server.isn, 1) &&
    sender.bytes === 0 &&
    !sender.fin &&
    !receiver.fin &&
    (sender.lastFlags & TcpFlag.SYN) !== 0 &&
    reset.ns - sender.lastNs < OVERFLOW_NS
  );
}

/**
 * Whether the receiver of the reset had sent data that its sender never acknowledged. The FIN may have come last, but the
 * host that had closed answers each segment, and the first of them was data.
 */
function hasUnacknowledgedData({ sender, receiver }: ResetSeen): boolean {
  if (receiver.maxEnd < 0 || sender.maxAck < 0) return false;
  return serialDiff(receiver.maxEnd, sender.maxAck) > (receiver.fin ? 1 : 0);
}

/** A bare reset whose number is the ACK field of the segment before it: its host has no use for that segment. */
function answerToSegment(reset: ResetSeen): Cause {
  const { sender, receiver } = reset;
  const probe = receiver.probes > 0 && receiver.lastLen <= 1 && (receiver.lastFlags & TcpFlag.FIN) === 0;
  if (sender.fin && (receiver.lastLen > 0 || hasUnacknowledgedData(reset)))
    return ['data-after-close', 'data_after_close', 'certain'];
  if (sender.fin && (receiver.lastFlags & TcpFlag.FIN) !== 0)
    return ['half-open', 'late_fin_rst', reset.ns - sender.lastNs >= LATE_FIN_NS ? 'strong' : 'likely'];
  if (probe) return ['keepalive', 'half_open_peer_gone', 'strong'];
  return ['half-open', 'half_open_peer_gone', 'likely'];
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
 * Whether a client resets right after the answer to its own request: all of it is acknowledged, and it ends as answers do,
 * with a push or a FIN. Many clients close so on purpose, to have no TIME_WAIT (close-rules 7.3, notes).
 */
function hasItsAnswer(c: ConnectionView, reset: ResetSeen): boolean {
  const { sender, receiver } = reset;
  if (reset.end !== c.client.index || sender.bytes === 0 || sender.maxAck !== receiver.maxEnd) return false;
  if (receiver.fin) return reset.ns - receiver.lastDataNs < UNREAD_NS;
  return (receiver.lastFlags & TcpFlag.PSH) !== 0 && reset.ns - receiver.lastNs < LAST_RESPONSE_NS;
}

/** An abort of a living connection. SO_LINGER 0, unread data and timers give the same segment (close-rules 7.3). */
function abort(c: ConnectionView, reset: ResetSeen, story: Story, bare: boolean): Cause {
  const { sender, receiver } = reset;
  const code: ResetCode = sender.fin
    ? 'fin_then_abort'
    : receiver.fin
      ? 'abort_after_peer_fin'
      : 'abort_unread_or_linger0';
  if (bare && story.resetCount > 0 && sender.heard && receiver.heard && !sender.fin && !receiver.fin) {
    // RFC 9293 §3.10.5 aborts so; the stacks that we know add the ACK flag.
    return ['abort', 'unknown_rst', 'weak'];
  }
  // It acknowledges data that came after its FIN: other stacks than Linux answer such data so.
  if (!bare && sender.fin && sender.maxAck >= 0 && serialDiff(reset.ack, sender.maxAck) > 0 && receiver.lastLen > 0)
    return ['data-after-close', 'data_after_close', 'likely'];
  if (givenUp(reset)) return ['abort', 'retx_timeout_abort', 'likely'];
  const unanswered =
    !Number.isNaN(receiver.lastDataNs) && !(sender.lastDataNs >= receiver.lastDataNs) && receiver.bytes > 0;
  if (unanswered && hasItsAnswer(c, reset)) return ['abort', code, 'likely'];
  if (unanswered && reset.ns - receiver.lastDataNs < UNREAD_NS) return ['unread-data', code, 'likely'];
  if (reset.idleNs >= IDLE_NS) return ['idle-timeout', code, 'weak'];
  if (unanswered) return ['unread-data', code, 'weak'];
  return ['abort', code, 'likely'];
}

/**
 * How many independent signs speak against the end in whose name the reset came (close-rules 7.3, `injected`). One is
 * never enough: paths change, and offload rewrites.
 */
function signsOfInjection(reset: ResetSeen): number {
  const { sender, receiver } = reset;
  if (!sender.heard) return 0;
  let signs = 0;
  if (sender.ttlHigh > 0 && (reset.ttl < sender.ttlLow - 1 || reset.ttl > sender.ttlHigh + 1)) signs++;
  if (reset.senderSpoke > 0 && !reset.outlived) signs++;
  const bare = (reset.flags & TcpFlag.ACK) === 0;
  const answers = isAnswer(reset);
  if (reset.ipId > 0 && sender.ipId > 0) {
    const step = ((reset.ipId - sender.ipId) << 16) >> 16;
    if (step < 0 || step > IP_ID_STEP) signs++;
  }
  // Linux' own aborts carry timestamp and window; those of Windows and the BSDs neither. So both count as one sign, and
  // only beside another one.
  if (signs > 0 && !bare && sender.timestamp && !reset.hasTimestamp) signs++;
  if (
    bare &&
    !answers &&
    receiver.heard &&
    serialDiff(reset.seq, receiver.lastAck) !== 0 &&
    serialAtLeast(reset.seq, receiver.lastAck)
  )
    signs++;
  return signs;
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

const REASONS: Readonly<Record<string, string>> = {
  'unread-data': 'it most likely closed while data was still unread',
  'data-after-close': 'data came for it after it had closed for good',
  abort: 'it aborted (SO_LINGER 0 or the like)',
  'half-open': 'it knew no such connection any more',
  keepalive: 'keepalive probes met no living connection',
  'idle-timeout': 'a timer most likely ended it after silence',
  'listen-overflow': 'its accept queue was full',
  'challenge-ack': 'it had begun anew and got an ACK of the old connection',
  injected: 'the reset does not come from that end',
  unknown: 'the capture does not show why',
};
/** Less than what `0.001 s` would tell. */
const AT_ONCE_NS = 1e6;
const SEVERE: readonly ResetCause[] = ['half-open', 'keepalive', 'listen-overflow', 'injected'];

/** What to tell of a connection that a reset ended; null where the reset ended nothing. */
export function resetFinding(
  c: ConnectionView,
  reset: ResetSeen,
  verdict: ResetVerdict,
  story: Story,
  name: (end: number) => string,
): NewFinding | null {
  const { cause } = verdict;
  if (cause === null || cause === 'time-wait') return null;
  const from = name(reset.end);
  const to = name(1 - reset.end);
  const refused = cause === 'refused';
  const what =
    cause === 'injected'
      ? `A reset in the name of ${from} ended its connection with ${to}`
      : `${from} reset the connection with ${to}`;
  const when = reset.idleNs < AT_ONCE_NS ? 'right' : `${(reset.idleNs / 1e9).toFixed(3)} s`;
  return {
    kind: refused ? 'refused' : cause === 'injected' ? 'injected-reset' : 'reset',
    severity: SEVERE.includes(cause) ? 'warning' : refused ? 'info' : 'notice',
    confidence: verdict.confidence,
    connectionId: c.id,
    captureId: reset.capture,
    frame: reset.frame,
    atRel: reset.ns,
    summary: refused
      ? `${from} refused the SYN of ${to} with a reset (frame ${reset.frame}).`
      : `${what} in frame ${reset.frame}, ${when} after the segment before: ${REASONS[cause]}.`,
    evidence: {
      frame: reset.frame,
      seq: reset.seq,
      expected_seq: reset.receiver.maxAck < 0 ? null : reset.receiver.maxAck,
      flags: reset.flags,
      window: reset.window,
      ttl: reset.ttl,
      usual_ttl: reset.sender.ttlHigh === 0 ? null : [reset.sender.ttlLow, reset.sender.ttlHigh],
      ip_id: reset.ipId < 0 ? null : reset.ipId,
      idle_s: reset.idleNs / 1e9,
      cause,
      code: verdict.code,
      more_resets: story.resets.filter((other) => other !== reset).map((other) => furtherReset(reset, other)),
    },
  };
}

/** A reset of the same connection that did not end it: one event is told once, with all its resets. */
function furtherReset(ending: ResetSeen, other: ResetSeen): { frame: number; code: ResetCode } {
  const { frame, end, afterReset, exact, inWindow } = other;
  if (end === ending.end && afterReset && isAnswer(other)) return { frame, code: 'write_after_rst' };
  return { frame, code: exact === false && inWindow === false ? 'rst_out_of_window' : 'unknown_rst' };
}
