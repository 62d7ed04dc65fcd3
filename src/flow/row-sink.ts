import type { RowLayout } from './row-layout.js';

/**
 * Where numeric rows of one table go. The producer fills `values` from `at` on, in the order of the layout's columns, and
 * calls `commit()`; after that, `values` and `at` may have changed. Nothing is allocated a row. `flush()` hands on what
 * was committed, which else waits until there is more.
 */
export interface RowAppender {
  readonly values: Float64Array;
  readonly at: number;
  commit(): void;
  flush(): void;
}

/** A finding on its way to the database: what a person should look at. */
export interface FindingRow {
  readonly detector: string;
  readonly kind: string;
  readonly severity: 'info' | 'notice' | 'warning' | 'critical';
  readonly confidence: 'unknown' | 'weak' | 'likely' | 'strong' | 'certain';
  readonly connectionId: number | null;
  readonly captureId: number | null;
  readonly frame: number | null;
  /** Nanoseconds since the run's epoch. */
  readonly atRel: number | null;
  /** One plain sentence with the numbers in it. */
  readonly summary: string;
  readonly evidence: Readonly<Record<string, unknown>>;
  /** The RFC section or kernel behaviour that it rests on. */
  readonly source: string;
}

/** A pair of Zeek's conn_state and history that some connection has. */
export interface ZeekHistoryRow {
  readonly id: number;
  readonly connState: string | null;
  readonly history: string | null;
}

/** Everything the engine hands to the database. Implemented by the store (and by tests). */
export interface RowSink {
  /** The appender for one numeric table. Rows with an id that was written before replace the earlier row. */
  rows(layout: RowLayout): RowAppender;
  /**
   * The database's id for an address. `family` and `address` as in SegmentBatch. Called for a connection, never for a
   * packet. Ids start at 1.
   */
  addressId(family: number, address: number): number;
  /**
   * The appender for connections that the sink is to judge itself: `Settled.VALUES` values each. A row of the same id that
   * is committed after a `flush()` replaces what was made of them.
   */
  settled(): RowAppender;
  finding(row: FindingRow): void;
  /** What Zeek codes stand for; each number is told once. `null`: not known. */
  zeekHistory(row: ZeekHistoryRow): void;
}
