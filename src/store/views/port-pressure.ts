import { clientPort, serverPort, TIME_WAIT_NS } from '../sql.js';
import { column, type View } from './view.js';

/** Ports that Linux hands out by default: 32768 to 60999. */
export const EPHEMERAL_PORTS = 28_232;

export const portPressure: View = {
  name: 'port_pressure',
  about:
    'For each client address, server address and port: how many of its tuples were busy at the peak, open or in TIME_WAIT, and how fast ports were used again.',
  with: `life AS (
  SELECT client_address, server_address, ${serverPort('ports')} AS server_port, ${clientPort('ports')} AS client_port,
    first_rel AS born, first_rel + lasted_span AS last,
    CASE time_wait_rel WHEN -1 THEN first_rel + lasted_span ELSE max(first_rel + lasted_span, time_wait_rel + ${TIME_WAIT_NS}) END AS gone
  FROM connection_row
), span AS (
  SELECT *, lag(last) OVER tuple AS before, lead(born) OVER tuple AS next
  FROM life WINDOW tuple AS (PARTITION BY client_address, server_address, server_port, client_port ORDER BY born)
), step AS (
  SELECT client_address, server_address, server_port, born AS at, 1 AS change FROM span
  UNION ALL
  SELECT client_address, server_address, server_port, min(gone, COALESCE(next, gone)), -1 FROM span
), level AS (
  SELECT client_address, server_address, server_port, sum(change) OVER (
    PARTITION BY client_address, server_address, server_port ORDER BY at, change ROWS UNBOUNDED PRECEDING) AS busy
  FROM step
), peak AS (
  SELECT client_address, server_address, server_port, max(busy) AS busy FROM level GROUP BY 1, 2, 3
), reuse AS (
  SELECT client_address, server_address, server_port, count(*) AS connections, count(DISTINCT client_port) AS ports,
    count(before) AS reuses, min(born - before) AS gap
  FROM span GROUP BY 1, 2, 3
)`,
  columns: [
    column('client_ip', 'ca.ip', 'Address that opened the connections.'),
    column('server_ip', 'sa.ip', 'Address that they went to.'),
    column('server_port', 'u.server_port', 'Port that they went to.'),
    column('connections', 'u.connections', 'Connections, attempts included.'),
    column('peak_busy', 'k.busy', 'Tuples busy at the same time at the peak, open or in TIME_WAIT.'),
    column(
      'share_of_range',
      `k.busy / ${EPHEMERAL_PORTS}.0`,
      `peak_busy as a share of the ${EPHEMERAL_PORTS} ports that Linux hands out by default.`,
    ),
    column('ports_used', 'u.ports', 'Different client ports seen.'),
    column('reuses', 'u.reuses', 'Connections on a tuple that had been used before.'),
    column(
      'shortest_reuse_s',
      'u.gap / 1e9',
      'Shortest time from the last packet on a tuple to the first of the next connection on it.',
    ),
  ],
  from: `FROM reuse AS u
JOIN peak AS k USING (client_address, server_address, server_port)
JOIN address AS ca ON ca.id = u.client_address
JOIN address AS sa ON sa.id = u.server_address`,
};
