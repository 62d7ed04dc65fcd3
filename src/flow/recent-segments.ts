import { SegmentOption, type SegmentBatch } from '../segment/segment-batch.js';
import { serialAdd, serialBefore } from '../wire/serial.js';
import { SAME_IP_ID_NS } from './limits.js';

/** Batches remembered behind the one at hand. */
const BATCHES = 8;

/**
 * The last few thousand segments of the recording, as far as a later segment may ask for them. Nothing is done for a
 * segment: the columns of a batch are copied when it is done with.
 */
export class RecentSegments {
  readonly #kept: Columns[] = [];
  #next = 0;

  /** Keeps what the batch holds; after all of it was followed. */
  keep(batch: SegmentBatch): void {
    const columns = (this.#kept[this.#next] ??= new Columns(batch.capacity));
    columns.copy(batch);
    this.#next = (this.#next + 1) % BATCHES;
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
    for (const columns of [...this.#kept, batch]) {
      const until = columns === batch ? row : columns.length;
      for (let i = 0; i < until; i++) {
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
    }
    return found;
  }
}

/** The columns of a batch that are kept. */
class Columns {
  readonly timeNs: Float64Array;
  readonly family: Uint8Array;
  readonly src: Uint32Array;
  readonly dst: Uint32Array;
  readonly srcPort: Uint16Array;
  readonly dstPort: Uint16Array;
  readonly seq: Uint32Array;
  readonly payloadLen: Uint32Array;
  readonly options: Uint16Array;
  readonly tsval: Uint32Array;
  length = 0;

  constructor(capacity: number) {
    this.timeNs = new Float64Array(capacity);
    this.family = new Uint8Array(capacity);
    this.src = new Uint32Array(capacity);
    this.dst = new Uint32Array(capacity);
    this.srcPort = new Uint16Array(capacity);
    this.dstPort = new Uint16Array(capacity);
    this.seq = new Uint32Array(capacity);
    this.payloadLen = new Uint32Array(capacity);
    this.options = new Uint16Array(capacity);
    this.tsval = new Uint32Array(capacity);
  }

  copy(batch: SegmentBatch): void {
    this.timeNs.set(batch.timeNs);
    this.family.set(batch.family);
    this.src.set(batch.src);
    this.dst.set(batch.dst);
    this.srcPort.set(batch.srcPort);
    this.dstPort.set(batch.dstPort);
    this.seq.set(batch.seq);
    this.payloadLen.set(batch.payloadLen);
    this.options.set(batch.options);
    this.tsval.set(batch.tsval);
    this.length = batch.length;
  }
}
