import { OUTCOME_BITS } from '../../flow/row-layout.js';
import { SIDES } from '../../flow/vocabulary.js';
import { absoluteNs, bits, EPOCH_NS, isoUtc, TIME_WAIT_NS } from '../sql.js';
import { FREED } from '../time-wait-freed.js';
import { column, type View } from './view.js';

const holder = bits('outcome', OUTCOME_BITS.time_wait_at);
const heldBy = (...sides: ('client' | 'server' | 'both')[]): string =>
  `time_wait_rel <> -1 AND ${holder} IN (${sides.map((side) => SIDES.indexOf(side)).join(', ')})`;
const oneHolder = `CASE ${holder} WHEN ${SIDES.indexOf('server')} THEN server_address ELSE client_address END`;

/** Later than any time. */
const NEVER = '9223372036854775807';

/**
 * Common table expressions that end in `time_wait_level`: each moment up to the last packet at which the TIME_WAIT sockets
 * of an address become more or fewer, by how many (`change`), and how many it then holds (`held`). `length`: SQL of how long
 * the TIME_WAIT of a row of connection_row lasts, ns. All are counted with that length first; where a reset, a new
 * connection or a restart (close-rules 2.5) changed it, that is then put right.
 */
export const timeWaitLevels = (length: string): string => `${FREED}, early_or_late AS (
  SELECT id FROM connection_extra_row WHERE time_wait_restart_rel <> -1 OR reset_rel <> -1 UNION SELECT id FROM freed
), odd AS MATERIALIZED (
  SELECT client_address, server_address, ${holder} AS holder, time_wait_rel AS began, time_wait_rel + ${length} AS due,
    min(max(COALESCE(x.time_wait_restart_rel, -1), time_wait_rel) + ${length}, COALESCE(NULLIF(x.reset_rel, -1), ${NEVER})) AS gone,
    COALESCE(f.client, ${NEVER}) AS client_freed, COALESCE(f.server, ${NEVER}) AS server_freed
  FROM early_or_late AS o JOIN connection_row AS c ON c.id = o.id
  LEFT JOIN connection_extra_row AS x ON x.id = c.id LEFT JOIN freed AS f ON f.id = c.id
  WHERE ${heldBy('client', 'server', 'both')}
), amended AS (
  SELECT client_address AS address, due, max(began, min(gone, client_freed)) AS gone FROM odd WHERE holder <> ${SIDES.indexOf('server')}
  UNION ALL SELECT server_address, due, max(began, min(gone, server_freed)) FROM odd WHERE holder <> ${SIDES.indexOf('client')}
), time_wait_step AS (
  SELECT ${oneHolder} AS address, time_wait_rel AS at, 1 AS change FROM connection_row WHERE ${heldBy('client', 'server', 'both')}
  UNION ALL SELECT ${oneHolder}, time_wait_rel + ${length}, -1 FROM connection_row WHERE ${heldBy('client', 'server', 'both')}
  UNION ALL SELECT server_address, time_wait_rel, 1 FROM connection_row WHERE ${heldBy('both')}
  UNION ALL SELECT server_address, time_wait_rel + ${length}, -1 FROM connection_row WHERE ${heldBy('both')}
  UNION ALL SELECT address, due, 1 FROM amended WHERE due <> gone
  UNION ALL SELECT address, gone, -1 FROM amended WHERE due <> gone
), time_wait_level AS (
  SELECT address, at, change, sum(change) OVER (PARTITION BY address ORDER BY at, change ROWS UNBOUNDED PRECEDING) AS held
  FROM time_wait_step WHERE at <= (SELECT max(last_ns) - ${EPOCH_NS} FROM captures)
)`;

export const timeWaitPeaks: View = {
  name: 'time_wait_peaks',
  about: 'The most TIME_WAIT sockets that each address held at a time, to the socket and the nanosecond.',
  with: `${timeWaitLevels(TIME_WAIT_NS)}, time_wait_peak AS MATERIALIZED (
  SELECT address, max(held) AS held, at FROM time_wait_level GROUP BY address
)`,
  columns: [
    column('ip', 'a.ip', 'The address that held the sockets.'),
    column('peak_time_wait', 'p.held', 'Sockets in TIME_WAIT at the peak.'),
    column('at_ns', absoluteNs('p.at'), 'When it first held so many, nanoseconds since 1970 UTC.'),
    column('seen', isoUtc(absoluteNs('p.at')), 'When it first held so many, ISO 8601 UTC.'),
  ],
  from: 'FROM time_wait_peak AS p JOIN address AS a ON a.id = p.address WHERE p.held > 0',
};
