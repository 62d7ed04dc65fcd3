/** When a TIME_WAIT ended because a new connection took its place: told by the SYNs that met it. */
import { TIME_WAIT_SYN_BITS } from '../flow/row-layout.js';
import { SIDES, TIME_WAIT_OUTCOMES } from '../flow/vocabulary.js';
import { bits } from './sql.js';

const holder = bits('t.verdict', TIME_WAIT_SYN_BITS.holder);
const outcome = bits('t.verdict', TIME_WAIT_SYN_BITS.outcome);
const outcomeIs = (...names: (typeof TIME_WAIT_OUTCOMES)[number][]): string =>
  `${outcome} IN (${names.map((name) => TIME_WAIT_OUTCOMES.indexOf(name)).join(', ')})`;

/** When TIME_WAIT made place at the end that the SYN went to, and at the one that sent it. */
const BY_SYN = `SELECT t.previous_connection_id AS id, n.client_address = p.client_address AND n.ports = p.ports AS same,
    CASE WHEN ${holder} = ${SIDES.indexOf('client')} THEN NULL
      WHEN ${outcomeIs('accepted', 'accepted-after-rst')} THEN t.syn_rel + t.retry_span
      WHEN ${outcomeIs('reset')} THEN t.syn_rel END AS receiver,
    CASE WHEN ${holder} IN (${SIDES.indexOf('client')}, ${SIDES.indexOf('both')}) THEN t.syn_rel END AS sender
  FROM time_wait_syn_row AS t
  JOIN connection_row AS n ON n.id = t.connection_id JOIN connection_row AS p ON p.id = t.previous_connection_id`;

/** A common table expression `freed`: by connection, when its client's and its server's TIME_WAIT made place; NULL: none did. */
export const FREED = `freed AS (
  SELECT id, min(CASE WHEN same THEN sender ELSE receiver END) AS client, min(CASE WHEN same THEN receiver ELSE sender END) AS server
  FROM (${BY_SYN}) GROUP BY id
)`;
