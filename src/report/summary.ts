import type { Database } from 'better-sqlite3';
import {
  appliedFilters,
  busiestCloser,
  captureTotals,
  connectionCounts,
  connectionExample,
  type ConnectionExample,
  type Count,
  damagedCaptures,
  evictions,
  recordingsWithoutAcks,
  findingSeverities,
  GRAVEST_CAUSES,
  gravestFindings,
  metaValues,
  natTotals,
  pawsOutcomes,
  repeatedCaptures,
  timeWaitHolders,
  timeWaitOutcomes,
  undecodedReasons,
  unreadInputs,
  worstPawsRejections,
  worstSources,
  worstTimeWaitSyns,
} from '../store/queries.js';
import { longestHolder, oneSidedConnections, repeatedSyns } from '../store/summary-cases.js';

/** What a summary says, whatever it is written in. */
export type Summary = ReturnType<typeof summarize>;

/** Cases told of each question, the worst first. */
const CASES = 3;

/** Asks the database everything that a summary says. */
export function summarize(db: Database, databasePath: string) {
  const connections = connectionCounts(db);
  const example = (count: Count | undefined): ConnectionExample | null =>
    count === undefined ? null : (connectionExample(db, count.exampleId) ?? null);
  return {
    database: databasePath,
    meta: metaValues(db),
    input: {
      ...captureTotals(db),
      filters: appliedFilters(db),
      evictions: evictions(db),
      withoutAcks: recordingsWithoutAcks(db),
      damages: damagedCaptures(db),
      repeated: repeatedCaptures(db) ?? null,
      unread: unreadInputs(db),
      undecoded: undecodedReasons(db),
    },
    connections: {
      count: connections.connections,
      byClose: connections.byClose,
      unanswered: example(connections.byClose.find((close) => close.word === 'unanswered')),
      ...oneSidedConnections(db),
      repeatedSyns: repeatedSyns(db) ?? null,
      halfClosed: connections.byClose.some((close) => close.word === 'half-closed')
        ? (longestHolder(db) ?? null)
        : null,
    },
    closers: {
      byClosedFirst: connections.byClosedFirst,
      inName: connections.inName,
      byCloseOfNobody: connections.byCloseOfNobody,
      byConfidence: connections.byConfidence,
      busiest: busiestCloser(db) ?? null,
      leastSure: example(connections.byConfidence[0]),
    },
    resets: {
      byCause: connections.byResetCause,
      worst: [...connections.byResetCause]
        .sort((a, b) => gravity(a) - gravity(b))
        .slice(0, CASES)
        .map((count) => ({ cause: count.word, count: count.count, example: example(count) })),
    },
    timeWaitSyns: {
      byOutcome: timeWaitOutcomes(db),
      byHolder: timeWaitHolders(db),
      worst: worstTimeWaitSyns(db, CASES),
    },
    paws: { byOutcome: pawsOutcomes(db), worst: worstPawsRejections(db, CASES) },
    clocks: { ...natTotals(db), worst: worstSources(db, CASES) },
    findings: { bySeverity: findingSeverities(db), gravest: gravestFindings(db, CASES) },
  };
}

const gravity = (cause: Count): number => GRAVEST_CAUSES.findIndex((word) => word === cause.word);
