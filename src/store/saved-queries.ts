/** The questions that `tcpclose query --named NAME` answers. Each is one SELECT over the views. */
export interface SavedQuery {
  readonly name: string;
  readonly about: string;
  readonly sql: string;
}

export const SAVED_QUERIES: readonly SavedQuery[] = [
  {
    name: 'closers',
    about: 'Who closes first, by server address and port',
    sql: 'SELECT * FROM closers ORDER BY connections DESC, server_ip, server_port',
  },
  {
    name: 'resets',
    about: 'Resets counted by cause, code and who sent them',
    sql: `SELECT reset_cause, reset_code, reset_by, reset_origin, count(*) AS connections, min(connection_id) AS example_id
FROM resets GROUP BY 1, 2, 3, 4 ORDER BY connections DESC, 1, 2`,
  },
  {
    name: 'reset-list',
    about: 'Every reset: connection, cause, frame and how sure',
    sql: `SELECT connection_id, client_ip, client_port, server_ip, server_port, reset_by, reset_cause, reset_confidence, idle_before_end_s, reset_frame
FROM resets ORDER BY reset_ns`,
  },
  {
    name: 'time-wait',
    about: 'Every SYN that met TIME_WAIT, and what became of it',
    sql: `SELECT frame, client_ip, client_port, server_ip, server_port, elapsed_s, isn_delta, ts_delta, outcome, attempts, retry_delay_s, connection_id
FROM time_wait_syns ORDER BY at_ns`,
  },
  {
    name: 'time-wait-explained',
    about: 'The same in sentences',
    sql: 'SELECT frame, outcome, explanation FROM time_wait_syns ORDER BY at_ns',
  },
  {
    name: 'time-wait-stacks',
    about: 'What each stack would have done with these SYNs',
    sql: `SELECT isn_relation, ts_relation, rfc1122, rfc6191, linux, freebsd, openbsd, macos, gvisor, windows, outcome, count(*) AS syns
FROM time_wait_syns GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 ORDER BY syns DESC`,
  },
  {
    name: 'paws',
    about: 'Every segment that fails PAWS, the harmful ones first',
    sql: `SELECT frame, connection_id, sender, flags, len, ts_delta, margin_s, state, outcome, impact, confidence
FROM paws_rejections ORDER BY outcome = 'accepted', impact = 'harmless-old-duplicate', at_ns`,
  },
  {
    name: 'nat',
    about: 'Clocks behind each source address',
    sql: `SELECT source_ip, destination_ip, syns, regressions, estimated_hosts, clock_hz, verdict, confidence, tw_recycle_drops
FROM nat_sources ORDER BY estimated_hosts DESC, syns DESC, source_ip, destination_ip`,
  },
  {
    name: 'half-closed',
    about: 'Who has not closed, and for how long',
    sql: `SELECT connection_id, holder_ip, holder_port, peer_ip, peer_port, holder_state, held_s, ended FROM half_closed ORDER BY held_s DESC`,
  },
  {
    name: 'reuse',
    about: 'Four-tuples used again, the shortest gap first',
    sql: `SELECT previous_connection_id, connection_id, client_ip, client_port, server_ip, server_port, gap_s, previous_close, previous_closed_first, isn_delta, ts_delta
FROM tuple_reuse ORDER BY gap_s`,
  },
  {
    name: 'ports',
    about: 'Clients that run short of ports',
    sql: 'SELECT * FROM port_pressure ORDER BY peak_busy DESC LIMIT 50',
  },
  {
    name: 'idle',
    about: 'Connections that ended after a silence, by the timer it resembles',
    sql: `SELECT nearest_timer_s, nearest_timer, sum(matches) AS matches, count(*) AS connections, round(min(idle_before_end_s), 3) AS shortest_s, round(max(idle_before_end_s), 3) AS longest_s
FROM idle_timeouts GROUP BY 1, 2 ORDER BY matches DESC, connections DESC`,
  },
  {
    name: 'zeek',
    about: "The connections as Zeek's conn.log would have them",
    sql: 'SELECT * FROM zeek_conn ORDER BY ts, uid',
  },
  {
    name: 'findings',
    about: 'What a person should look at, the gravest first',
    sql: `SELECT severity, detector, kind, connection_id, frame, confidence, summary FROM findings
ORDER BY CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 WHEN 'notice' THEN 2 ELSE 3 END, id`,
  },
  {
    name: 'captures',
    about: 'What was read, and what could not be',
    sql: 'SELECT id, path, format, packets, tcp_packets, undecoded_packets, drops_reported, vantage, damage FROM captures ORDER BY id',
  },
  {
    name: 'undecoded',
    about: 'Why packets were not TCP segments',
    sql: 'SELECT reason, sum(packets) AS packets, meaning FROM undecoded GROUP BY reason, meaning ORDER BY packets DESC',
  },
  {
    name: 'longest',
    about: 'The connections that lasted longest',
    sql: 'SELECT id, client_ip, client_port, server_ip, server_port, duration_s, client_bytes, server_bytes, close, closed_first FROM connections ORDER BY duration_s DESC LIMIT 50',
  },
];
