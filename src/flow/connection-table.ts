/**
 * What is remembered of one end of a connection: word offsets inside its block of the record. "It" is the end, "the
 * other" its peer. `F64` offsets count in words, too, and are even.
 */
export const End = {
  /** Segments it sent; capture copies excluded. */
  PACKETS: 0,
  RETRANSMISSIONS: 1,
  /** f64: payload octets, retransmissions counted. */
  BYTES: 2,
  /** f64: payload octets whose sequence numbers had been seen before. */
  REPEATED: 4,
  /** f64: time of its last segment, and of its last segment with payload; NaN before the first. */
  LAST_NS: 6,
  LAST_DATA_NS: 8,
  /** f64: time of its first FIN; of the segment of the other that first acknowledged it. */
  FIN_NS: 10,
  FIN_ACKED_NS: 12,
  /** Bits of `EndFlag`. */
  FLAGS: 14,
  ISN: 15,
  /** Circular maximum of seq + len + SYN + FIN over its segments: SND.NXT as far as seen. */
  MAX_END: 16,
  /** Circular maximum of its ACK field: RCV.NXT as far as shown. */
  MAX_ACK: 17,
  /** Sequence number after its FIN, ACK field of the first copy, and where that copy is. */
  FIN_END: 18,
  FIN_ACK: 19,
  FIN_FRAME: 20,
  FIN_CAPTURE: 21,
  /** TSval of its last segment (in sequence terms: circular maximum of those not refused). */
  TSVAL: 22,
  /** Circular maximum of its TSecr fields: a lower bound of its TS.Recent (close-rules 5.3), and the frame showing it. */
  TS_RECENT: 23,
  TS_RECENT_FRAME: 24,
  /** Last window field as sent, and the shift (255: no option seen). */
  WINDOW: 25,
  WINDOW_SHIFT: 26,
  /** Time to live: of the first segment, lowest and highest since, each 8 bits from bit 0. */
  TTL: 27,
  IP_ID: 28,
  /** Keepalive probes sent since the other was last heard. */
  PROBES: 29,
  /** ACK field and payload length of its last segment, for telling what a reset answers. */
  LAST_SEQ: 30,
  LAST_ACK: 31,
  LAST_LEN: 32,
  LAST_FLAGS: 33,
  /** f64: when TS_RECENT was first echoed. */
  TS_RECENT_NS: 34,
  /** Signatures and times (microseconds, modulo 2^32) of its last four segments, for finding capture copies. */
  RECENT: 36,
  WORDS: 44,
} as const;

export const EndFlag = {
  /** It has been heard at all. */
  HEARD: 1,
  ISN_KNOWN: 2,
  /** MAX_END is valid. */
  END_KNOWN: 4,
  /** MAX_ACK is valid. */
  ACK_KNOWN: 8,
  FIN: 16,
  /** The other acknowledged the FIN. */
  FIN_ACKED: 32,
  /** The first FIN seen is a retransmission: an earlier one was not captured. */
  FIN_IS_COPY: 64,
  /** Its SYN or SYN-ACK carried the timestamp option; did not carry it; may have (option octets cut). */
  SYN_TIMESTAMP: 128,
  SYN_NO_TIMESTAMP: 256,
  /** Some segment of it carried the timestamp option; some segment that could have did not. */
  TIMESTAMP: 512,
  NO_TIMESTAMP: 1024,
  /** TSVAL is valid; TS_RECENT is valid. */
  TSVAL_KNOWN: 2048,
  TS_RECENT_KNOWN: 4096,
  /** It sent payload. */
  DATA: 8192,
  /** It sent the SYN; the SYN-ACK. */
  SYN: 16384,
  SYN_ACK: 32768,
  /** It spoke (not a reset) after a reset that should have ended the connection. */
  SPOKE_AFTER_RESET: 65536,
  /** Sequence numbers are missing: it acknowledged octets that were not captured. */
  ACKED_UNSEEN: 131072,
  /** It acknowledged payload of the other since the other last sent some. */
  HOLES: 262144,
  /** It sent an RST. */
  RESET: 524288,
  IP_ID_ZERO_SYN_ACK: 1048576,
} as const;

/** Word offsets of a record's head. */
export const Head = {
  /** The lower and higher end of the four-tuple, by (address, port): address values, and both ports in one word. */
  LOW: 0,
  HIGH: 1,
  PORTS: 2,
  FAMILY: 3,
  /** Next record of the hash chain; previous and next incarnation of the four-tuple. -1: none. */
  CHAIN: 4,
  OLDER: 5,
  NEWER: 6,
  /** Number of the connection in the database. */
  ID: 7,
  INCARNATION: 8,
  /** Bits of `ConnectionFlag`. */
  FLAGS: 9,
  FIRST_FRAME: 10,
  FIRST_CAPTURE: 11,
  LAST_FRAME: 12,
  LAST_CAPTURE: 13,
  SYNS: 14,
  SYN_ACKS: 15,
  /** f64: times of the first and last segment. */
  FIRST_NS: 16,
  LAST_NS: 18,
  /** f64 spans: handshake round trip (NaN: not known); longest silence; silence before the end. */
  RTT: 20,
  IDLE_MAX: 22,
  IDLE_END: 24,
  /** f64: when TIME_WAIT began, and when it was last restarted; NaN: never. */
  TIME_WAIT_NS: 26,
  TIME_WAIT_LAST_NS: 28,
  /** f64: time of the SYN-ACK that counts for the round trip; of the last SYN. */
  SYN_ACK_NS: 30,
  LAST_SYN_NS: 32,
  /** f64: when the close was complete or a reset ended it; NaN: it has not ended. */
  ENDED_NS: 34,
  /** The first end that was heard: 0 the lower one, 1 the higher one. */
  FIRST_SPEAKER: 36,
  SPARE: 37,
  WORDS: 38,
} as const;

export const ConnectionFlag = {
  /** The client is the higher end. Valid where SYN or SYN_ACK is set; otherwise a guess is made at the end. */
  CLIENT_HIGH: 1,
  SYN: 2,
  SYN_ACK: 4,
  /** The client acknowledged the SYN-ACK, or data flowed. */
  HANDSHAKE: 8,
  SIMULTANEOUS_OPEN: 16,
  /** Only SYNs so far. */
  ATTEMPT: 32,
  REFUSED: 64,
  CHALLENGED: 128,
  /** Both FINs, each acknowledged. */
  FINISHED: 256,
  /** A reset took effect. */
  RESET: 512,
  /** A later incarnation was accepted. */
  REPLACED: 1024,
  /** It has rare facts of its own (`Story`). Segments take the careful path. */
  STORY: 2048,
  /** A row has been written; and something has changed since. */
  WRITTEN: 4096,
  CHANGED: 8192,
  /** A copy of SYN or SYN-ACK made the round trip ambiguous. */
  RTT_AMBIGUOUS: 16384,
  /** A reset of the TIME_WAIT holder's peer hit TIME_WAIT with the exact number. */
  TIME_WAIT_RESET: 65536,
  /** Its slot is in use. */
  LIVE: 131072,
  FAST_OPEN: 262144,
  /** Some segment's options were cut by the snap length. */
  OPTIONS_CUT: 524288,
} as const;

/** Both ends of a record follow its head. */
const LOW_END = 40;
const HIGH_END = LOW_END + End.WORDS;
const WORDS = HIGH_END + End.WORDS; // 128 words, 512 octets: eight cache lines

/** Offset of the block of end 0 (lower) or 1 (higher) in a record. */
export function endOffset(end: number): number {
  return end === 0 ? LOW_END : HIGH_END;
}

const INITIAL_SLOTS = 1 << 12;
const NONE = -1;

/**
 * All connections in memory, one fixed-size record each, in one block of memory that three views share. A record is
 * addressed by its slot; `at(slot)` gives the index of its first word. Found by four-tuple through a chained hash; the
 * newest incarnation is in the chain, older ones hang off it by `Head.OLDER`. Slots are reused after `release()`.
 */
export class ConnectionTable {
  i32: Int32Array;
  u32: Uint32Array;
  f64: Float64Array;
  /** Records in use. */
  size = 0;
  private capacity: number;
  private buckets: Int32Array;
  private mask: number;
  private tuples = 0;
  private fresh = 0;
  private free = NONE;

  constructor() {
    this.capacity = INITIAL_SLOTS;
    const memory = new ArrayBuffer(this.capacity * WORDS * 4);
    this.i32 = new Int32Array(memory);
    this.u32 = new Uint32Array(memory);
    this.f64 = new Float64Array(memory);
    this.buckets = new Int32Array(INITIAL_SLOTS * 4).fill(NONE);
    this.mask = this.buckets.length - 1;
  }

  /** Index of the record's first word in `i32` and `u32`. Halve it (and the offset) for `f64`. */
  at(slot: number): number {
    return slot * WORDS;
  }

  /** One past the highest slot ever used; for walking over all records (skip those without LIVE). */
  get slots(): number {
    return this.fresh;
  }

  /** The newest incarnation on a four-tuple, or -1. `low` and `high` are the ends in canonical order. */
  find(family: number, low: number, high: number, ports: number): number {
    const words = this.i32;
    let slot = this.buckets[hash(low, high, ports) & this.mask]!;
    while (slot !== NONE) {
      const at = slot * WORDS;
      if (
        words[at + Head.PORTS] === (ports | 0) &&
        words[at + Head.LOW] === (low | 0) &&
        words[at + Head.HIGH] === (high | 0) &&
        words[at + Head.FAMILY] === family
      ) {
        return slot;
      }
      slot = words[at + Head.CHAIN]!;
    }
    return NONE;
  }

  /** A cleared record for a new incarnation; `older` is the newest one so far on that four-tuple, or -1. */
  create(family: number, low: number, high: number, ports: number, older: number): number {
    const slot = this.takeSlot();
    const at = slot * WORDS;
    const words = this.i32;
    words.fill(0, at, at + WORDS);
    words[at + Head.FAMILY] = family;
    words[at + Head.LOW] = low;
    words[at + Head.HIGH] = high;
    words[at + Head.PORTS] = ports;
    words[at + Head.OLDER] = older;
    words[at + Head.NEWER] = NONE;
    words[at + Head.FLAGS] = ConnectionFlag.LIVE;
    const bucket = hash(low, high, ports) & this.mask;
    if (older === NONE) {
      words[at + Head.CHAIN] = this.buckets[bucket]!;
      this.buckets[bucket] = slot;
      this.tuples++;
      if (this.tuples > this.mask >> 1) this.growBuckets();
    } else {
      words[older * WORDS + Head.NEWER] = slot;
      words[at + Head.CHAIN] = words[older * WORDS + Head.CHAIN]!;
      this.replaceInChain(bucket, older, slot);
    }
    return slot;
  }

  /** Forgets a record; its slot will be used again. */
  release(slot: number): void {
    const words = this.i32;
    const at = slot * WORDS;
    const older = words[at + Head.OLDER]!;
    const newer = words[at + Head.NEWER]!;
    if (older !== NONE) words[older * WORDS + Head.NEWER] = newer;
    if (newer !== NONE) {
      words[newer * WORDS + Head.OLDER] = older;
    } else {
      const bucket = hash(words[at + Head.LOW]!, words[at + Head.HIGH]!, words[at + Head.PORTS]!) & this.mask;
      if (older !== NONE) {
        words[older * WORDS + Head.CHAIN] = words[at + Head.CHAIN]!;
        this.replaceInChain(bucket, slot, older);
      } else {
        this.replaceInChain(bucket, slot, words[at + Head.CHAIN]!);
        this.tuples--;
      }
    }
    words[at + Head.FLAGS] = 0;
    words[at + Head.CHAIN] = this.free;
    this.free = slot;
    this.size--;
  }

  private takeSlot(): number {
    this.size++;
    if (this.free !== NONE) {
      const slot = this.free;
      this.free = this.i32[slot * WORDS + Head.CHAIN]!;
      return slot;
    }
    if (this.fresh === this.capacity) this.growRecords();
    return this.fresh++;
  }

  private replaceInChain(bucket: number, was: number, becomes: number): void {
    const words = this.i32;
    if (this.buckets[bucket] === was) {
      this.buckets[bucket] = becomes;
      return;
    }
    let slot = this.buckets[bucket]!;
    while (words[slot * WORDS + Head.CHAIN] !== was) slot = words[slot * WORDS + Head.CHAIN]!;
    words[slot * WORDS + Head.CHAIN] = becomes;
  }

  private growRecords(): void {
    this.capacity *= 2;
    const grown = new Int32Array(this.capacity * WORDS);
    grown.set(this.i32);
    this.i32 = grown;
    this.u32 = new Uint32Array(grown.buffer);
    this.f64 = new Float64Array(grown.buffer);
  }

  private growBuckets(): void {
    const old = this.buckets;
    const words = this.i32;
    this.buckets = new Int32Array(old.length * 4).fill(NONE);
    this.mask = this.buckets.length - 1;
    for (const head of old) {
      let slot = head;
      while (slot !== NONE) {
        const at = slot * WORDS;
        const next = words[at + Head.CHAIN]!;
        const bucket = hash(words[at + Head.LOW]!, words[at + Head.HIGH]!, words[at + Head.PORTS]!) & this.mask;
        words[at + Head.CHAIN] = this.buckets[bucket]!;
        this.buckets[bucket] = slot;
        slot = next;
      }
    }
  }
}

/** Mixes a four-tuple (multipliers of a well-known avalanche; `family` adds nothing, for few captures mix both). */
function hash(low: number, high: number, ports: number): number {
  let h = Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b) ^ Math.imul(ports, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return h ^ (h >>> 12);
}
