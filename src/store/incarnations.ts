import type { Database } from 'better-sqlite3';
import { OUTCOME_BITS } from '../flow/row-layout.js';
import { HANDSHAKES } from '../flow/vocabulary.js';
import { bits } from './sql.js';

const handshake = bits('c.outcome', OUTCOME_BITS.handshake);

/**
 * Numbers the incarnations of each four-tuple anew, 1, 2, … in order of their first packet (which ids are in). The tracker
 * counts only as far back as its memory goes: a four-tuple that comes back after it was forgotten begins at 1 there.
 */
export function renumberIncarnations(db: Database): void {
  db.exec(
    `INSERT INTO connection_extra_row(id, incarnation, syn_count, syn_ack_count, client_repeated, server_repeated,
       client_retransmissions, server_retransmissions, reset_at, reset_rel,
       syn_ack_rel, time_wait_restart_rel)
     SELECT c.id, n.incarnation, ${handshake} >= ${HANDSHAKES.indexOf('syn-only')}, ${handshake} >= ${HANDSHAKES.indexOf('syn-syn-ack')},
       0, 0, 0, 0, -1, -1, -1, -1
     FROM (
       SELECT id, row_number() OVER (PARTITION BY min(client, server), max(client, server) ORDER BY id) AS incarnation
       FROM (SELECT id, (client_address << 16) | (ports >> 16) AS client, (server_address << 16) | (ports & 65535) AS server FROM connection_row)
     ) AS n JOIN connection_row AS c ON c.id = n.id
     WHERE n.incarnation > 1
     ON CONFLICT(id) DO UPDATE SET incarnation = excluded.incarnation`,
  );
}
