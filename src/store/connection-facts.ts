/** Everything that the database holds of one connection, for those who explain it: `tcpclose show`, the page's ladders. */
import type { Database } from 'better-sqlite3';
import { recordedTimeWait } from './recorded-time-wait.js';
import { UsageError } from '../errors.js';
import { ZEEK_SHIFT } from '../flow/row-layout.js';
import type { SideName } from '../flow/vocabulary.js';
import { namedRows } from './named-rows.js';
import { captureOf, placePast } from './sql.js';

export { EVICTED_NOTE } from '../flow/vocabulary.js';

type Side = Exclude<SideName, null | 'both'>;

/** A row of the view `connections`; `null` as there. Times are nanoseconds since 1970 UTC. */
export interface ConnectionRowFacts {
  readonly id: number;
  readonly clientIp: string;
  readonly clientPort: number;
  readonly serverIp: string;
  readonly serverPort: number;
  readonly roles: 'guessed' | 'syn-ack' | 'syn';
  readonly incarnation: number;
  readonly firstNs: bigint;
  readonly lastNs: bigint;
  readonly captureId: number;
  readonly firstFrame: number;
  readonly lastCaptureId: number;
  readonly lastFrame: number;
  readonly wiresharkFilter: string;
  readonly handshake: 'none' | 'syn-only' | 'syn-syn-ack' | 'complete';
  readonly handshakeRttS: number | null;
  readonly synAckFrame: number | null;
  readonly synAckNs: bigint | null;
  readonly handshakeAckFrame: number | null;
  readonly handshakeAckNs: bigint | null;
  readonly synCount: number;
  readonly synAckCount: number;
  readonly clientIsn: number | null;
  readonly serverIsn: number | null;
  readonly timestamps: number | null;
  readonly clientPackets: number;
  readonly serverPackets: number;
  readonly clientBytes: number;
  readonly serverBytes: number;
  readonly clientRetransmissions: number;
  readonly serverRetransmissions: number;
  readonly close: string;
  readonly closedFirst: SideName;
  readonly closedFirstConfidence: string;
  readonly closeNote: string | null;
  readonly clientFinFrame: number | null;
  readonly serverFinFrame: number | null;
  readonly clientFinNs: bigint | null;
  readonly serverFinNs: bigint | null;
  readonly resetBy: Side | null;
  readonly resetCause: string | null;
  readonly resetCode: string | null;
  readonly resetConfidence: string | null;
  readonly resetFrame: number | null;
  readonly resetNs: bigint | null;
  readonly resetOrigin: string | null;
  readonly resetAcceptable: number | null;
  readonly idleBeforeEndS: number | null;
  readonly longestIdleS: number | null;
  readonly timeWaitAt: SideName;
  readonly timeWaitNs: bigint | null;
  readonly clientState: string | null;
  readonly serverState: string | null;
  readonly closeWaitS: number | null;
  /** Captures of the SYN-ACK, its ACK, the FINs and the reset, which the view leaves out. */
  readonly synAckCaptureId: number | null;
  readonly handshakeAckCaptureId: number | null;
  readonly clientFinCaptureId: number | null;
  readonly serverFinCaptureId: number | null;
  readonly resetCaptureId: number | null;
}

/** A SYN that met TIME_WAIT: the connection's own, or one that met its TIME_WAIT. */
export interface TimeWaitSynFacts {
  readonly id: number;
  readonly connectionId: number | null;
  readonly previousConnectionId: number | null;
  readonly clientIp: string | null;
  readonly clientPort: number | null;
  readonly captureId: number;
  readonly frame: number;
  readonly atNs: bigint;
  readonly elapsedS: number;
  readonly isn: number;
  readonly outcome: string;
  readonly attempts: number;
  readonly retryDelayS: number | null;
  readonly answerCaptureId: number | null;
  readonly answerFrame: number | null;
  readonly answerNs: bigint | null;
  readonly confidence: string;
  readonly explanation: string;
  readonly linux: string | null;
  readonly freebsd: string | null;
  readonly openbsd: string | null;
  readonly macos: string | null;
  readonly gvisor: string | null;
  readonly windows: string | null;
}

export interface PawsFacts {
  readonly id: number;
  readonly captureId: number;
  /** null where the segment is not in the capture and only the answer to it tells of it; `atNs` is then the answer's. */
  readonly frame: number | null;
  readonly atNs: bigint;
  readonly sender: Side;
  readonly seq: number | null;
  readonly len: number | null;
  readonly flags: string;
  readonly tsval: number;
  readonly tsRecent: number;
  readonly tsDelta: number;
  readonly outcome: string;
  readonly impact: string;
  readonly confidence: string;
  readonly evidenceCaptureId: number | null;
  readonly evidenceFrame: number | null;
  readonly evidenceNs: bigint | null;
  readonly echoFrame: number | null;
  readonly explanation: string;
}

export interface FindingFacts {
  readonly id: number;
  readonly detector: string;
  readonly kind: string;
  readonly severity: string;
  readonly confidence: string;
  readonly captureId: number | null;
  readonly frame: number | null;
  readonly atNs: bigint | null;
  readonly summary: string;
  readonly evidence: Readonly<Record<string, unknown>>;
  readonly source: string;
}

/** A capture of the connection's recording. */
export interface CaptureFile {
  readonly id: number;
  readonly path: string;
}

export interface ConnectionFacts {
  readonly connection: ConnectionRowFacts;
  /** The files from its first packet to its last, in reading order. */
  readonly captures: readonly CaptureFile[];
  /** Its own SYN on TIME_WAIT, if it is one, and those that met its TIME_WAIT, in order of time. */
  readonly timeWaitSyns: readonly TimeWaitSynFacts[];
  readonly paws: readonly PawsFacts[];
  readonly findings: readonly FindingFacts[];
  /** Whether its first packet is the client's SYN: not where another segment overtook it. */
  readonly opensWithSyn: boolean;
  /** How long TIME_WAIT was taken to last, seconds. */
  readonly timeWaitS: number;
}

/** @throws UsageError where there is no connection with that id. */
export function connectionFacts(db: Database, id: number): ConnectionFacts {
  const connection = oneConnection(db, id);
  if (connection === undefined) throw unknownConnection(db, id);
  return {
    connection,
    captures: namedRows<CaptureFile>(
      db,
      'SELECT id, path FROM captures WHERE id BETWEEN ? AND ? ORDER BY id',
      connection.captureId,
      connection.lastCaptureId,
    ),
    timeWaitSyns: namedRows<TimeWaitSynFacts>(
      db,
      'SELECT * FROM time_wait_syns WHERE connection_id = ? OR previous_connection_id = ? ORDER BY capture_id, frame',
      id,
      id,
    ),
    paws: namedRows<PawsFacts>(
      db,
      `SELECT v.*, NULLIF(p.evidence_at, -1) >> 32 AS evidence_capture_id FROM paws_rejections AS v
       JOIN paws_row AS p ON p.id = v.id WHERE v.connection_id = ? ORDER BY v.capture_id, v.frame`,
      id,
    ),
    findings: namedRows<FindingFacts & { evidence: string }>(
      db,
      `SELECT id, detector, kind, severity, confidence, capture_id, frame, at_ns, summary, evidence, source
       FROM findings WHERE connection_id = ? ORDER BY capture_id, frame, id`,
      id,
    ).map((finding) => ({ ...finding, evidence: JSON.parse(finding.evidence) as Record<string, unknown> })),
    opensWithSyn: opensWithSyn(db, connection),
    timeWaitS: recordedTimeWait(db) / 1e9,
  };
}

function oneConnection(db: Database, id: number): ConnectionRowFacts | undefined {
  if (!Number.isSafeInteger(id)) return undefined;
  return namedRows<ConnectionRowFacts>(
    db,
    `SELECT c.*, ${captureOf(placePast('r', 'syn_ack_past'))} AS syn_ack_capture_id,
       ${captureOf(placePast('r', 'handshake_ack_past'))} AS handshake_ack_capture_id,
       ${captureOf(placePast('r', 'client_fin_past'))} AS client_fin_capture_id, ${captureOf(placePast('r', 'server_fin_past'))} AS server_fin_capture_id,
       ${captureOf('x.reset_at')} AS reset_capture_id
     FROM connections AS c JOIN connection_row AS r ON r.id = c.id LEFT JOIN connection_extra_row AS x ON x.id = c.id WHERE c.id = ?`,
    id,
  )[0];
}

/** Zeek's history has the order of the first packets, which the frames that are stored do not tell: `S` is a first SYN. */
function opensWithSyn(db: Database, { id, roles }: ConnectionRowFacts): boolean {
  if (roles !== 'syn') return false;
  const [zeek] = namedRows<{ history: string }>(
    db,
    `SELECT h.history FROM (
       SELECT c.first_rel, c.outcome >> ${ZEEK_SHIFT + 1} AS history FROM connection_row AS c WHERE c.id = ? AND c.outcome >> ${ZEEK_SHIFT} <> 0
       UNION ALL SELECT z.first_rel, z.history FROM zeek_conn_row AS z WHERE z.connection_id = ? ORDER BY 1 LIMIT 1
     ) AS s JOIN zeek_history AS h ON h.id = s.history`,
    id,
    id,
  );
  return zeek !== undefined && zeek.history.startsWith('S');
}

function unknownConnection(db: Database, id: number): UsageError {
  const [range] = namedRows<{ first: number | null; last: number | null }>(
    db,
    'SELECT min(id) AS first, max(id) AS last FROM connection_row',
  );
  const there =
    range?.first === null || range?.first === undefined
      ? 'The database holds no connection.'
      : `Its connections have the ids ${range.first} to ${range.last ?? range.first}.`;
  return new UsageError('no-such-connection', `there is no connection ${id} in this database. ${there}`);
}
