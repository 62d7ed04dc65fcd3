/**
 * What lies in the memory of the connection table before its first record, in octets: where the short way finds a batch
 * and the rest of what it needs. Constants only, for TypeScript and AssemblyScript both.
 */
export const enum Desk {
  /** Columns of a batch of up to `ROWS` rows: as many as a batch of `reading/` has room for. */
  BATCH = 0,
  ROWS = 1208,
  /** i16: Zeek's node after an event, at `node * 64 + event`, of the first `NODES` nodes; -1: look closer. */
  EDGES = 0x15000,
  NODES = 512,
  /** Two octets a node: its `ZeekKind`, and how many of its ends are closed. */
  KINDS = 0x25000,
  /** f64 for each `ZeekKind`: how long Zeek keeps such a connection, ns. */
  KEPT_NS = 0x25400,
  /** f64: time of the latest segment. */
  NOW = 0x25440,
  /** Id of the capture that is being read. */
  CAPTURE = 0x25448,
  /** The first row whose record has not been touched; and what was found there, which nobody reads. */
  WARM = 0x25454,
  TOUCHED = 0x25458,
  /** i32: `outcome` of such a row without the Zeek code, at `PlainOutcome` of it. */
  PLAIN_OUTCOMES = 0x25560,
  /** The state of the table: the first slot that was never used, one that was given back (-1: none), all slots there are. */
  FRESH = 0x25600,
  FREE = 0x25604,
  CAPACITY = 0x25608,
  /** Records in use; four-tuples among them; the number of buckets less one. */
  SIZE = 0x2560c,
  TUPLES = 0x25610,
  MASK = 0x25614,
  /** Number of the next connection. */
  NEXT_ID = 0x25618,
  /** Handshakes of the capture by where they say the tap was, as in `vantage.ts`. */
  HANDSHAKES = 0x25620,
  /** How many events there are. */
  EVENTS = 0x2562c,
  /** A bit for each row: whether its SYN, where its four-tuple is not in the table, opens a connection, and nobody has to be asked. */
  OPENING_ROWS = 0x25640,
  /** i32: slots of four-tuples heard lately, by the low bits of their hash. Above the slot stand the hash's highest bits. */
  RECENT = 0x25800,
  RECENT_SLOTS = 16384,
  /** There are no more slots than that in what WebAssembly can address. */
  SLOT_BITS = 23,
  /** What is to be told of rows, at most one event each: `DeskEvent` and row in a word, and slot. */
  EVENT_LIST = 0x35800,
  /** A slot that is all zeros, and stands for none. */
  NO_SLOT = 0x37e00,
  /** Hash buckets of the table, at most `MAX_BUCKETS`: memory that is not touched is not taken. */
  BUCKETS = 0x38000,
  MAX_BUCKETS = 0x1000000,
  /** Of eight octets. */
  BUCKET_SHIFT = 3,
  /** What servers' packets have in common, by address: `detect/resets/host-layout.ts`. */
  HOSTS = 0x8038000,
  /** i32: slots of complete closes, or of unanswered SYNs, that settle together, at most `PLAIN_SLOTS_ROOM`. */
  PLAIN_SLOTS = 0x80b8000,
  PLAIN_SLOTS_ROOM = 1024,
  /** f64 for each column of a connection's row: those that `detect/short-way/` made, at most `PLAIN_ROOM`. */
  PLAIN_ROWS = 0x80b9000,
  PLAIN_ROOM = 64,
  /** i32: number of the history of each of Zeek's first `NODES` nodes; 0: it has none yet. */
  ZEEK_HISTORIES = 0x80bc800,
  /** The first record. */
  RECORDS = 0x80be000,
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
