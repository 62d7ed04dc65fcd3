/** SYNs that met TIME_WAIT: how their numbers stood to the old ones, and what became of them. */
import type { Database } from 'better-sqlite3';
import { TIME_WAIT_OUTCOMES } from '../../flow/vocabulary.js';

export type TimeWaitOutcome = (typeof TIME_WAIT_OUTCOMES)[number];

export interface SynDelta {
  readonly outcome: TimeWaitOutcome;
  /** Null where the old numbers were not seen. */
  readonly isnDelta: number | null;
  /** Null where there is no timestamp to compare. */
  readonly tsDelta: number | null;
  readonly frame: number;
}

/** At most `limit` of each outcome, the first that were seen. */
export function synDeltas(db: Database, limit: number): SynDelta[] {
  const one = db.prepare<[string, number], SynDelta>(
    `SELECT outcome, isn_delta AS isnDelta, ts_delta AS tsDelta, frame FROM time_wait_syns WHERE outcome = ? ORDER BY id LIMIT ?`,
  );
  return TIME_WAIT_OUTCOMES.flatMap((outcome) => one.all(outcome, limit));
}

export interface TimeWaitSynLine {
  readonly frame: number;
  readonly path: string | null;
  readonly client: string;
  readonly server: string;
  readonly elapsedS: number;
  readonly isnRelation: string;
  readonly isnDelta: number | null;
  readonly tsRelation: string | null;
  readonly tsDelta: number | null;
  readonly outcome: TimeWaitOutcome;
  readonly attempts: number;
  readonly retryDelayS: number | null;
  readonly confidence: string;
  readonly linux: string | null;
  readonly freebsd: string | null;
  readonly explanation: string;
  readonly connectionId: number | null;
}

/** Those that cost most come first: never taken, then taken late. */
export function timeWaitSynLines(db: Database, limit: number): TimeWaitSynLine[] {
  return db
    .prepare<[number], TimeWaitSynLine>(
      `SELECT frame, (SELECT path FROM captures WHERE captures.id = t.capture_id) AS path,
         ${endpoint('client')} AS client, ${endpoint('server')} AS server, elapsed_s AS elapsedS,
         isn_relation AS isnRelation, isn_delta AS isnDelta, ts_relation AS tsRelation, ts_delta AS tsDelta, outcome, attempts,
         retry_delay_s AS retryDelayS, confidence, linux, freebsd, explanation, connection_id AS connectionId
       FROM time_wait_syns AS t
       ORDER BY outcome NOT IN ('unanswered', 'reset', 'challenged'), COALESCE(retry_delay_s, 0) DESC, attempts DESC, id LIMIT ?`,
    )
    .all(limit);
}

function endpoint(side: 'client' | 'server'): string {
  const ip = `${side}_ip`;
  return `CASE WHEN instr(${ip}, ':') THEN '[' || ${ip} || ']' ELSE ${ip} END || ':' || ${side}_port`;
}
