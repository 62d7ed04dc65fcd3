/**
 * Where the columns of a batch lie: octets a row of all columns before it, so that a column begins at this times the
 * batch's capacity. Wide columns first, so that each is aligned. Constants only, for TypeScript and AssemblyScript both.
 */
export const enum Column {
  TIME_NS = 0,
  FRAME = 8,
  SRC = 12,
  DST = 16,
  SEQ = 20,
  ACK = 24,
  PAYLOAD_LEN = 28,
  TSVAL = 32,
  TSECR = 36,
  SACK_LEFT = 40,
  SACK_RIGHT = 44,
  OPTION_LAYOUT = 48,
  SRC_PORT = 52,
  DST_PORT = 54,
  WINDOW = 56,
  OPTIONS = 58,
  MSS = 60,
  IP_ID = 62,
  FAMILY = 64,
  FLAGS = 65,
  WINDOW_SHIFT = 66,
  TTL = 67,
  /** Of all columns. */
  ROW = 68,
}
