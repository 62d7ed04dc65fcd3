/**
 * The numeric rows that leave the tracker and the detectors for the database: one layout a table, each column one
 * float64. No text is made on the way; words are codes of `vocabulary.ts`, addresses are ids, several small codes share
 * a column. The views of `store/` spell everything out when somebody asks.
 *
 * Conventions, for all layouts: -1 is NULL. `*_rel` columns and `*_span` columns are nanoseconds: `_rel` since the run's
 * epoch, `_span` a duration. `*_at` columns are places: capture id * 2^32 + frame number. `*_past` columns are places, too,
 * told by how much that number is above `first_at` of the same row. All values are whole numbers.
 */

/** One numeric table: its name in the database and its columns in order. `id` is the first column of each. */
export interface RowLayout {
  readonly table: string;
  /** Its rows belong to connections, one each at most: the id is that of the connection. */
  readonly byConnection?: true;
  readonly columns: readonly string[];
  /**
   * What the last columns hold, as many as are named here, where a row of the database ends before them: a row that ends
   * with these values need not spell them out.
   */
  readonly defaults?: Readonly<Record<string, number>>;
}

/** Every connection has one such row. */
export const CONNECTION_ROW = {
  table: 'connection_row',
  columns: [
    'id',
    'client_address', // address id
    'server_address',
    'ports', // client port * 65536 + server port
    'outcome', // bits, see OUTCOME_BITS; from ZEEK_SHIFT on the Zeek code, see ZEEK_CONN_ROW
    'first_rel',
    'first_at',
    'client_isn',
    'client_packets',
    'lasted_span',
    'last_past',
    'reset', // bits, see RESET_BITS; 0 where no reset ended it
    'server_packets',
    'client_bytes',
    'server_bytes',
    'idle_max_span',
    'server_isn',
    'rtt_span',
    'syn_ack_span', // from the first packet to the server's SYN-ACK, the last before the handshake was complete
    'syn_ack_past',
    'handshake_ack_past', // of the client's ACK of the SYN-ACK
    'client_fin_past',
    'server_fin_past',
    'client_fin_rel',
    'server_fin_rel',
    'idle_end_span',
    'time_wait_rel',
    'close_wait_span',
  ],
  // Those of a SYN that nobody answered: a flood or a scan is millions of them.
  defaults: {
    client_packets: 1,
    lasted_span: 0,
    last_past: 0,
    reset: 0,
    server_packets: 0,
    client_bytes: 0,
    server_bytes: 0,
    idle_max_span: 0,
    server_isn: -1,
    rtt_span: -1,
    syn_ack_span: -1,
    syn_ack_past: -1,
    handshake_ack_past: -1,
    client_fin_past: -1,
    server_fin_past: -1,
    client_fin_rel: -1,
    server_fin_rel: -1,
    idle_end_span: -1,
    time_wait_rel: -1,
    close_wait_span: -1,
  },
} as const satisfies RowLayout;

/**
 * What most connections do not have. A connection without a row here has incarnation 1, one SYN and one SYN-ACK where its
 * handshake says that there was one (CLIENT SYN seen: 'syn-only' and up; SYN-ACK: 'syn-syn-ack' and up), no octet sent
 * twice, no retransmission, no reset, a round trip where its handshake is 'complete', and a TIME_WAIT that nothing restarted.
 */
export const CONNECTION_EXTRA_ROW = {
  table: 'connection_extra_row',
  byConnection: true,
  columns: [
    'id', // of the connection
    'incarnation',
    'syn_count',
    'syn_ack_count',
    'client_repeated', // payload octets that were sent before: bytes - unique_bytes
    'server_repeated',
    'client_retransmissions',
    'server_retransmissions',
    'reset_at',
    'reset_rel',
    'handshake_ack_rel', // where there is no rtt_span
    'time_wait_restart_rel', // the last segment that restarted TIME_WAIT, if any did
  ],
} as const satisfies RowLayout;

/**
 * What Zeek would log. As a rule that is the connection itself, and its Zeek code stands in CONNECTION_ROW: twice the
 * number of a row of `zeek_history`, + 1 where Zeek's originator is the server. Rows here are those of connections with
 * code 0 there: Zeek makes several of one, or counts packets or octets in another way.
 */
export const ZEEK_CONN_ROW = {
  table: 'zeek_conn_row',
  columns: [
    'id',
    'connection_id',
    'part', // 0, 1, ... in order
    'history', // number of a row of zeek_history
    'orig_address',
    'resp_address',
    'ports', // originator's port * 65536 + responder's port
    'first_rel',
    'lasted_span',
    'orig_packets',
    'resp_packets',
    'orig_bytes',
    'resp_bytes',
  ],
} as const satisfies RowLayout;

export const TIME_WAIT_SYN_ROW = {
  table: 'time_wait_syn_row',
  columns: [
    'id',
    'connection_id',
    'previous_connection_id',
    'syn_at',
    'syn_rel',
    'elapsed_span',
    'isn',
    'previous_final_seq',
    'tsval', // -1: the SYN had no timestamp option
    'previous_tsval', // -1: that sender used none in the incarnation before
    'attempts',
    'retry_span',
    'verdict', // bits, see TIME_WAIT_SYN_BITS
    'answer_at', // the frame that shows the outcome: SYN-ACK, ACK or RST
    'answer_rel',
    'outlived_resets', // of the SYN's sender, with the right number: TIME_WAIT challenged a SYN after them
  ],
} as const satisfies RowLayout;

/** A SYN on a four-tuple that had a connection before, and the numbers of both: what rules for TIME_WAIT judge by. */
export const TUPLE_REUSE_ROW = {
  table: 'tuple_reuse_row',
  byConnection: true,
  columns: [
    'id', // of the connection that the SYN opened
    'previous_connection_id', // attempts between the two are passed over
    'age_span', // from the beginning or restart of TIME_WAIT to the SYN; -1: the close was not complete
    'isn',
    'previous_final_seq',
    'tsval', // -1: the SYN had no timestamp option
    'previous_tsval', // -1: that sender used none before
    'window', // last receive window of the other end, octets
    'facts', // bits, see TUPLE_REUSE_BITS
  ],
} as const satisfies RowLayout;

export const PAWS_ROW = {
  table: 'paws_row',
  columns: [
    'id',
    'connection_id',
    'segment_at',
    'segment_rel',
    'seq',
    'len',
    'flags', // octet 13 of the TCP header
    'tsval',
    'ts_recent',
    'margin_span', // ns by the sender's clock rate; -1: rate unknown
    'verdict', // bits, see PAWS_BITS
    'evidence_at', // the ACK that shows the rejection or the acceptance
    'evidence_rel',
    'echo_at', // the segment whose TSecr showed ts_recent
  ],
} as const satisfies RowLayout;

export const NAT_SOURCE_ROW = {
  table: 'nat_source_row',
  columns: [
    'id',
    'source_address',
    'destination_address', // -1: all
    'syns',
    'regressions',
    'estimated_hosts',
    'clock_hz',
    'verdict', // code of NAT_VERDICTS
    'confidence', // code of CONFIDENCES
    'tw_recycle_drops',
    'lines', // clock lines with at least two connections
    'loners', // connections on no line
  ],
} as const satisfies RowLayout;

export const REGRESSION_ROW = {
  table: 'timestamp_regression_row',
  columns: [
    'id',
    'source_address',
    'destination_address',
    'connection_id',
    'previous_connection_id',
    'syn_at',
    'syn_rel',
    'tsval',
    'previous_tsval',
    'elapsed_span',
    'tw_recycle_drop', // 0 or 1
  ],
} as const satisfies RowLayout;

/** SYNs that Linux before 4.12 with tcp_tw_recycle=1 would have dropped. */
export const RECYCLE_DROP_ROW = {
  table: 'tw_recycle_drop_row',
  columns: [
    'id',
    'connection_id',
    'syn_at',
    'syn_rel',
    'tsval',
    'remembered_tsval', // what the server would have remembered of the address
  ],
} as const satisfies RowLayout;

/** SYNs of a source whose timestamps are not those of one clock, to draw them. */
export const CLOCK_SAMPLE_ROW = {
  table: 'clock_sample_row',
  columns: [
    'id',
    'source_address',
    'destination_address',
    'syn_rel',
    'tsval',
    'clock', // from 1 on, the one with most SYNs first; 0: on none of them
  ],
} as const satisfies RowLayout;

/** TIME_WAIT sockets that an address held at one sampled moment after another, `samples` of them, `step_span` apart. */
export const TIME_WAIT_CENSUS_ROW = {
  table: 'time_wait_census_row',
  columns: ['id', 'from_rel', 'step_span', 'samples', 'address', 'time_wait'],
} as const satisfies RowLayout;

/** Sockets of an address in one state, likewise. */
export const STATE_CENSUS_ROW = {
  table: 'state_census_row',
  columns: [
    'id',
    'from_rel',
    'step_span',
    'samples',
    'address',
    'state', // code of STATES
    'connections',
  ],
} as const satisfies RowLayout;

/** All numeric tables; the position is the table's number in messages to the writer. */
export const ROW_LAYOUTS = [
  CONNECTION_ROW,
  CONNECTION_EXTRA_ROW,
  TIME_WAIT_SYN_ROW,
  PAWS_ROW,
  NAT_SOURCE_ROW,
  REGRESSION_ROW,
  TIME_WAIT_CENSUS_ROW,
  STATE_CENSUS_ROW,
  ZEEK_CONN_ROW,
  CLOCK_SAMPLE_ROW,
  TUPLE_REUSE_ROW,
  RECYCLE_DROP_ROW,
] as const satisfies readonly RowLayout[];

/** A field of a packed column: `(column >> shift) & (2^width - 1)`, a code of the list named in the comment. */
export interface BitField {
  readonly shift: number;
  readonly width: number;
}

function pack<const T extends Record<string, number>>(widths: T): { readonly [K in keyof T]: BitField } {
  let shift = 0;
  const fields: Record<string, BitField> = {};
  for (const [name, width] of Object.entries(widths)) {
    fields[name] = { shift, width };
    shift += width;
  }
  if (shift > 31) throw new Error('a packed column holds at most 31 bits');
  return fields as { readonly [K in keyof T]: BitField };
}

/** Where the Zeek code begins in the column `outcome` of CONNECTION_ROW. */
export const ZEEK_SHIFT = 32;

/** Column `outcome` of CONNECTION_ROW. */
export const OUTCOME_BITS = pack({
  roles: 2, // ROLES
  handshake: 2, // HANDSHAKES
  timestamps: 2, // TIMESTAMP_USES
  close: 3, // CLOSES
  closed_first: 2, // SIDES
  closed_first_confidence: 3, // CONFIDENCES
  close_note: 4, // CLOSE_NOTES
  time_wait_at: 2, // SIDES
  client_state: 4, // STATES
  server_state: 4, // STATES
});

/** Column `reset` of CONNECTION_ROW. */
export const RESET_BITS = pack({
  by: 2, // SIDES
  cause: 4, // RESET_CAUSES
  code: 5, // RESET_CODES
  confidence: 3, // CONFIDENCES
  origin: 2, // RESET_ORIGINS
  acceptable: 2, // TRISTATE
});

/** Column `verdict` of TIME_WAIT_SYN_ROW. */
export const TIME_WAIT_SYN_BITS = pack({
  outcome: 3, // TIME_WAIT_OUTCOMES
  confidence: 3, // CONFIDENCES
  isn_relation: 2, // ISN_RELATIONS
  ts_relation: 3, // TS_RELATIONS
  holder: 2, // SIDES, of the attempt: who of its two ends holds TIME_WAIT ('server': the end that the SYN went to)
  linux_isn: 1, // the SYN-ACK's ISN is 65537 above the old final number: Linux reopened TIME_WAIT
  client_reuse: 1, // the SYN's ISN is 65537 above its own old final number, or its TSecr is not zero: tcp_tw_reuse
  rfc1122: 2, // STACK_VERDICTS, this and the following
  rfc6191: 2,
  linux: 2,
  freebsd: 2,
  openbsd: 2,
  macos: 2,
  gvisor: 2,
  windows: 2,
});

/** Column `facts` of TUPLE_REUSE_ROW. */
export const TUPLE_REUSE_BITS = pack({
  holder: 2, // SIDES, of the later connection: who of its two ends holds TIME_WAIT
  stamped: 1, // both ends of the connection before used timestamps
  cut: 1, // timestamps may have been cut off by the snap length
});

/** Column `verdict` of PAWS_ROW. */
export const PAWS_BITS = pack({
  sender: 2, // SIDES
  state: 4, // STATES, of the receiver
  outcome: 3, // PAWS_OUTCOMES
  impact: 3, // PAWS_IMPACTS
  confidence: 3, // CONFIDENCES
  of_earlier: 1, // it carries the numbers of an earlier connection, and met this one
  contested: 1, // the ACK may be the answer to another segment
  late_answer: 1, // the ACK came late for an answer, or nobody knows how long one takes
});
