import type { AddressTable } from '../segment/address-table.js';
import { SegmentBatch } from '../segment/segment-batch.js';
import { BATCH_CAPACITY } from './batch-sink.js';
import { RecordingReader } from './recording-reader.js';
import type {
  OpenedRecording,
  ReadingOptions,
  ReadRecording,
  SegmentListener,
  SegmentSource,
} from './segment-source.js';

/** Reads and decodes in this thread, one batch in use all the time. */
export class LocalSource implements SegmentSource {
  readonly #options: ReadingOptions;
  readonly #addresses: AddressTable;
  #reader: RecordingReader | null = null;

  constructor(options: ReadingOptions, addresses: AddressTable) {
    this.#options = options;
    this.#addresses = addresses;
  }

  async open(): Promise<OpenedRecording> {
    this.#reader = await RecordingReader.open(this.#options, this.#addresses);
    return this.#reader.opened;
  }

  async read(listener: SegmentListener): Promise<ReadRecording> {
    if (this.#reader === null) throw new Error('open() comes before read()');
    return this.#reader.read({
      first: () => new SegmentBatch(BATCH_CAPACITY),
      handOn(batch, captureId) {
        listener.onSegments(batch, captureId);
        batch.clear();
        return batch;
      },
      onProgress: (readBytes) => listener.onProgress(readBytes),
    });
  }

  async close(): Promise<void> {
    await this.#reader?.close();
  }
}
