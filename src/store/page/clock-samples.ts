/** Timestamp clocks behind source addresses: the SYNs that tell them apart. */
import type { Database } from 'better-sqlite3';
import { BEGIN_REL } from './recorded-span.js';

export interface SourceClocks {
  readonly sourceIp: string;
  readonly verdict: 'several-hosts' | 'random-offsets';
  readonly estimatedHosts: number | null;
  /** Addresses with the same verdict, this one among them. */
  readonly alike: number;
  readonly samples: readonly ClockSample[];
}

export interface ClockSample {
  /** Seconds since the captures begin. */
  readonly second: number;
  readonly tsval: number;
  /** From 1 on; 0: on no clock of others. */
  readonly clock: number;
}

/**
 * Addresses that several hosts share, at most `shared` of them. Where there are none: one of those with an offset for
 * each connection, for they all look alike.
 */
export function sourceClocks(db: Database, shared: number): SourceClocks[] {
  const samples = db.prepare<[string], ClockSample>(
    `SELECT (syn_rel - ${BEGIN_REL}) / 1e9 AS second, tsval, clock FROM clock_sample_row
     WHERE source_address = (SELECT id FROM address WHERE ip = ?) ORDER BY syn_rel`,
  );
  const sources = db.prepare<[SourceClocks['verdict'], number], Omit<SourceClocks, 'samples'>>(
    `SELECT source_ip AS sourceIp, verdict, estimated_hosts AS estimatedHosts, count(*) OVER () AS alike FROM nat_sources
     WHERE destination_ip IS NULL AND verdict = ?
       AND source_ip IN (SELECT ip FROM address JOIN clock_sample_row ON source_address = address.id)
     ORDER BY estimated_hosts DESC, syns DESC, source_ip LIMIT ?`,
  );
  const several = sources.all('several-hosts', shared);
  return (several.length > 0 ? several : sources.all('random-offsets', 1)).map((source) => ({
    ...source,
    samples: samples.all(source.sourceIp),
  }));
}
