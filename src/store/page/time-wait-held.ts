/** TIME_WAIT sockets that hosts hold over time. */
import type { Database } from 'better-sqlite3';
import { EPHEMERAL_PORTS } from '../views/port-pressure.js';
import { BEGIN_REL } from './recorded-span.js';

export interface TimeWaitHeld {
  /** Hosts with the highest peaks, the highest first. */
  readonly hosts: readonly TimeWaitHost[];
  /** Hosts that held any. */
  readonly hostCount: number;
  /** Seconds between samples; null where one moment was sampled. */
  readonly intervalS: number | null;
  /** Ports that Linux hands out by default for one server address and port. */
  readonly limit: number;
}

export interface TimeWaitHost {
  readonly ip: string;
  readonly peak: number;
  /** Seconds since the captures begin, and sockets held; samples of zero are left out. */
  readonly samples: readonly (readonly [second: number, held: number])[];
}

export function timeWaitHeld(db: Database, hosts: number): TimeWaitHeld {
  const peaks = db
    .prepare<[number], { address: number; ip: string; peak: number; hostCount: number }>(
      `SELECT s.address, a.ip, max(s.time_wait) AS peak, count(*) OVER () AS hostCount
       FROM time_wait_census_row AS s JOIN address AS a ON a.id = s.address GROUP BY s.address ORDER BY peak DESC, a.ip LIMIT ?`,
    )
    .all(hosts);
  const interval = db
    .prepare<[], number | null>(
      `SELECT min(step) / 1e9 FROM (SELECT at_rel - lag(at_rel) OVER (ORDER BY at_rel) AS step FROM (SELECT DISTINCT at_rel FROM time_wait_census_row))`,
    )
    .pluck();
  const samples = db
    .prepare<[number], [number, number]>(
      `SELECT (at_rel - ${BEGIN_REL}) / 1e9, time_wait FROM time_wait_census_row WHERE address = ? ORDER BY at_rel`,
    )
    .raw();
  return {
    hosts: peaks.map(({ address, ip, peak }) => ({ ip, peak, samples: samples.all(address) })),
    hostCount: peaks[0]?.hostCount ?? 0,
    intervalS: interval.get() ?? null,
    limit: EPHEMERAL_PORTS,
  };
}
