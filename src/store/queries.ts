/** What the summary asks of the database. One function a question; all SQL of the program stands in this folder. */
import type { Database } from 'better-sqlite3';
import { OUTCOME_BITS, RESET_BITS, type BitField } from '../flow/row-layout.js';
import { CLOSES, RESET_CAUSES, SIDES } from '../flow/vocabulary.js';

export interface CaptureTotals {
  readonly captures: number;
  readonly firstPath: string | null;
  readonly packets: number;
  readonly tcpPackets: number;
  readonly undecodedPackets: number;
  readonly bytes: number;
  readonly dropsReported: number | null;
  readonly cutFrames: number;
  readonly firstSeen: string | null;
  readonly lastSeen: string | null;
  readonly durationS: number | null;
}

export interface Example {
  readonly connectionId: number;
  readonly captureId: number | null;
  readonly frame: number | null;
  readonly text: string;
}

/** A word, how often it came, and the first row that has it. */
export interface Count {
  readonly word: string;
  readonly count: number;
  readonly exampleId: number;
}

export interface ConnectionCounts {
  readonly connections: number;
  readonly byClose: readonly Count[];
  readonly byClosedFirst: readonly Count[];
  readonly byResetCause: readonly Count[];
}

export function captureTotals(db: Database): CaptureTotals {
  return db
    .prepare<[], CaptureTotals>(
      `SELECT count(*) AS captures, (SELECT path FROM captures ORDER BY id LIMIT 1) AS firstPath,
         COALESCE(sum(packets), 0) AS packets, COALESCE(sum(tcp_packets), 0) AS tcpPackets, COALESCE(sum(undecoded_packets), 0) AS undecodedPackets,
         COALESCE(sum(bytes), 0) AS bytes, sum(drops_reported) AS dropsReported, COALESCE(sum(cut_frames), 0) AS cutFrames,
         strftime('%Y-%m-%d %H:%M:%S', min(first_ns) / 1000000000, 'unixepoch') AS firstSeen,
         strftime('%Y-%m-%d %H:%M:%S', max(last_ns) / 1000000000, 'unixepoch') AS lastSeen,
         (max(last_ns) - min(first_ns)) / 1e9 AS durationS
       FROM captures`,
    )
    .get() as CaptureTotals;
}

export function damagedCaptures(db: Database): { path: string; damage: string }[] {
  return db
    .prepare<[], { path: string; damage: string }>(
      'SELECT path, damage FROM captures WHERE damage IS NOT NULL ORDER BY id',
    )
    .all();
}

/** Why packets could not be decoded, the most frequent first. */
export function undecodedReasons(db: Database): { reason: string; meaning: string; packets: number }[] {
  return db
    .prepare<[], { reason: string; meaning: string; packets: number }>(
      `SELECT reason, meaning, sum(packets) AS packets FROM undecoded WHERE undecided GROUP BY reason ORDER BY packets DESC, reason`,
    )
    .all();
}

/** Everything that the packed columns tell, in one pass over the connections. */
export function connectionCounts(db: Database): ConnectionCounts {
  const groups = db
    .prepare<[], { outcome: number; reset: number; count: number; id: number }>(
      'SELECT outcome, reset, count(*) AS count, min(id) AS id FROM connection_row GROUP BY outcome, reset',
    )
    .all();
  const code = (column: number, field: BitField): number => (column >> field.shift) & (2 ** field.width - 1);
  const by = (wordOf: (group: { outcome: number; reset: number }) => string | null | undefined): Count[] => {
    const counts = new Map<string, Count>();
    for (const group of groups) {
      const word = wordOf(group);
      if (word === null || word === undefined) continue;
      const before = counts.get(word);
      counts.set(word, {
        word,
        count: (before?.count ?? 0) + group.count,
        exampleId: Math.min(before?.exampleId ?? group.id, group.id),
      });
    }
    return [...counts.values()].sort((a, b) => b.count - a.count || a.word.localeCompare(b.word));
  };
  return {
    connections: groups.reduce((sum, group) => sum + group.count, 0),
    byClose: by((g) => CLOSES[code(g.outcome, OUTCOME_BITS.close)]),
    byClosedFirst: by((g) => SIDES[code(g.outcome, OUTCOME_BITS.closed_first)] ?? 'nobody'),
    byResetCause: by((g) => (g.reset === 0 ? null : RESET_CAUSES[code(g.reset, RESET_BITS.cause)])),
  };
}

/** The server whose connections one side closed first most often. */
export function busiestCloser(
  db: Database,
): { serverIp: string; serverPort: number; connections: number; serverFirst: number; clientFirst: number } | undefined {
  return db
    .prepare<
      [],
      { serverIp: string; serverPort: number; connections: number; serverFirst: number; clientFirst: number }
    >(
      `SELECT server_ip AS serverIp, server_port AS serverPort, connections, server_first AS serverFirst, client_first AS clientFirst
       FROM closers ORDER BY server_first + client_first DESC, server_ip, server_port LIMIT 1`,
    )
    .get();
}

export interface ResetExample {
  readonly id: number;
  readonly captureId: number;
  readonly frame: number | null;
  readonly resetBy: string | null;
  readonly clientIp: string;
  readonly clientPort: number;
  readonly serverIp: string;
  readonly serverPort: number;
}

export function resetExample(db: Database, connectionId: number): ResetExample | undefined {
  return db
    .prepare<[number], ResetExample>(
      `SELECT id, capture_id AS captureId, reset_frame AS frame, reset_by AS resetBy, client_ip AS clientIp, client_port AS clientPort,
         server_ip AS serverIp, server_port AS serverPort FROM connections WHERE id = ?`,
    )
    .get(connectionId);
}

export interface OutcomeCount {
  readonly outcome: string;
  readonly count: number;
}

export function timeWaitOutcomes(db: Database): OutcomeCount[] {
  return db
    .prepare<[], OutcomeCount>(
      'SELECT outcome, count(*) AS count FROM time_wait_syns GROUP BY outcome ORDER BY count DESC, outcome',
    )
    .all();
}

export interface TimeWaitExample {
  readonly connectionId: number | null;
  readonly frame: number;
  readonly outcome: string;
  readonly elapsedS: number;
  readonly isnDelta: number | null;
  readonly tsDelta: number | null;
  readonly retryDelayS: number | null;
  readonly attempts: number;
}

/** Those that cost most come first: never taken, then taken late. */
export function worstTimeWaitSyns(db: Database, limit: number): TimeWaitExample[] {
  return db
    .prepare<[number], TimeWaitExample>(
      `SELECT connection_id AS connectionId, frame, outcome, elapsed_s AS elapsedS, isn_delta AS isnDelta, ts_delta AS tsDelta,
         retry_delay_s AS retryDelayS, attempts FROM time_wait_syns
       ORDER BY outcome NOT IN ('unanswered', 'reset', 'challenged'), COALESCE(retry_delay_s, 0) DESC, attempts DESC, id LIMIT ?`,
    )
    .all(limit);
}

export function pawsOutcomes(db: Database): (OutcomeCount & { connections: number })[] {
  return db
    .prepare<[], OutcomeCount & { connections: number }>(
      'SELECT outcome, count(*) AS count, count(DISTINCT connection_id) AS connections FROM paws_rejections GROUP BY outcome ORDER BY count DESC, outcome',
    )
    .all();
}

export interface PawsExample {
  readonly connectionId: number | null;
  readonly frame: number;
  readonly sender: string | null;
  readonly flags: string;
  readonly tsDelta: number;
  readonly marginS: number | null;
  readonly outcome: string;
  readonly impact: string;
}

export function worstPawsRejections(db: Database, limit: number): PawsExample[] {
  return db
    .prepare<[number], PawsExample>(
      `SELECT connection_id AS connectionId, frame, sender, flags, ts_delta AS tsDelta, margin_s AS marginS, outcome, impact FROM paws_rejections
       ORDER BY outcome = 'accepted', CASE impact WHEN 'stall' THEN 0 WHEN 'lost-new-data' THEN 1 WHEN 'handshake' THEN 2 ELSE 3 END,
         outcome = 'would-reject', id LIMIT ?`,
    )
    .all(limit);
}

export interface NatTotals {
  readonly sources: number;
  readonly singleClock: number;
  readonly severalHosts: number;
  readonly randomOffsets: number;
  readonly tooFew: number;
  readonly regressions: number;
  readonly recycleDrops: number;
}

export function natTotals(db: Database): NatTotals {
  return db
    .prepare<[], NatTotals>(
      `SELECT count(*) AS sources, COALESCE(sum(verdict = 'single-clock'), 0) AS singleClock, COALESCE(sum(verdict = 'several-hosts'), 0) AS severalHosts,
         COALESCE(sum(verdict = 'random-offsets'), 0) AS randomOffsets, COALESCE(sum(verdict = 'too-few'), 0) AS tooFew,
         COALESCE(sum(regressions), 0) AS regressions, COALESCE(sum(tw_recycle_drops), 0) AS recycleDrops
       FROM nat_sources WHERE destination_ip IS NULL`,
    )
    .get() as NatTotals;
}

export interface NatExample {
  readonly sourceIp: string;
  readonly syns: number;
  readonly estimatedHosts: number | null;
  readonly verdict: string;
  readonly regressions: number;
}

export function severalHosts(db: Database, limit: number): NatExample[] {
  return db
    .prepare<[number], NatExample>(
      `SELECT source_ip AS sourceIp, syns, estimated_hosts AS estimatedHosts, verdict, regressions FROM nat_sources
       WHERE destination_ip IS NULL AND verdict = 'several-hosts' ORDER BY estimated_hosts DESC, syns DESC, source_ip LIMIT ?`,
    )
    .all(limit);
}

export interface SeverityCount {
  readonly severity: string;
  readonly count: number;
}

export function findingSeverities(db: Database): SeverityCount[] {
  return db
    .prepare<[], SeverityCount>(
      `SELECT severity, count(*) AS count FROM findings GROUP BY severity
       ORDER BY CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 WHEN 'notice' THEN 2 ELSE 3 END`,
    )
    .all();
}

export interface FindingExample {
  readonly severity: string;
  readonly detector: string;
  readonly kind: string;
  readonly count: number;
  readonly summary: string;
  readonly connectionId: number | null;
  readonly frame: number | null;
}

/** One finding of each kind, the gravest and most frequent kinds first. */
export function gravestFindings(db: Database, limit: number): FindingExample[] {
  return db
    .prepare<[number], FindingExample>(
      `SELECT severity, detector, kind, count(*) AS count, summary, connection_id AS connectionId, frame, min(id) AS first FROM findings
       GROUP BY detector, kind, severity
       ORDER BY CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 WHEN 'notice' THEN 2 ELSE 3 END, count DESC, kind LIMIT ?`,
    )
    .all(limit);
}

export function metaValues(db: Database): Record<string, string | null> {
  const rows = db.prepare<[], { key: string; value: string | null }>('SELECT key, value FROM meta ORDER BY key').all();
  return Object.fromEntries(rows.map(({ key, value }) => [key, value]));
}
