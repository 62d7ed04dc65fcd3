/** The thread that reads and decodes. See threaded-source.ts for the other side. */
import { workerData, type MessagePort } from 'node:worker_threads';
import { factsOf } from '../errors.js';
import { AddressTable } from '../segment/address-table.js';
import type { SegmentBatch } from '../segment/segment-batch.js';
import type { BatchSink } from './batch-sink.js';
import { batchesOf, Control, type FromReader, type ReaderStart, type RingMemory } from './reader-protocol.js';
import { RecordingReader } from './recording-reader.js';

const { start, replies } = workerData as { start: ReaderStart; replies: MessagePort };
replies.ref(); // nothing more to do is no reason to end: a message could be lost with the thread. The other side ends it.
const addresses = new AddressTable();

/** Hands batches on through the ring, and waits where the other side has all of them. */
class RingSink implements BatchSink {
  readonly #batches: readonly SegmentBatch[];
  readonly #control: Int32Array;
  #handedOn = 0;
  #addressesSent = 0;

  constructor(ring: RingMemory) {
    this.#batches = batchesOf(ring);
    this.#control = new Int32Array(ring.control);
  }

  first(): SegmentBatch {
    return this.#free();
  }

  handOn(batch: SegmentBatch, captureId: number): SegmentBatch {
    send({ kind: 'batch', rows: batch.length, captureId, addresses: this.#newAddresses() });
    this.#handedOn++;
    return this.#free();
  }

  onProgress(readBytes: number): void {
    send({ kind: 'progress', readBytes });
  }

  #newAddresses(): Uint32Array | null {
    if (addresses.size === this.#addressesSent) return null;
    const words = addresses.wordsFrom(this.#addressesSent);
    this.#addressesSent = addresses.size;
    return words;
  }

  /** The next batch of the ring, when the other side is done with what was in it. */
  #free(): SegmentBatch {
    for (;;) {
      const done = Atomics.load(this.#control, Control.DONE);
      if (this.#handedOn - done < this.#batches.length) break;
      Atomics.wait(this.#control, Control.DONE, done);
    }
    const batch = this.#batches[this.#handedOn % this.#batches.length]!;
    batch.clear();
    return batch;
  }
}

function send(message: FromReader): void {
  replies.postMessage(message);
}

async function read(): Promise<void> {
  const reader = await RecordingReader.open(start.options, addresses);
  send({ kind: 'opened', recording: reader.opened });
  send({ kind: 'read', recording: await reader.read(new RingSink(start.ring)) });
}

void read().catch((error: unknown) => send({ kind: 'failed', error: factsOf(error) }));
