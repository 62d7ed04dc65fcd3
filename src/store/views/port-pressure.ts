import { clientPort, serverPort, TIME_WAIT_NS } from '../sql.js';
import { column, type View } from './view.js';

/** Ports that Linux hands out by default: 32768 to 60999. */
export const EPHEMERAL_PORTS = 28_232;

const key = 'client_address, server_address, server_port';

/**
 * Common table expressions that end in `pressure`, a row a client address, server address and port. `timeWait`: SQL of how
 * long the TIME_WAIT of a row of connection_row keeps its tuple, ns. Where all tuples of a service were busy at one moment,
 * counting is enough; the others are followed step by step, and those used again are held free for the next connection.
 * `among`: SQL that holds for the rows that count.
 */
export const pressureTables = (timeWait: string, among = '1'): string => `life AS NOT MATERIALIZED (
  SELECT client_address, server_address, ${serverPort('ports')} AS server_port, ${clientPort('ports')} AS client_port,
    first_rel AS born, CASE time_wait_rel WHEN -1 THEN first_rel + lasted_span ELSE time_wait_rel END AS ended,
    max(first_rel + lasted_span, first_rel + 1, CASE time_wait_rel WHEN -1 THEN 0 ELSE time_wait_rel + ${timeWait} END) AS gone
  FROM connection_row WHERE ${among}
), counted AS MATERIALIZED (
  SELECT row_number() OVER () AS service, ${key}, count(*) AS connections, count(DISTINCT client_port) AS ports,
    max(born) < min(gone) AS at_once
  FROM life GROUP BY ${key}
), span AS MATERIALIZED (
  SELECT service, born, gone, lag(ended) OVER tuple AS before, lead(born) OVER tuple AS next
  FROM counted JOIN life USING (${key}) WHERE ports < connections
  WINDOW tuple AS (PARTITION BY service, client_port ORDER BY born)
), step AS (
  SELECT service, born AS at, 1 AS change FROM span
  UNION ALL SELECT service, min(gone, COALESCE(next, gone)), -1 FROM span
  UNION ALL SELECT service, born, 1 FROM counted JOIN life USING (${key}) WHERE ports = connections AND NOT at_once
  UNION ALL SELECT service, gone, -1 FROM counted JOIN life USING (${key}) WHERE ports = connections AND NOT at_once
), level AS (
  SELECT service, sum(change) OVER (PARTITION BY service ORDER BY at, change ROWS UNBOUNDED PRECEDING) AS busy FROM step
), peak AS (
  SELECT service, max(busy) AS busy FROM level GROUP BY service
), reuse AS (
  SELECT service, count(before) AS reuses, min(born - before) AS gap FROM span GROUP BY service
), pressure AS (
  SELECT ${key}, connections, ports, COALESCE(busy, connections) AS busy, COALESCE(reuses, 0) AS reuses, gap
  FROM counted LEFT JOIN peak USING (service) LEFT JOIN reuse USING (service)
)`;

export const portPressure: View = {
  name: 'port_pressure',
  about:
    'For each client address, server address and port: how many of its tuples were busy at the peak, open or in TIME_WAIT, and how fast ports were used again.',
  with: pressureTables(TIME_WAIT_NS),
  columns: [
    column('client_ip', 'ca.ip', 'Address that opened the connections.'),
    column('server_ip', 'sa.ip', 'Address that they went to.'),
    column('server_port', 'u.server_port', 'Port that they went to.'),
    column('connections', 'u.connections', 'Connections, attempts included.'),
    column('peak_busy', 'u.busy', 'Tuples busy at the same time at the peak, open or in TIME_WAIT.'),
    column(
      'share_of_range',
      `u.busy / ${EPHEMERAL_PORTS}.0`,
      `peak_busy as a share of the ${EPHEMERAL_PORTS} ports that Linux hands out by default.`,
    ),
    column('ports_used', 'u.ports', 'Different client ports seen.'),
    column('reuses', 'u.reuses', 'Connections on a tuple that had been used before.'),
    column(
      'shortest_reuse_s',
      'u.gap / 1e9',
      'Shortest time from the end of a connection (the complete close, else its last packet) to the first packet of the next one on its tuple.',
    ),
  ],
  from: `FROM pressure AS u
JOIN address AS ca ON ca.id = u.client_address
JOIN address AS sa ON sa.id = u.server_address`,
};
