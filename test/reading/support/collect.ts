import { AddressTable } from '../../../src/segment/address-table.js';
import { LocalSource } from '../../../src/reading/local-source.js';
import type {
  OpenedRecording,
  ReadingOptions,
  ReadRecording,
  SegmentSource,
} from '../../../src/reading/segment-source.js';
import { ThreadedSource } from '../../../src/reading/threaded-source.js';
import { SegmentOption, type SegmentBatch } from '../../../src/segment/segment-batch.js';

/** All that a source gives. */
export interface Collected {
  readonly opened: OpenedRecording;
  /** One entry a batch: the capture, and a line for each row. */
  readonly batches: readonly (readonly [captureId: number, rows: readonly string[]])[];
  readonly read: ReadRecording;
}

export function reading(inputs: readonly string[], more: Partial<ReadingOptions> = {}): ReadingOptions {
  return { inputs, reader: 'own', sha256: false, filter: null, ...more };
}

/** What a source in this thread gives. */
export function collectHere(options: ReadingOptions): Promise<Collected> {
  const addresses = new AddressTable();
  return collect(new LocalSource(options, addresses), addresses);
}

/** What a source with a thread of its own gives, which may be so many batches ahead. */
export function collectApart(options: ReadingOptions, ringBatches?: number): Promise<Collected> {
  const addresses = new AddressTable();
  return collect(new ThreadedSource(options, addresses, [], ringBatches), addresses);
}

async function collect(source: SegmentSource, addresses: AddressTable): Promise<Collected> {
  const batches: [number, string[]][] = [];
  try {
    const opened = await source.open();
    const read = await source.read({
      onSegments: (batch, captureId) => batches.push([captureId, rowsOf(batch, addresses)]),
      onProgress: () => undefined,
    });
    return { opened, batches, read };
  } finally {
    await source.close();
  }
}

/** A line for each row, all that is valid in it. */
export function rowsOf(batch: SegmentBatch, addresses: AddressTable): string[] {
  return Array.from({ length: batch.length }, (_, row) => {
    const options = batch.options[row]!;
    const where = (bit: SegmentOption, ...columns: ArrayLike<number>[]): string =>
      (options & bit) === 0 ? '-' : columns.map((column) => column[row]).join('/');
    return [
      `${batch.frame[row]!} ${batch.timeNs[row]!}`,
      `${addresses.text(batch.family[row]!, batch.src[row]!)}.${batch.srcPort[row]!}`,
      `${addresses.text(batch.family[row]!, batch.dst[row]!)}.${batch.dstPort[row]!}`,
      `${batch.flags[row]!} ${batch.seq[row]!} ${batch.ack[row]!} ${batch.window[row]!} ${batch.payloadLen[row]!}`,
      `${options} ${batch.ttl[row]!} ${batch.ipId[row]!} ${batch.optionLayout[row]!}`,
      where(SegmentOption.TIMESTAMP, batch.tsval, batch.tsecr),
      where(SegmentOption.SACK, batch.sackLeft, batch.sackRight),
      where(SegmentOption.MSS, batch.mss),
      where(SegmentOption.WINDOW_SCALE, batch.windowShift),
    ].join(' | ');
  });
}
