import type { SegmentBatch } from '../segment/segment-batch.js';
import { Column } from '../segment/segment-columns.js';
import { instantiate } from '../segment/web-assembly.js';
import type { ConnectionTable } from './connection-table.js';
import { Desk, DeskEvent, Taken } from './desk.js';
import type { ZeekHistory } from './zeek-history.js';

/** What `short-way/follow.ts` exports. */
interface Exports {
  take(row: number, end: number): number;
  begin(slot: number, end: number, row: number): Taken;
}

const ROWS: number = Desk.ROWS;

/** Columns that the short way reads: where each begins, and the next. */
const COLUMNS: readonly (readonly [start: number, next: number])[] = [
  [Column.TIME_NS, Column.FRAME],
  [Column.FRAME, Column.SRC],
  [Column.SRC, Column.DST],
  [Column.DST, Column.SEQ],
  [Column.SEQ, Column.ACK],
  [Column.ACK, Column.PAYLOAD_LEN],
  [Column.PAYLOAD_LEN, Column.TSVAL],
  [Column.TSVAL, Column.TSECR],
  [Column.TSECR, Column.SACK_LEFT],
  [Column.SACK_RIGHT, Column.OPTION_LAYOUT],
  [Column.SRC_PORT, Column.DST_PORT],
  [Column.DST_PORT, Column.WINDOW],
  [Column.WINDOW, Column.OPTIONS],
  [Column.OPTIONS, Column.MSS],
  [Column.IP_ID, Column.FAMILY],
  [Column.FAMILY, Column.FLAGS],
  [Column.FLAGS, Column.WINDOW_SHIFT],
  [Column.WINDOW_SHIFT, Column.TTL],
  [Column.TTL, Column.ROW],
];

/**
 * The way of most segments, as WebAssembly that works in the memory of the connection table: one call follows them up to
 * the first that needs more. What it does not take goes the long way, `Tracker.follow`, which would have done the same.
 */
export class ShortWay {
  readonly #exports: Exports;
  readonly #octets: Uint8Array;
  readonly #i32: Int32Array;
  readonly #f64: Float64Array;
  /** Handshakes by where they say the tap was. */
  readonly handshakes: Int32Array;
  /** A bit for each row of the desk: whether its SYN may open a connection, its four-tuple being in no memory but, perhaps, the table. */
  readonly openingRows: Int32Array;

  private constructor(memory: WebAssembly.Memory, zeek: ZeekHistory) {
    this.#exports = instantiate('flow/short-way', memory) as Exports;
    const { buffer } = memory;
    this.#octets = new Uint8Array(buffer, 0, Desk.BUCKETS);
    this.#i32 = new Int32Array(buffer, 0, Desk.BUCKETS / 4);
    this.#f64 = new Float64Array(buffer, 0, Desk.BUCKETS / 8);
    this.handshakes = new Int32Array(buffer, Desk.HANDSHAKES, 3);
    this.openingRows = new Int32Array(buffer, Desk.OPENING_ROWS, Math.ceil(ROWS / 32));
    zeek.layOut(this.#octets);
  }

  /** null where the table's memory is not one that WebAssembly can work in. */
  static over(table: ConnectionTable, zeek: ZeekHistory): ShortWay | null {
    return table.memory instanceof WebAssembly.Memory ? new ShortWay(table.memory, zeek) : null;
  }

  /** Lays rows `first` to `first + rows` - 1 of a batch, at most `Desk.ROWS`, on the desk as rows 0 to `rows` - 1. */
  lay(batch: SegmentBatch, first: number, rows: number, capture: number): void {
    const { octets, capacity } = batch;
    if (capacity === ROWS) {
      this.#octets.set(octets, Desk.BATCH); // all of it at once
    } else {
      for (const [start, next] of COLUMNS) {
        const width = next - start;
        const from = start * capacity + first * width;
        this.#octets.set(octets.subarray(from, from + rows * width), start * Desk.ROWS);
      }
    }
    this.#i32[Desk.CAPTURE / 4] = capture;
    this.#i32[Desk.WARM / 4] = 0;
  }

  set now(ns: number) {
    this.#f64[Desk.NOW / 8] = ns;
  }

  /** Time of the latest segment. */
  get now(): number {
    return this.#f64[Desk.NOW / 8]!;
  }

  /** Number of the next connection. */
  set nextId(id: number) {
    this.#i32[Desk.NEXT_ID / 4] = id;
  }

  get nextId(): number {
    return this.#i32[Desk.NEXT_ID / 4]!;
  }

  /** Follows rows `row` to `end` - 1 of the desk; the first that was not taken, or `end`. It may leave events behind. */
  take(row: number, end: number): number {
    return this.#exports.take(row, end);
  }

  /** Follows the SYN of end `end` that the record in `slot` was opened for, if it is plain: else nothing was changed. */
  begin(slot: number, end: number, row: number): boolean {
    return this.#exports.begin(slot, end, row) === Taken.WHOLE;
  }

  /** How many events there are, of rows in their order, until `forgetEvents()`. */
  get events(): number {
    return this.#i32[Desk.EVENTS / 4]!;
  }

  forgetEvents(): void {
    this.#i32[Desk.EVENTS / 4] = 0;
  }

  /** Whether the SYN in its row opened a connection; else a close is complete. */
  isOpening(event: number): boolean {
    return (this.#i32[Desk.EVENT_LIST / 4 + 2 * event]! & DeskEvent.OPENED) !== 0;
  }

  /** Its row on the desk. */
  rowAt(event: number): number {
    return this.#i32[Desk.EVENT_LIST / 4 + 2 * event]! & 0xffff;
  }

  slotAt(event: number): number {
    return this.#i32[Desk.EVENT_LIST / 4 + 2 * event + 1]!;
  }
}
