import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { identifyFile } from '../capture/file-head.js';
import { openRecording, type Recording } from '../capture/recording.js';
import { RecordFilter } from '../filter/filter.js';
import type { AddressTable } from '../segment/address-table.js';
import { SegmentDecoder } from '../segment/decode.js';
import type { BatchSink } from './batch-sink.js';
import { CaptureReader } from './capture-reader.js';
import type { PlainRecords } from './plain-records.js';
import type { OpenedRecording, ReadCapture, ReadingOptions, ReadRecording } from './segment-source.js';

/** Reads and decodes a recording, in the thread that it is called in. */
export class RecordingReader {
  readonly #recording: Recording;
  readonly #options: ReadingOptions;
  readonly #filter: RecordFilter | null;
  readonly #decoder: SegmentDecoder;

  private constructor(recording: Recording, options: ReadingOptions, addresses: AddressTable) {
    this.#recording = recording;
    this.#options = options;
    this.#filter = options.filter === null ? null : new RecordFilter(options.filter);
    this.#decoder = new SegmentDecoder(addresses);
  }

  /** @throws CaptureError where no capture can be read. */
  static async open(options: ReadingOptions, addresses: AddressTable): Promise<RecordingReader> {
    const recording = await openRecording(options.inputs, { reader: options.reader });
    return new RecordingReader(recording, options, addresses);
  }

  get opened(): OpenedRecording {
    return { paths: this.#recording.files.map(({ path }) => path), totalBytes: this.#recording.totalBytes };
  }

  /** `plain`: takes plain records, into the batch that `sink` gives. */
  async read(sink: BatchSink, plain: PlainRecords | null = null): Promise<ReadRecording> {
    const recording = this.#recording;
    const captures: ReadCapture[] = [];
    let batch = sink.first();
    let bytesBefore = 0;
    for await (const capture of recording.captures()) {
      const reader = new CaptureReader(captures.length + 1, capture, this.#filter, this.#decoder, sink, plain);
      batch = await reader.read(batch, () => sink.onProgress(bytesBefore + capture.bytesRead()));
      bytesBefore += capture.sizeBytes ?? capture.bytesRead();
      const isFile = capture.path !== '-' && capture.sizeBytes !== null;
      const sha256 = this.#options.sha256 && isFile ? await sha256Of(capture.path) : null;
      const headSha256 = isFile ? await headSha256Of(capture.path) : null;
      captures.push(reader.row(recording.epoch.epochNanoseconds(), sha256, headSha256));
    }
    return {
      epochNs: recording.epoch.epochNanoseconds(),
      captures,
      errors: recording.errors.map((error) => error.message),
      notes: recording.notes,
      leftOut: recording.leftOut,
    };
  }

  close(): Promise<void> {
    return this.#recording.close();
  }
}

/** Null where the file went away meanwhile. */
async function headSha256Of(path: string): Promise<string | null> {
  return identifyFile(path).then(
    ({ headSha256 }) => headSha256,
    () => null,
  );
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
