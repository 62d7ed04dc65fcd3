/** Connections whose close is worth a picture. */
import type { Database } from 'better-sqlite3';
import type { FindingKind } from './finding-lists.js';

export interface WorstCase {
  readonly finding: FindingKind;
  /** Whose close is to be drawn: of a SYN that met TIME_WAIT, the connection that was in it. */
  readonly connectionId: number;
}

/** One connection for each kind of finding that is about one, in the order of `kinds`; none twice. */
export function worstCases(db: Database, kinds: readonly FindingKind[], limit: number): WorstCase[] {
  const previous = db
    .prepare<[number], number | null>(
      'SELECT previous_connection_id FROM time_wait_syns WHERE connection_id = ? ORDER BY id LIMIT 1',
    )
    .pluck();
  const cases = new Map<number, WorstCase>();
  for (const finding of kinds) {
    if (finding.connectionId === null) continue;
    const before = finding.detector === 'time-wait-syn' ? previous.get(finding.connectionId) : null;
    const connectionId = before ?? finding.connectionId;
    if (!cases.has(connectionId)) cases.set(connectionId, { finding, connectionId });
  }
  return [...cases.values()].slice(0, limit);
}
