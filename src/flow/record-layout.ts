/** What a record of the connection table holds, and where: constants only, for TypeScript and AssemblyScript both. */

/**
 * What is remembered of one end of a connection: word offsets inside its block of the record. "It" is the end, "the
 * other" its peer. f64 fields take two words and are even. Three cache lines of 16 words: what every segment touches,
 * what is compared with the next segment, and what is written rarely.
 */
export const enum End {
  /** Bits of `EndFlag`. */
  FLAGS = 0,
  /** Circular maximum of seq + len + SYN + FIN over its segments: SND.NXT as far as seen. Valid with END_KNOWN. */
  MAX_END = 1,
  /** Circular maximum of its ACK field: RCV.NXT as far as shown. Valid with ACK_KNOWN. */
  MAX_ACK = 2,
  /** Segments it sent; capture copies excluded. */
  PACKETS = 3,
  /** Circular maximum of its TSvals, those that fail PAWS left out. Valid with TSVAL_KNOWN. */
  TSVAL = 4,
  /** Circular maximum of its TSecr: a lower bound of its TS.Recent (close-rules 5.3). Valid with TS_RECENT_KNOWN. */
  TS_RECENT = 5,
  /** f64: when, and in which frame, that was first echoed. */
  TS_RECENT_NS = 6,
  TS_RECENT_FRAME = 8,
  /** Sent since the other was last heard: keepalive probes (bits 0 to 15), segments that repeat others (from bit 16). */
  UNANSWERED = 9,
  /** f64: payload octets, retransmissions counted. */
  BYTES = 10,
  /** f64: time of its last segment (valid with HEARD), and of its last segment with payload (valid with DATA). */
  LAST_NS = 12,
  LAST_DATA_NS = 14,

  /** Its last segment, for telling what a reset answers. */
  LAST_SEQ = 16,
  LAST_ACK = 17,
  LAST_LEN = 18,
  LAST_FLAGS = 19,
  /** Last window field as sent. */
  WINDOW = 20,
  /** Time to live: of the first segment, lowest and highest since, each 8 bits from bit 0. */
  TTL = 21,
  IP_ID = 22,
  RETRANSMISSIONS = 23,
  /** Signatures and times (microseconds, modulo 2^32) of its last four segments, for finding capture copies. */
  RECENT = 24,

  ISN = 32,
  /** Sequence number after its FIN, ACK field of the first copy, and where that copy is. Valid with FIN. */
  FIN_END = 33,
  FIN_ACK = 34,
  FIN_FRAME = 35,
  FIN_CAPTURE = 36,
  /** Window shift + 1; 0: no option seen. */
  WINDOW_SHIFT = 37,
  /** f64: payload octets whose sequence numbers had been seen before. */
  REPEATED = 38,
  /** f64: time of its first FIN (valid with FIN); of the segment that first acknowledged it (valid with FIN_ACKED). */
  FIN_NS = 40,
  FIN_ACKED_NS = 42,
  /** TSval of its SYN (the first copy) or SYN-ACK (that of `Head.SYN_ACK_NS`); 0: not known. Valid with SYN_TIMESTAMP. */
  SYN_TSVAL = 44,
  /** A word of the head: `Head.SYNS`, `Head.SYN_ACKS`. */
  LENT = 45,
  /** f64: `placeOf` its SYN-ACK (the last before the handshake was complete), or its ACK that made it so; 0: neither. */
  OPENING_AT = 46,
  WORDS = 48,
}

export const enum EndFlag {
  /** It has been heard at all. */
  HEARD = 1,
  ISN_KNOWN = 2,
  /** MAX_END is valid. */
  END_KNOWN = 4,
  /** MAX_ACK is valid. */
  ACK_KNOWN = 8,
  FIN = 16,
  /** The other acknowledged the FIN. */
  FIN_ACKED = 32,
  /** The first FIN seen is a retransmission, or out of order: an earlier one was not captured. */
  FIN_IS_COPY = 64,
  /** Its SYN or SYN-ACK carried the timestamp option; did not carry it; may have (option octets cut). */
  SYN_TIMESTAMP = 128,
  SYN_NO_TIMESTAMP = 256,
  /** Some segment of it carried the timestamp option; some segment that could have did not. */
  TIMESTAMP = 512,
  NO_TIMESTAMP = 1024,
  /** TSVAL is valid; TS_RECENT is valid. */
  TSVAL_KNOWN = 2048,
  TS_RECENT_KNOWN = 4096,
  /** It sent payload. */
  DATA = 8192,
  /** It sent the SYN; the SYN-ACK. */
  SYN = 16384,
  SYN_ACK = 32768,
  /** Sequence numbers are missing: it acknowledged octets that were not captured. */
  ACKED_UNSEEN = 131072,
  /** When its FIN passed, the other had data on the way, or no window to send in: its own FIN may have waited behind. */
  PEER_HELD_BACK = 65536,
  /** Ranges of its sequence space below MAX_END were not seen; they are in its `Story`. */
  HOLES = 262144,
  /** Its first ACK of the other's FIN stood after numbers that were not seen, and the other had sent nothing but that FIN. */
  ACKED_FIN_AHEAD = 524288,
  /** It was gone when the ACK of its FIN came, as its reset says that answers that ACK: it was never in TIME_WAIT. */
  NO_TIME_WAIT = 1048576,
  /** It went on after a reset of the other that it should have obeyed: that did not arrive, or was not the exact number. */
  LIVES_ON = 2097152,
  /** MAX_END is where a segment without octets stood, which may be a keepalive probe: SND.NXT may be one more (RFC 9293 §3.8.4). */
  END_OF_PROBE = 4194304,
}

/** Word offsets of a record's head. Its first cache line is what every segment touches. */
export const enum Head {
  /** The lower and higher end of the four-tuple, by (address, port): address values, and both ports in one word. */
  LOW = 0,
  HIGH = 1,
  PORTS = 2,
  /** Node of Zeek's automaton and more, see `zeek-history.ts`. */
  ZEEK = 3,
  /** Next record of the hash chain; previous and next incarnation of the four-tuple. -1: none. */
  CHAIN = 4,
  OLDER = 5,
  NEWER = 6,
  /** Bits of `ConnectionFlag`. */
  FLAGS = 7,
  /** f64: time of the last segment; longest silence. */
  LAST_NS = 8,
  IDLE_MAX = 10,
  LAST_FRAME = 12,
  LAST_CAPTURE = 13,
  /** Number of the connection in the database. */
  ID = 14,
  INCARNATION = 15,

  /** f64: time of the first segment. */
  FIRST_NS = 16,
  FIRST_FRAME = 18,
  FIRST_CAPTURE = 19,
  /** f64: time of the SYN-ACK that was acknowledged: the last before HANDSHAKE. Valid with SYN_ACK. */
  SYN_ACK_NS = 20,
  /** f64: from the first segment to the ACK that gave HANDSHAKE; a round trip with RTT_KNOWN. */
  RTT = 22,
  /** f64: silence before the first FIN. Valid where an end has FIN. */
  IDLE_END = 24,
  /** f64: when the close was complete or a reset ended it. Valid where it is over; with FINISHED, TIME_WAIT began then. */
  ENDED_NS = 26,
  /** f64: when TIME_WAIT was last restarted. Valid with FINISHED. */
  TIME_WAIT_LAST_NS = 28,
  /** f64: when Zeek removes the connection, see `zeek-codes.ts`. */
  ZEEK_NS = 30,
  WORDS = 32,

  /** Counts, in a word that the block of each end has to spare. */
  SYNS = 77,
  SYN_ACKS = 125,
}

export const enum ConnectionFlag {
  /** The client is the higher end. Valid with SYN, SYN_ACK or CLIENT_AS_BEFORE; otherwise a guess is made at the end. */
  CLIENT_HIGH = 1,
  SYN = 2,
  SYN_ACK = 4,
  /** The client acknowledged the SYN-ACK, or data flowed. */
  HANDSHAKE = 8,
  SIMULTANEOUS_OPEN = 16,
  /** Only SYNs so far. */
  ATTEMPT = 32,
  REFUSED = 64,
  CHALLENGED = 128,
  /** Both FINs, each acknowledged. */
  FINISHED = 256,
  /** A reset took effect. */
  RESET = 512,
  /** A later incarnation was accepted, or the answer to its SYN shows that this one is over. */
  REPLACED = 1024,
  /** It has rare facts of its own (`Story`). Segments take the careful path. */
  STORY = 2048,
  /** A row has been written; and something has changed since. */
  WRITTEN = 4096,
  CHANGED = 8192,
  /** A copy of SYN or SYN-ACK made the round trip ambiguous. */
  RTT_AMBIGUOUS = 16384,
  /** Its handshake was missed; the guess is that the client is that of the incarnation before, which is known. */
  CLIENT_AS_BEFORE = 32768,
  /** A reset of the TIME_WAIT holder's peer hit TIME_WAIT with the exact number. */
  TIME_WAIT_RESET = 65536,
  /** Its slot is in use. */
  LIVE = 131072,
  /** Its four-tuple may have left memory as EVICTED: it may be what comes later of a connection that the capture holds. */
  RESUMED = 262144,
  /** Some segment's options were cut by the snap length. */
  OPTIONS_CUT = 524288,
  RTT_KNOWN = 1048576,
  /** The first end that was heard is the higher one. */
  FIRST_HIGH = 2097152,
  /** The addresses are of IPv6. */
  V6 = 4194304,
  /** It left memory before it ended: `TrackerOptions.maxRecordBytes`. */
  EVICTED = 8388608,
  /** The row that was written is that of a plain close or of a lone SYN: nothing more of it stands in CONNECTION_EXTRA_ROW. Valid with WRITTEN. */
  PLAIN_ROW = 16777216,
  /** It is of a recording without bare ACKs, see `left-out-acks.ts`. */
  ACKS_LEFT_OUT = 33554432,
}

/** Where the blocks of both ends lie in a record, after its head. */
export const enum Block {
  LOW = 32,
  HIGH = 80,
  /** 512 octets: eight cache lines, of which a plain segment touches four. */
  WORDS = 128,
}
