/**
 * What lies in the memory of the connection table before its first record, in octets: where the short way finds a batch
 * and the rest of what it needs. Constants only, for TypeScript and AssemblyScript both.
 */
export const enum Desk {
  /** Columns of a batch of up to `ROWS` rows. */
  BATCH = 0,
  ROWS = 1024,
  /** i16: Zeek's node after an event, at `node * 64 + event`, of the first `NODES` nodes; -1: look closer. */
  EDGES = 0x11000,
  NODES = 512,
  /** Two octets a node: its `ZeekKind`, and how many of its ends are closed. */
  KINDS = 0x21000,
  /** f64 for each `ZeekKind`: how long Zeek keeps such a connection, ns. */
  KEPT_NS = 0x21400,
  /** f64: time of the latest segment. */
  NOW = 0x21440,
  /** Id of the capture that is being read. */
  CAPTURE = 0x21448,
  /** The first row whose record has not been touched; and what was found there, which nobody reads. */
  WARM = 0x21454,
  TOUCHED = 0x21458,
  /** f64 for each column of a connection's row: the last that `detect/short-way/` made. */
  PLAIN_ROW = 0x21460,
  /** i32: `outcome` of such a row without the Zeek code, at `PlainOutcome` of it. */
  PLAIN_OUTCOMES = 0x21560,
  /** The state of the table: the first slot that was never used, one that was given back (-1: none), all slots there are. */
  FRESH = 0x21600,
  FREE = 0x21604,
  CAPACITY = 0x21608,
  /** Records in use; four-tuples among them; the number of buckets less one. */
  SIZE = 0x2160c,
  TUPLES = 0x21610,
  MASK = 0x21614,
  /** Number of the next connection. */
  NEXT_ID = 0x21618,
  /** Whether a SYN whose four-tuple is not in the table opens a connection that nobody has to be asked about. */
  OPENS = 0x2161c,
  /** Handshakes of the capture by where they say the tap was, as in `vantage.ts`. */
  HANDSHAKES = 0x21620,
  /** How many events there are. */
  EVENTS = 0x2162c,
  /** i32: slots of four-tuples heard lately, by the low bits of their hash. */
  RECENT = 0x21800,
  RECENT_SLOTS = 16384,
  /** What is to be told of rows, at most one event each: `DeskEvent` and row in a word, and slot. */
  EVENT_LIST = 0x31800,
  /** A slot that is all zeros, and stands for none. */
  NO_SLOT = 0x33e00,
  /** Hash buckets of the table, at most `MAX_BUCKETS`: memory that is not touched is not taken. */
  BUCKETS = 0x34000,
  MAX_BUCKETS = 0x1000000,
  /** Of eight octets. */
  BUCKET_SHIFT = 3,
  /** The first record. */
  RECORDS = 0x8034000,
}

/** What happened: a bit of the first word of an event, above the row. */
export const enum DeskEvent {
  /** A SYN opened a connection. */
  OPENED = 0x10000,
  /** A close is complete. */
  COMPLETE = 0x20000,
}

/** What became of a segment. */
export const enum Taken {
  NOT = 0,
  WHOLE = 1,
}
