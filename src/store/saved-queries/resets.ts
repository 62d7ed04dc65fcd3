/** Who reset what, why, and whether it came from the end that it names. */
import { LIMIT, narrowed, PORT, type QueryParameter, type SavedQuery } from './saved-query.js';

const CAUSE: QueryParameter = { name: 'cause', about: 'only this reset_cause', type: 'text', default: null };

export const RESET_QUERIES: readonly SavedQuery[] = [
  {
    name: 'resets',
    about: 'Resets counted by cause, code and who sent them',
    parameters: [PORT],
    sql: `SELECT reset_cause, reset_code, reset_by, reset_origin, count(*) AS connections, min(connection_id) AS example_id
FROM resets WHERE ${narrowed('server_port', PORT)} GROUP BY 1, 2, 3, 4 ORDER BY connections DESC, 1, 2`,
  },
  {
    name: 'resets-by-cause',
    about: 'Resets counted by cause: how many servers and clients, how sure, an example',
    parameters: [PORT],
    sql: `SELECT reset_cause, count(*) AS connections, count(DISTINCT server_ip) AS servers, count(DISTINCT client_ip) AS clients,
  sum(reset_by = 'server') AS by_server, sum(reset_by = 'client') AS by_client,
  sum(reset_confidence IN ('certain', 'strong')) AS certain_or_strong, min(connection_id) AS example_id
FROM resets WHERE ${narrowed('server_port', PORT)} GROUP BY reset_cause ORDER BY connections DESC, reset_cause`,
  },
  {
    name: 'resets-by-sender',
    about: 'Who resets: sender, service, cause, and whether an end or a box between sent it',
    parameters: [PORT, CAUSE],
    sql: `SELECT CASE reset_by WHEN 'client' THEN client_ip ELSE server_ip END AS sender_ip, reset_by, server_port, reset_cause, reset_origin,
  count(*) AS connections, min(connection_id) AS example_id, min(reset_frame) AS first_frame
FROM resets WHERE ${narrowed('server_port', PORT)} AND ${narrowed('reset_cause', CAUSE)}
GROUP BY 1, 2, 3, 4, 5 ORDER BY connections DESC, 1, 3, 4`,
  },
  {
    name: 'reset-list',
    about: 'Every reset: connection, cause, frame and how sure',
    parameters: [PORT, CAUSE],
    sql: `SELECT connection_id, client_ip, client_port, server_ip, server_port, reset_by, reset_cause, reset_confidence, idle_before_end_s, reset_frame
FROM resets WHERE ${narrowed('server_port', PORT)} AND ${narrowed('reset_cause', CAUSE)} ORDER BY reset_ns`,
  },
  {
    name: 'reset-origins',
    about: 'Resets that did not come from the end they name, or may not have',
    parameters: [PORT],
    sql: `SELECT r.connection_id, r.reset_frame, r.reset_by, r.reset_origin, r.reset_acceptable, r.reset_cause, r.reset_confidence, f.summary
FROM resets AS r LEFT JOIN findings AS f ON f.connection_id = r.connection_id AND f.detector = 'rst-termination'
WHERE r.reset_origin <> 'endpoint' AND ${narrowed('r.server_port', PORT)}
ORDER BY r.reset_origin <> 'middlebox', r.reset_cause = 'refused', r.reset_ns`,
  },
  {
    name: 'reset-trains',
    about: 'Several resets of one connection: frames, and how far each number is from the first',
    parameters: [LIMIT],
    sql: `SELECT f.connection_id, f.kind, f.confidence, f.frame AS first_frame, 1 + count(*) AS resets,
  group_concat(json_extract(r.value, '$.frame'), ' ') AS further_frames, group_concat(json_extract(r.value, '$.seq_step'), ' ') AS seq_steps
FROM findings AS f, json_each(f.evidence, '$.more_resets') AS r
WHERE f.detector = 'rst-termination' GROUP BY f.id ORDER BY resets DESC, f.id LIMIT :limit`,
  },
  {
    name: 'crossed-fin',
    about: 'Servers that closed first, then reset data: a request crossed their FIN (502, ECONNRESET)',
    parameters: [PORT],
    sql: `SELECT c.server_ip, c.server_port, count(*) AS connections, sum(c.reset_ns - c.server_fin_ns <= c.handshake_rtt_s * 1e9) AS within_a_round_trip,
  min(c.idle_before_end_s) AS shortest_idle_s, max(c.idle_before_end_s) AS longest_idle_s, min(c.id) AS example_id
FROM resets AS r JOIN connections AS c ON c.id = r.connection_id
WHERE r.reset_cause = 'data-after-close' AND r.closed_first = 'server' AND ${narrowed('r.server_port', PORT)}
GROUP BY 1, 2 ORDER BY connections DESC, 1, 2`,
  },
  {
    name: 'stray-resets',
    about: 'Resets without a connection of their own, and the one with the same ports they may be for',
    parameters: [LIMIT],
    sql: `WITH bare AS (
  SELECT *, CASE reset_by WHEN 'client' THEN client_packets ELSE server_packets END AS by_it, CASE reset_by WHEN 'client' THEN client_bytes ELSE server_bytes END AS octets_by_it
  FROM connections WHERE handshake = 'none' AND close = 'rst' AND syn_ack_count = 0 AND client_fin_frame IS NULL AND server_fin_frame IS NULL
),
stray AS (
  SELECT *, CASE WHEN closed_first IS NULL THEN 0 ELSE client_packets + server_packets - by_it END AS segments_before FROM bare
  WHERE closed_first IS NULL OR (octets_by_it = 0 AND by_it <= client_packets + server_packets - by_it)
)
SELECT s.id, s.capture_id, s.first_frame, s.client_ip, s.client_port, s.server_ip, s.server_port, s.reset_by, s.segments_before, c.id AS meant_id,
  CASE WHEN c.id IS NOT NULL THEN CASE WHEN c.client_ip IN (s.client_ip, s.server_ip) THEN c.server_ip ELSE c.client_ip END END AS instead_of_ip
FROM stray AS s LEFT JOIN connections AS c ON c.id <> s.id AND c.first_ns <= s.last_ns AND c.last_ns >= s.first_ns - 10000000000
  AND ((c.client_port = s.client_port AND c.server_port = s.server_port AND (c.client_ip = s.client_ip) + (c.server_ip = s.server_ip) = 1)
    OR (c.client_port = s.server_port AND c.server_port = s.client_port AND (c.client_ip = s.server_ip) + (c.server_ip = s.client_ip) = 1))
WHERE s.segments_before = 0 OR c.id IS NOT NULL ORDER BY s.first_ns LIMIT :limit`,
  },
  {
    name: 'strange-syn-acks',
    about: 'SYN-ACKs from another address than the SYN went to, and the resets that they drew',
    parameters: [LIMIT],
    sql: `SELECT a.id AS attempt_id, b.id AS answer_id, a.client_ip, a.client_port, a.server_ip AS asked_ip, b.server_ip AS answered_ip, a.server_port,
  a.first_frame AS syn_frame, b.first_frame AS syn_ack_frame, b.reset_frame
FROM connections AS b JOIN connections AS a ON a.client_ip = b.client_ip AND a.client_port = b.client_port AND a.server_port = b.server_port
  AND a.server_ip <> b.server_ip AND a.syn_count > 0 AND a.syn_ack_count = 0 AND b.first_ns BETWEEN a.first_ns AND a.last_ns + 3000000000
WHERE b.syn_count = 0 AND b.syn_ack_count > 0 ORDER BY b.first_ns LIMIT :limit`,
  },
];
