/** Rows of a page's tables that no chart shows one by one. */
import type { Database } from 'better-sqlite3';

export interface PawsLine {
  readonly frame: number;
  readonly connectionId: number | null;
  readonly sender: string | null;
  readonly flags: string;
  readonly len: number;
  readonly tsDelta: number;
  readonly marginS: number | null;
  readonly state: string | null;
  readonly outcome: string;
  readonly impact: string;
  readonly confidence: string;
}

/** The harmful ones first. */
export function pawsLines(db: Database, limit: number): PawsLine[] {
  return db
    .prepare<[number], PawsLine>(
      `SELECT frame, connection_id AS connectionId, sender, flags, len, ts_delta AS tsDelta, margin_s AS marginS, state, outcome, impact, confidence
       FROM paws_rejections ORDER BY outcome = 'accepted',
         CASE impact WHEN 'stall' THEN 0 WHEN 'lost-new-data' THEN 1 WHEN 'handshake' THEN 2 ELSE 3 END, outcome = 'would-reject', id LIMIT ?`,
    )
    .all(limit);
}

export interface NatLine {
  readonly sourceIp: string;
  readonly syns: number;
  readonly regressions: number;
  readonly estimatedHosts: number | null;
  readonly clockHz: number | null;
  readonly verdict: string;
  readonly confidence: string;
  readonly recycleDrops: number;
  readonly explanation: string;
}

/**
 * Sources over all their destinations that are not just one clock that runs on: those that several hosts share first, then
 * those whose clocks run backwards. And how many there are.
 */
export function natLines(db: Database, limit: number): { lines: NatLine[]; total: number } {
  const lines = db
    .prepare<[number], NatLine & { total: number }>(
      `SELECT source_ip AS sourceIp, syns, regressions, estimated_hosts AS estimatedHosts, clock_hz AS clockHz, verdict, confidence,
         tw_recycle_drops AS recycleDrops, explanation, count(*) OVER () AS total
       FROM nat_sources
       WHERE destination_ip IS NULL AND (verdict IN ('several-hosts', 'random-offsets') OR regressions > 0)
       ORDER BY verdict = 'several-hosts' DESC, estimated_hosts DESC, tw_recycle_drops DESC, regressions DESC, syns DESC, source_ip LIMIT ?`,
    )
    .all(limit);
  return { lines, total: lines[0]?.total ?? 0 };
}
