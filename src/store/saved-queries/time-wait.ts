/** SYNs on TIME_WAIT, and four-tuples that are used again. */
import { CLIENT, LIMIT, narrowed, PORT, type QueryParameter, type SavedQuery } from './saved-query.js';

const OUTCOME: QueryParameter = { name: 'outcome', about: 'only this outcome', type: 'text', default: null };
const WITHIN: QueryParameter = {
  name: 'within',
  about: 'only gaps of at most so many seconds',
  type: 'number',
  default: null,
};

/** Length of TIME_WAIT that the database was made with, seconds. */
const LENGTH = "(SELECT CAST(value AS REAL) / 1e9 FROM meta WHERE key = 'time_wait_ns')";

/** Least seconds of each class of the histogram. A SYN that Linux sends again goes out after 1, 3, 7, 15 ... s. */
const DELAY_BOUNDS: readonly (readonly [from: number, label: string])[] = [
  [0, 'under 0.2 s'],
  [0.2, '0.2 to 1 s'],
  [1, '1 to 2 s'],
  [2, '2 to 4 s'],
  [4, '4 to 8 s'],
  [8, '8 to 16 s'],
  [16, '16 s and more'],
  [1e6, 'refused'],
  [1e7, 'never'],
];
const REFUSED = 1e6;
const UNANSWERED = 1e7;

/** A bar of twenty characters for all of them, one at least for any. */
const bar = (percent: string): string =>
  `CASE WHEN ${percent} > 0 THEN printf('%.*c', max(1, CAST(round(${percent} / 5) AS INTEGER)), '#') ELSE '' END`;

export const TIME_WAIT_QUERIES: readonly SavedQuery[] = [
  {
    name: 'time-wait',
    about: 'Every SYN that met TIME_WAIT, and what became of it',
    parameters: [PORT, OUTCOME],
    sql: `SELECT frame, client_ip, client_port, server_ip, server_port, elapsed_s, isn_delta, ts_delta, outcome, attempts, retry_delay_s, connection_id
FROM time_wait_syns WHERE ${narrowed('server_port', PORT)} AND ${narrowed('outcome', OUTCOME)} ORDER BY at_ns`,
  },
  {
    name: 'time-wait-explained',
    about: 'The same in sentences',
    parameters: [PORT, OUTCOME],
    sql: `SELECT frame, outcome, explanation FROM time_wait_syns
WHERE ${narrowed('server_port', PORT)} AND ${narrowed('outcome', OUTCOME)} ORDER BY at_ns`,
  },
  {
    name: 'time-wait-trouble',
    about: 'SYNs that TIME_WAIT cost something: refused or late, and what TIME_WAIT had left',
    parameters: [PORT],
    sql: `SELECT frame, previous_connection_id, connection_id, client_ip, client_port, server_ip, server_port, outcome, attempts, retry_delay_s,
  max(0, ${LENGTH} - elapsed_s) AS left_s, isn_relation, ts_relation
FROM time_wait_syns WHERE (outcome <> 'accepted' OR attempts > 1) AND ${narrowed('server_port', PORT)}
ORDER BY outcome NOT IN ('unanswered', 'reset', 'challenged'), retry_delay_s DESC, at_ns`,
  },
  {
    name: 'time-wait-by-closer',
    about: 'How SYNs on TIME_WAIT fared, by who had closed the connection before first',
    sql: `SELECT c.closed_first AS previous_closed_first, t.holder, t.outcome, count(*) AS syns, max(t.retry_delay_s) AS longest_delay_s, min(t.connection_id) AS example_id
FROM time_wait_syns AS t LEFT JOIN connections AS c ON c.id = t.previous_connection_id
GROUP BY 1, 2, 3 ORDER BY syns DESC, 1, 2, 3`,
  },
  {
    name: 'time-wait-stacks',
    about: 'What each stack would have done with these SYNs',
    sql: `SELECT isn_relation, ts_relation, rfc1122, rfc6191, linux, freebsd, openbsd, macos, gvisor, windows, outcome, count(*) AS syns
FROM time_wait_syns GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 ORDER BY syns DESC`,
  },
  {
    name: 'reuse',
    about: 'Four-tuples used again, the shortest gap first',
    parameters: [PORT, CLIENT, WITHIN],
    sql: `SELECT previous_connection_id, connection_id, client_ip, client_port, server_ip, server_port, gap_s, previous_close, previous_closed_first, isn_delta, ts_delta
FROM tuple_reuse
WHERE ${narrowed('server_port', PORT)} AND ${narrowed('client_ip', CLIENT)} AND (:within IS NULL OR gap_s <= :within) ORDER BY gap_s`,
  },
  {
    name: 'reuse-cost',
    about: 'Are SYNs on used four-tuples sent again, or lost, more often than on fresh ones?',
    parameters: [PORT],
    sql: `SELECT CASE WHEN incarnation > 1 THEN 'used' ELSE 'fresh' END AS tuple, count(*) AS attempts, sum(syn_count > 1) AS sent_again, sum(close = 'unanswered') AS unanswered,
  round(100.0 * sum(syn_count > 1 OR close = 'unanswered') / count(*), 2) AS percent_in_trouble, max(syn_count) AS most_copies
FROM connections WHERE syn_count > 0 AND ${narrowed('server_port', PORT)} GROUP BY 1 ORDER BY 1`,
  },
  {
    name: 'reuse-delay',
    about: 'How long until a SYN was taken up, on used four-tuples beside fresh ones (a histogram)',
    parameters: [PORT],
    sql: `WITH bound(at_least_s, label) AS (VALUES ${DELAY_BOUNDS.map(([from, label]) => `(${from}, '${label}')`).join(', ')}),
attempt AS (
  SELECT incarnation > 1 AS used, CASE close WHEN 'refused' THEN ${REFUSED} WHEN 'unanswered' THEN ${UNANSWERED} ELSE (syn_ack_ns - first_ns) / 1e9 END AS delay_s
  FROM connections WHERE syn_count > 0 AND ${narrowed('server_port', PORT)}),
counted AS (
  SELECT (SELECT max(at_least_s) FROM bound WHERE at_least_s <= delay_s) AS at_least_s, sum(NOT used) AS fresh, sum(used) AS used
  FROM attempt WHERE delay_s IS NOT NULL GROUP BY 1),
shared AS (
  SELECT b.at_least_s, b.label, c.fresh, c.used, 100.0 * c.fresh / nullif(sum(c.fresh) OVER (), 0) AS fresh_percent, 100.0 * c.used / nullif(sum(c.used) OVER (), 0) AS used_percent
  FROM counted AS c JOIN bound AS b ON b.at_least_s = c.at_least_s)
SELECT label AS taken_after, fresh, used, round(fresh_percent, 1) AS fresh_percent, round(used_percent, 1) AS used_percent,
  ${bar('fresh_percent')} AS fresh_bar, ${bar('used_percent')} AS used_bar
FROM shared ORDER BY at_least_s`,
  },
  {
    name: 'incarnations',
    about: 'Four-tuples that had most connections',
    parameters: [LIMIT],
    sql: `SELECT client_ip, client_port, server_ip, server_port, max(incarnation) AS incarnations, min(previous_connection_id) AS first_id, max(connection_id) AS last_id
FROM tuple_reuse GROUP BY 1, 2, 3, 4 ORDER BY incarnations DESC, first_id LIMIT :limit`,
  },
];
