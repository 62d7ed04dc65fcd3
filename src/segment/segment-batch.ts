import { Column } from './segment-columns.js';

export { Family, SegmentOption, TcpFlag } from './segment-bits.js';

/**
 * Decoded TCP segments of one batch: one typed array a column, row `i` of each describes the same segment.
 * Valid rows are 0 ≤ i < `length`. All rows are of one capture file. `clear()` reuses the batch; nothing is allocated.
 */
export class SegmentBatch {
  readonly capacity: number;
  /** All columns, as `segment-columns.ts` has them. */
  readonly octets: Uint8Array;
  /** Frame number in its file, from 1. */
  readonly frame: Uint32Array;
  /** Nanoseconds since the run's epoch. */
  readonly timeNs: Float64Array;
  /** `Family.V4` or `Family.V6`. */
  readonly family: Uint8Array;
  /** IPv4: the address as an unsigned number. IPv6: its number in the `AddressTable`. Innermost header of a tunnel. */
  readonly src: Uint32Array;
  readonly dst: Uint32Array;
  readonly srcPort: Uint16Array;
  readonly dstPort: Uint16Array;
  readonly seq: Uint32Array;
  readonly ack: Uint32Array;
  readonly flags: Uint8Array;
  /** Not scaled. */
  readonly window: Uint16Array;
  /** TCP payload on the wire, octets, from the IP length (not from what was captured). */
  readonly payloadLen: Uint32Array;
  /** Bits of `SegmentOption`. */
  readonly options: Uint16Array;
  readonly tsval: Uint32Array;
  readonly tsecr: Uint32Array;
  readonly windowShift: Uint8Array;
  readonly mss: Uint16Array;
  /** First block of the SACK option. */
  readonly sackLeft: Uint32Array;
  readonly sackRight: Uint32Array;
  /** IPv4 time to live or IPv6 hop limit, of the innermost header. */
  readonly ttl: Uint8Array;
  readonly ipId: Uint16Array;
  /** Of segments with SYN: a hash of the kinds and order of all options, a fingerprint of the stack. Else 0. */
  readonly optionLayout: Uint32Array;
  length = 0;

  /**
   * @param memory where the columns lie, from octet `start` (a multiple of 8) on; `octetsFor(capacity)` of it are used.
   *   Shared memory lets one thread fill the batch and another read it.
   */
  constructor(capacity: number, memory: ArrayBufferLike = new ArrayBuffer(octetsFor(capacity)), start = 0) {
    this.capacity = capacity;
    this.octets = new Uint8Array(memory, start, octetsFor(capacity));
    const at = (column: number): number => start + column * capacity;
    this.timeNs = new Float64Array(memory, at(Column.TIME_NS), capacity);
    this.frame = new Uint32Array(memory, at(Column.FRAME), capacity);
    this.src = new Uint32Array(memory, at(Column.SRC), capacity);
    this.dst = new Uint32Array(memory, at(Column.DST), capacity);
    this.seq = new Uint32Array(memory, at(Column.SEQ), capacity);
    this.ack = new Uint32Array(memory, at(Column.ACK), capacity);
    this.payloadLen = new Uint32Array(memory, at(Column.PAYLOAD_LEN), capacity);
    this.tsval = new Uint32Array(memory, at(Column.TSVAL), capacity);
    this.tsecr = new Uint32Array(memory, at(Column.TSECR), capacity);
    this.sackLeft = new Uint32Array(memory, at(Column.SACK_LEFT), capacity);
    this.sackRight = new Uint32Array(memory, at(Column.SACK_RIGHT), capacity);
    this.optionLayout = new Uint32Array(memory, at(Column.OPTION_LAYOUT), capacity);
    this.srcPort = new Uint16Array(memory, at(Column.SRC_PORT), capacity);
    this.dstPort = new Uint16Array(memory, at(Column.DST_PORT), capacity);
    this.window = new Uint16Array(memory, at(Column.WINDOW), capacity);
    this.options = new Uint16Array(memory, at(Column.OPTIONS), capacity);
    this.mss = new Uint16Array(memory, at(Column.MSS), capacity);
    this.ipId = new Uint16Array(memory, at(Column.IP_ID), capacity);
    this.family = new Uint8Array(memory, at(Column.FAMILY), capacity);
    this.flags = new Uint8Array(memory, at(Column.FLAGS), capacity);
    this.windowShift = new Uint8Array(memory, at(Column.WINDOW_SHIFT), capacity);
    this.ttl = new Uint8Array(memory, at(Column.TTL), capacity);
  }

  clear(): void {
    this.length = 0;
  }
}

/** Octets of memory that a batch of `capacity` rows takes; a multiple of 8. */
export function octetsFor(capacity: number): number {
  return Math.ceil((capacity * Column.ROW) / 8) * 8;
}
