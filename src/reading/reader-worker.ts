/** The thread that reads and decodes. See threaded-source.ts for the other side. */
import { parentPort, type MessagePort } from 'node:worker_threads';
import { endStandardInput } from '../capture/standard-input.js';
import { factsOf } from '../errors.js';
import { AddressTable } from '../segment/address-table.js';
import type { SegmentBatch } from '../segment/segment-batch.js';
import type { BatchSink } from './batch-sink.js';
import { PagesAhead } from './pages-ahead.js';
import { PlainRecords } from './plain-records.js';
import {
  batchesOf,
  batchWord,
  BatchWord,
  Control,
  type FromReader,
  type ReaderStart,
  type ToReader,
} from './reader-protocol.js';
import { RecordingReader } from './recording-reader.js';

const addresses = new AddressTable();

/** Between two messages of how far the reading is, ms. */
const PROGRESS_MS = 20;

/** Hands batches on through the ring, and waits where the other side has all of them. */
class RingSink implements BatchSink {
  readonly #batches: readonly SegmentBatch[];
  readonly #control: Int32Array;
  /** Is filled, and then copied into the ring: it lies in the memory of plain records. Null: those of the ring are filled. */
  readonly #filled: SegmentBatch | null;
  readonly #pages: PagesAhead;
  #handedOn = 0;
  #addressesSent = 0;
  /** How far the reading is, and when that was told. */
  #readBytes = 0;
  #progressAt = -Infinity;

  constructor({ ring, filling }: ReaderStart, filled: SegmentBatch | null) {
    this.#batches = batchesOf(ring);
    this.#control = new Int32Array(ring.control);
    this.#filled = filled;
    this.#pages = new PagesAhead(filling);
  }

  first(): SegmentBatch {
    return this.#filled ?? this.#free();
  }

  handOn(batch: SegmentBatch, captureId: number): SegmentBatch {
    if (batch === this.#filled) this.#free().octets.set(batch.octets);
    this.#sendAddresses();
    const control = this.#control;
    const place = this.#handedOn % this.#batches.length;
    control[batchWord(place, BatchWord.ROWS)] = batch.length;
    control[batchWord(place, BatchWord.CAPTURE_ID)] = captureId;
    control[batchWord(place, BatchWord.ADDRESSES)] = addresses.size;
    Atomics.store(control, Control.FILLED, ++this.#handedOn);
    if (Atomics.compareExchange(control, Control.IDLE, 1, 0) === 1) send({ kind: 'batch' });
    if (batch !== this.#filled) return this.#free();
    batch.clear();
    return batch;
  }

  onProgress(readBytes: number): void {
    this.#readBytes = readBytes;
    if (performance.now() - this.#progressAt >= PROGRESS_MS) this.tellProgress();
  }

  tellProgress(): void {
    this.#progressAt = performance.now();
    send({ kind: 'progress', readBytes: this.#readBytes });
  }

  #sendAddresses(): void {
    if (addresses.size === this.#addressesSent) return;
    send({ kind: 'addresses', words: addresses.wordsFrom(this.#addressesSent) });
    this.#addressesSent = addresses.size;
  }

  /** The next batch of the ring, when the other side is done with what was in it. */
  #free(): SegmentBatch {
    const places = this.#batches.length;
    if (this.#handedOn - Atomics.load(this.#control, Control.DONE) >= places)
      this.#wait(this.#handedOn - (places >> 1));
    const batch = this.#batches[this.#handedOn % this.#batches.length]!;
    batch.clear();
    return batch;
  }

  /** Until the other side is done with so many batches since the start; brings pages meanwhile. */
  #wait(wanted: number): void {
    Atomics.store(this.#control, Control.WANTED, wanted);
    for (;;) {
      const done = Atomics.load(this.#control, Control.DONE);
      if (done >= wanted) return;
      if (!this.#pages.bring()) Atomics.wait(this.#control, Control.DONE, done);
    }
  }
}

async function read(start: ReaderStart): Promise<void> {
  const reader = await RecordingReader.open(start.options, addresses);
  send({ kind: 'opened', recording: reader.opened });
  const plain = PlainRecords.forChunksOf();
  const sink = new RingSink(start, plain?.batch ?? null);
  const recording = await reader.read(sink, plain);
  sink.tellProgress();
  send({ kind: 'read', recording });
}

let replies: MessagePort | null = null;

function send(message: FromReader): void {
  replies?.postMessage(message);
}

parentPort?.once('message', (start: ReaderStart) => {
  replies = start.replies;
  replies.on('message', (_: ToReader) => endStandardInput());
  replies.ref(); // nothing more to do is no reason to end: a message could be lost with the thread. The other side ends it.
  void read(start).catch((error: unknown) => send({ kind: 'failed', error: factsOf(error) }));
});
