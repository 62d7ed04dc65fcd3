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
    about: 'SYNs ignored where the timestamp went back, by source (tcp_tw_recycle?)',
    parameters: [SOURCE],
    sql: `SELECT r.source_ip, r.destination_ip, count(*) AS timestamps_back, sum(c.close = 'unanswered') AS of_these_unanswered, sum(r.tw_recycle_drop) AS tw_recycle_drops,
  min(r.frame) AS first_frame, min(r.connection_id) AS example_id
FROM timestamp_regressions AS r LEFT JOIN connections AS c ON c.id = r.connection_id
WHERE ${narrowed('r.source_ip', SOURCE)} GROUP BY 1, 2 ORDER BY of_these_unanswered DESC, timestamps_back DESC, 1, 2`,
  },
];
