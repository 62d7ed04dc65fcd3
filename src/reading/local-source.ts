import { endStandardInput } from '../capture/standard-input.js';
import type { AddressTable } from '../segment/address-table.js';
import { SegmentBatch } from '../segment/segment-batch.js';
import { BATCH_CAPACITY, type BatchSink } from './batch-sink.js';
import { PlainRecords } from './plain-records.js';
import { RecordingReader } from './recording-reader.js';
import type {
  OpenedRecording,
  ReadingOptions,
  ReadRecording,
  SegmentListener,
  SegmentSource,
} from './segment-source.js';

/** Octets of a recording from which on the memory for plain records is worth its making. */
const WORTH_PLAIN = 3 << 20;

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
    const plain = (this.#reader.opened.totalBytes ?? 0) >= WORTH_PLAIN ? PlainRecords.forChunksOf() : null;
    const sink: BatchSink = {
      first: () => plain?.batch ?? new SegmentBatch(BATCH_CAPACITY),
      handOn(batch, captureId) {
        listener.onSegments(batch, captureId);
        batch.clear();
        return batch;
      },
      onProgress: (readBytes) => listener.onProgress(readBytes),
    };
    return this.#reader.read(sink, plain);
  }

  endInput(): void {
    endStandardInput();
  }

  async close(): Promise<void> {
    await this.#reader?.close();
  }
}
