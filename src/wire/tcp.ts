/** Octet offsets inside a TCP header, in header order (RFC 9293 §3.1). */
export const enum TcpField {
  SRC_PORT = 0,
  DST_PORT = 2,
  SEQ = 4,
  ACK = 8,
  DATA_OFFSET = 12, // upper four bits, counted in 32-bit words
  FLAGS = 13,
  WINDOW = 14,
  CHECKSUM = 16,
  URGENT = 18,
  OPTIONS = 20,
}

export const TCP_MIN_HEADER_LEN = TcpField.OPTIONS;

/** Octets that must have been captured: checksum and urgent pointer are not read, so a cut may fall on them. */
export const TCP_NEEDED_LEN = TcpField.CHECKSUM;
