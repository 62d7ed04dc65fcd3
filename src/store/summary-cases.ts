/** Single connections that a summary tells of, beside the counts of `queries.ts`. */
import type { Database } from 'better-sqlite3';
import { OUTCOME_BITS } from '../flow/row-layout.js';
import { CLOSES, HANDSHAKES } from '../flow/vocabulary.js';
import { hasTally, type Place } from './queries.js';
import { bits } from './sql.js';

/**
 * Of the connections whose one side was heard and never closed, the one that waited longest for it: a second at least, for
 * the capture may have ended too soon, and not where the four-tuple was opened again, for that hid how it went on.
 */
export interface HolderExample extends Place {
  readonly connectionId: number;
  readonly holderIp: string;
  readonly holderPort: number;
  readonly holderState: string | null;
  readonly peerIp: string;
  readonly peerPort: number;
  readonly heldS: number | null;
}

export function longestHolder(db: Database): HolderExample | undefined {
  return db
    .prepare<[], HolderExample>(
      `SELECT connection_id AS connectionId, holder_ip AS holderIp, holder_port AS holderPort, holder_state AS holderState,
         peer_ip AS peerIp, peer_port AS peerPort, held_s AS heldS, peer_fin_frame AS frame,
         (SELECT path FROM captures WHERE captures.id = h.capture_id) AS path
       FROM half_closed AS h JOIN connection_row AS c ON c.id = h.connection_id
       WHERE ended = 'half-closed' AND CASE holder WHEN 'client' THEN c.client_packets ELSE c.server_packets END > 0
         AND held_s >= 1 AND holder_state IS NOT 'CLOSED' ORDER BY held_s DESC, connection_id LIMIT 1`,
    )
    .get();
}

/** Connections that opened although their SYN was seen more than once, and the one with most copies. */
export interface RepeatedSyns {
  readonly connections: number;
  readonly mostSyns: number;
  readonly connectionId: number;
}

export function repeatedSyns(db: Database): RepeatedSyns | undefined {
  return db
    .prepare<[number], RepeatedSyns>(
      `SELECT count(*) AS connections, max(x.syn_count) AS mostSyns, x.id AS connectionId
       FROM connection_extra_row AS x JOIN connection_row AS c ON c.id = x.id
       WHERE x.syn_count > 1 AND ${bits('c.outcome', OUTCOME_BITS.handshake)} >= ? HAVING count(*) > 0`,
    )
    .get(HANDSHAKES.indexOf('syn-syn-ack'));
}

const close = bits('c.outcome', OUTCOME_BITS.close);

/** Connections of which packets of one side only are in the capture. */
export interface OneSided {
  /** The other side must have sent some. */
  readonly oneSided: number;
  /** Attempts without any answer, of which nobody knows whether there was one. */
  readonly unheard: number;
}

export function oneSidedConnections(db: Database): OneSided {
  const [source, count] = hasTally(db)
    ? ['connection_tally AS c', 'one_sided']
    : ['connection_row AS c', '((c.client_packets = 0) <> (c.server_packets = 0))'];
  return db
    .prepare<[{ unanswered: number }], OneSided>(
      `SELECT COALESCE(sum(${count} * (${close} <> :unanswered)), 0) AS oneSided, COALESCE(sum(${count} * (${close} = :unanswered)), 0) AS unheard FROM ${source}`,
    )
    .get({ unanswered: CLOSES.indexOf('unanswered') }) as OneSided;
}
