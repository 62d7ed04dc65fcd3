/** TIME_WAIT sockets that hosts hold over time. */
import type { Database } from 'better-sqlite3';
import { TIME_WAIT_NS } from '../sql.js';
import { EPHEMERAL_PORTS } from '../views/port-pressure.js';
import { timeWaitLevels } from '../views/time-wait-peaks.js';
import { BEGIN_REL, SPAN_NS } from './recorded-span.js';

export interface TimeWaitHeld {
  /** Hosts with the highest peaks, the highest first. */
  readonly hosts: readonly TimeWaitHost[];
  /** Hosts that held any. */
  readonly hostCount: number;
  /** Length of a piece of time, seconds. */
  readonly intervalS: number;
  /** Ports that Linux hands out by default for one server address and port. */
  readonly limit: number;
}

export interface TimeWaitHost {
  readonly ip: string;
  readonly peak: number;
  /**
   * Of each piece of time the second at which it begins, since the captures do, and the most sockets held in it; pieces
   * without any are left out.
   */
  readonly pieces: readonly (readonly [second: number, held: number])[];
}

/** In one piece of time: the most sockets held after a change, and all changes together. */
interface Change {
  readonly piece: number;
  readonly highest: number;
  readonly change: number;
}

/** Pieces that the recorded time is cut into: about two dots of a chart each. */
const PIECES = 400;

export function timeWaitHeld(db: Database, hosts: number): TimeWaitHeld {
  const [lengthNs, begin] = db
    .prepare<[], [number, number]>(`SELECT ${SPAN_NS} / ${PIECES} + 1, ${BEGIN_REL}`)
    .raw()
    .get() as [number, number];
  const changesOf = new Map<number, Change[]>();
  const rows = db
    .prepare<[], [address: number, piece: number, highest: number, change: number]>(
      `WITH ${timeWaitLevels(TIME_WAIT_NS)}
       SELECT address, (at - ${begin}) / ${lengthNs} AS piece, max(held), sum(change) FROM time_wait_level GROUP BY address, piece`,
    )
    .raw();
  for (const [address, piece, highest, change] of rows.iterate()) {
    const known = changesOf.get(address);
    if (known === undefined) changesOf.set(address, [{ piece, highest, change }]);
    else known.push({ piece, highest, change });
  }
  const ipOf = db.prepare<[number], string>('SELECT ip FROM address WHERE id = ?').pluck();
  const all = [...changesOf]
    .map(([address, changes]) => ({ address, peak: Math.max(...changes.map(({ highest }) => highest)), changes }))
    .filter(({ peak }) => peak > 0)
    .map(({ address, ...held }) => ({ ip: ipOf.get(address) ?? '', ...held }))
    .sort((a, b) => b.peak - a.peak || (a.ip < b.ip ? -1 : 1));
  return {
    hosts: all.slice(0, hosts).map(({ ip, peak, changes }) => ({ ip, peak, pieces: heldIn(changes, lengthNs / 1e9) })),
    hostCount: all.length,
    intervalS: lengthNs / 1e9,
    limit: EPHEMERAL_PORTS,
  };
}

/** What was held at the begin of a piece counts in it, too; where nothing changes it goes on. */
function heldIn(changes: readonly Change[], intervalS: number): [second: number, held: number][] {
  const byPiece = new Map(changes.map((one) => [one.piece, one]));
  const pieces: [second: number, held: number][] = [];
  let held = 0;
  for (let piece = 0; piece < PIECES; piece++) {
    const { highest = 0, change = 0 } = byPiece.get(piece) ?? {};
    const most = Math.max(held, highest);
    if (most > 0) pieces.push([piece * intervalS, most]);
    held += change;
  }
  return pieces;
}
