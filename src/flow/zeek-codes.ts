/** Numbers that stand for what Zeek knows of a connection: constants only, for TypeScript and AssemblyScript both. */

/** Bits of `Head.ZEEK`: the end that is Zeek's originator, whether Zeek's timer runs, ...; the automaton's node above them. */
export const enum ZeekWord {
  ORIG = 1,
  /** `Head.ZEEK_NS` is valid: Zeek removes the connection then, whatever comes. */
  TIMED = 2,
  /** It has rare facts of its own, see `ZeekHistory`. */
  RARE = 4,
  NODE_SHIFT = 3,
}

/** How long Zeek keeps a connection that is not heard any more. */
export const enum ZeekKind {
  OPEN = 0,
  ATTEMPT = 1,
  PARTIAL_CLOSE = 2,
  ABORTED = 3,
  COMPLETE = 4,
}

/** Bits of an event: FIN, SYN and RST as in the TCP header, then ACK, payload, and that the responder sent it. */
export const enum ZeekEvent {
  FIN = 1,
  SYN = 2,
  RST = 4,
  ACK = 8,
  DATA = 16,
  RESP = 32,
}
