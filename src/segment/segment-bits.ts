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
