/** Findings for a page: each kind once, then one by one. */
import type { Database } from 'better-sqlite3';
import type { Confidence, Severity } from '../../flow/vocabulary.js';

export interface Finding {
  readonly id: number;
  readonly detector: string;
  readonly kind: string;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly connectionId: number | null;
  readonly frame: number | null;
  readonly path: string | null;
  /** Where there is a connection: the display filter that selects it. */
  readonly connectionFilter: string | null;
  /** The capture that the filter is for: the first of the connection. */
  readonly filterPath: string | null;
  /** The address that it is about, where it is about an address. */
  readonly sourceIp: string | null;
  readonly summary: string;
  readonly source: string;
}

export interface FindingKind extends Finding {
  /** Findings like this one. */
  readonly count: number;
}

const GRAVITY = "CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 WHEN 'notice' THEN 2 ELSE 3 END";
const SURENESS =
  "CASE confidence WHEN 'certain' THEN 0 WHEN 'strong' THEN 1 WHEN 'likely' THEN 2 WHEN 'weak' THEN 3 ELSE 4 END";
/** Past a thousand of a sort, one finding stands for the rest of them: their number. */
const MORE = "json_extract(f.evidence, '$.more')";
/** Resets of different causes are different things to look at. */
const SORT_OF = "f.detector, f.kind, COALESCE(json_extract(f.evidence, '$.cause'), ''), f.severity";

const COLUMNS = `f.id, f.detector, f.kind, f.severity, f.confidence, f.connection_id AS connectionId, f.frame,
  (SELECT path FROM captures WHERE captures.id = f.capture_id) AS path,
  (SELECT wireshark_filter FROM connections AS c WHERE c.id = f.connection_id) AS connectionFilter,
  (SELECT path FROM captures, connection_row AS c WHERE captures.id = c.first_at >> 32 AND c.id = f.connection_id) AS filterPath,
  json_extract(f.evidence, '$.source_ip') AS sourceIp, f.summary, f.source`;

/** Each kind (resets: each cause) at each severity, the gravest first, with its surest finding as the example. */
export function findingKinds(db: Database): FindingKind[] {
  return db
    .prepare<[], FindingKind>(
      `WITH ranked AS (
         SELECT f.id, sum(COALESCE(${MORE}, 1)) OVER (PARTITION BY ${SORT_OF}) AS count,
           row_number() OVER (PARTITION BY ${SORT_OF} ORDER BY ${MORE} IS NOT NULL, ${SURENESS}, f.id) AS place
         FROM findings AS f
       )
       SELECT ${COLUMNS}, ranked.count FROM ranked JOIN findings AS f ON f.id = ranked.id WHERE ranked.place = 1
       ORDER BY ${GRAVITY}, ranked.count DESC, f.kind, f.id`,
    )
    .all();
}

/** Findings one by one, the gravest first; of each kind (resets: of each cause) no more than `limitOfKind`. */
export function findingList(db: Database, limitOfKind: number): Finding[] {
  return db
    .prepare<[number], Finding>(
      `WITH ranked AS (
         SELECT f.id, row_number() OVER (PARTITION BY ${SORT_OF} ORDER BY ${SURENESS}, f.id) AS place
         FROM findings AS f WHERE ${MORE} IS NULL
       )
       SELECT ${COLUMNS} FROM ranked JOIN findings AS f ON f.id = ranked.id WHERE ranked.place <= ? ORDER BY ${GRAVITY}, f.id`,
    )
    .all(limitOfKind);
}

/** The statement that shows what a finding rests on. To be copied: it names nothing but numbers and addresses. */
export function evidenceSql(finding: Finding): string {
  const { connectionId, sourceIp } = finding;
  if (connectionId === null)
    return sourceIp === null
      ? `SELECT * FROM findings WHERE id = ${finding.id}`
      : `SELECT * FROM nat_sources WHERE source_ip = '${sourceIp.replaceAll("'", "''")}'`;
  const view = EVIDENCE_VIEWS[finding.detector];
  return view === undefined
    ? `SELECT * FROM connections WHERE id = ${connectionId}`
    : `SELECT * FROM ${view} WHERE connection_id = ${connectionId}`;
}

/** The view in which a detector's verdicts stand. */
const EVIDENCE_VIEWS: Readonly<Record<string, string>> = {
  'rst-termination': 'resets',
  'time-wait-syn': 'time_wait_syns',
  'paws-rejection': 'paws_rejections',
};
