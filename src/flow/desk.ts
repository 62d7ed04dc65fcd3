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
  /** Where the segment last looked at belongs: slot, and which end sent it. */
  SLOT = 0x2144c,
  END = 0x21450,
  /** The first row whose record has not been touched; and what was found there, which nobody reads. */
  WARM = 0x21454,
  TOUCHED = 0x21458,
  /** `Taken` of the segment that was not taken whole. */
  TAKEN = 0x2145c,
  /** f64 for each column of a connection's row: the last that `detect/short-way/` made. */
  PLAIN_ROW = 0x21460,
  /** i32: `outcome` of such a row without the Zeek code, at `PlainOutcome` of it. */
  PLAIN_OUTCOMES = 0x21560,
  /** i32: slots of four-tuples heard lately, by the low bits of their hash. */
  RECENT = 0x21800,
  RECENT_SLOTS = 16384,
  /** The first record. The last slot before it is all zeros, and stands for none. */
  RECORDS = 0x32000,
}

/** What became of a segment. */
export const enum Taken {
  /** All of it. */
  WHOLE = 0,
  /** All but what the end of the handshake tells: `noteHandshake`. */
  HANDSHAKE = 1,
  /** All but what a complete close sets off: `complete`. */
  COMPLETE = 2,
  /** Nothing was changed: it is for the long way. */
  NOT = 3,
  /** Nothing was changed: its four-tuple was not heard lately. */
  UNKNOWN = 4,
}
