import { SegmentBatch, SegmentOption } from '../segment/segment-batch.js';
import { serialAdd, serialBefore } from '../wire/serial.js';
import { SAME_IP_ID_NS } from './limits.js';

/** Segments remembered before the one at hand, of however many files and batches they are. */
const SEGMENTS = 8192;

/**
 * The last few thousand segments of the recording, as far as a later segment may ask for them. Nothing is done for a
 * segment: the columns of a batch are copied when it is done with, into rings.
 */
export class RecentSegments {
  /** Of these, only the columns that are asked for are filled. */
  readonly #columns = new SegmentBatch(SEGMENTS);
  /** Segments kept so far; the one with number `n` lies at `n % SEGMENTS`. */
  #count = 0;

  /** Keeps what the batch holds; after all of it was followed. */
  keep(batch: SegmentBatch): void {
    const ring = this.#columns;
    for (let row = Math.max(0, batch.length - SEGMENTS); row < batch.length;) {
      const to = (this.#count + row) % SEGMENTS;
      const end = Math.min(batch.length, row + SEGMENTS - to);
      ring.timeNs.set(batch.timeNs.subarray(row, end), to);
      ring.family.set(batch.family.subarray(row, end), to);
      ring.src.set(batch.src.subarray(row, end), to);
      ring.dst.set(batch.dst.subarray(row, end), to);
      ring.srcPort.set(batch.srcPort.subarray(row, end), to);
      ring.dstPort.set(batch.dstPort.subarray(row, end), to);
      ring.seq.set(batch.seq.subarray(row, end), to);
      ring.payloadLen.set(batch.payloadLen.subarray(row, end), to);
      ring.options.set(batch.options.subarray(row, end), to);
      ring.tsval.set(batch.tsval.subarray(row, end), to);
      ring.ack.set(batch.ack.subarray(row, end), to);
      ring.flags.set(batch.flags.subarray(row, end), to);
      ring.ipId.set(batch.ipId.subarray(row, end), to);
      row = end;
    }
    this.#count += batch.length;
  }

  /**
   * The TSval that went with the octets [left, right) to the sender of segment `row`; -1 where no segment with exactly
   * these octets is remembered, or where any of them were sent in another way, too. Rows before `row` in its own batch
   * are looked at as well. Copies that the capture made of a frame count as the frame; a record that stands later than these
   * is another segment, so that the octets passed twice.
   */
  tsvalOfOnly(left: number, right: number, batch: SegmentBatch, row: number): number {
    let found = -1;
    let foundNs = 0;
    for (let n = this.#first(row); n < this.#count + row; n++) {
      const columns = n < this.#count ? this.#columns : batch;
      const i = n < this.#count ? n % SEGMENTS : n - this.#count;
      if (columns.srcPort[i] !== batch.dstPort[row] || columns.dstPort[i] !== batch.srcPort[row]) continue;
      if (columns.family[i] !== batch.family[row]) continue;
      if (columns.src[i] !== batch.dst[row] || columns.dst[i] !== batch.src[row]) continue;
      const seq = columns.seq[i]!;
      const end = serialAdd(seq, columns.payloadLen[i]!);
      if (seq === end || !serialBefore(seq, right) || !serialBefore(left, end)) continue;
      const tsval = (columns.options[i]! & SegmentOption.TIMESTAMP) !== 0 ? columns.tsval[i]! : -1;
      if (seq !== left || end !== right || tsval < 0 || (found >= 0 && found !== tsval)) return -1;
      const ns = columns.timeNs[i]!;
      if (found >= 0 && Math.abs(ns - foundNs) > SAME_IP_ID_NS) return -1;
      found = tsval;
      foundNs = ns;
    }
    return found;
  }

  /**
   * Whether segment `row` of the batch is remembered already: the network brought it twice. Its IPv4 id tells it from one
   * that was sent again (close-rules 9.3); without one, false.
   */
  hasCopy(batch: SegmentBatch, row: number): boolean {
    if ((batch.options[row]! & SegmentOption.IP_ID) === 0 || batch.ipId[row] === 0) return false;
    for (let n = this.#first(row); n < this.#count + row; n++) {
      const columns = n < this.#count ? this.#columns : batch;
      const i = n < this.#count ? n % SEGMENTS : n - this.#count;
      if (columns.ipId[i] !== batch.ipId[row] || columns.seq[i] !== batch.seq[row]) continue;
      if (columns.srcPort[i] !== batch.srcPort[row] || columns.dstPort[i] !== batch.dstPort[row]) continue;
      if (columns.family[i] !== batch.family[row] || columns.options[i] !== batch.options[row]) continue;
      if (columns.src[i] !== batch.src[row] || columns.dst[i] !== batch.dst[row]) continue;
      if (columns.ack[i] !== batch.ack[row] || columns.flags[i] !== batch.flags[row]) continue;
      if (columns.payloadLen[i] !== batch.payloadLen[row]) continue;
      const hasTimestamp = (batch.options[row]! & SegmentOption.TIMESTAMP) !== 0;
      if (!hasTimestamp || columns.tsval[i] === batch.tsval[row]) return true;
    }
    return false;
  }

  /** Number of the first segment remembered before `row` of the batch at hand. */
  #first(row: number): number {
    return Math.max(0, this.#count + row - SEGMENTS);
  }
}
