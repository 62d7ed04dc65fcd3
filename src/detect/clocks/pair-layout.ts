/**
 * How pairs of a source and a destination address, with the timestamps of their SYNs, lie in memory. Constants only, for
 * TypeScript and AssemblyScript both.
 */

/** What lies before the first pair, in octets. */
export const enum PairMemory {
  /** i32: pairs; octets taken, and all there are; the first pair and the newest; slots less one, and where they begin. */
  PAIRS = 0,
  TAKEN = 4,
  CAPACITY = 8,
  FIRST = 12,
  NEWEST = 16,
  MASK = 20,
  SLOTS = 24,
  /** f64: the rates of clocks, ticks a second, `RATE_COUNT` of them. */
  RATES = 64,
  RATE_COUNT = 9,
  /** What waits to be taken: up to `WAITING` times a `Waiting`. */
  INBOX = 192,
  WAITING = 64,
  /** What was found when they were looked ahead at, which nobody reads. */
  TOUCHED = 28,
  BEGIN = 4288,
}

/** Word offsets of a SYN, or of what TIME_WAIT leaves behind, that waits to be taken: one cache line. */
export const enum Waiting {
  /** Bits of `What`, and of `Common` its V6. */
  WHAT = 0,
  SOURCE = 1,
  DESTINATION = 2,
  PORT = 3,
  /** Of the SYN; or the holder's TS.Recent. */
  TSVAL = 4,
  /** Connection, capture and frame of the SYN. */
  ID = 5,
  CAPTURE = 6,
  FRAME = 7,
  /** f64: when the SYN passed, or TIME_WAIT began; and since when TS.Recent was known. */
  NS = 8,
  SINCE_NS = 10,
  WORDS = 16,
}

export const enum What {
  /** TIME_WAIT began: the holder remembers what it had last heard of its peer, the source. Otherwise it is a SYN. */
  TIME_WAIT = 1,
  /** The SYN's four-tuple is in TIME_WAIT since a moment ago. */
  ON_TIME_WAIT = 2,
}

/** Word offsets of a pair's record: one cache line. f64 fields take two words and are even. */
export const enum Pair {
  /** Where the pair that was made next lies, in octets; 0: none was. */
  NEXT = 0,
  /** Address values as in SegmentBatch. */
  SOURCE = 1,
  DESTINATION = 2,
  /** First copies of SYNs with the timestamp option; of these, TSvals behind the one before; and tcp_tw_recycle's drops. */
  SYNS = 3,
  REGRESSIONS = 4,
  DROPS = 5,
  LAST_TSVAL = 6,
  /** Connection of the last SYN. */
  LAST_ID = 7,
  /** f64 */
  LAST_NS = 8,
  /** f64: what tcp_tw_recycle remembers: the second of the stamp (NaN: nothing), and its TSval. */
  STAMP_S = 10,
  STAMP_TSVAL = 12,
  /** Samples kept, and where the newest block of them lies, in octets: from the second one on, for many sources send one SYN. */
  SAMPLES = 13,
  BLOCK = 14,
  /** Bits of `Common`. */
  COMMON = 15,
  WORDS = 16,
}

/** What the addresses, and the samples so far, have in common. */
export const enum Common {
  /** The port of the first sample. */
  PORT = 0xffff,
  SEVERAL_PORTS = 0x1_0000,
  SEVERAL_TSVALS = 0x2_0000,
  /** The addresses are of IPv6. */
  V6 = 0x4_0000,
  /** The index of the first rate that all samples lie on one line of; `PairMemory.RATE_COUNT`: none. */
  RATE_SHIFT = 20,
}

/** Word offsets of a block of samples: two cache lines. */
export const enum Block {
  /** Where the block before lies, in octets. */
  BEFORE = 0,
  /** The first sample. */
  FIRST = 4,
  SAMPLES = 7,
  WORDS = 32,
}

/** Word offsets of a sample. */
export const enum Sample {
  /** f64 */
  NS = 0,
  TSVAL = 2,
  PORT = 3,
  WORDS = 4,
}

/** SYNs remembered for one source and destination. */
export const MAX_SAMPLES = 128;

/** A sample lies on a line within this time, and this many ticks, and this drift of the clock (close-rules 6.3). */
export const TOLERANCE_S = 0.05;
export const TOLERANCE_TICKS = 2;
export const DRIFT = 500e-6;
/** Timestamps wrap here. */
export const TWO_32: number = 4294967296;

/** Linux before 4.12: a remembered stamp counts for this long, s (TCP_PAWS_MSL), and one tick of slack. */
export const RECYCLE_S = 60;
export const RECYCLE_SLACK_TICKS = 1;
