import type { Database } from 'better-sqlite3';
import type { Census } from '../detect/census/census.js';
import type { LateFacts } from '../detect/census/socket-life.js';
import { CONNECTION_ROW, STATE_CENSUS_ROW, TIME_WAIT_CENSUS_ROW, type RowLayout } from '../flow/row-layout.js';
import { RowInserter, ROWS_A_STATEMENT } from './row-inserter.js';
import { FREED } from './time-wait-freed.js';

const COLUMNS = CONNECTION_ROW.columns.length;

/** Counts again what only rows of other tables tell, now that all are there. */
export function correctCensus(db: Database, census: Census): void {
  for (const { row, late } of lateFacts(db)) {
    census.add(row, 0, -1);
    census.add(row, 0, 1, late);
  }
}

/** Writes the two censuses, for the addresses with the highest peaks. `lastNs`: the last packet, since the epoch. */
export function writeCensus(db: Database, census: Census, lastNs: number, hosts: number): void {
  const counts = census.finish(lastNs);
  const timeWait = new CountRows(db, TIME_WAIT_CENSUS_ROW);
  counts.timeWait(hosts, (from, step, samples, address, _state, sockets) =>
    timeWait.put(from, step, samples, address, sockets),
  );
  timeWait.flush();
  const states = new CountRows(db, STATE_CENSUS_ROW);
  counts.states(hosts, (...run) => states.put(...run));
  states.flush();
}

/** Gathers rows of a census, numbered from 1. */
class CountRows {
  readonly #inserter: RowInserter;
  readonly #values: Float64Array;
  readonly #columns: number;
  #at = 0;
  #id = 0;

  constructor(db: Database, layout: RowLayout) {
    this.#inserter = new RowInserter(db, layout);
    this.#columns = layout.columns.length;
    this.#values = new Float64Array(ROWS_A_STATEMENT * this.#columns);
  }

  /** All columns after the id. */
  put(...values: number[]): void {
    this.#values[this.#at] = ++this.#id;
    this.#values.set(values, this.#at + 1);
    this.#at += this.#columns;
    if (this.#at === this.#values.length) this.flush();
  }

  flush(): void {
    this.#inserter.insert(this.#values, this.#at / this.#columns);
    this.#at = 0;
  }
}

const second = (rel: string): string => `(${rel} + 999999999) / 1000000000`;

/** Rows whose sockets lived otherwise than the row alone says, by at least a sample. */
const LATE = `WITH ${FREED}, late(id) AS (
  SELECT x.id FROM connection_extra_row AS x JOIN connection_row AS c ON c.id = x.id
  WHERE x.time_wait_restart_rel <> -1
    OR x.handshake_ack_rel <> -1 AND ${second('x.handshake_ack_rel')} <> ${second('c.first_rel')}
    OR x.reset_rel <> -1 AND (c.time_wait_rel <> -1 OR ${second('x.reset_rel')} <> ${second('c.first_rel + c.lasted_span')})
  UNION SELECT id FROM freed WHERE COALESCE(client, server) IS NOT NULL
)
SELECT c.*, x.reset_rel, x.handshake_ack_rel, x.time_wait_restart_rel, f.client, f.server
FROM late AS l JOIN connection_row AS c ON c.id = l.id
LEFT JOIN connection_extra_row AS x ON x.id = c.id LEFT JOIN freed AS f ON f.id = c.id`;

/** Every connection that has such facts, with its row, which is valid until the next is asked for. */
export function* lateFacts(db: Database): Generator<{ readonly row: Float64Array; readonly late: LateFacts }> {
  const row = new Float64Array(COLUMNS);
  for (const values of db.prepare<[], (number | null)[]>(LATE).raw().iterate()) {
    for (let i = 0; i < COLUMNS; i++) row[i] = values[i] ?? -1;
    yield {
      row,
      late: {
        resetNs: known(values[COLUMNS]),
        handshakeAckNs: known(values[COLUMNS + 1]),
        restartNs: known(values[COLUMNS + 2]),
        clientFreedNs: known(values[COLUMNS + 3]),
        serverFreedNs: known(values[COLUMNS + 4]),
      },
    };
  }
}

function known(value: number | null | undefined): number {
  return value === -1 ? NaN : (value ?? NaN);
}
