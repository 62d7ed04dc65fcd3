import type { Database } from 'better-sqlite3';
import type { ReturnedTuples } from '../flow/forgotten-tuples.js';
import { OUTCOME_BITS } from '../flow/row-layout.js';
import { HANDSHAKES } from '../flow/vocabulary.js';
import { bits } from './sql.js';

const handshake = bits('c.outcome', OUTCOME_BITS.handshake);
/** Both ends of a row's four-tuple, each address and port in one number. */
const CLIENT = '(client_address << 16) | (ports >> 16)';
const SERVER = '(server_address << 16) | (ports & 65535)';

/**
 * Numbers the incarnations of four-tuples anew, 1, 2, … in order of their first packet (which ids are in): of those that
 * the connections `returned` are on, or of all. The tracker counts only as far back as its memory goes: a four-tuple that
 * comes back after it was forgotten begins at 1 there.
 */
export function renumberIncarnations(db: Database, returned: ReturnedTuples): void {
  if (returned !== null) rememberTuples(db, returned);
  const chosen =
    returned === null
      ? ''
      : 'WHERE (min(client, server), max(client, server)) IN (SELECT low, high FROM returned_tuple)';
  db.exec(
    `INSERT INTO connection_extra_row(id, incarnation, syn_count, syn_ack_count, client_repeated, server_repeated,
       client_retransmissions, server_retransmissions, reset_at, reset_rel,
       handshake_ack_rel, time_wait_restart_rel)
     SELECT c.id, n.incarnation, ${handshake} >= ${HANDSHAKES.indexOf('syn-only')}, ${handshake} >= ${HANDSHAKES.indexOf('syn-syn-ack')},
       0, 0, 0, 0, -1, -1, -1, -1
     FROM (
       SELECT id, row_number() OVER (PARTITION BY min(client, server), max(client, server) ORDER BY id) AS incarnation
       FROM (SELECT id, ${CLIENT} AS client, ${SERVER} AS server FROM connection_row) ${chosen}
     ) AS n JOIN connection_row AS c ON c.id = n.id
     WHERE n.incarnation > 1
     ON CONFLICT(id) DO UPDATE SET incarnation = excluded.incarnation`,
  );
  db.exec('DROP TABLE IF EXISTS temp.returned_tuple');
}

function rememberTuples(db: Database, ids: readonly number[]): void {
  db.exec('CREATE TEMP TABLE returned_tuple(low INTEGER, high INTEGER, PRIMARY KEY(low, high)) WITHOUT ROWID');
  const insert = db.prepare(
    `INSERT OR IGNORE INTO returned_tuple
     SELECT min(client, server), max(client, server)
     FROM (SELECT ${CLIENT} AS client, ${SERVER} AS server FROM connection_row WHERE id = ?)`,
  );
  for (const id of ids) insert.run(id);
}
