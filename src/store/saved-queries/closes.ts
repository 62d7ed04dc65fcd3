/** Who closed, how, and who has not. */
import { IN_NAME_ONLY } from '../in-name-only.js';
import { CLIENT, LIMIT, narrowed, PORT, SERVER, type SavedQuery } from './saved-query.js';

export const CLOSE_QUERIES: readonly SavedQuery[] = [
  {
    name: 'closers',
    about: 'Who closes first, by server address and port',
    parameters: [PORT, SERVER],
    sql: `SELECT * FROM closers WHERE ${narrowed('server_port', PORT)} AND ${narrowed('server_ip', SERVER)}
ORDER BY connections DESC, server_ip, server_port`,
  },
  {
    name: 'who-closed',
    about: 'Each connection: who closed it first, by which address, how, and how sure that is',
    parameters: [PORT, CLIENT, SERVER],
    sql: `SELECT id, client_ip, client_port, server_ip, server_port, close, closed_first,
  CASE WHEN in_name_only THEN NULL WHEN closed_first = 'client' THEN client_ip WHEN closed_first = 'server' THEN server_ip WHEN closed_first = 'both' THEN 'both' END AS closer_ip,
  closed_first_confidence AS confidence, CASE WHEN in_name_only THEN 'a reset in its name ended it, and seems not to come from there' ELSE close_note END AS close_note
FROM (SELECT *, closed_first IS NOT NULL AND close = 'rst' AND ${IN_NAME_ONLY} AS in_name_only FROM connections)
WHERE ${narrowed('server_port', PORT)} AND ${narrowed('client_ip', CLIENT)} AND ${narrowed('server_ip', SERVER)} ORDER BY id`,
  },
  {
    name: 'graceful',
    about: 'For each server: closed gracefully (FIN) or abruptly (reset), by which side',
    parameters: [PORT],
    sql: `SELECT server_ip, server_port, count(*) AS connections,
  sum(close IN ('fin', 'half-closed') AND closed_first = 'server') AS graceful_by_server,
  sum(close IN ('fin', 'half-closed') AND closed_first = 'client') AS graceful_by_client,
  sum(close IN ('fin', 'half-closed') AND closed_first = 'both') AS graceful_by_both,
  sum(close IN ('rst', 'fin-then-rst') AND reset_by = 'server') AS abrupt_by_server,
  sum(close IN ('rst', 'fin-then-rst') AND reset_by = 'client') AS abrupt_by_client,
  sum(close IN ('refused', 'unanswered')) AS never_opened, sum(close IN ('open', 'replaced')) AS not_closed
FROM connections WHERE ${narrowed('server_port', PORT)} GROUP BY 1, 2 ORDER BY connections DESC, 1, 2`,
  },
  {
    name: 'close-times',
    about: 'When the close of each connection began, and how long packets came after that',
    parameters: [PORT],
    sql: `SELECT id, first_seen, duration_s, (began_ns - first_ns) / 1e9 AS until_close_s, (last_ns - began_ns) / 1e9 AS closing_s, close
FROM (SELECT *, min(COALESCE(client_fin_ns, 1 << 62), COALESCE(server_fin_ns, 1 << 62), COALESCE(reset_ns, 1 << 62)) AS began_ns FROM connections)
WHERE began_ns < 1 << 62 AND ${narrowed('server_port', PORT)} ORDER BY id`,
  },
  {
    name: 'close-frames',
    about: 'The frames that matter of each connection: first, FINs, reset, last',
    parameters: [PORT],
    sql: `SELECT id, capture_id, first_frame, client_fin_frame, server_fin_frame, reset_frame, last_capture_id, last_frame, wireshark_filter
FROM connections WHERE ${narrowed('server_port', PORT)} ORDER BY id`,
  },
  {
    name: 'half-closed',
    about: 'Who has not closed, and for how long',
    sql: `SELECT connection_id, holder_ip, holder_port, peer_ip, peer_port, holder_state, held_s, ended FROM half_closed ORDER BY held_s DESC`,
  },
  {
    name: 'close-wait',
    about: 'Who sat longest on the FIN of the peer before closing too',
    parameters: [LIMIT],
    sql: `SELECT id, CASE closed_first WHEN 'client' THEN server_ip ELSE client_ip END AS holder_ip, client_ip, client_port, server_ip, server_port, close_wait_s, close
FROM connections WHERE close_wait_s IS NOT NULL ORDER BY close_wait_s DESC, id LIMIT :limit`,
  },
  {
    name: 'failed',
    about: 'Attempts that never became connections, by server and why',
    parameters: [PORT],
    sql: `SELECT server_ip, server_port, count(*) AS attempts, sum(handshake = 'complete') AS established,
  sum(close = 'refused') AS refused, sum(close = 'unanswered') AS unanswered,
  sum(handshake = 'syn-syn-ack') AS without_last_ack, sum(handshake = 'none') AS began_before_capture
FROM connections WHERE ${narrowed('server_port', PORT)} GROUP BY 1, 2 ORDER BY refused + unanswered DESC, attempts DESC, 1, 2`,
  },
  {
    name: 'repeated-syns',
    about: 'Connections whose SYN or SYN-ACK was sent more than once: still one row each',
    parameters: [PORT, LIMIT],
    sql: `SELECT id, client_ip, client_port, server_ip, server_port, syn_count, syn_ack_count, handshake, duration_s, close
FROM connections WHERE (syn_count > 1 OR syn_ack_count > 1) AND ${narrowed('server_port', PORT)} ORDER BY syn_count DESC, id LIMIT :limit`,
  },
];
