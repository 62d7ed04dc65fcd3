import { SegmentBatch } from '../segment/segment-batch.js';

const NOTHING = new SegmentBatch(0);

/**
 * The segment that is being followed: a row of a batch, read where it lies, and which end of its four-tuple sent it. One object
 * serves for all of them, so that nothing is allocated: it is valid during the call. Fields are those of `SegmentBatch`.
 */
export class Segment {
  batch = NOTHING;
  row = 0;
  /** Id of the capture that it is in. */
  capture = 0;
  /** Who sent it: 0 the lower, 1 the higher end of the four-tuple. */
  end = 0;
  /** The four-tuple: addresses of the lower and the higher end, by (address, port), and the ports of both in one word. */
  low = 0;
  high = 0;
  ports = 0;

  /** Becomes the one in this row. */
  select(batch: SegmentBatch, row: number, capture: number): this {
    this.batch = batch;
    this.row = row;
    this.capture = capture;
    const src = batch.src[row]!;
    const dst = batch.dst[row]!;
    const srcPort = batch.srcPort[row]!;
    const dstPort = batch.dstPort[row]!;
    const isFromLow = src < dst || (src === dst && srcPort <= dstPort);
    this.end = isFromLow ? 0 : 1;
    this.low = isFromLow ? src : dst;
    this.high = isFromLow ? dst : src;
    this.ports = isFromLow ? (srcPort << 16) | dstPort : (dstPort << 16) | srcPort;
    return this;
  }

  /** Frame number in its file, from 1. */
  get frame(): number {
    return this.batch.frame[this.row]!;
  }

  /** Nanoseconds since the run's epoch. */
  get ns(): number {
    return this.batch.timeNs[this.row]!;
  }

  /** `Family.V4` or `Family.V6`. */
  get family(): number {
    return this.batch.family[this.row]!;
  }

  /** Addresses as `SegmentBatch` has them. */
  get src(): number {
    return this.batch.src[this.row]!;
  }

  get dst(): number {
    return this.batch.dst[this.row]!;
  }

  get srcPort(): number {
    return this.batch.srcPort[this.row]!;
  }

  get dstPort(): number {
    return this.batch.dstPort[this.row]!;
  }

  get seq(): number {
    return this.batch.seq[this.row]!;
  }

  get ack(): number {
    return this.batch.ack[this.row]!;
  }

  /** Bits of `TcpFlag`. */
  get flags(): number {
    return this.batch.flags[this.row]!;
  }

  /** Octets of payload on the wire. */
  get len(): number {
    return this.batch.payloadLen[this.row]!;
  }

  /** Not scaled. */
  get window(): number {
    return this.batch.window[this.row]!;
  }

  /** Bits of `SegmentOption`: which of the fields below are valid. */
  get options(): number {
    return this.batch.options[this.row]!;
  }

  get tsval(): number {
    return this.batch.tsval[this.row]!;
  }

  get tsecr(): number {
    return this.batch.tsecr[this.row]!;
  }

  get windowShift(): number {
    return this.batch.windowShift[this.row]!;
  }

  /** First block of the SACK option. */
  get sackLeft(): number {
    return this.batch.sackLeft[this.row]!;
  }

  get sackRight(): number {
    return this.batch.sackRight[this.row]!;
  }

  get ipId(): number {
    return this.batch.ipId[this.row]!;
  }

  get ttl(): number {
    return this.batch.ttl[this.row]!;
  }
}
