/** TCP option kinds (IANA) that matter here. */
export const enum TcpOption {
  END = 0,
  NOP = 1,
  MSS = 2,
  WINDOW_SCALE = 3,
  SACK = 5,
  TIMESTAMP = 8,
  MD5 = 19,
  AUTHENTICATION = 29,
  MPTCP = 30,
  FAST_OPEN = 34,
  EXPERIMENTAL = 254,
}

/** Lengths, kind and length octets included (RFC 9293 §3.2, RFC 7323 §2.2 and §3.2, RFC 2018 §3). */
export const enum TcpOptionLen {
  MSS = 4,
  WINDOW_SCALE = 3,
  TIMESTAMP = 10,
  SACK_MIN = 10,
}

/** NOP NOP TIMESTAMP 10: the four octets that begin the options of nearly every segment (RFC 7323 appendix A). */
export const NOP_NOP_TIMESTAMP = 0x0101080a;

/** RFC 7413 §4.1.1: how Fast Open marked itself while it was an experiment. */
export const FAST_OPEN_MAGIC = 0xf989;
