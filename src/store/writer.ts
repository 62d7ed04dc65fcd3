/**
 * The database's writer, seen from the thread that analyses: a RowSink that hands rows in batches to a `Scribe`, which as a
 * rule has a worker thread write them.
 *
 * Batches lie in shared memory. When all of it waits for the worker, the producer is held until a batch is done, so memory
 * stays bounded however fast rows come; an error of the worker is thrown at the next batch, at the latest by `finish()`.
 */
import { StoreError } from '../errors.js';
import { ROW_LAYOUTS, type RowLayout } from '../flow/row-layout.js';
import { Settled } from '../flow/settled-record.js';
import type { FindingRow, RowAppender, RowSink, ZeekHistoryRow } from '../flow/row-sink.js';
import { AddressIds } from './address-ids.js';
import { openDatabase } from './open.js';
import { OutputFile, type OutputMode } from './output-file.js';
import { DEFAULT_TIME_WAIT_NS, timeWaitToAppend } from './recorded-time-wait.js';
import { LocalScribe, type Scribe } from './scribe.js';
import {
  Control,
  CONTROL_WORDS,
  SETTLED,
  SLOT_ROWS,
  SLOT_VALUES,
  type ConnectionsEnd,
  type Provenance,
  type ToService,
  type WriterStart,
} from './writer-protocol.js';
import { ThreadScribe } from './writer-thread.js';

/** Batches that may wait for the worker, beside the one that each table is filling; and messages, with and without one. */
const WAITING_BATCHES = 8;
const WAITING = 64;
const ADDRESSES_A_MESSAGE = 1024;
const FINDINGS_A_MESSAGE = 64; // each is some 2 KB of objects until it goes
const HISTORIES_A_MESSAGE = 256;
/** A worker that finishes no batch for so long is taken for dead: the disk hangs, or the thread ran out of memory. */
const STALL_MS = 180_000;

export interface WriterOptions {
  readonly output: string;
  readonly mode: OutputMode;
  /** Text of an address, `family` and `address` as in SegmentBatch. */
  readonly addressText: (family: number, address: number) => string;
  readonly communityId: boolean;
  /** How long TIME_WAIT lasts, ns; default: as in the database that is added to, else as Linux. */
  readonly timeWaitNs?: number;
  /** How many addresses there may be in the censuses. */
  readonly censusHosts: number;
  /** Whether a thread of its own writes, which pays unless there is little to write; default: it does. */
  readonly apart?: boolean;
}

export class DatabaseWriter implements RowSink {
  /** How long TIME_WAIT is taken to last, ns. */
  readonly timeWaitNs: number;
  readonly #output: OutputFile;
  readonly #path: string;
  readonly #scribe: Scribe;
  readonly #slots: SharedArrayBuffer;
  readonly #control: Int32Array;
  readonly #appenders: (BatchAppender | null)[] = [...ROW_LAYOUTS.map(() => null), null];
  readonly #addressIds = new AddressIds();
  readonly #addressText: WriterOptions['addressText'];
  readonly #free: number[] = [];
  /** Slots of the messages that are not known to be done, oldest first; -1 for a message without one. */
  readonly #waiting: number[] = [];
  #sent = 0;
  #done = 0;
  #ips: string[] = [];
  #findings: FindingRow[] = [];
  #histories: ZeekHistoryRow[] = [];
  #ended = false;
  /** The worker has told of an error and waits to be dismissed. */
  #failed = false;

  /** @throws TcpcloseError where the output may not be written, or not with these options. */
  constructor(options: WriterOptions) {
    this.#output = new OutputFile(options.output, options.mode);
    this.timeWaitNs = this.#output.appends
      ? timeWaitOfDatabase(options.output, options.timeWaitNs)
      : (options.timeWaitNs ?? DEFAULT_TIME_WAIT_NS);
    this.#path = this.#output.temporary();
    this.#addressText = options.addressText;
    const slots = this.#appenders.length + WAITING_BATCHES;
    this.#slots = new SharedArrayBuffer(slots * SLOT_VALUES * Float64Array.BYTES_PER_ELEMENT);
    for (let slot = slots - 1; slot >= 0; slot--) this.#free.push(slot);
    const control = new SharedArrayBuffer(CONTROL_WORDS * Int32Array.BYTES_PER_ELEMENT);
    this.#control = new Int32Array(control);
    const start: WriterStart = {
      path: this.#path,
      slots: this.#slots,
      control,
      communityId: options.communityId,
      timeWaitNs: this.timeWaitNs,
      censusHosts: options.censusHosts,
      appends: this.#output.appends,
    };
    this.#scribe = options.apart === false ? new LocalScribe(start) : new ThreadScribe(start);
  }

  rows(layout: RowLayout): RowAppender {
    const table = (ROW_LAYOUTS as readonly RowLayout[]).indexOf(layout);
    if (table < 0) throw new Error(`no table for the layout ${layout.table}`);
    return this.#appender(table, layout.columns.length);
  }

  settled(): BatchAppender {
    return this.#appender(SETTLED, Settled.VALUES);
  }

  #appender(table: number, columns: number): BatchAppender {
    return (this.#appenders[table] ??= new BatchAppender(columns, this.#slots, this.#takeSlot(), (slot, rows) =>
      this.#sendRows(table, slot, rows),
    ));
  }

  addressId(family: number, address: number): number {
    const before = this.#addressIds.size;
    const id = this.#addressIds.idOf(family, address);
    if (id > before) {
      this.#ips.push(this.#addressText(family, address));
      if (this.#ips.length === ADDRESSES_A_MESSAGE) this.#sendAddresses();
    }
    return id;
  }

  /** All rows of connections, and all settled ones, have been committed: none comes any more. */
  endConnections(end: ConnectionsEnd): void {
    this.#flush();
    this.#post({ kind: 'connections-end', end }, -1);
  }

  finding(row: FindingRow): void {
    this.#findings.push(row);
    if (this.#findings.length === FINDINGS_A_MESSAGE) this.#sendFindings();
  }

  zeekHistory(row: ZeekHistoryRow): void {
    this.#histories.push(row);
    if (this.#histories.length === HISTORIES_A_MESSAGE) this.#sendHistories();
  }

  /**
   * Writes what came after the connections, and moves the database to its name. `epochNs`: nanoseconds since 1970 that
   * relative times count from. @throws StoreError; then there is no output.
   */
  async finish(epochNs: bigint, provenance: Provenance): Promise<void> {
    this.#flush();
    const joined = this.#output.appends ? this.#output.temporary() : null;
    const append = joined === null ? null : { existing: this.#output.target, joined };
    await this.#end({ kind: 'finish', end: { epochNs, provenance, append } });
    this.#output.publish(joined ?? this.#path);
  }

  /** Gives up: nothing is left behind. Safe after `finish()` and after an error. */
  async abort(): Promise<void> {
    if (!this.#ended) await this.#end({ kind: 'abort' }).catch(() => undefined);
    else if (this.#failed) this.#dismiss();
    this.#output.discard();
  }

  /** For signal handlers: removes the temporary files at once, without waiting for the worker. */
  discardFiles(): void {
    this.#output.discard();
  }

  /** Sends the last message and waits for the worker to have closed the database and ended. */
  async #end(message: ToService): Promise<void> {
    this.#ended = true;
    const reply = await this.#scribe.end(message);
    this.#dismiss();
    if (reply.kind === 'failed') {
      this.#output.discard();
      throw this.#failure(reply);
    }
  }

  #dismiss(): void {
    this.#failed = false;
    this.#scribe.dismiss();
  }

  #flush(): void {
    this.#appenders.forEach((appender) => appender?.flush());
    this.#sendAddresses();
    this.#sendFindings();
    this.#sendHistories();
  }

  #sendRows(table: number, slot: number, rows: number): number {
    this.#post({ kind: 'rows', table, slot, rows }, slot);
    return this.#takeSlot();
  }

  #sendAddresses(): void {
    if (this.#ips.length === 0) return;
    this.#post(
      {
        kind: 'addresses',
        firstId: this.#addressIds.size - this.#ips.length + 1,
        ips: this.#ips,
      },
      -1,
    );
    this.#ips = [];
  }

  #sendFindings(): void {
    if (this.#findings.length === 0) return;
    this.#post({ kind: 'findings', rows: this.#findings }, -1);
    this.#findings = [];
  }

  #sendHistories(): void {
    if (this.#histories.length === 0) return;
    this.#post({ kind: 'zeek-histories', rows: this.#histories }, -1);
    this.#histories = [];
  }

  #post(message: ToService, slot: number): void {
    while (this.#sent - this.#done >= WAITING) this.#wait();
    this.#throwFailure();
    this.#scribe.post(message);
    this.#waiting.push(slot);
    this.#sent++;
  }

  #takeSlot(): number {
    this.#collect();
    while (this.#free.length === 0) this.#wait();
    return this.#free.pop() ?? 0;
  }

  /** Takes back the slots of the messages that the worker has done. */
  #collect(): void {
    const done = Atomics.load(this.#control, Control.DONE);
    while (this.#done !== done) {
      const slot = this.#waiting.shift() ?? -1;
      if (slot >= 0) this.#free.push(slot);
      this.#done++;
    }
  }

  #wait(): void {
    this.#throwFailure();
    const verdict = Atomics.wait(this.#control, Control.DONE, this.#done, STALL_MS);
    if (verdict === 'timed-out') {
      this.#ended = true;
      this.#scribe.terminate();
      throw new StoreError(
        'writer-stalled',
        `${this.#output.target}: nothing could be written for ${STALL_MS / 1000} s. Look at the disk, or choose another place with -o.`,
      );
    }
    this.#collect();
  }

  #throwFailure(): void {
    if (Atomics.load(this.#control, Control.FAILED) === 0) return;
    const told = this.#scribe.told();
    this.#ended = true;
    this.#failed = true;
    if (told?.kind === 'failed') throw this.#failure(told);
    throw this.#failure({
      code: 'cannot-write',
      message: 'cannot be written.',
    });
  }

  #failure(reply: { readonly code: string; readonly message: string }): StoreError {
    return new StoreError(reply.code, `${this.#output.target}: ${reply.message}`);
  }
}

/** Fills a shared batch row by row; a full one is sent and another taken. */
class BatchAppender implements RowAppender {
  values: Float64Array;
  at = 0;
  readonly #columns: number;
  readonly #limit: number;
  readonly #slots: SharedArrayBuffer;
  readonly #send: (slot: number, rows: number) => number;
  #slot: number;

  constructor(columns: number, slots: SharedArrayBuffer, slot: number, send: (slot: number, rows: number) => number) {
    this.#columns = columns;
    this.#limit = Math.min(SLOT_ROWS, Math.floor(SLOT_VALUES / columns)) * columns;
    this.#slots = slots;
    this.#slot = slot;
    this.#send = send;
    this.values = this.#view();
  }

  commit(): void {
    this.at += this.#columns;
    if (this.at === this.#limit) this.flush();
  }

  flush(): void {
    if (this.at === 0) return;
    this.#slot = this.#send(this.#slot, this.at / this.#columns);
    this.values = this.#view();
    this.at = 0;
  }

  #view(): Float64Array {
    return new Float64Array(this.#slots, this.#slot * SLOT_VALUES * Float64Array.BYTES_PER_ELEMENT, this.#limit);
  }
}

/** Says also what is wrong with the database, before anything is read. */
function timeWaitOfDatabase(path: string, askedNs: number | undefined): number {
  const db = openDatabase(path);
  try {
    return timeWaitToAppend(db, path, askedNs);
  } finally {
    db.close();
  }
}
