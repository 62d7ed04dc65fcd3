/** Segments that a thread of their own reads and decodes, while this one follows those before them. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { errorOf } from '../errors.js';
import type { AddressTable } from '../segment/address-table.js';
import type { SegmentBatch } from '../segment/segment-batch.js';
import { batchesOf, Control, newRing, RING_BATCHES, type FromReader, type ReaderStart } from './reader-protocol.js';
import type {
  OpenedRecording,
  ReadingOptions,
  ReadRecording,
  SegmentListener,
  SegmentSource,
} from './segment-source.js';

/** Batches followed between two turns of the event loop, in which signals are handled: some 5 ms. */
const BATCHES_A_TURN = 16;

export class ThreadedSource implements SegmentSource {
  readonly #addresses: AddressTable;
  readonly #worker: Worker;
  readonly #replies: MessagePort;
  readonly #inbox = new Inbox<FromReader>();
  readonly #batches: readonly SegmentBatch[];
  readonly #control: Int32Array;
  #done = 0;

  /** Starts the thread. `ringBatches`: how far it may be ahead, at least 1. */
  constructor(options: ReadingOptions, addresses: AddressTable, ringBatches = RING_BATCHES) {
    this.#addresses = addresses;
    const ring = newRing(ringBatches);
    this.#batches = batchesOf(ring);
    this.#control = new Int32Array(ring.control);
    const { port1, port2 } = new MessageChannel();
    this.#replies = port1;
    this.#replies.on('message', (message: FromReader) => this.#inbox.put(message));
    const start: ReaderStart = { options, ring };
    this.#worker = new Worker(workerUrl(), { workerData: { start, replies: port2 }, transferList: [port2] });
    let crash = 'it was ended from outside.';
    this.#worker.on('error', (error) => (crash = error.message));
    this.#worker.once('exit', () => {
      const message = `the thread that reads the captures ended early: ${crash}`;
      this.#inbox.put({
        kind: 'failed',
        error: { name: 'TcpcloseError', code: 'reader-died', message, stack: undefined },
      });
    });
  }

  async open(): Promise<OpenedRecording> {
    const message = await this.#next();
    if (message.kind !== 'opened') throw new Error(`a recording was to be opened; then came ${message.kind}`);
    return message.recording;
  }

  async read(listener: SegmentListener): Promise<ReadRecording> {
    for (;;) {
      const message = await this.#next();
      switch (message.kind) {
        case 'batch':
          if (message.addresses !== null) this.#addresses.addWords(message.addresses);
          this.#follow(message.rows, message.captureId, listener);
          if (this.#done % BATCHES_A_TURN === 0) await nextTurn();
          break;
        case 'progress':
          listener.onProgress(message.readBytes);
          break;
        case 'read':
          return message.recording;
        case 'opened':
          throw new Error('a recording was opened twice');
      }
    }
  }

  async close(): Promise<void> {
    this.#replies.close();
    await this.#worker.terminate();
  }

  /** The next message that is no failure. */
  async #next(): Promise<Exclude<FromReader, { kind: 'failed' }>> {
    const message = await this.#inbox.take();
    if (message.kind === 'failed') throw errorOf(message.error);
    return message;
  }

  #follow(rows: number, captureId: number, listener: SegmentListener): void {
    const batch = this.#batches[this.#done % this.#batches.length]!;
    batch.length = rows;
    listener.onSegments(batch, captureId);
    this.#done++;
    Atomics.store(this.#control, Control.DONE, this.#done);
    Atomics.notify(this.#control, Control.DONE);
  }
}

/** What came and was not taken yet. It is kept short by the ring: the reader waits for what is in it. */
class Inbox<T> {
  readonly #waiting: T[] = [];
  #wake: (() => void) | null = null;

  put(message: T): void {
    this.#waiting.push(message);
    this.#wake?.();
    this.#wake = null;
  }

  /** The oldest, as soon as there is one. */
  async take(): Promise<T> {
    for (;;) {
      const message = this.#waiting.shift();
      if (message !== undefined) return message;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

/** The worker is compiled code also where this file runs from its TypeScript source, as in tests: Node cannot load the latter. */
function workerUrl(): URL {
  return new URL(
    import.meta.url.endsWith('.ts') ? '../../dist/reading/reader-worker.js' : './reader-worker.js',
    import.meta.url,
  );
}
