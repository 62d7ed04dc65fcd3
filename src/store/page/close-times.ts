/** How connections ended, over time. */
import type { Database } from 'better-sqlite3';
import { OUTCOME_BITS } from '../../flow/row-layout.js';
import { CLOSES, type Close } from '../../flow/vocabulary.js';
import { bits, word } from '../sql.js';
import { BEGIN_REL, SPAN_NS } from './recorded-span.js';

export interface ClosesInBucket {
  /** 0 .. buckets - 1, equal shares of the recorded time. */
  readonly bucket: number;
  readonly close: Close;
  readonly connections: number;
}

/** A connection counts where its last packet is. */
export function closesOverTime(db: Database, buckets: number): ClosesInBucket[] {
  return db
    .prepare<[], ClosesInBucket>(
      `SELECT min(${buckets - 1}, max(0, (first_rel + lasted_span - begin) * 1.0 * ${buckets} / span)) / 1 AS bucket,
         ${word('close', CLOSES)} AS close, count(*) AS connections
       FROM (SELECT first_rel, lasted_span, ${bits('outcome', OUTCOME_BITS.close)} AS close FROM connection_row),
         (SELECT ${BEGIN_REL} AS begin, ${SPAN_NS} AS span) GROUP BY CAST(bucket AS INTEGER), close`,
    )
    .all()
    .map((row) => ({ ...row, bucket: Math.floor(row.bucket) }));
}
