/** One sentence for every table, view and column: what `tcpclose schema` prints. */
import { ROW_LAYOUTS } from '../flow/row-layout.js';
import { MAX_LETTERS } from '../flow/zeek-automaton.js';
import { VIEWS } from './views/index.js';

export interface ColumnDocs {
  readonly name: string;
  readonly about: string;
}

export interface TableDocs {
  readonly name: string;
  readonly kind: 'view' | 'table';
  readonly about: string;
  readonly columns: readonly ColumnDocs[];
}

type Columns = Readonly<Record<string, string>>;
const table = (name: string, about: string, columns: Columns): TableDocs => ({
  name,
  kind: 'table',
  about,
  columns: Object.entries(columns).map(([column, text]) => ({
    name: column,
    about: text,
  })),
});

const PLAIN_TABLES: readonly TableDocs[] = [
  table('captures', 'Each capture file that was read.', {
    id: 'Number of the capture.',
    path: 'The file as it was named; - is standard input.',
    format: 'pcap or pcapng.',
    compression: 'gzip or zstd; NULL where none.',
    link_types: 'LINKTYPE numbers of its packets, separated by commas.',
    snaplen: 'Largest number of octets kept of a packet; NULL where the file names none.',
    packets: 'Packets in the file.',
    tcp_packets: 'Packets that hold a TCP header of their own; with --filter, those among the ones it let through.',
    undecoded_packets: 'Packets damaged, cut or unknown so that nobody can say whether they held TCP.',
    bytes: 'Size of the file as it lies there.',
    first_ns: 'Time of the earliest packet, nanoseconds since 1970 UTC.',
    last_ns: 'Time of the latest packet, nanoseconds since 1970 UTC.',
    drops_reported: 'Packets that the capturing host says it lost; NULL where the file does not say.',
    damage: 'What is damaged and where; NULL where the file is whole.',
    sha256: 'SHA-256 of the file as it lies there; NULL unless analyzed with --sha256.',
    head_sha256: 'SHA-256 of its first 4096 octets, by which extract knows it again; NULL for pipes.',
    backward_steps: 'Packets whose time is before that of the packet before them.',
    largest_backward_step_ns: 'The most that the time of such a packet is before that of the one before it.',
    cut_frames: 'Packets of which the file holds fewer octets than there were.',
    vantage:
      'Where most handshakes say that the tap was: at the client side, at the server side or in the middle; NULL where they do not say.',
    recording_id: 'The run of `tcpclose analyze` that read it.',
  }),
  table('findings', 'What a person should look at, from every detector.', {
    id: 'Number of the finding.',
    detector: 'The detector that made it; `tcpclose explain` tells what it looks for.',
    kind: 'What it found: a stable name.',
    severity: 'info, notice, warning or critical.',
    confidence: 'How sure it is: certain, strong, likely, weak or unknown.',
    connection_id: 'The connection that it is about.',
    capture_id: 'The capture that holds its frame.',
    frame: 'The frame to look at.',
    at_ns: 'Time of that frame, nanoseconds since 1970 UTC.',
    summary: 'One plain sentence with the numbers in it.',
    evidence: 'The values that it rests on, JSON.',
    source: 'The RFC section or kernel behaviour that it rests on.',
  }),
  table('undecoded', 'Why packets were not taken for TCP segments, counted for each capture.', {
    capture_id: 'The capture.',
    reason: 'A stable name of the reason.',
    packets: 'How many packets.',
    meaning: 'The reason in words that continue "a packet ...".',
    undecided: '1 where nobody can say whether they held TCP, 0 where it is known.',
  }),
  table('meta', 'What made this file and how.', {
    key: 'tool_version, command_line, created, epoch_ns, time_wait_ns, every parameter, packets_left_out by the filter, unread_inputs (a line for each that nothing could be read of, and why), and what max_memory cost: evicted_connections that had not ended, evicted_after_their_end.',
    value: 'Its value, as text.',
  }),
  table('recordings', 'Each run of `tcpclose analyze` that wrote to this file (--append adds one).', {
    id: 'Number of the recording.',
    created: 'When, ISO 8601 UTC.',
    tool_version: 'Version of tcpclose.',
    command_line: 'The command line.',
    parameters: 'Every parameter, JSON.',
    first_connection_id: 'Its connections have the ids from this one to the next recording’s first.',
  }),
  table('address', 'Each address once; the numeric rows name it by id.', {
    id: 'Number of the address.',
    ip: 'Its text, IPv6 as in RFC 5952.',
  }),
  table('zeek_history', "Each pair of Zeek's conn_state and history that some connection has.", {
    id: 'Number of the pair.',
    conn_state: 'As in zeek_conn; NULL where it is not known.',
    history: `As in zeek_conn; NULL where there were too many different ones to keep, it has more than ${MAX_LETTERS} letters, or it is empty.`,
  }),
  table('census_sample', 'The numbers 0 to 999, with which rows of a census are spread out.', { id: 'The number.' }),
  table(
    'connection_tally',
    'Connections counted by service, outcome and reset; empty where there were too many groups.',
    {
      server_address:
        'Address id of the server; 0, with port 0: of several services, none of whose connections anybody closed first.',
      server_port: 'Port of the server.',
      outcome: 'Packed codes, as in connection_row without the Zeek code.',
      reset: 'Packed codes, as in connection_row.',
      connections: 'How many.',
      one_sided: 'Of those, connections of which only one side was seen.',
      first_id: 'The lowest connection id among them; NULL where it is not known.',
    },
  ),
  table('connection_community', 'Community IDs, where they were asked for.', {
    id: 'Number of the connection.',
    community_id: 'Community ID v1, seed 0.',
  }),
];

/** The numeric rows beneath the views. Columns that need more than the rule for their ending. */
const ROW_TABLES: Readonly<Record<string, { readonly about: string; readonly columns: Columns }>> = {
  connection_row: {
    about: 'Each connection, packed; read the view connections instead.',
    columns: {
      id: 'Number of the connection.',
      client_address: 'Address id of the client.',
      server_address: 'Address id of the server.',
      ports: 'Client port * 65536 + server port.',
      outcome:
        'Packed codes: roles, handshake, timestamps, close, closed_first and its confidence, note, TIME_WAIT side, states; from bit 32 on twice the zeek_history, + 1 where the server is its originator.',
      first_rel: 'Its first packet.',
      first_at: 'Where its first packet is.',
      client_isn: 'Initial sequence number of the client.',
      client_packets: 'Packets from the client.',
      lasted_span: 'From its first packet to its last.',
      last_past: 'Where its last packet is.',
      reset: 'Packed codes: reset by, cause, code, confidence, origin, acceptable; 0 where no reset ended it.',
      server_packets: 'Packets from the server.',
      client_bytes: 'Payload octets from the client.',
      server_bytes: 'Payload octets from the server.',
      idle_max_span: 'Longest silence.',
      server_isn: 'Initial sequence number of the server.',
      rtt_span: 'From the SYN to the ACK of the SYN-ACK.',
      syn_ack_span: "From its first packet to the server's SYN-ACK, the last before the handshake was complete.",
      syn_ack_past: 'Where that SYN-ACK is.',
      handshake_ack_past: "Where the client's ACK of the SYN-ACK is.",
      client_fin_past: "Where the client's first FIN is.",
      server_fin_past: "Where the server's first FIN is.",
      client_fin_rel: "The client's first FIN.",
      server_fin_rel: "The server's first FIN.",
      idle_end_span: 'Silence before the end.',
      time_wait_rel: 'When TIME_WAIT began.',
      close_wait_span: "How long the passive side sat on the peer's FIN.",
    },
  },
  connection_extra_row: {
    about: 'What most connections do not have; a connection without a row here has the ordinary values.',
    columns: {
      id: 'Number of the connection.',
      incarnation: 'Which connection of its four-tuple it is.',
      syn_count: 'Copies of the SYN.',
      syn_ack_count: 'Copies of the SYN-ACK.',
      client_repeated: 'Payload octets that the client had sent before.',
      server_repeated: 'Payload octets that the server had sent before.',
      client_retransmissions: 'Segments that the client sent again.',
      server_retransmissions: 'Segments that the server sent again.',
      reset_at: 'Where the reset is.',
      reset_rel: 'The reset.',
      handshake_ack_rel: "The client's ACK of the SYN-ACK, where there is no rtt_span.",
      time_wait_restart_rel: 'The last segment that restarted TIME_WAIT, if any did.',
    },
  },
  zeek_conn_row: {
    about: 'What Zeek would log where that is not simply the connection, packed; read the view zeek_conn instead.',
    columns: {
      id: 'Number of the row.',
      connection_id: 'The connection.',
      part: "Which of Zeek's connections in it, from 0.",
      history: 'Number of the zeek_history.',
      orig_address: 'Address id of the originator.',
      resp_address: 'Address id of the responder.',
      ports: "Originator's port * 65536 + responder's port.",
      first_rel: 'Its first packet.',
      lasted_span: 'To its last packet.',
      orig_packets: 'Packets of the originator.',
      resp_packets: 'Packets of the responder.',
      orig_bytes: 'Payload octets of the originator.',
      resp_bytes: 'Payload octets of the responder.',
    },
  },
  time_wait_syn_row: {
    about: 'SYNs that met TIME_WAIT, packed; read the view time_wait_syns instead.',
    columns: {
      id: 'Number of the row.',
      connection_id: 'The attempt.',
      previous_connection_id: 'The connection in TIME_WAIT.',
      syn_at: 'Where the SYN is.',
      syn_rel: 'The SYN.',
      elapsed_span: 'Since TIME_WAIT began.',
      isn: 'Initial sequence number of the SYN.',
      previous_final_seq: 'Highest sequence number + 1 of the same sender before.',
      tsval: 'Timestamp of the SYN.',
      previous_tsval: 'Last timestamp of the same sender before.',
      attempts: 'Copies of the SYN.',
      retry_span: 'From the first copy to the SYN-ACK that took it.',
      verdict: 'Packed codes: outcome, confidence, relations, holder, signs of the stacks and their verdicts.',
      answer_at: 'Where the answer is.',
      answer_rel: 'The answer.',
      outlived_resets: 'Resets with the right number that TIME_WAIT outlived.',
    },
  },
  tuple_reuse_row: {
    about: 'SYNs on a four-tuple that had a connection before, with the numbers of both; what-if judges them.',
    columns: {
      id: 'The connection that the SYN opened.',
      previous_connection_id: 'The connection before; attempts between the two are passed over.',
      age_span: 'From the beginning or restart of TIME_WAIT to the SYN.',
      isn: 'Initial sequence number of the SYN.',
      previous_final_seq: 'Highest sequence number + 1 of the same sender before.',
      tsval: 'Timestamp of the SYN.',
      previous_tsval: 'Last timestamp of the same sender before.',
      window: 'Last receive window of the other end before, octets.',
      facts: 'Packed: who holds TIME_WAIT, whether timestamps were used, whether they may have been cut off.',
    },
  },
  tw_recycle_drop_row: {
    about: 'SYNs that tcp_tw_recycle would have dropped; read the view tw_recycle_drops instead.',
    columns: {
      id: 'Number of the row.',
      connection_id: 'The connection that the SYN opened.',
      syn_at: 'Where the SYN is.',
      syn_rel: 'The SYN.',
      tsval: 'Its timestamp.',
      remembered_tsval: 'Timestamp that the server would have remembered of the same address.',
    },
  },
  paws_row: {
    about: 'Segments that fail PAWS, packed; read the view paws_rejections instead.',
    columns: {
      id: 'Number of the row.',
      connection_id: 'The connection.',
      segment_at: 'Where the segment is.',
      segment_rel: 'The segment.',
      seq: 'Its sequence number.',
      len: 'Its payload octets.',
      flags: 'Octet 13 of its TCP header.',
      tsval: 'Its timestamp.',
      ts_recent: 'Timestamp that the receiver had.',
      margin_span: "How much too old by the sender's clock.",
      verdict: 'Packed codes: sender, state, outcome, impact, confidence.',
      evidence_at: 'Where the ACK is that shows the outcome.',
      evidence_rel: 'That ACK.',
      echo_at: 'Where the receiver echoed ts_recent.',
    },
  },
  nat_source_row: {
    about: 'Clocks behind source addresses; read the view nat_sources instead.',
    columns: {
      id: 'Number of the row.',
      source_address: 'Address id of the source.',
      destination_address: 'Address id of the destination; NULL stands for all.',
      syns: 'SYNs with timestamps.',
      regressions: 'SYNs whose timestamp is behind the one before.',
      estimated_hosts: 'Clocks that can be told apart.',
      clock_hz: 'Ticks a second.',
      verdict: 'Code of the verdict.',
      confidence: 'Code of the confidence.',
      tw_recycle_drops: 'SYNs that tcp_tw_recycle would have dropped.',
      lines: 'Clock lines with at least two connections.',
      loners: 'Connections on no line.',
    },
  },
  timestamp_regression_row: {
    about: 'SYNs whose timestamp went back; read the view timestamp_regressions instead.',
    columns: {
      id: 'Number of the row.',
      source_address: 'Address id of the source.',
      destination_address: 'Address id of the destination.',
      connection_id: 'Connection of the later SYN.',
      previous_connection_id: 'Connection of the SYN before.',
      syn_at: 'Where the later SYN is.',
      syn_rel: 'The later SYN.',
      tsval: 'Its timestamp.',
      previous_tsval: 'Timestamp of the SYN before.',
      elapsed_span: 'Between the two.',
      tw_recycle_drop: '1 where tcp_tw_recycle would have dropped it.',
    },
  },
  clock_sample_row: {
    about: 'SYNs with the clock that they lie on; read the view clock_samples instead.',
    columns: {
      id: 'Number of the row.',
      source_address: 'Address id of the source.',
      destination_address: 'Address id of the destination.',
      syn_rel: 'The SYN.',
      tsval: 'Its timestamp.',
      clock: 'The clock that it lies on; 0: none.',
    },
  },
  time_wait_census_row: {
    about: 'Samples of TIME_WAIT sockets; read the view time_wait_census instead.',
    columns: {
      id: 'Number of the row.',
      from_rel: 'The first sample.',
      step_span: 'From one sample to the next.',
      samples: 'Samples with this count.',
      address: 'Address id of the holder.',
      time_wait: 'Sockets in TIME_WAIT.',
    },
  },
  state_census_row: {
    about: 'Samples of connection states; read the view state_census instead.',
    columns: {
      id: 'Number of the row.',
      from_rel: 'The first sample.',
      step_span: 'From one sample to the next.',
      samples: 'Samples with this count.',
      address: 'Address id of the host.',
      state: 'Code of the state.',
      connections: 'Connections in it.',
    },
  },
};

/** What the ending of a numeric column says about its value. */
function unit(column: string): string {
  if (column.endsWith('_rel')) return ' Nanoseconds since meta.epoch_ns; -1: none.';
  if (column.endsWith('_span')) return ' Nanoseconds; -1: not known.';
  if (column.endsWith('_past')) return ' Capture id * 2^32 + frame number, less first_at; -1: none.';
  if (column.endsWith('_at')) return ' Capture id * 2^32 + frame number; -1: none.';
  return '';
}

function rowTable(name: string): TableDocs {
  const docs = ROW_TABLES[name];
  const columns = Object.entries(docs?.columns ?? {}).map(([column, about]) => ({
    name: column,
    about: about + unit(column),
  }));
  return { name, kind: 'table', about: docs?.about ?? '', columns };
}

/** Everything that the database shows, what people read first. */
export const SCHEMA_DOCS: readonly TableDocs[] = [
  ...VIEWS.map((view): TableDocs => ({
    name: view.name,
    kind: 'view',
    about: view.about,
    columns: view.columns,
  })),
  ...PLAIN_TABLES,
  ...ROW_LAYOUTS.map((layout) => rowTable(layout.table)),
];
