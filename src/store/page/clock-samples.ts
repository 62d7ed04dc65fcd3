/** Timestamp clocks behind source addresses: the SYNs that tell them apart. */
import type { Database } from 'better-sqlite3';
import { BEGIN_REL } from './recorded-span.js';

export interface SourceClocks {
  readonly sourceIp: string;
  readonly verdict: 'several-hosts' | 'random-offsets';
  readonly estimatedHosts: number | null;
  readonly clockHz: number | null;
  readonly samples: readonly ClockSample[];
}

export interface ClockSample {
  /** Seconds since the captures begin. */
  readonly second: number;
  readonly tsval: number;
  /** From 1 on; 0: on no clock of others. */
  readonly clock: number;
}

/** Sources that several hosts share first; then those with an offset for each connection. */
export function sourceClocks(db: Database, sources: number): SourceClocks[] {
  const samples = db.prepare<[string], ClockSample>(
    `SELECT (syn_rel - ${BEGIN_REL}) / 1e9 AS second, tsval, clock FROM clock_sample_row
     WHERE source_address = (SELECT id FROM address WHERE ip = ?) ORDER BY syn_rel`,
  );
  return db
    .prepare<[number], Omit<SourceClocks, 'samples'>>(
      `SELECT source_ip AS sourceIp, verdict, estimated_hosts AS estimatedHosts, clock_hz AS clockHz FROM nat_sources
       WHERE destination_ip IS NULL AND verdict IN ('several-hosts', 'random-offsets')
         AND source_ip IN (SELECT source_ip FROM clock_samples)
       ORDER BY verdict = 'several-hosts' DESC, estimated_hosts DESC, syns DESC, source_ip LIMIT ?`,
    )
    .all(sources)
    .map((source) => ({ ...source, samples: samples.all(source.sourceIp) }));
}
