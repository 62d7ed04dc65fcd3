/** The time that the captures of a database cover; charts count from its begin. */
import type { Database } from 'better-sqlite3';
import { EPOCH_NS } from '../sql.js';

export interface RecordedSpan {
  /** First packet of all, milliseconds since 1970. */
  readonly startMs: number;
  /** Seconds to the last packet of all. */
  readonly seconds: number;
}

/** Nanoseconds from the run's epoch to the begin: `*_rel` columns minus this count from there. */
export const BEGIN_REL = `(SELECT COALESCE(min(first_ns), ${EPOCH_NS}) - ${EPOCH_NS} FROM captures)`;
export const SPAN_NS = '(SELECT max(1, COALESCE(max(last_ns) - min(first_ns), 1)) FROM captures)';

export function recordedSpan(db: Database): RecordedSpan {
  return db
    .prepare<[], RecordedSpan>(
      `SELECT COALESCE(min(first_ns) / 1000000, 0) AS startMs, ${SPAN_NS} / 1e9 AS seconds FROM captures`,
    )
    .get() as RecordedSpan;
}
