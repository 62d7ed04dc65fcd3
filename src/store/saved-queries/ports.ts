/** Ports, states over time, and silences. */
import { CLIENT, LIMIT, narrowed, PORT, type QueryParameter, type SavedQuery } from './saved-query.js';

const RANGE: QueryParameter = {
  name: 'range',
  about: 'ports there are for a destination (ip_local_port_range, SNAT ports)',
  type: 'integer',
  default: 28232n,
};
const HOST: QueryParameter = { name: 'ip', about: 'only this address', type: 'text', default: null };

export const PORT_QUERIES: readonly SavedQuery[] = [
  {
    name: 'ports',
    about: 'Clients that run short of ports: busy at the peak, of how many',
    parameters: [RANGE, PORT, CLIENT, LIMIT],
    sql: `SELECT client_ip, server_ip, server_port, connections, peak_busy, :range AS port_range, round(100.0 * peak_busy / :range, 2) AS percent_of_range, ports_used, reuses, shortest_reuse_s
FROM port_pressure WHERE ${narrowed('server_port', PORT)} AND ${narrowed('client_ip', CLIENT)} ORDER BY peak_busy DESC, client_ip LIMIT :limit`,
  },
  {
    name: 'peak-time-wait',
    about: 'Hosts that hold most TIME_WAIT sockets, and when',
    parameters: [LIMIT],
    sql: `SELECT ip, peak_time_wait, seen AS first_at FROM time_wait_peaks ORDER BY peak_time_wait DESC, ip LIMIT :limit`,
  },
  {
    name: 'census',
    about: 'Connections in each state over time, by host (netstat for any moment)',
    parameters: [HOST],
    sql: `SELECT seen, ip, sum(connections * (state = 'ESTABLISHED')) AS established, sum(connections * (state IN ('CLOSE_WAIT', 'FIN_WAIT_1', 'FIN_WAIT_2'))) AS half_closed,
  sum(connections * (state = 'TIME_WAIT')) AS time_wait, sum(connections * (state NOT IN ('ESTABLISHED', 'CLOSE_WAIT', 'FIN_WAIT_1', 'FIN_WAIT_2', 'TIME_WAIT'))) AS others
FROM state_census WHERE ${narrowed('ip', HOST)} GROUP BY at_ns, ip ORDER BY at_ns, ip`,
  },
  {
    name: 'idle',
    about: 'Connections that ended after a silence, by the timer it resembles',
    parameters: [PORT],
    sql: `SELECT CASE WHEN matches THEN nearest_timer_s END AS timer_s, CASE WHEN matches THEN nearest_timer ELSE 'none that is well known' END AS timer, count(*) AS connections, round(min(idle_before_end_s), 3) AS shortest_s, round(max(idle_before_end_s), 3) AS longest_s
FROM idle_timeouts WHERE ${narrowed('server_port', PORT)} GROUP BY 1, 2 ORDER BY timer_s IS NULL, connections DESC, timer_s`,
  },
  {
    name: 'idle-list',
    about: 'The same, each connection: the silence, who ended it and how',
    parameters: [PORT, LIMIT],
    sql: `SELECT connection_id, client_ip, client_port, server_ip, server_port, idle_before_end_s, nearest_timer_s, matches, close, closed_first, reset_cause, last_frame
FROM idle_timeouts WHERE ${narrowed('server_port', PORT)} ORDER BY matches DESC, idle_before_end_s DESC LIMIT :limit`,
  },
  {
    name: 'longest',
    about: 'The connections that lasted longest, silences and all',
    parameters: [PORT, LIMIT],
    sql: `SELECT id, client_ip, client_port, server_ip, server_port, duration_s, longest_idle_s, client_bytes, server_bytes, close, closed_first
FROM connections WHERE ${narrowed('server_port', PORT)} ORDER BY duration_s DESC LIMIT :limit`,
  },
];
