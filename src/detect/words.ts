import type {
  CLOSES,
  NAT_VERDICTS,
  PAWS_IMPACTS,
  PAWS_OUTCOMES,
  RESET_CAUSES,
  RESET_CODES,
  TIME_WAIT_OUTCOMES,
} from '../flow/vocabulary.js';

/** A word that a column of the database may hold, as `tcpclose explain` tells of it. */
export interface Word {
  readonly word: string;
  readonly column: string;
  readonly meaning: string;
  /** Whose rule gives it. */
  readonly detector: string;
}

/** Every word of a list of `vocabulary.ts`, with what it means. */
type Meanings<List extends readonly (string | null)[]> = Readonly<Record<NonNullable<List[number]>, string>>;

const closes: Meanings<typeof CLOSES> = {
  fin: 'both ends sent a FIN, and both FINs were acknowledged',
  rst: 'a reset ended it, and no FIN came before',
  'fin-then-rst': 'one end or both had sent a FIN, then a reset ended it before the close was complete',
  'half-closed': 'one end sent its FIN, and the close was not complete when the capture, or what it holds of it, ended',
  refused: 'the SYN was answered with a reset',
  unanswered: 'nothing that the capture shows took up the SYN',
  open: 'no FIN and no reset came before the capture ended',
  replaced: 'no close was seen, but a later connection was accepted on the same addresses and ports',
};

const resetCauses: Meanings<typeof RESET_CAUSES> = {
  unknown: 'the capture does not show why the reset was sent',
  refused: 'a SYN met a port where nothing listens, or a device that says so',
  'unread-data': 'the end that reset closed while data of the other was still unread',
  'data-after-close': 'data came for an end that had closed for good, reading included',
  abort:
    'the end that reset gave the connection up on purpose: SO_LINGER 0, a timeout of its own, or its listener was closed',
  'half-open': 'the end that reset knew no such connection any more: a restart, a timeout there, or another host',
  keepalive: 'a keepalive probe met an end that knew no such connection any more, or the probes were not answered',
  'idle-timeout': 'a timer ended it after silence, at an end or in a device between',
  'listen-overflow': 'the accept queue of the server was full, and it resets what it cannot queue',
  'time-wait': 'it came after the close was complete: it hit TIME_WAIT, or answers for want of it',
  'challenge-ack': 'its sender had begun anew, and answers an ACK that belongs to the old connection',
  injected: 'it does not come from the end in whose name it was sent',
};

const resetCodes: Meanings<typeof RESET_CODES> = {
  unknown_rst: 'nothing tells more than the cause does',
  refused: 'the host itself refused the SYN',
  refused_by_middlebox: "a device refused the SYN in the host's name: another time to live, and too soon",
  synack_refused: 'a client reset the SYN-ACK: it had given up, or only asked whether the port is open',
  listener_closed: 'the listener was closed with connections that nobody had accepted, and all were reset at once',
  syn_rcvd_second_syn: 'a second SYN came in the window while the server waited for the ACK of the first',
  accept_overflow: 'the accept queue was full (tcp_abort_on_overflow, or the last ACK was ignored and then forgotten)',
  handshake_bad_ack: 'the ACK of a SYN-ACK acknowledged something else than that',
  syn_sent_rst_to_stale_ack:
    'a host that had sent a SYN got an ACK of an old connection, and reset that (RFC 5961 §4.2)',
  half_open_peer_gone: 'a segment met a host that knew no such connection any more',
  fin_retx_rst: 'a FIN that was sent again met neither the connection nor TIME_WAIT any more',
  late_fin_rst: 'a FIN came when the other end had left FIN_WAIT_2 (tcp_fin_timeout)',
  data_after_close: 'data met an end that had closed for good',
  write_after_rst: 'data that were on their way when the first reset was sent drew another one',
  abort_unread_or_linger0: 'an abort with no FIN before it: unread data and SO_LINGER 0 give the same segment',
  fin_then_abort: 'an abort after its own FIN: SO_LINGER 0 or TCP_LINGER2 below 0 after shutdown()',
  abort_after_peer_fin: 'an abort after the FIN of the other end',
  keepalive_timeout: 'the keepalive probes of the end that reset were not answered',
  retx_timeout_abort: 'data that were sent again and again were not acknowledged',
  port_unreach_like_reset_storm:
    'one of many connections of a host that it knew no more: a crash, a restart or a failover',
  mb_idle_timeout: 'a device between had dropped the connection after silence',
  injected: 'at least two signs speak against the end in whose name it came',
  rst_out_of_window: 'its number was outside the window: it had to be ignored',
  syn_flood_backscatter: 'it answers SYNs that somebody else sent in the name of its receiver',
};

const timeWaitOutcomes: Meanings<typeof TIME_WAIT_OUTCOMES> = {
  unanswered: 'no answer to the SYN was captured',
  accepted: 'the SYN was answered with a SYN-ACK, and no reset had cleared TIME_WAIT before',
  challenged: 'the SYN was answered with an ACK of the old connection, and never accepted',
  'accepted-after-rst': "a reset of the SYN's sender cleared TIME_WAIT, and a copy of the SYN was accepted then",
  reset: 'the SYN was answered with a reset',
};

const pawsOutcomes: Meanings<typeof PAWS_OUTCOMES> = {
  'would-reject': 'by its timestamp its receiver rejects it, and no answer shows that it did',
  'rejected-dup-ack': 'its receiver answered with an ACK of unchanged numbers, as PAWS wants',
  'rejected-silent': 'its receiver said nothing and did not take it: it was sent again',
  accepted: 'it was acknowledged although its timestamp is older than what its receiver knew',
};

const pawsImpacts: Meanings<typeof PAWS_IMPACTS> = {
  'harmless-old-duplicate': 'nothing was lost: its octets had been received before, or it had none',
  'lost-new-data': 'it brought octets that its receiver did not have, and they had to be sent again',
  stall: 'what it brought was never taken, and the connection stood still',
  handshake: 'it was a SYN, so that no connection came of it then',
};

const natVerdicts: Meanings<typeof NAT_VERDICTS> = {
  'too-few': 'too few SYNs lie on common lines to tell clocks apart: few SYNs, few ports, or many that fit no line',
  'single-clock': 'all SYNs fit the timestamps of one clock',
  'several-hosts': 'SYNs of several ports each lie on several clocks that take turns: several hosts',
  'random-offsets': 'each connection has a timestamp offset of its own: hosts cannot be counted',
};

/** Every word of these columns. Some stand in more than one. */
export const WORDS: readonly Word[] = [
  ...wordsOf('close', 'first-closer', closes),
  ...wordsOf('reset_cause', 'rst-termination', resetCauses),
  ...wordsOf('reset_code', 'rst-termination', resetCodes),
  ...wordsOf('time_wait_syns.outcome', 'time-wait-syn', timeWaitOutcomes),
  ...wordsOf('paws_rejections.outcome', 'paws-rejection', pawsOutcomes),
  ...wordsOf('paws_rejections.impact', 'paws-rejection', pawsImpacts),
  ...wordsOf('nat_sources.verdict', 'nat-timestamps', natVerdicts),
];

function wordsOf(column: string, detector: string, meanings: Readonly<Record<string, string>>): Word[] {
  return Object.entries(meanings).map(([word, meaning]) => ({ word, column, meaning, detector }));
}
