import type { Database } from 'better-sqlite3';
import {
  busiestCloser,
  captureTotals,
  connectionCounts,
  damagedCaptures,
  findingSeverities,
  gravestFindings,
  metaValues,
  natTotals,
  pawsOutcomes,
  resetExample,
  severalHosts,
  timeWaitOutcomes,
  undecodedReasons,
  worstPawsRejections,
  worstTimeWaitSyns,
} from '../store/queries.js';

/** What a summary says, whatever it is written in. */
export type Summary = ReturnType<typeof summarize>;

/** Asks the database everything that a summary says. */
export function summarize(db: Database, databasePath: string) {
  const connections = connectionCounts(db);
  return {
    database: databasePath,
    meta: metaValues(db),
    input: { ...captureTotals(db), damages: damagedCaptures(db), undecoded: undecodedReasons(db) },
    connections,
    closers: { byClosedFirst: connections.byClosedFirst, busiest: busiestCloser(db) ?? null },
    resets: {
      byCause: connections.byResetCause,
      examples: connections.byResetCause
        .slice(0, 2)
        .map((cause) => ({ cause: cause.word, ...resetExample(db, cause.exampleId) })),
    },
    timeWaitSyns: { byOutcome: timeWaitOutcomes(db), worst: worstTimeWaitSyns(db, 2) },
    paws: { byOutcome: pawsOutcomes(db), worst: worstPawsRejections(db, 2) },
    clocks: { ...natTotals(db), severalHostsAt: severalHosts(db, 2) },
    findings: { bySeverity: findingSeverities(db), gravest: gravestFindings(db, 3) },
  };
}
