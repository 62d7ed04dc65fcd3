/** TIME_WAIT sockets that hosts hold over time. */
import type { Database } from 'better-sqlite3';
import { EPOCH_NS } from '../sql.js';
import { EPHEMERAL_PORTS } from '../views/port-pressure.js';
import { BEGIN_REL } from './recorded-span.js';

export interface TimeWaitHeld {
  /** Hosts with the highest peaks, the highest first. */
  readonly hosts: readonly TimeWaitHost[];
  /** Hosts in the census that held any; it follows those with the highest peaks only (`--census-hosts`). */
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
  const samples = db
    .prepare<[], [ip: string, second: number, held: number]>(
      `SELECT ip, (at_ns - ${EPOCH_NS} - ${BEGIN_REL}) / 1e9, time_wait FROM time_wait_census ORDER BY at_ns`,
    )
    .raw()
    .all();
  const byIp = new Map<string, [second: number, held: number][]>();
  for (const [ip, second, held] of samples) {
    const known = byIp.get(ip);
    if (known === undefined) byIp.set(ip, [[second, held]]);
    else known.push([second, held]);
  }
  const all = [...byIp].map(([ip, held]) => ({ ip, peak: Math.max(...held.map(([, n]) => n)), samples: held }));
  all.sort((a, b) => b.peak - a.peak || (a.ip < b.ip ? -1 : 1));
  return {
    hosts: all.slice(0, hosts),
    hostCount: all.length,
    intervalS: shortestStep(samples.map(([, second]) => second)),
    limit: EPHEMERAL_PORTS,
  };
}

/** Seconds between two moments that follow each other; null where there is but one. */
function shortestStep(seconds: readonly number[]): number | null {
  const steps = seconds.map((second, i) => second - (seconds[i - 1] ?? second)).filter((step) => step > 0);
  return steps.length === 0 ? null : Math.min(...steps);
}
