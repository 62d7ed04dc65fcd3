/**
 * What lies before the chunks of a file in the memory that plain records are decoded in, in octets. Constants only, for
 * TypeScript and AssemblyScript both.
 */
export const enum PlainDesk {
  /** Columns of the batch that is being filled, of `CAPACITY` rows. */
  BATCH = 0,
  /** `BATCH_CAPACITY`, and the rows after which a batch is handed on: `BATCH_ROWS`. */
  CAPACITY = 1208,
  FULL = 1024,

  /** f64: time of the record before, ns since the epoch; of a pcap file, what its times are counted from and in. */
  PREVIOUS_NS = 0x15000,
  EPOCH_SECONDS = 0x15008,
  EPOCH_NANOSECONDS = 0x15010,
  NS_PER_UNIT = 0x15018,
  /** 1: the file's numbers have the low octet first. */
  LITTLE_ENDIAN = 0x15020,
  /** Most captured octets of a record that is believed. */
  MAX_CAPTURED_LEN = 0x15024,
  /** Number of the record before; rows of the batch; records so far that hold less than the frame had. */
  FRAME = 0x15028,
  ROWS = 0x1502c,
  CUT_FRAMES = 0x15030,
  /** The chunks. */
  CHUNKS = 0x16000,
}
