import { TcpFlag, type SegmentBatch } from '../segment/segment-batch.js';
import { tupleHash, type ConnectionTable } from './connection-table.js';
import type { ParkedSyns } from './parked-syns.js';
import type { SlotQueue } from './slot-queue.js';

/**
 * Looks at the buckets of many SYNs among parked ones at a time. One after another, each SYN would wait for its bucket from
 * afar; here the processor asks for many at once.
 */
export class LookAhead {
  readonly #table: ConnectionTable;
  readonly #parked: ParkedSyns;
  /** What was found. Nobody reads it, but without it nothing need be found. */
  touched = 0;

  constructor(table: ConnectionTable, parked: ParkedSyns) {
    this.#table = table;
    this.#parked = parked;
  }

  /**
   * Sets the bits `from` (a multiple of 32) to `end` - 1 in `unparked`, where they are of SYNs on a four-tuple that is not
   * parked, and clears the others. Bit 0 is of row `first`.
   */
  findUnparked(batch: SegmentBatch, first: number, from: number, end: number, unparked: Int32Array): void {
    const { flags, src, dst, srcPort, dstPort } = batch;
    unparked.fill(0, from >> 5, (end + 31) >> 5);
    for (let row = first + from; row < first + end; row++) {
      if ((flags[row]! & (TcpFlag.SYN | TcpFlag.ACK)) !== TcpFlag.SYN) continue;
      const isLow = src[row]! < dst[row]! || (src[row]! === dst[row]! && srcPort[row]! <= dstPort[row]!);
      const hash = isLow
        ? tupleHash(src[row]!, dst[row]!, (srcPort[row]! << 16) | dstPort[row]!)
        : tupleHash(dst[row]!, src[row]!, (dstPort[row]! << 16) | srcPort[row]!);
      if (!this.#parked.mayHold(hash)) unparked[(row - first) >> 5]! |= 1 << (row - first);
    }
  }

  /** The SYNs that have waited longest, up to so many: they will be parked. */
  atParking(waiting: SlotQueue, most: number): void {
    let touched = 0;
    for (let i = 0, n = Math.min(most, waiting.length); i < n; i++)
      touched ^= this.#parked.peek(this.#table.hashOf(waiting.slotAt(i)));
    this.touched = touched;
  }
}
