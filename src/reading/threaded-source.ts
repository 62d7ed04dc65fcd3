/** Segments that a thread of their own reads and decodes, while this one follows those before them. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { MessageChannel, type MessagePort, type Worker } from 'node:worker_threads';
import { errorOf } from '../errors.js';
import type { AddressTable } from '../segment/address-table.js';
import type { FillingMemory } from '../segment/filling-memory.js';
import type { SegmentBatch } from '../segment/segment-batch.js';
import {
  batchesOf,
  batchWord,
  BatchWord,
  Control,
  newRing,
  RING_BATCHES,
  type FromReader,
  type ReaderStart,
  type ToReader,
} from './reader-protocol.js';
import { readerThreads } from './reader-thread.js';
import type {
  OpenedRecording,
  ReadingOptions,
  ReadRecording,
  SegmentListener,
  SegmentSource,
} from './segment-source.js';

/** Batches followed between two turns of the event loop, in which signals are handled: some 5 ms. */
export const BATCHES_A_TURN = 16;

export class ThreadedSource implements SegmentSource {
  readonly #addresses: AddressTable;
  readonly #worker: Worker;
  readonly #replies: MessagePort;
  readonly #inbox = new Inbox<FromReader>();
  readonly #batches: readonly SegmentBatch[];
  readonly #control: Int32Array;
  #done = 0;
  /** What was read, once the other thread has said that it was all. */
  #recording: ReadRecording | null = null;

  /**
   * Starts the thread.
   * @param filling memories whose pages it is to bring into being where it has to wait
   * @param ringBatches how far it may be ahead, at least 1
   */
  constructor(
    options: ReadingOptions,
    addresses: AddressTable,
    filling: readonly FillingMemory[] = [],
    ringBatches = RING_BATCHES,
  ) {
    this.#addresses = addresses;
    const ring = newRing(ringBatches);
    this.#batches = batchesOf(ring);
    this.#control = new Int32Array(ring.control);
    const { port1, port2 } = new MessageChannel();
    this.#replies = port1;
    this.#replies.on('message', (message: FromReader) => this.#inbox.put(message));
    const { worker, ended } = readerThreads.take();
    this.#worker = worker;
    worker.postMessage({ options, ring, filling, replies: port2 } satisfies ReaderStart, [port2]);
    void ended.then((crash) => {
      const message = `the thread that reads the captures ended early: ${crash}.`;
      this.#inbox.put({
        kind: 'failed',
        error: { name: 'TcpcloseError', code: 'reader-died', message, stack: undefined },
      });
    });
  }

  async open(): Promise<OpenedRecording> {
    const message = await this.#inbox.take();
    if (message.kind === 'failed') throw errorOf(message.error);
    if (message.kind !== 'opened') throw new Error(`a recording was to be opened; then came ${message.kind}`);
    return message.recording;
  }

  async read(listener: SegmentListener): Promise<ReadRecording> {
    for (;;) {
      await this.#followFilled(listener);
      if (this.#recording !== null) return this.#recording;
      Atomics.store(this.#control, Control.IDLE, 1);
      if (!this.#isFilled()) this.#hear(await this.#inbox.take(), listener);
    }
  }

  endInput(): void {
    this.#replies.postMessage('end-input' satisfies ToReader);
  }

  async close(): Promise<void> {
    this.#replies.close();
    const terminated = this.#worker.terminate();
    if (this.#recording === null) await terminated; // else it has nothing open
  }

  /** Whether there is a batch that was not followed yet. */
  #isFilled(): boolean {
    return this.#done !== Atomics.load(this.#control, Control.FILLED);
  }

  /** Follows what there is, until there is nothing more. */
  async #followFilled(listener: SegmentListener): Promise<void> {
    while (this.#isFilled()) {
      const place = this.#done % this.#batches.length;
      const addresses = this.#control[batchWord(place, BatchWord.ADDRESSES)]!;
      while (this.#addresses.size < addresses) this.#hear(await this.#inbox.take(), listener);
      this.#follow(place, listener);
      if (this.#done % BATCHES_A_TURN !== 0) continue;
      await nextTurn();
      for (let message = this.#inbox.poll(); message !== undefined; message = this.#inbox.poll())
        this.#hear(message, listener);
    }
  }

  #hear(message: FromReader, listener: SegmentListener): void {
    switch (message.kind) {
      case 'batch':
        return;
      case 'addresses':
        return this.#addresses.addWords(message.words);
      case 'progress':
        return listener.onProgress(message.readBytes);
      case 'read':
        this.#recording = message.recording;
        return;
      case 'failed':
        throw errorOf(message.error);
      case 'opened':
        throw new Error('a recording was opened twice');
    }
  }

  #follow(place: number, listener: SegmentListener): void {
    const batch = this.#batches[place]!;
    batch.length = this.#control[batchWord(place, BatchWord.ROWS)]!;
    listener.onSegments(batch, this.#control[batchWord(place, BatchWord.CAPTURE_ID)]!);
    this.#done++;
    Atomics.store(this.#control, Control.DONE, this.#done);
    if (this.#done === Atomics.load(this.#control, Control.WANTED)) Atomics.notify(this.#control, Control.DONE);
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

  /** The oldest, if there is one now. */
  poll(): T | undefined {
    return this.#waiting.shift();
  }

  /** The oldest, as soon as there is one. */
  async take(): Promise<T> {
    for (;;) {
      const message = this.poll();
      if (message !== undefined) return message;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
