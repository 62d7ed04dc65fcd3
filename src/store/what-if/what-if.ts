/** What a database says of the same SYNs and closes under other rules. */
import type { Database } from 'better-sqlite3';
import type { OtherRules } from '../../detect/what-if.js';
import { OUTCOME_BITS } from '../../flow/row-layout.js';
import { SIDES, TIMESTAMP_USES } from '../../flow/vocabulary.js';
import { captureTotals, connectionCounts } from '../queries.js';
import { recordedTimeWait } from '../recorded-time-wait.js';
import { bits } from '../sql.js';
import { oneSidedConnections } from '../summary-cases.js';
import { heldPeaks, pressurePeaks, type HeldPeak, type PressurePeak } from './held.js';
import { synFates, type SynFates } from './syns.js';

export interface WhatIfFacts {
  /** How long TIME_WAIT was taken to last when the database was made, ns. */
  readonly recordedNs: number;
  readonly syns: SynFates;
  readonly timeWaitPeaks: readonly HeldPeak[];
  readonly portPressure: readonly PressurePeak[];
  /** Connections whose close left TIME_WAIT, by who held it. */
  readonly held: { readonly byClients: number; readonly byClientsStamped: number; readonly byServers: number };
  /** Segments that fail PAWS. */
  readonly pawsFailures: number;
  readonly connections: number;
  /** Of those, connections of which one direction only was captured: their TIME_WAIT is not seen. */
  readonly oneSided: number;
  /** From the first packet to the last; null where there is none. */
  readonly captureS: number | null;
}

export function whatIf(db: Database, other: OtherRules): WhatIfFacts {
  const recordedNs = recordedTimeWait(db);
  return {
    recordedNs,
    syns: synFates(db, other),
    timeWaitPeaks: heldPeaks(db, recordedNs, other),
    portPressure: pressurePeaks(db, recordedNs, other),
    held: heldBy(db),
    pawsFailures: db.prepare<[], number>('SELECT count(*) FROM paws_row').pluck().get() ?? 0,
    connections: connectionCounts(db).connections,
    oneSided: oneSidedConnections(db).oneSided,
    captureS: captureTotals(db).durationS,
  };
}

function heldBy(db: Database): WhatIfFacts['held'] {
  const holder = bits('outcome', OUTCOME_BITS.time_wait_at);
  const is = (...sides: ('client' | 'server' | 'both')[]): string =>
    `${holder} IN (${sides.map((side) => SIDES.indexOf(side)).join(', ')})`;
  const stamped = `${bits('outcome', OUTCOME_BITS.timestamps)} = ${TIMESTAMP_USES.indexOf(1)}`;
  return db
    .prepare<[], WhatIfFacts['held']>(
      `SELECT COALESCE(sum(${is('client', 'both')}), 0) AS byClients, COALESCE(sum(${is('client', 'both')} AND ${stamped}), 0) AS byClientsStamped,
         COALESCE(sum(${is('server', 'both')}), 0) AS byServers
       FROM connection_row WHERE time_wait_rel <> -1`,
    )
    .get() as WhatIfFacts['held'];
}
