import { setImmediate as nextTurn } from 'node:timers/promises';
import type { OpenCapture } from '../capture/open.js';
import { PcapCursor } from '../capture/pcap.js';
import type { RecordCursor } from '../capture/record.js';
import type { RecordFilter } from '../filter/filter.js';
import { PLAIN_LINK_TYPE, type SegmentDecoder } from '../segment/decode.js';
import type { SegmentBatch } from '../segment/segment-batch.js';
import { LEFT_OUT_BY_FILTER, type UndecodedRow } from '../store/writer-protocol.js';
import { BATCH_ROWS, type BatchSink } from './batch-sink.js';
import type { PlainRecords } from './plain-records.js';
import type { ReadCapture } from './segment-source.js';

/** Chunks between two turns of the event loop, in which signals are heard: a turn takes as long as decoding many records. */
const CHUNKS_A_TURN = 16;
/** Records for the decoder after one that was not plain, for others like it may come. */
const NOT_PLAIN_RUN = 16;

/** Takes one capture through the decoder into batches, and counts what `captures` tells. */
export class CaptureReader {
  readonly #id: number;
  readonly #capture: OpenCapture;
  readonly #filter: RecordFilter | null;
  readonly #decoder: SegmentDecoder;
  readonly #sink: BatchSink;
  /** Takes the plain records of this capture; null: there are none, or something must look at each. */
  readonly #plain: { readonly records: PlainRecords; readonly cursor: PcapCursor } | null;
  #packets = 0;
  /** Of those, packets that the filter left out. */
  #leftOut = 0;
  #firstNs = Infinity;
  #lastNs = -Infinity;
  /** Time of the record before; a record without a time has that of the one before it. */
  #previousNs = NaN;
  #backwardSteps = 0;
  #largestBackwardStepNs = 0;

  constructor(
    id: number,
    capture: OpenCapture,
    filter: RecordFilter | null,
    decoder: SegmentDecoder,
    sink: BatchSink,
    plain: PlainRecords | null,
  ) {
    this.#id = id;
    this.#capture = capture;
    this.#filter = filter;
    this.#decoder = decoder;
    this.#sink = sink;
    const { cursor } = capture;
    const mayBePlain = filter === null && cursor instanceof PcapCursor && cursor.linkType === PLAIN_LINK_TYPE;
    this.#plain =
      mayBePlain && cursor.fcsLen === 0 && plain !== null && cursor.useChunks(plain.chunks)
        ? { records: plain, cursor }
        : null;
  }

  /** All of the capture, the first of it into `batch`, which is empty. Gives the batch to go on with, empty too. */
  async read(batch: SegmentBatch, onChunk: () => void): Promise<SegmentBatch> {
    const { cursor } = this.#capture;
    this.#decoder.clear();
    let chunks = 0;
    do {
      batch = this.#readChunk(cursor, batch);
      onChunk();
      if (++chunks % CHUNKS_A_TURN === 0) await nextTurn();
    } while (await cursor.refill());
    return batch.length === 0 ? batch : this.#sink.handOn(batch, this.#id);
  }

  /** All records in memory. The hot loop of the reading thread. */
  #readChunk(cursor: RecordCursor, batch: SegmentBatch): SegmentBatch {
    const decoder = this.#decoder;
    const filter = this.#filter;
    let packets = 0;
    let leftOut = 0;
    let previousNs = this.#previousNs;
    const plain = this.#plain;
    const layout = plain === null ? null : plain.cursor.plainLayout;
    let notPlain = 0;
    for (;;) {
      if (plain !== null && layout !== null && notPlain === 0) {
        const { records } = plain;
        records.take(plain.cursor, layout, previousNs);
        packets += records.taken;
        previousNs = records.previousNs;
        decoder.count(records.taken);
        if (records.taken === 0) notPlain = NOT_PLAIN_RUN;
        if (batch.length >= BATCH_ROWS) {
          batch = this.#sink.handOn(batch, this.#id);
          continue;
        }
      } else if (notPlain > 0) {
        notPlain--;
      }
      if (!cursor.next()) break;
      packets++;
      const timeNs = cursor.timeNs;
      if (timeNs >= previousNs) previousNs = timeNs;
      else previousNs = this.#oddTime(cursor, previousNs);
      if (filter !== null && !filter.accepts(cursor)) {
        leftOut++;
        continue;
      }
      decoder.decode(cursor, batch);
      if (batch.length >= BATCH_ROWS) batch = this.#sink.handOn(batch, this.#id);
    }
    this.#packets += packets;
    this.#leftOut += leftOut;
    this.#previousNs = previousNs;
    if (previousNs > this.#lastNs) this.#lastNs = previousNs;
    return batch;
  }

  /** The first record, a step back, or no time at all. Gives the time that the record is taken to have. */
  #oddTime(cursor: RecordCursor, previousNs: number): number {
    if (Number.isNaN(cursor.timeNs)) {
      cursor.timeNs = Number.isNaN(previousNs) ? 0 : previousNs;
      return previousNs;
    }
    if (cursor.timeNs < previousNs) {
      this.#backwardSteps++;
      this.#largestBackwardStepNs = Math.max(this.#largestBackwardStepNs, previousNs - cursor.timeNs);
      if (previousNs > this.#lastNs) this.#lastNs = previousNs;
    }
    if (cursor.timeNs < this.#firstNs) this.#firstNs = cursor.timeNs;
    return cursor.timeNs;
  }

  /** What the database is to say of the capture, once all of it was read. */
  row(epochNs: bigint, sha256: string | null, headSha256: string | null): ReadCapture {
    const { cursor, path, compression, sizeBytes, bytesRead } = this.#capture;
    const facts = cursor.facts();
    const { damage } = cursor;
    const absolute = (ns: number): bigint | null => (Number.isFinite(ns) ? epochNs + BigInt(Math.round(ns)) : null);
    return {
      id: this.#id,
      path,
      format: facts.format,
      compression,
      linkTypes: facts.linkTypes,
      snaplen: facts.snaplen,
      packets: this.#packets,
      tcpPackets: this.#decoder.tcpPackets,
      undecodedPackets: this.#decoder.undecodedPackets,
      bytes: sizeBytes ?? bytesRead(),
      firstNs: absolute(this.#firstNs),
      lastNs: absolute(this.#lastNs),
      dropsReported: facts.dropsReported,
      damage:
        damage === null ? null : `${damage.message} (octet ${damage.offset}, frame ${damage.frame}, ${damage.code})`,
      sha256,
      headSha256,
      backwardSteps: this.#backwardSteps,
      largestBackwardStepNs: Math.round(this.#largestBackwardStepNs),
      cutFrames: facts.cutFrames,
      undecoded: [...this.#notDecoded(), ...this.#notAccepted()],
    };
  }

  #notDecoded(): UndecodedRow[] {
    return this.#decoder
      .describeStops()
      .filter(({ group }) => group !== 'segment')
      .map(({ reason, packets, text, group }) => ({
        reason,
        packets,
        meaning: text,
        undecided: group === 'undecoded',
      }));
  }

  /** So that every packet of a capture is counted somewhere. */
  #notAccepted(): UndecodedRow[] {
    if (this.#leftOut === 0) return [];
    return [
      { reason: LEFT_OUT_BY_FILTER, packets: this.#leftOut, meaning: 'that the filter left out', undecided: false },
    ];
  }
}
