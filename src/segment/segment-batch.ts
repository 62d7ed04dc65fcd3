/** TCP flag bits as in octet 13 of the header (RFC 9293 §3.1). */
export const enum TcpFlag {
  FIN = 1,
  SYN = 2,
  RST = 4,
  PSH = 8,
  ACK = 16,
  URG = 32,
  ECE = 64,
  CWR = 128,
}

/** Bits of the column `options`. */
export const enum SegmentOption {
  /** The timestamp option is present and well formed: `tsval` and `tsecr` are valid. */
  TIMESTAMP = 1,
  /** Some option octets were not captured, so an option that was not seen is unknown, not absent. */
  CUT = 2,
  /** A window scale option is present: `windowShift` is valid. */
  WINDOW_SCALE = 4,
  /** A SACK option with at least one block is present: `sackLeft` and `sackRight` hold its first block. */
  SACK = 8,
  /** An MSS option is present: `mss` is valid. */
  MSS = 16,
  /** The packet has an IPv4 header: `ipId` is valid. IPv6 has no such field. */
  IP_ID = 32,
  /** TCP Fast Open option (kind 34, or experimental 254 with 0xF989) is present. */
  FAST_OPEN = 64,
  /** MPTCP (30), TCP MD5 (19) or TCP-AO (29): a host may put these on resets, too. */
  AUTH_OR_MPTCP = 128,
  /** Some payload octets were not captured. */
  PAYLOAD_CUT = 256,
}

/** Addresses of a batch row are IPv4 values or interned IPv6 numbers; `family` tells which. */
export const enum Family {
  V4 = 4,
  V6 = 6,
}

/**
 * Decoded TCP segments of one batch: one typed array a column, row `i` of each describes the same segment.
 * Valid rows are 0 ≤ i < `length`. All rows are of one capture file. `clear()` reuses the batch; nothing is allocated.
 */
export class SegmentBatch {
  readonly capacity: number;
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
    let end = start;
    const next = (octets: number): number => {
      const at = end;
      end += octets * capacity;
      return at;
    };
    // wide columns first, so that each is aligned
    this.timeNs = new Float64Array(memory, next(8), capacity);
    this.frame = new Uint32Array(memory, next(4), capacity);
    this.src = new Uint32Array(memory, next(4), capacity);
    this.dst = new Uint32Array(memory, next(4), capacity);
    this.seq = new Uint32Array(memory, next(4), capacity);
    this.ack = new Uint32Array(memory, next(4), capacity);
    this.payloadLen = new Uint32Array(memory, next(4), capacity);
    this.tsval = new Uint32Array(memory, next(4), capacity);
    this.tsecr = new Uint32Array(memory, next(4), capacity);
    this.sackLeft = new Uint32Array(memory, next(4), capacity);
    this.sackRight = new Uint32Array(memory, next(4), capacity);
    this.optionLayout = new Uint32Array(memory, next(4), capacity);
    this.srcPort = new Uint16Array(memory, next(2), capacity);
    this.dstPort = new Uint16Array(memory, next(2), capacity);
    this.window = new Uint16Array(memory, next(2), capacity);
    this.options = new Uint16Array(memory, next(2), capacity);
    this.mss = new Uint16Array(memory, next(2), capacity);
    this.ipId = new Uint16Array(memory, next(2), capacity);
    this.family = new Uint8Array(memory, next(1), capacity);
    this.flags = new Uint8Array(memory, next(1), capacity);
    this.windowShift = new Uint8Array(memory, next(1), capacity);
    this.ttl = new Uint8Array(memory, next(1), capacity);
    if (end - start > octetsFor(capacity)) throw new RangeError('ROW_OCTETS does not cover all columns');
  }

  clear(): void {
    this.length = 0;
  }
}

/** Of one float64 column, eleven of 32 bits, six of 16 and four of 8. */
const ROW_OCTETS = 8 + 11 * 4 + 6 * 2 + 4;

/** Octets of memory that a batch of `capacity` rows takes; a multiple of 8. */
export function octetsFor(capacity: number): number {
  return Math.ceil((capacity * ROW_OCTETS) / 8) * 8;
}
