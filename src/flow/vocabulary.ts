/**
 * The closed sets of words that verdicts are made of. The position of a word is its code, in memory and in the packed
 * columns of the database; the views spell it out again. Append only: a code that moved would change old databases.
 */

/** How much a verdict can be relied on (close-rules 0.3). Code 0 is the least. */
export const CONFIDENCES = ['unknown', 'weak', 'likely', 'strong', 'certain'] as const;
export type Confidence = (typeof CONFIDENCES)[number];

/** A side of a connection; `null` is "nobody, or cannot be told". */
export const SIDES = [null, 'client', 'server', 'both'] as const;
export type SideName = (typeof SIDES)[number];

/** How the client is known. */
export const ROLES = ['guessed', 'syn-ack', 'syn'] as const;

export const HANDSHAKES = ['none', 'syn-only', 'syn-syn-ack', 'complete'] as const;

/** 0 means NULL: it can't be told. */
export const TIMESTAMP_USES = [null, 0, 1] as const;

export const CLOSES = [
  'open',
  'fin',
  'half-closed',
  'fin-then-rst',
  'rst',
  'refused',
  'unanswered',
  'replaced',
] as const;
export type Close = (typeof CLOSES)[number];

/** RFC 9293 states of one end. Code 0: nothing is known (an end that was never seen). */
export const STATES = [
  null,
  'CLOSED',
  'SYN_SENT',
  'SYN_RECEIVED',
  'ESTABLISHED',
  'FIN_WAIT_1',
  'FIN_WAIT_2',
  'CLOSING',
  'CLOSE_WAIT',
  'LAST_ACK',
  'TIME_WAIT',
] as const;
export type StateName = (typeof STATES)[number];

export const RESET_CAUSES = [
  null,
  'unknown',
  'refused',
  'unread-data',
  'data-after-close',
  'abort',
  'half-open',
  'keepalive',
  'idle-timeout',
  'listen-overflow',
  'time-wait',
  'challenge-ack',
  'injected',
] as const;
export type ResetCause = (typeof RESET_CAUSES)[number];

/** close-rules 7.3. */
export const RESET_CODES = [
  null,
  'unknown_rst',
  'refused',
  'refused_by_middlebox',
  'synack_refused',
  'listener_closed',
  'syn_rcvd_second_syn',
  'accept_overflow',
  'handshake_bad_ack',
  'syn_sent_rst_to_stale_ack',
  'half_open_peer_gone',
  'fin_retx_rst',
  'late_fin_rst',
  'data_after_close',
  'write_after_rst',
  'abort_unread_or_linger0',
  'fin_then_abort',
  'abort_after_peer_fin',
  'keepalive_timeout',
  'retx_timeout_abort',
  'port_unreach_like_reset_storm',
  'mb_idle_timeout',
  'injected',
  'rst_out_of_window',
  'syn_flood_backscatter',
] as const;
export type ResetCode = (typeof RESET_CODES)[number];

export const RESET_ORIGINS = [null, 'unknown', 'endpoint', 'middlebox'] as const;

/** 0 means NULL: it can't be told. */
export const TRISTATE = [null, 0, 1] as const;

/** Why nothing is known of a connection from some time on: `ConnectionFlag.EVICTED`. */
export const EVICTED_NOTE = 'left memory before it ended: --max-memory';

/** Why a confidence is not higher. */
export const CLOSE_NOTES = [
  null,
  'the capture began mid-connection',
  'only one direction was captured',
  'the first FIN seen is a retransmission: its ACK field may be newer than the original FIN',
  'both first FINs acknowledge each other: an earlier copy of one was not captured',
  'segments are missing from the capture near the close',
  'the FIN of the other side was not captured; its number was acknowledged',
  'the reset may not have reached the other end, or was not accepted there',
  'a FIN or reset of the other side crossed the reset',
  'unsent data may have held back the FIN: the other side may have closed first',
  'nothing but resets was seen',
  'a reset of an end that knew the connection no more: what had ended it there was not captured',
  'the FIN was not acknowledged before the capture ended: one of the other side may have crossed it',
  'option octets were cut off by the snap length: whether PAWS rejected a segment cannot be told',
  EVICTED_NOTE,
  'segments that PAWS rejects may stand in for some that are missing from the capture',
] as const;

export const ISN_RELATIONS = ['higher', 'lower', 'equal', 'ambiguous'] as const;
/** null: option octets were cut by the snap length, so it can't be told. */
export const TS_RELATIONS = ['absent', 'higher', 'lower', 'equal', null] as const;
export const TIME_WAIT_OUTCOMES = ['unanswered', 'accepted', 'challenged', 'accepted-after-rst', 'reset'] as const;
/** What a stack would do with a SYN on TIME_WAIT; code 0 is NULL: the rule cannot be applied or is not known. */
export const STACK_VERDICTS = [null, 'accept', 'challenge', 'drop'] as const;
export type StackVerdict = (typeof STACK_VERDICTS)[number];

export const PAWS_OUTCOMES = ['would-reject', 'rejected-dup-ack', 'rejected-silent', 'accepted'] as const;
export const PAWS_IMPACTS = ['harmless-old-duplicate', 'lost-new-data', 'stall', 'handshake'] as const;

export const NAT_VERDICTS = ['too-few', 'single-clock', 'several-hosts', 'random-offsets'] as const;
export type NatVerdict = (typeof NAT_VERDICTS)[number];

export const SEVERITIES = ['info', 'notice', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];
