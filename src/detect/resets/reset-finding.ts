import type { ConnectionView } from '../../flow/connection-view.js';
import type { ResetSeen, Story } from '../../flow/story.js';
import type { Confidence, ResetCause, ResetCode } from '../../flow/vocabulary.js';
import { TcpFlag } from '../../segment/segment-batch.js';
import { serialDiff } from '../../wire/serial.js';
import type { NewFinding } from '../findings.js';
import type { ResetVerdict } from '../rst-termination.js';
import { crossesData, isAnswer, isFirstOf } from './reset-signs.js';

const REASONS: Readonly<Record<string, string>> = {
  'unread-data': 'it closed while data was still unread',
  'data-after-close': 'data came for it after it had closed for good',
  abort: 'it aborted (SO_LINGER 0 or the like)',
  'half-open': 'it knew no such connection any more',
  keepalive: 'a keepalive probe came for it, and it knew no such connection any more',
  'idle-timeout': 'a timer ended it after silence',
  'listen-overflow': 'its accept queue was full',
  'challenge-ack': 'it had begun anew and got an ACK of the old connection',
  injected: 'the reset does not come from that end',
  unknown: 'the capture does not show why',
};
/** Where the code says more than the cause. */
const CODE_REASONS: Partial<Record<NonNullable<ResetCode>, string>> = {
  retx_timeout_abort:
    'it gave up, for data that it sent again and again were never acknowledged: the other end or the way to it was gone',
  late_fin_rst: 'it had closed long before, and waited no longer for the FIN that came now (FIN_WAIT_2)',
  fin_retx_rst: 'a FIN that was sent again came for it, and it knew neither the connection nor TIME_WAIT any more',
  keepalive_timeout: 'its keepalive probes were not answered, so the other end or the way to it was gone',
  synack_refused: 'it had no use for the SYN-ACK: it had given up, or only asked whether the port is open',
  accept_overflow: 'its accept queue was full, or its listener was closed just then',
  listener_closed: 'its listener was closed with this connection still waiting to be accepted, and others with it',
  port_unreach_like_reset_storm:
    'it knew no such connection any more, nor others that it reset at that time: a crash, a restart or another host',
  mb_idle_timeout: 'a device between had dropped it after silence',
};
const SCANNED = 'it answers a segment without an ACK flag, as port scans send and no connection does';
/** How sure the reason is, in words; nothing where it is strong. */
const HEDGES: Readonly<Partial<Record<Confidence, string>>> = { likely: 'most likely ', weak: 'perhaps ' };
/** Less than what `0.001 s` would tell. */
const AT_ONCE_NS = 1e6;
const SEVERE: readonly ResetCause[] = ['half-open', 'keepalive', 'listen-overflow', 'injected'];

/** Nothing was lost: both ends had closed. */
const NORMAL: readonly ResetCode[] = ['late_fin_rst', 'fin_retx_rst'];

/** What sort of finding a reset is; null where it ended nothing. */
export function resetSort({ cause, code }: ResetVerdict): Pick<NewFinding, 'kind' | 'severity'> | null {
  // Backscatter is told once for each port that sends it.
  if (cause === null || cause === 'time-wait' || code === 'syn_flood_backscatter') return null;
  if (cause === 'refused') return { kind: 'refused', severity: 'info' };
  return {
    kind: cause === 'injected' ? 'injected-reset' : 'reset',
    severity: SEVERE.includes(cause) && !NORMAL.includes(code) ? 'warning' : 'notice',
  };
}

/** What to tell of a connection that a reset ended; null where the reset ended nothing. */
export function resetFinding(
  c: ConnectionView,
  reset: ResetSeen,
  verdict: ResetVerdict,
  story: Story,
  name: (end: number) => string,
): NewFinding | null {
  const { cause, code } = verdict;
  const sort = resetSort(verdict);
  if (cause === null || sort === null) return null;
  const from = name(reset.end);
  const to = name(1 - reset.end);
  const refused = cause === 'refused';
  const what =
    cause === 'injected' || code === 'mb_idle_timeout'
      ? `A reset in the name of ${from} ended its connection with ${to}`
      : `${from} reset the connection with ${to}`;
  const isScan = cause === 'half-open' && answersNoConnection(reset);
  const hedge = cause === 'unknown' || isScan ? '' : (HEDGES[verdict.confidence] ?? '');
  const isFirst = isFirstOf(c, reset);
  const crossed = cause === 'idle-timeout' && crossesData(reset);
  const silenceNs = crossed ? reset.ns - reset.sender.lastNs : reset.idleNs;
  const silence = silenceNs < AT_ONCE_NS ? 'right' : `${(silenceNs / 1e9).toFixed(3)} s`;
  const before = crossed ? 'its last segment, while data for it was on its way' : 'the segment before';
  const when = isFirst ? 'the first of it in the capture' : `${silence} after ${before}`;
  return {
    ...sort,
    ...(isScan ? { severity: 'info' as const } : {}),
    confidence: verdict.confidence,
    connectionId: c.id,
    captureId: reset.capture,
    frame: reset.frame,
    atRel: reset.ns,
    summary: refused
      ? refusal(from, to, reset, code)
      : `${what} in frame ${reset.frame}, ${when}: ${hedge}${isScan ? SCANNED : (CODE_REASONS[code!] ?? REASONS[cause])}.`,
    evidence: {
      frame: reset.frame,
      seq: reset.seq,
      expected_seq: reset.receiver.maxAck < 0 ? null : reset.receiver.maxAck,
      flags: reset.flags,
      window: reset.window,
      ttl: reset.ttl,
      usual_ttl: reset.sender.ttlHigh === 0 ? null : [reset.sender.ttlLow, reset.sender.ttlHigh],
      ip_id: reset.ipId < 0 ? null : reset.ipId,
      idle_s: isFirst ? null : reset.idleNs / 1e9,
      // Data of the other end that is younger than its own was not answered, and perhaps not read.
      since_peer_data_s: sinceS(reset, reset.receiver.lastDataNs),
      since_own_data_s: sinceS(reset, reset.sender.lastDataNs),
      cause,
      code,
      more_resets: story.resets.filter((other) => other !== reset).map((other) => furtherReset(reset, other)),
    },
  };
}

/** Whether the last that its receiver had sent lacks the ACK flag that every segment of a connection but a SYN has. */
function answersNoConnection({ receiver }: ResetSeen): boolean {
  return receiver.heard && (receiver.lastFlags & (TcpFlag.ACK | TcpFlag.SYN | TcpFlag.RST)) === 0;
}

/** Seconds from `ns` to the reset; null where there was no such time. */
function sinceS(reset: ResetSeen, ns: number): number | null {
  return Number.isNaN(ns) ? null : (reset.ns - ns) / 1e9;
}

function refusal(from: string, to: string, { frame }: ResetSeen, code: ResetCode): string {
  if (code === 'refused_by_middlebox')
    return `A device before ${from} refused the SYN of ${to} in its name (frame ${frame}): its time to live is not the host's, and it comes sooner than the host ever answers.`;
  if (code === 'syn_rcvd_second_syn')
    return `${from} refused the SYN of ${to} with a reset (frame ${frame}), for it still waited for the ACK of an earlier SYN.`;
  return `${from} refused the SYN of ${to} with a reset (frame ${frame}).`;
}

/**
 * A reset of the same connection that did not end it: one event is told once, with all its resets. `seq_step`: how far its
 * number is from that of the ending one, where both came in the name of one end.
 */
function furtherReset(
  ending: ResetSeen,
  other: ResetSeen,
): { frame: number; code: ResetCode; seq_step: number | null } {
  const { frame, end, afterReset, answersChallenge, exact, inWindow, seq } = other;
  const seq_step = end === ending.end ? serialDiff(seq, ending.seq) : null;
  if (answersChallenge) return { frame, code: 'syn_sent_rst_to_stale_ack', seq_step };
  if (end === ending.end && afterReset && isAnswer(other)) return { frame, code: 'write_after_rst', seq_step };
  return { frame, code: exact === false && inWindow === false ? 'rst_out_of_window' : 'unknown_rst', seq_step };
}
