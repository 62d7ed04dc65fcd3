import type { Database } from 'better-sqlite3';
import { UsageError } from '../errors.js';

/** Linux' length of TIME_WAIT. */
export const DEFAULT_TIME_WAIT_NS = 60e9;

/** How long TIME_WAIT was taken to last when the database was made, ns. */
export function recordedTimeWait(db: Database): number {
  const value = db.prepare<[], string>("SELECT value FROM meta WHERE key = 'time_wait_ns'").pluck().get();
  return Number(value ?? DEFAULT_TIME_WAIT_NS);
}

/**
 * How long it is to last in a recording that is added to `db`: as there, for all views of a database go by one length.
 * @throws UsageError where another was asked for.
 */
export function timeWaitToAppend(db: Database, path: string, askedNs: number | undefined): number {
  const recordedNs = recordedTimeWait(db);
  if (askedNs === undefined || askedNs === recordedNs) return recordedNs;
  const [asked, recorded] = [askedNs, recordedNs].map((ns) => `${ns / 1e9}s`);
  throw new UsageError(
    'other-time-wait',
    `--time-wait ${asked}: ${path} was made with ${recorded}, which holds for all that is added to it. Leave --time-wait out, or make a database of its own with -o. What another length would change is told by: tcpclose what-if ${path} --time-wait ${asked}`,
  );
}
