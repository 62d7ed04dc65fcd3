import { OUTCOME_BITS } from '../../flow/row-layout.js';
import { CLOSES } from '../../flow/vocabulary.js';
import { bits } from '../sql.js';
import { connections } from './connections.js';
import { column, columnsFrom, type View } from './view.js';

/** Timers that people meet: seconds and where. Order and count are free to grow. */
export const KNOWN_TIMERS: readonly (readonly [number, string])[] = [
  [5, 'Node.js and Apache keep-alive'],
  [10, 'common application default'],
  [15, 'common application default'],
  [30, 'common application default'],
  [60, 'nginx read timeout, AWS ALB, many proxies'],
  [65, 'nginx keep-alive of some distributions'],
  [75, 'nginx keep-alive'],
  [120, 'IIS, common firewall default'],
  [180, 'common application default'],
  [240, 'Azure load balancer'],
  [300, 'common firewall default'],
  [350, 'AWS NLB and NAT gateway'],
  [600, 'GCP load balancer'],
  [900, 'common firewall default'],
  [1800, 'common firewall default'],
  [3600, 'common firewall default'],
  [7200, 'TCP keepalive of most systems'],
];

const ENDED = (['fin', 'half-closed', 'fin-then-rst', 'rst'] as const).map((name) => CLOSES.indexOf(name)).join(', ');

export const idleTimeouts: View = {
  name: 'idle_timeouts',
  about: 'Connections that ended after a silence, with the nearest well-known timer: a match, never a proof.',
  with: `timer(seconds, known_as) AS (VALUES ${KNOWN_TIMERS.map(([s, name]) => `(${s}, '${name}')`).join(', ')}),
near AS (
  SELECT c.id, t.seconds, min(abs(c.idle_end_span / 1e9 - t.seconds)) AS off
  FROM connection_row AS c, timer AS t
  WHERE c.idle_end_span >= 4000000000 AND ${bits('c.outcome', OUTCOME_BITS.close)} IN (${ENDED}) GROUP BY c.id
)`,
  columns: [
    column('connection_id', 'c.id', 'Number of the connection.'),
    ...columnsFrom(connections, 'c', [
      'client_ip',
      'client_port',
      'server_ip',
      'server_port',
      'close',
      'closed_first',
      'idle_before_end_s',
    ]),
    column('nearest_timer_s', 't.seconds', 'The nearest well-known timer, seconds.'),
    column('nearest_timer', 't.known_as', 'Who is known to use that timer.'),
    column('off_by_s', 'c.idle_before_end_s - t.seconds', 'Silence minus the timer, seconds.'),
    column(
      'matches',
      `near.off <= max(0.5, 0.02 * t.seconds)`,
      '1 where the silence is within 2 % (or half a second) of the timer.',
    ),
    ...columnsFrom(connections, 'c', ['reset_by', 'reset_cause', 'capture_id', 'last_frame', 'wireshark_filter']),
  ],
  from: `FROM near
JOIN connections AS c ON c.id = near.id
JOIN timer AS t ON t.seconds = near.seconds`,
};
