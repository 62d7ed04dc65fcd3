/** What the timestamps of RFC 7323 tell: PAWS, and clocks behind an address. */
import type { QueryParameter, SavedQuery } from './saved-query.js';
import { narrowed } from './saved-query.js';

const SOURCE: QueryParameter = { name: 'source', about: 'only this source address', type: 'text', default: null };

export const TIMESTAMP_QUERIES: readonly SavedQuery[] = [
  {
    name: 'paws',
    about: 'Every segment that fails PAWS, the harmful ones first',
    sql: `SELECT frame, connection_id, sender, flags, len, ts_delta, margin_s, state, outcome, impact, confidence
FROM paws_rejections ORDER BY outcome = 'accepted', impact = 'harmless-old-duplicate', at_ns`,
  },
  {
    name: 'paws-explained',
    about: 'The same in sentences: what the receiver knew, what came, and the rule',
    sql: `SELECT frame, outcome, impact, explanation FROM paws_rejections ORDER BY outcome = 'accepted', impact = 'harmless-old-duplicate', at_ns`,
  },
  {
    name: 'nat',
    about: 'Clocks behind each source address',
    parameters: [SOURCE],
    sql: `SELECT source_ip, destination_ip, syns, regressions, estimated_hosts, clock_hz, verdict, confidence, tw_recycle_drops
FROM nat_sources WHERE ${narrowed('source_ip', SOURCE)} ORDER BY estimated_hosts DESC, syns DESC, source_ip, destination_ip`,
  },
  {
    name: 'nat-explained',
    about: 'The same in sentences',
    parameters: [SOURCE],
    sql: `SELECT source_ip, verdict, explanation FROM nat_sources WHERE destination_ip IS NULL AND ${narrowed('source_ip', SOURCE)}
ORDER BY estimated_hosts DESC, syns DESC, source_ip`,
  },
  {
    name: 'ignored-syns',
    about: 'SYNs ignored whose timestamp was behind an earlier one, by source: is it tcp_tw_recycle?',
    parameters: [SOURCE],
    sql: `WITH odd AS (
  SELECT source_ip, destination_ip, connection_id, frame, 1 AS back, 0 AS dropped FROM timestamp_regressions
  UNION ALL SELECT client_ip, server_ip, connection_id, frame, 0, 1 FROM tw_recycle_drops),
syn AS (
  SELECT o.source_ip, o.destination_ip, o.connection_id, min(o.frame) AS frame, max(o.back) AS back, max(o.dropped) AS dropped,
    c.close = 'unanswered' AS unanswered
  FROM odd AS o LEFT JOIN connections AS c ON c.id = o.connection_id WHERE ${narrowed('o.source_ip', SOURCE)} GROUP BY 1, 2, 3),
back AS (
  SELECT source_ip, destination_ip, sum(back) AS timestamps_back, sum(unanswered) AS of_these_unanswered, sum(dropped) AS tw_recycle_drops,
    sum(dropped AND unanswered) AS drops_unanswered, min(frame) AS first_frame, min(connection_id) AS example_id
  FROM syn GROUP BY 1, 2),
other AS (
  SELECT b.source_ip, b.destination_ip, count(*) AS other_syns, sum(c.close = 'unanswered') AS others_unanswered
  FROM back AS b JOIN connections AS c ON c.client_ip = b.source_ip AND c.server_ip = b.destination_ip AND c.syn_count > 0
  WHERE c.id NOT IN (SELECT connection_id FROM syn) GROUP BY 1, 2)
SELECT source_ip, destination_ip, timestamps_back, of_these_unanswered, other_syns, others_unanswered, tw_recycle_drops,
  CASE WHEN of_these_unanswered = 0 THEN 'none ignored'
    WHEN drops_unanswered = 0 THEN 'not tcp_tw_recycle: it would have taken those that were ignored'
    WHEN drops_unanswered < tw_recycle_drops THEN 'not tcp_tw_recycle alone: some that it would drop were answered'
    WHEN others_unanswered > 0 THEN 'perhaps tcp_tw_recycle, but others were ignored too'
    ELSE 'as tcp_tw_recycle of Linux before 4.12 does, or another PAWS check by address' END AS explained_by,
  first_frame, example_id
FROM back LEFT JOIN other USING (source_ip, destination_ip) ORDER BY of_these_unanswered DESC, timestamps_back DESC, 1, 2`,
  },
];
