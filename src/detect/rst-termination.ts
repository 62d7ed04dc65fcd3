import { ConnectionFlag } from '../flow/connection-table.js';
import type { ConnectionView } from '../flow/connection-view.js';
import type { ResetSeen, Story } from '../flow/story.js';
import type { Confidence, ResetCause, ResetCode } from '../flow/vocabulary.js';
import { TcpFlag } from '../segment/segment-batch.js';
import { judgeClose } from './closes/close-verdict.js';
import { finBeforeReset, isAfterUnseen } from './closes/unseen-fin.js';
import type { Detector, DetectorContext, DetectorMeta, Handlers } from './detector.js';
import type { FindingsOfOne } from './findings.js';
import { abort } from './resets/abort-cause.js';
import { overflowBehind } from './resets/accept-overflow.js';
import { answerToSegment, answerWithAck, repeatedFin } from './resets/answer-cause.js';
import { outlivedResetFinding } from './resets/outlived-reset.js';
import { PROMPT_NS, hasGap, type Cause } from './resets/reset-cause.js';
import { resetFinding, resetSort } from './resets/reset-finding.js';
import {
  abortBehind,
  confirmedBy,
  hasUnusualTtl,
  hasUsualTtl,
  isAnswer,
  middleboxTimeout,
  signsOfInjection,
  UNANSWERED_PROBES,
} from './resets/reset-signs.js';

const meta: DetectorMeta = {
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

export const rstTermination: Detector = {
  meta,
  create: (context, findings) => new Resets(context, findings),
};

class Resets implements Handlers {
  readonly #context: DetectorContext;
  readonly #findings: FindingsOfOne;

  constructor(context: DetectorContext, findings: FindingsOfOne) {
    this.#context = context;
    this.#findings = findings;
  }

  onStoryLeaves(c: ConnectionView, story: Story): void {
    const { ending } = judgeClose(c, story, this.#context.now);
    const name = (end: number): string => this.#context.name(c, end);
    if (ending === null) this.#findings.report(outlivedResetFinding(c, story, name));
    else this.#tellEnding(c, ending, story, name);
  }

  #tellEnding(c: ConnectionView, ending: ResetSeen, story: Story, name: (end: number) => string): void {
    const verdict = judgeReset(c, ending, story, this.#context.surroundings.codeOf(c, ending, story));
    const sort = resetSort(verdict);
    if (sort === null || this.#findings.countAlike(sort.kind, sort.severity, verdict.cause ?? undefined)) return;
    this.#findings.report(resetFinding(c, ending, verdict, story, name));
  }

  finish(): void {
    this.#context.surroundings.backscatter.finish((finding) => this.#findings.report(finding));
  }
}

export interface ResetVerdict {
  cause: ResetCause;
  code: ResetCode;
  confidence: Confidence;
  origin: 'unknown' | 'endpoint' | 'middlebox';
  acceptable: boolean | null;
}

/**
 * Why a reset was sent; close-rules 7. The first rule that fits holds. `proved` is the code that other connections of the
 * same hosts prove, null where they prove none: see `ResetSurroundings`.
 */
export function judgeReset(c: ConnectionView, reset: ResetSeen, story: Story, proved: ResetCode): ResetVerdict {
  // Where nothing of its receiver was captured, nobody knows what number that waited for.
  const acceptable = reset.challenged || !reset.receiver.heard ? null : reset.exact;
  const signs = signsOfInjection(c, reset, story);
  if (c.has(ConnectionFlag.REFUSED)) {
    if (story.secondSyn) return verdict('refused', 'syn_rcvd_second_syn', 'strong', 'unknown', true);
    if (proved === 'refused_by_middlebox') return verdict('refused', proved, 'likely', 'middlebox', true);
    return verdict('refused', 'refused', 'certain', 'unknown', true);
  }
  // What a reset did to a closed connection, or to a challenge, does not depend on who sent it.
  const dependsOnSender = !reset.finished && !reset.answersChallenge;
  const isAlone = c.has(ConnectionFlag.ACKS_LEFT_OUT) || isAfterUnseen(reset);
  if (isAlone && dependsOnSender) {
    const [cause, code, sure] = inContext(amongControl(reset), proved);
    return verdict(cause, code, sure, 'unknown', acceptable);
  }
  const timeout = !dependsOnSender || signs > 2 ? null : middleboxTimeout(c, reset, story);
  if (timeout !== null) return verdict('idle-timeout', 'mb_idle_timeout', timeout, 'middlebox', acceptable);
  if (dependsOnSender && signs >= 2)
    return verdict('injected', 'injected', signs > 2 ? 'strong' : 'likely', 'middlebox', acceptable);
  const [cause, code, sure] = inContext(causeOf(c, toldBy(c, reset, story), story), proved);
  const maybeOfDevice = dependsOnSender && (signs > 0 || hasUnusualTtl(reset));
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

/** What the reset of a connection that was not accepted looks like, with its listener closed. */
const OF_LISTENER: readonly ResetCause[] = ['abort', 'unread-data', 'idle-timeout', 'listen-overflow'];

/** What the reset alone says, and what other connections add to it. They refine an answer; they never turn it round. */
function inContext(alone: Cause, proved: ResetCode): Cause {
  const [cause, code] = alone;
  if (proved === 'listener_closed' && OF_LISTENER.includes(cause)) return ['abort', proved, 'likely'];
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

  if (reset.finished) {
    const holds = reset.end === c.client.index ? c.holdsTimeWait(c.client) : c.holdsTimeWait(c.server);
    const code = reset.answersChallenge
      ? 'syn_sent_rst_to_stale_ack'
      : repeatedFin(c, reset, story) && (holds || (bare && answersFinOf(reset)))
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
  if (isAnswer(reset)) return answerToSegment(c, reset, story);
  const stateless = answerWithAck(c, reset);
  if (stateless !== null) return stateless;
  if (sender.probes >= UNANSWERED_PROBES) return ['keepalive', 'keepalive_timeout', 'strong'];
  return abort(c, reset, bare);
}

/** Whether the last that its receiver had sent was a FIN, and it has the number that this acknowledges. */
function answersFinOf({ seq, receiver }: ResetSeen): boolean {
  return (receiver.lastFlags & TcpFlag.FIN) !== 0 && seq === receiver.lastAck;
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
  return ['abort', 'abort_unread_or_linger0', 'weak'];
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
