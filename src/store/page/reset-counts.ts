/** Resets: why, in whose name, and after which silence. */
import type { Database } from 'better-sqlite3';
import { OUTCOME_BITS, RESET_BITS } from '../../flow/row-layout.js';
import { CLOSES, RESET_CAUSES, RESET_ORIGINS, SIDES, type ResetCause } from '../../flow/vocabulary.js';
import { bits, word } from '../sql.js';
import { KNOWN_TIMERS } from '../views/idle-timeouts.js';

export interface ResetCount {
  readonly cause: NonNullable<ResetCause>;
  /** In whose name it came. */
  readonly by: 'client' | 'server' | null;
  readonly origin: 'endpoint' | 'middlebox' | 'unknown' | null;
  readonly resets: number;
  readonly exampleId: number;
}

const field = (name: keyof typeof RESET_BITS): string => bits('reset', RESET_BITS[name]);

export function resetsByCauseAndSender(db: Database): ResetCount[] {
  return db
    .prepare<[], ResetCount>(
      `SELECT ${word('cause', RESET_CAUSES)} AS cause, ${word('side', SIDES)} AS "by", ${word('origin', RESET_ORIGINS)} AS origin, resets, exampleId
       FROM (SELECT ${field('cause')} AS cause, ${field('by')} AS side, ${field('origin')} AS origin, count(*) AS resets, min(id) AS exampleId
         FROM connection_row WHERE reset <> 0 GROUP BY 1, 2, 3) ORDER BY resets DESC, cause, side`,
    )
    .all();
}

/** Bins of a decade of seconds: the bin n holds silences from 10^(n / BINS) to 10^((n + 1) / BINS) s. */
export const IDLE_BINS_PER_DECADE = 10;
/** Shorter silences are in the lowest bin, s. */
export const SHORTEST_IDLE_S = 1e-3;

export interface IdleBin {
  readonly bin: number;
  readonly resets: number;
}

/**
 * How long it was silent before each reset that ended a connection, not one that was closing: there the silence came before
 * the FIN. Nothing was silent before an attempt that was refused.
 */
export function idleBeforeResets(db: Database): IdleBin[] {
  return db
    .prepare<[], IdleBin>(
      `SELECT CAST(floor(log10(max(idle_end_span / 1e9, ${SHORTEST_IDLE_S})) * ${IDLE_BINS_PER_DECADE} + 1e-9) AS INTEGER) AS bin, count(*) AS resets
       FROM connection_row WHERE reset <> 0 AND idle_end_span >= 0 AND ${bits('outcome', OUTCOME_BITS.close)} = ${CLOSES.indexOf('rst')}
       GROUP BY bin ORDER BY bin`,
    )
    .all();
}

export interface TimerMatch {
  readonly seconds: number;
  readonly knownAs: string;
  /** Resets after a silence within 2 % (or half a second) of the timer. */
  readonly resets: number;
}

/** The well-known timers, each with the resets that came after such a silence. A match is no proof. */
export function timersBeforeResets(db: Database): TimerMatch[] {
  const matches = new Map(
    db
      .prepare<[], { seconds: number; resets: number }>(
        `SELECT nearest_timer_s AS seconds, count(*) AS resets FROM idle_timeouts WHERE matches AND close = 'rst' GROUP BY 1`,
      )
      .all()
      .map(({ seconds, resets }) => [seconds, resets]),
  );
  return KNOWN_TIMERS.map(([seconds, knownAs]) => ({ seconds, knownAs, resets: matches.get(seconds) ?? 0 }));
}
