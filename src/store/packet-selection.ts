/** Which packets are asked for: connections by id, by finding or by a condition, the captures that hold them. */
import type { Database } from 'better-sqlite3';
import { UsageError } from '../errors.js';
import { runSql } from './run-sql.js';

/** A connection whose packets are asked for, and where its first and last one are. */
export interface WantedConnection {
  readonly id: number;
  readonly recordingId: number;
  readonly clientIp: string;
  readonly clientPort: number;
  readonly serverIp: string;
  readonly serverPort: number;
  readonly captureId: number;
  /** Where the connection begins whose TIME_WAIT its SYN met, else its own: its packets are only told apart by that one's. */
  readonly followFrom: number;
  readonly firstFrame: number;
  readonly lastCaptureId: number;
  readonly lastFrame: number;
  /** Packets of both sides; copies made by the capture are not counted. */
  readonly packets: number;
}

/** A capture, as much of its row as finds the file again. */
export interface CaptureFile {
  readonly id: number;
  readonly recordingId: number;
  readonly path: string;
  readonly bytes: number | null;
  /** SHA-256 of its first octets; null where it was read by an older tcpclose. */
  readonly headSha256: string | null;
  readonly damage: string | null;
}

export interface Selection {
  readonly ids: readonly number[];
  readonly findings: readonly number[];
  /** A condition on the view `connections`. */
  readonly where: string | undefined;
}

/**
 * The ids of all connections that are meant, each once, in order. A finding also means the connections that its evidence
 * names: a refused SYN is only understood beside the connection in TIME_WAIT.
 *
 * @throws UsageError for an id that is not there, a finding about no connection, and wrong SQL
 */
export function selectedConnections(db: Database, { ids, findings, where }: Selection): number[] {
  const all = new Set<number>();
  const isThere = db.prepare<[number]>('SELECT 1 FROM connection_row WHERE id = ?');
  for (const id of ids) {
    if (isThere.get(id) === undefined)
      throw new UsageError('no-such-connection', `there is no connection ${id} in this database. ${rangeOf(db)}`);
    all.add(id);
  }
  for (const finding of findings) for (const id of connectionsOfFinding(db, finding)) all.add(id);
  if (where !== undefined)
    for (const [id] of runSql(db, `SELECT id FROM connections WHERE ${where}\n`).rows) all.add(Number(id));
  return [...all].sort((a, b) => a - b);
}

function connectionsOfFinding(db: Database, id: number): number[] {
  const row = db
    .prepare<[number], { connectionId: number | null; evidence: string }>(
      'SELECT connection_id AS connectionId, evidence FROM findings WHERE id = ?',
    )
    .get(id);
  if (row === undefined)
    throw new UsageError(
      'no-such-finding',
      `there is no finding ${id} in this database. List them: tcpclose query FILE.db "SELECT id, summary FROM findings"`,
    );
  if (row.connectionId === null)
    throw new UsageError(
      'finding-of-no-connection',
      `finding ${id} is about no single connection. Say which connections you mean, as in --where "client_ip = '192.0.2.1'".`,
    );
  const evidence = JSON.parse(row.evidence) as Record<string, unknown>;
  const others = Object.entries(evidence).flatMap(([key, value]) =>
    key.endsWith('connection_id') && typeof value === 'number' ? [value] : [],
  );
  return [row.connectionId, ...others];
}

function rangeOf(db: Database): string {
  const { first, last } = db
    .prepare<[], { first: number | null; last: number | null }>(
      'SELECT min(id) AS first, max(id) AS last FROM connection_row',
    )
    .get() ?? { first: null, last: null };
  return first === null ? 'It holds no connection.' : `Its connections have the ids ${first} to ${last ?? first}.`;
}

export function wantedConnections(db: Database, ids: readonly number[]): WantedConnection[] {
  return db
    .prepare<[string], WantedConnection>(
      `SELECT c.id, k.recording_id AS recordingId, ca.ip AS clientIp, c.ports >> 16 AS clientPort, sa.ip AS serverIp, c.ports & 65535 AS serverPort,
         c.first_at >> 32 AS captureId, COALESCE((SELECT min(p.first_at >> 32) FROM time_wait_syn_row AS t JOIN connection_row AS p ON p.id = t.previous_connection_id WHERE t.connection_id = c.id), c.first_at >> 32) AS followFrom,
         c.first_at & 4294967295 AS firstFrame, (c.first_at + c.last_past) >> 32 AS lastCaptureId, (c.first_at + c.last_past) & 4294967295 AS lastFrame,
         c.client_packets + c.server_packets AS packets
       FROM json_each(?) AS wanted JOIN connection_row AS c ON c.id = wanted.value
       JOIN address AS ca ON ca.id = c.client_address JOIN address AS sa ON sa.id = c.server_address
       JOIN captures AS k ON k.id = c.first_at >> 32
       ORDER BY c.id`,
    )
    .all(JSON.stringify(ids));
}

/** All captures, in reading order. */
export function captureFiles(db: Database): CaptureFile[] {
  const columns = db.prepare<[], string>("SELECT name FROM pragma_table_info('captures')").pluck().all();
  const head = columns.includes('head_sha256') ? 'head_sha256' : 'NULL';
  return db
    .prepare<[], CaptureFile>(
      `SELECT id, recording_id AS recordingId, path, bytes, ${head} AS headSha256, damage FROM captures ORDER BY id`,
    )
    .all();
}

/** What the packets of one recording were analyzed by. */
export interface RecordingRules {
  /** How long TIME_WAIT was taken to last, ns. */
  readonly timeWaitNs: number;
  /** The expression of --filter; null where there was none. */
  readonly filter: string | null;
}

export function rulesOfRecording(db: Database, recordingId: number): RecordingRules {
  const text = db.prepare<[number], string>('SELECT parameters FROM recordings WHERE id = ?').pluck().get(recordingId);
  const { time_wait_ns: timeWaitNs, filter } = JSON.parse(text ?? '{}') as Partial<Record<string, unknown>>;
  return {
    timeWaitNs: typeof timeWaitNs === 'number' ? timeWaitNs : 60e9,
    filter: typeof filter === 'string' ? filter : null,
  };
}
