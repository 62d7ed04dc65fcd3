/** How many TIME_WAIT sockets hosts would hold, and how many tuples clients would keep busy, under other rules. */
import type { Database } from 'better-sqlite3';
import { RECYCLED_NS, REUSED_NS, type OtherRules } from '../../detect/what-if.js';
import { OUTCOME_BITS } from '../../flow/row-layout.js';
import { SIDES, TIMESTAMP_USES } from '../../flow/vocabulary.js';
import { bits, serverPort } from '../sql.js';
import { EPHEMERAL_PORTS, pressureTables } from '../views/port-pressure.js';
import { timeWaitLevels } from '../views/time-wait-peaks.js';

/** A host's TIME_WAIT sockets, the most at a time up to the last packet. */
export interface HeldPeak {
  readonly ip: string;
  readonly recorded: number;
  readonly then: number;
}

/** Tuples of a client towards one service that are busy at the peak, open or in TIME_WAIT. */
export interface PressurePeak {
  readonly clientIp: string;
  readonly serverIp: string;
  readonly serverPort: number;
  readonly connections: number;
  readonly recorded: number;
  readonly then: number;
  /** `then` as a share of the ports that Linux hands out by default. */
  readonly shareThen: number;
}

/** Services looked at, those with most connections; and peaks told. */
const MAX_SERVICES = 100;
const MAX_PEAKS = 10;

const holder = bits('outcome', OUTCOME_BITS.time_wait_at);
const stamped = `${bits('outcome', OUTCOME_BITS.timestamps)} = ${TIMESTAMP_USES.indexOf(1)}`;
const CLIENT = SIDES.indexOf('client');
const BOTH = SIDES.indexOf('both');

/** SQL of how long TIME_WAIT of a row of connection_row lasts, ns. */
function lengthOf({ timeWaitNs, twRecycle, noTimestamps }: OtherRules): string {
  return twRecycle && !noTimestamps
    ? `CASE WHEN ${stamped} THEN ${Math.min(RECYCLED_NS, timeWaitNs)} ELSE ${timeWaitNs} END`
    : String(timeWaitNs);
}

/** And how long it keeps the tuple from the client. */
function keptOf(other: OtherRules): string {
  if (!other.twReuse || other.noTimestamps) return lengthOf(other);
  const length = lengthOf(other);
  return `CASE WHEN ${stamped} AND ${holder} IN (${CLIENT}, ${BOTH}) THEN min(${REUSED_NS}, ${length}) ELSE ${length} END`;
}

/** Hosts with the highest peaks. What ended a TIME_WAIT early in the capture ends it there too. */
export function heldPeaks(db: Database, recordedNs: number, other: OtherRules): HeldPeak[] {
  const peaksWith = (length: string): Map<string, number> =>
    new Map(
      db
        .prepare<[], [ip: string, peak: number]>(
          `WITH ${timeWaitLevels(length)}, peak AS MATERIALIZED (SELECT address, max(held) AS held FROM time_wait_level GROUP BY address)
           SELECT ip, held FROM peak JOIN address ON address.id = address`,
        )
        .raw()
        .all(),
    );
  const length = lengthOf(other);
  const recorded = peaksWith(String(recordedNs));
  const then = length === String(recordedNs) ? recorded : peaksWith(length);
  return [...new Set([...recorded.keys(), ...then.keys()])]
    .map((ip) => ({ ip, recorded: recorded.get(ip) ?? 0, then: then.get(ip) ?? 0 }))
    .filter((peak) => peak.recorded + peak.then > 0)
    .sort((a, b) => Math.max(b.recorded, b.then) - Math.max(a.recorded, a.then) || (a.ip < b.ip ? -1 : 1))
    .slice(0, MAX_PEAKS);
}

const SERVICE = `client_address, server_address, ${serverPort('ports')}`;
const BUSIEST = `SELECT ${SERVICE}, count(*) AS connections FROM connection_row GROUP BY 1, 2, 3 ORDER BY connections DESC LIMIT ${MAX_SERVICES}`;

/** Clients that keep most tuples of a service busy. */
export function pressurePeaks(db: Database, recordedNs: number, other: OtherRules): PressurePeak[] {
  interface Row extends Omit<PressurePeak, 'recorded' | 'then' | 'shareThen'> {
    readonly busy: number;
  }
  const busiest = db.prepare<[], number[]>(BUSIEST).raw().all();
  const among = `(${SERVICE}) IN (VALUES ${busiest.map((service) => `(${service.slice(0, 3).join(', ')})`).join(', ')})`;
  const busyUnder = (kept: string): Row[] =>
    db
      .prepare<[], Row>(
        `WITH ${pressureTables(kept, among)} SELECT ca.ip AS clientIp, sa.ip AS serverIp, server_port AS serverPort, connections, busy
         FROM pressure JOIN address AS ca ON ca.id = client_address JOIN address AS sa ON sa.id = server_address`,
      )
      .all();
  if (busiest.length === 0) return [];
  const key = (row: Row): string => `${row.clientIp} ${row.serverIp} ${row.serverPort}`;
  const kept = keptOf(other);
  const recorded = busyUnder(String(recordedNs));
  const then = new Map((kept === String(recordedNs) ? recorded : busyUnder(kept)).map((row) => [key(row), row.busy]));
  return recorded
    .map(({ busy, ...service }) => {
      const after = then.get(key({ busy, ...service })) ?? 0;
      return { ...service, recorded: busy, then: after, shareThen: after / EPHEMERAL_PORTS };
    })
    .sort((a, b) => Math.max(b.recorded, b.then) - Math.max(a.recorded, a.then) || b.connections - a.connections)
    .slice(0, MAX_PEAKS);
}
