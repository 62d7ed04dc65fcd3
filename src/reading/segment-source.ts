import type { ReaderName } from '../capture/open.js';
import type { SegmentBatch } from '../segment/segment-batch.js';
import type { CaptureRow } from '../store/writer-protocol.js';

/** What is read, and how. Plain data: it goes to another thread as it is. */
export interface ReadingOptions {
  /** Files, directories, or '-' for standard input. */
  readonly inputs: readonly string[];
  readonly reader: ReaderName;
  /** Hash each capture file. */
  readonly sha256: boolean;
  /** Only records that this expression accepts are decoded; null: all. */
  readonly filter: string | null;
}

/** What is known of a recording before its packets are read. */
export interface OpenedRecording {
  /** Of the captures, in reading order. */
  readonly paths: readonly string[];
  /** Sum of all sizes on disk, octets; null where one has none (a pipe). */
  readonly totalBytes: number | null;
}

/** What the database says of a capture, save for what only the engine can tell. */
export type ReadCapture = Omit<CaptureRow, 'vantage'>;

/** What is known of a recording once it was read. */
export interface ReadRecording {
  /** Nanoseconds since 1970 that the times of all segments count from. */
  readonly epochNs: bigint;
  readonly captures: readonly ReadCapture[];
  /** Full sentences about what was asked for and could not be opened. */
  readonly errors: readonly string[];
  /** Full sentences that are worth a look but no errors. */
  readonly notes: readonly string[];
  /** Files of directories that were no captures. */
  readonly leftOut: number;
}

export interface SegmentListener {
  /** All segments of the batch are of the capture with that id, in file order. The batch is used again afterwards. */
  onSegments(batch: SegmentBatch, captureId: number): void;
  /** Octets of the inputs read so far. */
  onProgress(readBytes: number): void;
}

/**
 * The TCP segments of one recording, in batches. Whether they are read and decoded in this thread or in another makes no
 * difference to what comes: the same batches, cut in the same places, with the same numbers for the same addresses. The
 * address table that the source was made with has those of a batch by the time that `onSegments` is given it.
 *
 *     const { paths } = await source.open();
 *     const { captures } = await source.read(listener);
 *     await source.close();
 */
export interface SegmentSource {
  /** Opens the captures. @throws CaptureError where none can be read. */
  open(): Promise<OpenedRecording>;
  /** Reads all captures, turning the event loop every few milliseconds. An error of the listener ends it. */
  read(listener: SegmentListener): Promise<ReadRecording>;
  /** Ends standard input where somebody still writes it, so that `read` comes to its end with what came until then. */
  endInput(): void;
  /** Lets go of everything, wherever the reading stands. */
  close(): Promise<void>;
}
