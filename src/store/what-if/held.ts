/** How many TIME_WAIT sockets hosts would hold, and how many tuples clients would keep busy, under other rules. */
import type { Database } from 'better-sqlite3';
import { Census, MAX_SAMPLES } from '../../detect/census.js';
import { NOTHING_LATE, TIME_WAIT_STATE, timeWaitLife, type LateFacts } from '../../detect/socket-life.js';
import { RECYCLED_NS, REUSED_NS, type OtherRules } from '../../detect/what-if.js';
import { CONNECTION_ROW, OUTCOME_BITS, ZEEK_SHIFT } from '../../flow/row-layout.js';
import { SIDES, TIMESTAMP_USES } from '../../flow/vocabulary.js';
import { lateFacts } from '../census-rows.js';
import { EPOCH_NS, bits, serverPort } from '../sql.js';
import { EPHEMERAL_PORTS, pressureTables } from '../views/port-pressure.js';

/** A host's TIME_WAIT sockets at the peak of a thousand evenly spaced moments, the last packet the last of them. */
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

/** Hosts looked at, those that were in TIME_WAIT most often; services, those with most connections; and peaks told. */
const MAX_HOSTS = 100;
const MAX_SERVICES = 100;
const MAX_PEAKS = 10;

const holder = bits('outcome', OUTCOME_BITS.time_wait_at);
const stamped = `${bits('outcome', OUTCOME_BITS.timestamps)} = ${TIMESTAMP_USES.indexOf(1)}`;
const CLIENT = SIDES.indexOf('client');
const SERVER = SIDES.indexOf('server');
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

/** A census counts in steps of a second: here a step is what is between two moments. */
const STEP_NS = 1e9;

/** TIME_WAIT sockets by who holds them, the moment that finds them first, and those that find them gone. */
const HOLDERS = `SELECT CASE ${holder} WHEN ${SERVER} THEN server_address ELSE client_address END AS address, time_wait_rel AS began, outcome
  FROM connection_row WHERE time_wait_rel <> -1 AND ${holder} <> 0
  UNION ALL
  SELECT server_address, time_wait_rel, outcome FROM connection_row WHERE time_wait_rel <> -1 AND ${holder} = ${BOTH}`;

const held = (moment: (rel: string) => string, recorded: string, then: string): string =>
  `SELECT address, ${moment('began')} AS began, ${moment(`began + ${recorded}`)} AS gone, ${moment(`began + ${then}`)} AS goneThen, count(*) AS sockets
FROM (${HOLDERS}) WHERE address IN (SELECT address FROM (${HOLDERS}) GROUP BY address ORDER BY count(*) DESC LIMIT ${MAX_HOSTS})
GROUP BY 1, 2, 3, 4`;

interface HeldRow {
  readonly address: number;
  readonly began: number;
  readonly gone: number;
  readonly goneThen: number;
  readonly sockets: number;
}

/** Hosts with the highest peaks. What ended a TIME_WAIT early in the capture ends it there too. */
export function heldPeaks(db: Database, recordedNs: number, other: OtherRules): HeldPeak[] {
  const lastNs = db.prepare<[], number>(`SELECT COALESCE(max(last_ns) - ${EPOCH_NS}, 0) FROM captures`).pluck().get();
  const stepNs = Math.max(1, Math.ceil((lastNs ?? 0) / (MAX_SAMPLES - 1)));
  const recorded = new Census(recordedNs);
  const then = new Census(other.timeWaitNs);
  const spend = (census: Census, address: number, from: number, to: number, sockets: number): void =>
    census.spend(address, TIME_WAIT_STATE, from * STEP_NS, to < MAX_SAMPLES ? to * STEP_NS : Infinity, sockets);
  const moment = (rel: string): string => `(${rel} + ${stepNs - 1}) / ${stepNs}`;
  for (const row of db.prepare<[], HeldRow>(held(moment, String(recordedNs), lengthOf(other))).iterate()) {
    spend(recorded, row.address, row.began, row.gone, row.sockets);
    spend(then, row.address, row.began, row.goneThen, row.sockets);
  }
  const correct = (census: Census, row: Float64Array, late: LateFacts, ns: number, by: 1 | -1): void =>
    timeWaitLife(row, 0, late, ns, (address, _, from, to) =>
      spend(census, address, Math.ceil(from / stepNs), Math.ceil(to / stepNs), by),
    );
  for (const { row, late } of lateFacts(db)) {
    const length = isRecycled(row, other) ? Math.min(RECYCLED_NS, other.timeWaitNs) : other.timeWaitNs;
    for (const [census, ns] of [
      [recorded, recordedNs],
      [then, length],
    ] as const) {
      correct(census, row, NOTHING_LATE, ns, -1);
      correct(census, row, late, ns, 1);
    }
  }
  const peaks = new Map<number, { recorded: number; then: number }>();
  for (const [census, name] of [
    [recorded, 'recorded'],
    [then, 'then'],
  ] as const)
    for (const { address, peak } of census.finish((MAX_SAMPLES - 1) * STEP_NS).timeWaitPeaks(Infinity)) {
      const one = peaks.get(address) ?? { recorded: 0, then: 0 };
      one[name] = peak;
      peaks.set(address, one);
    }
  const ip = db.prepare<[number], string>('SELECT ip FROM address WHERE id = ?').pluck();
  return [...peaks]
    .sort(([a, x], [b, y]) => Math.max(y.recorded, y.then) - Math.max(x.recorded, x.then) || a - b)
    .slice(0, MAX_PEAKS)
    .map(([address, peak]) => ({ ip: ip.get(address) ?? '', ...peak }));
}

function isRecycled(row: Float64Array, other: OtherRules): boolean {
  const outcome = (row[CONNECTION_ROW.columns.indexOf('outcome')] ?? 0) % 2 ** ZEEK_SHIFT;
  const { shift, width } = OUTCOME_BITS.timestamps;
  return other.twRecycle && !other.noTimestamps && TIMESTAMP_USES[(outcome >>> shift) & (2 ** width - 1)] === 1;
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
