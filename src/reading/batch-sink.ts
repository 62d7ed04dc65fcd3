import { MOST_ROWS_A_FRAME } from '../segment/decode.js';
import type { SegmentBatch } from '../segment/segment-batch.js';

/** Rows after which a batch is handed on. The same everywhere: what is told of segments must not depend on threads. */
export const BATCH_ROWS = 1024;
/** A batch handed on is at least full and at most this long. */
export const BATCH_CAPACITY = BATCH_ROWS + MOST_ROWS_A_FRAME;

/** Where the batches go. */
export interface BatchSink {
  /** An empty batch, of `BATCH_CAPACITY`, to begin with. */
  first(): SegmentBatch;
  /** Takes a batch that is full, or the last of its capture; gives the one to fill next, which is empty. */
  handOn(batch: SegmentBatch, captureId: number): SegmentBatch;
  /** Octets of the inputs read so far; called between two chunks of a file. */
  onProgress(readBytes: number): void;
}
