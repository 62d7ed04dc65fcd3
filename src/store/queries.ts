/** What the summary asks of the database. One function a question; all SQL of the program stands in this folder. */
import type { Database } from 'better-sqlite3';
import { OUTCOME_BITS, RESET_BITS, type BitField } from '../flow/row-layout.js';
import { CLOSES, CONFIDENCES, RESET_CAUSES, RESET_ORIGINS, SIDES, type ResetCause } from '../flow/vocabulary.js';
import { NO_SERVICE } from './bulk/connection-tally.js';
import { IN_NAME_ONLY, isInNameOnly } from './in-name-only.js';
import { bits, placePast, quote, serverPort } from './sql.js';
import { LEFT_OUT_BY_FILTER } from './writer-protocol.js';

export interface CaptureTotals {
  readonly captures: number;
  readonly firstPath: string | null;
  readonly packets: number;
  readonly tcpPackets: number;
  readonly undecodedPackets: number;
  /** Read, but left out by a filter. */
  readonly leftOutPackets: number;
  readonly bytes: number;
  readonly dropsReported: number | null;
  readonly cutFrames: number;
  /** Packets whose time is before that of the one before them; and the most that it is, seconds. */
  readonly backwardSteps: number;
  readonly largestBackwardStepS: number;
  /** Where the tap was, as most handshakes of every capture say; null where they do not, or not the same. */
  readonly vantage: 'client' | 'server' | 'middle' | null;
  readonly firstSeen: string | null;
  readonly lastSeen: string | null;
  readonly durationS: number | null;
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
  /** Of those: by a reset in the name of that side which seems not to come from there. */
  readonly inName: readonly Count[];
  /** How those ended that nobody closed first. */
  readonly byCloseOfNobody: readonly Count[];
  /** How sure it is who closed first, where somebody did; the least sure comes first. */
  readonly byConfidence: readonly Count[];
  readonly byResetCause: readonly Count[];
}

export function captureTotals(db: Database): CaptureTotals {
  return db
    .prepare<[], CaptureTotals>(
      `SELECT count(*) AS captures, (SELECT path FROM captures ORDER BY id LIMIT 1) AS firstPath,
         COALESCE(sum(packets), 0) AS packets, COALESCE(sum(tcp_packets), 0) AS tcpPackets, COALESCE(sum(undecoded_packets), 0) AS undecodedPackets,
         (SELECT COALESCE(sum(packets), 0) FROM undecoded WHERE reason = ${quote(LEFT_OUT_BY_FILTER)}) AS leftOutPackets,
         COALESCE(sum(bytes), 0) AS bytes, sum(drops_reported) AS dropsReported, COALESCE(sum(cut_frames), 0) AS cutFrames,
         COALESCE(sum(backward_steps), 0) AS backwardSteps, COALESCE(max(largest_backward_step_ns), 0) / 1e9 AS largestBackwardStepS,
         CASE WHEN count(DISTINCT vantage) = 1 THEN max(vantage) END AS vantage,
         strftime('%Y-%m-%d %H:%M:%S', min(first_ns) / 1000000000, 'unixepoch') AS firstSeen,
         strftime('%Y-%m-%d %H:%M:%S', max(last_ns) / 1000000000, 'unixepoch') AS lastSeen,
         (max(last_ns) - min(first_ns)) / 1e9 AS durationS
       FROM captures`,
    )
    .get() as CaptureTotals;
}

/** A filter that recordings were read with. */
export interface AppliedFilter {
  readonly expression: string;
  /** It asks for octets, lengths or a direction, so it may have left out some segments of a connection. */
  readonly cutsConnections: boolean;
}

/** The filters of all recordings, in their order, each once. */
export function appliedFilters(db: Database): AppliedFilter[] {
  return db
    .prepare<[], { expression: string; cuts: number }>(
      `SELECT json_extract(parameters, '$.filter') AS expression, max(json_extract(parameters, '$.filter_cuts_connections')) AS cuts
       FROM recordings WHERE expression IS NOT NULL GROUP BY expression ORDER BY min(id)`,
    )
    .all()
    .map(({ expression, cuts }) => ({ expression, cutsConnections: cuts === 1 }));
}

/** How many recordings hold no ACK that is nothing else: for those were left out when they were captured. */
export function recordingsWithoutAcks(db: Database): { count: number; all: number } {
  return db
    .prepare<[], { count: number; all: number }>(
      `SELECT COALESCE(sum(json_extract(parameters, '$.acks_left_out')), 0) AS count, count(*) AS "all" FROM recordings`,
    )
    .get() as { count: number; all: number };
}

/** What `--max-memory` cost in all recordings: connections that left memory before they ended, and soon after. */
export function evictions(db: Database): { unended: number; ended: number } {
  return db
    .prepare<[], { unended: number; ended: number }>(
      `SELECT COALESCE(sum(json_extract(parameters, '$.evicted_connections')), 0) AS unended,
         COALESCE(sum(json_extract(parameters, '$.evicted_after_their_end')), 0) AS ended FROM recordings`,
    )
    .get() as { unended: number; ended: number };
}

/** A sentence for each input, of all recordings, that nothing could be read of: there is no capture in the database for it. */
export function unreadInputs(db: Database): string[] {
  return db
    .prepare<[], string>(
      `SELECT json_extract(parameters, '$.unread_inputs') AS inputs FROM recordings WHERE inputs IS NOT NULL ORDER BY id`,
    )
    .pluck()
    .all()
    .flatMap((inputs) => inputs.split('\n'));
}

export function damagedCaptures(db: Database): { path: string; damage: string }[] {
  return db
    .prepare<[], { path: string; damage: string }>(
      'SELECT path, damage FROM captures WHERE damage IS NOT NULL ORDER BY id',
    )
    .all();
}

/** Captures that hold the same packets as one before them, by their number and by the times of the first and the last. */
export interface RepeatedCaptures {
  readonly count: number;
  /** The first of them, and the one that it repeats. */
  readonly path: string;
  readonly repeats: string;
}

export function repeatedCaptures(db: Database): RepeatedCaptures | undefined {
  return db
    .prepare<[], RepeatedCaptures>(
      `WITH again AS (
         SELECT id, path, first_value(path) OVER w AS repeats, row_number() OVER w AS place FROM captures WHERE packets > 1
         WINDOW w AS (PARTITION BY packets, tcp_packets, first_ns, last_ns ORDER BY id)
       )
       SELECT count(*) AS count, path, repeats, min(id) FROM again WHERE place > 1 HAVING count(*) > 0`,
    )
    .get();
}

/** Why packets could not be decoded, the most frequent first. */
export function undecodedReasons(db: Database): { reason: string; meaning: string; packets: number }[] {
  return db
    .prepare<[], { reason: string; meaning: string; packets: number }>(
      `SELECT reason, meaning, sum(packets) AS packets FROM undecoded WHERE undecided GROUP BY reason ORDER BY packets DESC, reason`,
    )
    .all();
}

interface OutcomeGroup {
  readonly outcome: number;
  readonly reset: number;
  readonly count: number;
  /** The first connection in it. */
  readonly id: number;
}

/** Connections by outcome and reset: as they were counted when they were written, or counted now. */
function outcomeGroups(db: Database): readonly OutcomeGroup[] {
  if (!hasTally(db)) {
    return db
      .prepare<[], OutcomeGroup>(
        `SELECT outcome & 0xffffffff AS outcome, reset, count(*) AS count, min(id) AS id FROM connection_row GROUP BY 1, 2`,
      )
      .all();
  }
  const first = db
    .prepare<[number, number], number>(
      'SELECT min(id) FROM connection_row WHERE outcome & 0xffffffff = ? AND reset = ?',
    )
    .pluck();
  return db
    .prepare<[], Omit<OutcomeGroup, 'id'> & { id: number | null }>(
      `SELECT outcome, reset, sum(connections) AS count, CASE WHEN count(first_id) = count(*) THEN min(first_id) END AS id
       FROM connection_tally GROUP BY outcome, reset`,
    )
    .all()
    .map((group) => ({ ...group, id: group.id ?? first.get(group.outcome, group.reset) ?? 0 }));
}

/** Whether the connections were counted when they were written: `connection_tally`. */
export function hasTally(db: Database): boolean {
  return db.prepare('SELECT EXISTS (SELECT 1 FROM connection_tally)').pluck().get() === 1;
}

/** Everything that the packed columns tell. */
export function connectionCounts(db: Database): ConnectionCounts {
  const groups = outcomeGroups(db);
  const code = (column: number, field: BitField): number => (column >> field.shift) & (2 ** field.width - 1);
  const closed = (g: { outcome: number }) => CLOSES[code(g.outcome, OUTCOME_BITS.close)];
  const first = (g: { outcome: number }) => SIDES[code(g.outcome, OUTCOME_BITS.closed_first)];
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
    byClose: by(closed),
    byClosedFirst: by((g) => first(g) ?? 'nobody'),
    inName: by((g) => {
      const cause = RESET_CAUSES[code(g.reset, RESET_BITS.cause)];
      const origin = RESET_ORIGINS[code(g.reset, RESET_BITS.origin)];
      return isInNameOnly(cause, origin) && closed(g) === 'rst' ? first(g) : null;
    }),
    byCloseOfNobody: by((g) => (first(g) === null ? closed(g) : null)),
    byConfidence: by((g) =>
      first(g) === null ? null : CONFIDENCES[code(g.outcome, OUTCOME_BITS.closed_first_confidence)],
    ).sort((a, b) => CONFIDENCES.findIndex((c) => c === a.word) - CONFIDENCES.findIndex((c) => c === b.word)),
    byResetCause: by((g) => (g.reset === 0 ? null : RESET_CAUSES[code(g.reset, RESET_BITS.cause)])),
  };
}

/** Of several causes, the one that a person should look at first. */
export const GRAVEST_CAUSES: readonly ResetCause[] = [
  'injected',
  'half-open',
  'listen-overflow',
  'keepalive',
  'challenge-ack',
  'time-wait',
  'data-after-close',
  'unread-data',
  'abort',
  'idle-timeout',
  'unknown',
  'refused',
];

const closedFirst = bits('outcome', OUTCOME_BITS.closed_first);

export interface BusiestCloser {
  readonly serverIp: string;
  readonly serverPort: number;
  readonly connections: number;
  readonly serverFirst: number;
  readonly clientFirst: number;
}

/** The server whose connections one side closed first most often. */
export function busiestCloser(db: Database): BusiestCloser | undefined {
  if (!hasTally(db)) {
    return db
      .prepare<[], BusiestCloser>(
        `SELECT server_ip AS serverIp, server_port AS serverPort, connections, server_first AS serverFirst, client_first AS clientFirst
         FROM closers ORDER BY server_first + client_first DESC, server_ip, server_port LIMIT 1`,
      )
      .get();
  }
  const busiest = db
    .prepare<[number], BusiestCloser & { readonly address: number }>(
      `SELECT g.address, ip AS serverIp, serverPort, connections, serverFirst, clientFirst FROM (
         SELECT server_address AS address, server_port AS serverPort, sum(connections) AS connections,
           sum(connections * (${closedFirst} = ${SIDES.indexOf('server')})) AS serverFirst,
           sum(connections * (${closedFirst} = ${SIDES.indexOf('client')})) AS clientFirst
         FROM connection_tally WHERE server_address <> ? GROUP BY server_address, server_port
       ) AS g JOIN address ON address.id = g.address
       ORDER BY serverFirst + clientFirst DESC, serverIp, serverPort LIMIT 1`,
    )
    .get(NO_SERVICE);
  if (busiest === undefined) return undefined;
  const { address, ...closer } = busiest;
  const isMerged = db.prepare('SELECT EXISTS (SELECT 1 FROM connection_tally WHERE server_address = ?)').pluck();
  if (isMerged.get(NO_SERVICE) === 0) return closer;
  const all = db
    .prepare<[number, number], number>(
      `SELECT count(*) FROM connection_row WHERE server_address = ? AND ${serverPort('ports')} = ?`,
    )
    .pluck();
  return { ...closer, connections: all.get(address, closer.serverPort) ?? closer.connections };
}

/** Where in the captures something is to be seen; the path is there for recordings of several files. */
export interface Place {
  readonly frame: number | null;
  readonly path: string | null;
}

export interface ConnectionExample {
  readonly id: number;
  readonly clientIp: string;
  readonly clientPort: number;
  readonly serverIp: string;
  readonly serverPort: number;
  readonly closedFirst: string | null;
  /** What closed was a reset in the name of that side, and seems not to come from there. */
  readonly inNameOnly: boolean;
  readonly confidence: string | null;
  readonly closeNote: string | null;
  readonly resetBy: string | null;
  readonly resetConfidence: string | null;
  readonly synCount: number;
  /** For how long its recording went on after its first packet, seconds. */
  readonly capturedS: number;
  readonly begin: Place;
  /** The first FIN of the side that closed first, or the reset where it sent none. */
  readonly close: Place;
  readonly reset: Place;
}

/** What a summary tells of one connection. */
export function connectionExample(db: Database, connectionId: number): ConnectionExample | undefined {
  const row = db
    .prepare<
      [number],
      Omit<ConnectionExample, 'begin' | 'close' | 'reset' | 'inNameOnly'> & Record<`${string}At` | 'inName', number>
    >(
      `SELECT c.id, client_ip AS clientIp, client_port AS clientPort, server_ip AS serverIp, server_port AS serverPort,
         closed_first AS closedFirst, closed_first_confidence AS confidence, close_note AS closeNote,
         close = 'rst' AND ${IN_NAME_ONLY} AS inName,
         reset_by AS resetBy, reset_confidence AS resetConfidence, c.syn_count AS synCount,
         ((SELECT max(k.last_ns) FROM captures AS k JOIN captures AS f ON f.recording_id = k.recording_id WHERE f.id = c.capture_id) - c.first_ns) / 1e9 AS capturedS,
         r.first_at AS beginAt, COALESCE(x.reset_at, -1) AS resetAt,
         COALESCE(CASE closed_first WHEN 'server' THEN ${placePast('r', 'server_fin_past')} ELSE ${placePast('r', 'client_fin_past')} END, x.reset_at, -1) AS closeAt
       FROM connections AS c JOIN connection_row AS r ON r.id = c.id LEFT JOIN connection_extra_row AS x ON x.id = c.id WHERE c.id = ?`,
    )
    .get(connectionId);
  if (row === undefined) return undefined;
  const { beginAt, closeAt, resetAt, inName, ...rest } = row;
  const inNameOnly = rest.closedFirst !== null && inName === 1;
  return { ...rest, inNameOnly, begin: placeOf(db, beginAt), close: placeOf(db, closeAt), reset: placeOf(db, resetAt) };
}

/** Capture id and frame number out of an `_at` column. */
function placeOf(db: Database, at = -1): Place {
  if (at < 0) return { frame: null, path: null };
  const path = db
    .prepare<[number], string>('SELECT path FROM captures WHERE id = ?')
    .pluck()
    .get(Math.floor(at / 2 ** 32));
  return { frame: at % 2 ** 32, path: path ?? null };
}

/** The path of the capture that a row of the view `of` names. */
const pathOf = (of: string): string => `(SELECT path FROM captures WHERE captures.id = ${of}.capture_id) AS path`;

export interface OutcomeCount {
  readonly outcome: string;
  readonly count: number;
}

/** At which side of the attempt TIME_WAIT was held, and how often. */
export function timeWaitHolders(db: Database): { holder: string; count: number }[] {
  return db
    .prepare<[], { holder: string; count: number }>(
      'SELECT holder, count(*) AS count FROM time_wait_syns WHERE holder IS NOT NULL GROUP BY holder ORDER BY count DESC, holder',
    )
    .all();
}

export function timeWaitOutcomes(db: Database): OutcomeCount[] {
  return db
    .prepare<[], OutcomeCount>(
      'SELECT outcome, count(*) AS count FROM time_wait_syns GROUP BY outcome ORDER BY count DESC, outcome',
    )
    .all();
}

export interface TimeWaitExample extends Place {
  readonly connectionId: number | null;
  readonly outcome: string;
  readonly elapsedS: number;
  readonly isnRelation: string;
  readonly isnDelta: number | null;
  /** Null where the snap length cut the timestamps off. */
  readonly tsRelation: string | null;
  readonly tsDelta: number | null;
  readonly retryDelayS: number | null;
  readonly attempts: number;
}

/** Those that cost most come first: never taken, then taken late. */
export function worstTimeWaitSyns(db: Database, limit: number): TimeWaitExample[] {
  return db
    .prepare<[number], TimeWaitExample>(
      `SELECT connection_id AS connectionId, frame, ${pathOf('time_wait_syns')}, outcome, elapsed_s AS elapsedS,
         isn_relation AS isnRelation, isn_delta AS isnDelta, ts_relation AS tsRelation, ts_delta AS tsDelta, retry_delay_s AS retryDelayS, attempts FROM time_wait_syns
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

export interface PawsExample extends Place {
  readonly connectionId: number | null;
  readonly sender: string | null;
  readonly flags: string;
  readonly tsDelta: number;
  readonly marginS: number | null;
  readonly outcome: string;
  readonly impact: string;
  /** Of the ACK that shows the outcome. */
  readonly evidenceFrame: number | null;
}

export function worstPawsRejections(db: Database, limit: number): PawsExample[] {
  return db
    .prepare<[number], PawsExample>(
      `SELECT connection_id AS connectionId, frame, ${pathOf('paws_rejections')}, sender, flags, ts_delta AS tsDelta, margin_s AS marginS, outcome, impact, evidence_frame AS evidenceFrame FROM paws_rejections
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

export interface NatExample extends Place {
  readonly sourceIp: string;
  readonly syns: number;
  readonly estimatedHosts: number | null;
  readonly verdict: string;
  readonly regressions: number;
  readonly recycleDrops: number;
}

/** Sources that several hosts share come first, then those that an old server would have turned away most often. */
export function worstSources(db: Database, limit: number): NatExample[] {
  return db
    .prepare<[number], NatExample>(
      `SELECT w.*, r.frame, ${pathOf('r')} FROM (
         SELECT source_ip AS sourceIp, syns, estimated_hosts AS estimatedHosts, verdict, regressions, tw_recycle_drops AS recycleDrops
         FROM nat_sources WHERE destination_ip IS NULL AND (verdict = 'several-hosts' OR regressions > 0)
         ORDER BY verdict = 'several-hosts' DESC, estimated_hosts DESC, tw_recycle_drops DESC, regressions DESC, source_ip LIMIT ?
       ) AS w
       LEFT JOIN timestamp_regressions AS r ON r.id = (SELECT min(id) FROM timestamp_regressions WHERE source_ip = w.sourceIp)`,
    )
    .all(limit);
}

export interface SeverityCount {
  readonly severity: string;
  readonly count: number;
}

/** Past a thousand of a kind, one finding stands for the rest of them. */
const TIMES = "COALESCE(json_extract(evidence, '$.more'), 1)";

export function findingSeverities(db: Database): SeverityCount[] {
  return db
    .prepare<[], SeverityCount>(
      `SELECT severity, sum(${TIMES}) AS count FROM findings GROUP BY severity
       ORDER BY CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 WHEN 'notice' THEN 2 ELSE 3 END`,
    )
    .all();
}

export interface FindingExample extends Place {
  readonly severity: string;
  readonly detector: string;
  readonly kind: string;
  readonly count: number;
  readonly summary: string;
  readonly connectionId: number | null;
}

/** One finding of each kind (of resets: of each cause), the gravest and most frequent kinds first. */
export function gravestFindings(db: Database, limit: number): FindingExample[] {
  return db
    .prepare<[number], FindingExample>(
      `SELECT severity, detector, kind, sum(${TIMES}) AS count, summary, connection_id AS connectionId, frame, ${pathOf('findings')}, min(id) AS first FROM findings
       GROUP BY detector, kind, severity, json_extract(evidence, '$.cause')
       ORDER BY CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 WHEN 'notice' THEN 2 ELSE 3 END, count DESC, kind LIMIT ?`,
    )
    .all(limit);
}

export function metaValues(db: Database): Record<string, string | null> {
  const rows = db.prepare<[], { key: string; value: string | null }>('SELECT key, value FROM meta ORDER BY key').all();
  return Object.fromEntries(rows.map(({ key, value }) => [key, value]));
}
