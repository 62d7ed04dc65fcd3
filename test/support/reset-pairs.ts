import type { RESET_CAUSES, RESET_CODES } from '../../src/flow/vocabulary.js';
import type { Row } from './analysis.js';

type Cause = NonNullable<(typeof RESET_CAUSES)[number]>;
type Code = NonNullable<(typeof RESET_CODES)[number]>;

const ABORTS: readonly Cause[] = ['unread-data', 'abort', 'idle-timeout'];
const GONE: readonly Cause[] = ['half-open', 'keepalive'];

/** The causes that users know each code with (the table of reset_cause in the contract). */
const CAUSES: Readonly<Partial<Record<Code, readonly Cause[]>>> = {
  refused: ['refused'],
  refused_by_middlebox: ['refused'],
  syn_rcvd_second_syn: ['refused'],
  accept_overflow: ['listen-overflow'],
  abort_unread_or_linger0: ABORTS,
  fin_then_abort: ABORTS,
  abort_after_peer_fin: ABORTS,
  listener_closed: ['abort'],
  synack_refused: ['abort'],
  retx_timeout_abort: ['abort'],
  half_open_peer_gone: GONE,
  late_fin_rst: GONE,
  handshake_bad_ack: GONE,
  port_unreach_like_reset_storm: GONE,
  fin_retx_rst: ['time-wait'],
  syn_sent_rst_to_stale_ack: ['time-wait', 'challenge-ack'],
  mb_idle_timeout: ['idle-timeout'],
  data_after_close: ['data-after-close'],
  keepalive_timeout: ['keepalive'],
  injected: ['injected'],
  // What hits TIME_WAIT is told by where it hit.
  unknown_rst: ['unknown', 'time-wait'],
};

/** @throws where a connection's cause and code are no pair that users know */
export function checkResetPairs(connections: readonly Row[]): void {
  for (const { id, reset_cause: cause, reset_code: code } of connections) {
    if (cause === null && code === null) continue;
    const known: readonly string[] = CAUSES[code as Code] ?? ['unknown'];
    if (!known.includes(String(cause))) throw new Error(`connection ${id}: cause ${cause} with code ${code}`);
  }
}
