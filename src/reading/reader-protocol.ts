/** What the thread that reads tells the one that follows. Batches lie in shared memory; all else is in the messages. */
import type { MessagePort } from 'node:worker_threads';
import type { ErrorFacts } from '../errors.js';
import type { FillingMemory } from '../segment/filling-memory.js';
import { octetsFor, SegmentBatch } from '../segment/segment-batch.js';
import { BATCH_CAPACITY } from './batch-sink.js';
import type { OpenedRecording, ReadingOptions, ReadRecording } from './segment-source.js';

/** Batches that the reader may be ahead: 16 of 90 kB. */
export const RING_BATCHES = 16;

/** The one message that the thread that reads is given. */
export interface ReaderStart {
  readonly options: ReadingOptions;
  readonly ring: RingMemory;
  /** What fills while batches are followed. */
  readonly filling: readonly FillingMemory[];
  /** For all that it has to say; on it comes a `ToReader`, if any. */
  readonly replies: MessagePort;
}

/** Batch n of a run, from 0, lies in place n modulo the number of places. */
export interface RingMemory {
  readonly places: number;
  readonly batches: SharedArrayBuffer;
  /** Words of `Control`. */
  readonly control: SharedArrayBuffer;
}

export const enum Control {
  /** Batches that were filled since the start. */
  FILLED = 0,
  /** Batches that were followed since the start: their places are free. */
  DONE = 1,
  /** 1: the thread that follows has nothing to do, and is to be told of the next batch by a message. */
  IDLE = 2,
  /** The `DONE` that the reader waits for, to be woken then: half the ring, for to be woken takes longer than to fill a place. */
  WANTED = 3,
  /** What is said of the batch in place n, at `BATCHES` + n * `WORDS_A_BATCH`. */
  BATCHES = 4,
}
/** What is said of a batch. */
export const enum BatchWord {
  ROWS = 0,
  CAPTURE_ID = 1,
  /** Addresses that its segments may name: so many must have come in messages. */
  ADDRESSES = 2,
}
const WORDS_A_BATCH = 3;

/** Where word `word` of the batch in place `place` is. */
export function batchWord(place: number, word: BatchWord): number {
  return Control.BATCHES + place * WORDS_A_BATCH + word;
}

/** Standard input is to end (`SegmentSource.endInput`). */
export type ToReader = 'end-input';

/** In the order in which it happened. */
export type FromReader =
  | { readonly kind: 'opened'; readonly recording: OpenedRecording }
  /** There is a batch: to one who was idle. */
  | { readonly kind: 'batch' }
  /** Those interned since the last such message, as `AddressTable.wordsFrom` has them. */
  | { readonly kind: 'addresses'; readonly words: Uint32Array }
  | { readonly kind: 'progress'; readonly readBytes: number }
  /** All was read; batches that were filled before may still have to be followed. */
  | { readonly kind: 'read'; readonly recording: ReadRecording }
  | { readonly kind: 'failed'; readonly error: ErrorFacts };

export function newRing(places: number): RingMemory {
  return {
    places,
    batches: new SharedArrayBuffer(places * octetsFor(BATCH_CAPACITY)),
    control: new SharedArrayBuffer((Control.BATCHES + places * WORDS_A_BATCH) * Int32Array.BYTES_PER_ELEMENT),
  };
}

/** The batches of a ring, as one of its two threads sees them. */
export function batchesOf({ places, batches }: RingMemory): SegmentBatch[] {
  const octets = octetsFor(BATCH_CAPACITY);
  return Array.from({ length: places }, (_, place) => new SegmentBatch(BATCH_CAPACITY, batches, place * octets));
}
