/** What the thread that reads tells the one that follows. Batches lie in shared memory; all else is in the messages. */
import type { ErrorFacts } from '../errors.js';
import { octetsFor, SegmentBatch } from '../segment/segment-batch.js';
import { BATCH_CAPACITY } from './batch-sink.js';
import type { OpenedRecording, ReadingOptions, ReadRecording } from './segment-source.js';

/** Batches that the reader may be ahead: 64 of 90 kB. */
export const RING_BATCHES = 64;

export interface ReaderStart {
  readonly options: ReadingOptions;
  readonly ring: RingMemory;
}

/** Batch n of a run, from 0, lies in place n modulo the number of places. */
export interface RingMemory {
  readonly places: number;
  readonly batches: SharedArrayBuffer;
  /** Words of `Control`. */
  readonly control: SharedArrayBuffer;
}

export const enum Control {
  /** Batches that were followed since the start: their places are free. The reader waits for it. */
  DONE = 0,
}
const CONTROL_WORDS = 1;

/** In the order in which it happened. */
export type FromReader =
  | { readonly kind: 'opened'; readonly recording: OpenedRecording }
  /** The next batch; `addresses`: those interned since the last message, as `AddressTable.wordsFrom` has them. */
  | {
      readonly kind: 'batch';
      readonly rows: number;
      readonly captureId: number;
      readonly addresses: Uint32Array | null;
    }
  | { readonly kind: 'progress'; readonly readBytes: number }
  | { readonly kind: 'read'; readonly recording: ReadRecording }
  | { readonly kind: 'failed'; readonly error: ErrorFacts };

export function newRing(places: number): RingMemory {
  return {
    places,
    batches: new SharedArrayBuffer(places * octetsFor(BATCH_CAPACITY)),
    control: new SharedArrayBuffer(CONTROL_WORDS * Int32Array.BYTES_PER_ELEMENT),
  };
}

/** The batches of a ring, as one of its two threads sees them. */
export function batchesOf({ places, batches }: RingMemory): SegmentBatch[] {
  const octets = octetsFor(BATCH_CAPACITY);
  return Array.from({ length: places }, (_, place) => new SegmentBatch(BATCH_CAPACITY, batches, place * octets));
}
