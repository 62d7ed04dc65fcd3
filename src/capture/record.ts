/**
 * The epoch that all times of one run are relative to: whole seconds and nanoseconds of the first record read.
 * A float64 count of nanoseconds since then is exact for 104 days, where nanoseconds since 1970 would not be.
 */
export interface Epoch {
  /** Whole seconds since 1970-01-01 UTC. */
  readonly seconds: number;
  /** 0 … 999 999 999. */
  readonly nanoseconds: number;
}

/** Where and how a capture is damaged. What lies before the damage has been read. */
export interface Damage {
  /** Stable kebab-case name: 'cut-record', 'cut-record-header', 'bad-record-length', 'bad-block-length', 'bad-gzip', … */
  readonly code: string;
  /** Octet offset in the (decompressed) file where the damaged record or block begins. */
  readonly offset: number;
  /** Number, from 1, of the record that could not be read. */
  readonly frame: number;
  /** A full sentence: what was expected, what was found. Without the file's name; callers put it in front. */
  readonly message: string;
}

/**
 * A cursor over the records of one capture file. Every reader (pcap, pcapng, the pcap-parser package) is one.
 *
 * `next()` moves to the next record whose octets are in memory and allocates nothing; when it returns false, `refill()`
 * brings more octets or tells that the file is over. The record's fields stay valid until the next call of either.
 *
 *     do while (cursor.next()) use(cursor); while (await cursor.refill());
 */
export abstract class RecordCursor {
  /** The octets in memory and a view of the same memory. Replaced by `refill()`. */
  bytes: Uint8Array = EMPTY;
  view: DataView = new DataView(EMPTY.buffer);
  /** Offset in `bytes` of the frame's first octet, and one past its last captured octet. */
  at = 0;
  end = 0;
  /** Length of the frame on the wire, octets; at least `end - at` in a sane file, but files lie. */
  originalLen = 0;
  /** Nanoseconds since the run's epoch; negative before it. NaN where the record has no time (pcapng simple packets). */
  timeNs = NaN;
  /** LINKTYPE_ number of the frame (the low 16 bits of the field; FCS length bits removed). */
  linkType = 0;
  /** Octets of frame check sequence at the frame's end, where the file says so; else 0. */
  fcsLen = 0;
  /** pcapng interface, counted over all sections; 0 in pcap. */
  interfaceId = 0;
  /** Number of the record in its file, from 1, as Wireshark's frame.number. */
  frame = 0;

  /** Set once the file's end or its damage has been reached; null while reading and for a file that was whole. */
  damage: Damage | null = null;

  /** Snap length that the record's interface declares, octets; 0: no limit. */
  abstract get interfaceSnaplen(): number;
  abstract readonly format: 'pcap' | 'pcapng';
  /** Moves to the next record in memory; false when more octets are needed or the file is over. */
  abstract next(): boolean;
  /** Brings more octets into memory. False at the end of the file (then `damage` is final). */
  abstract refill(): Promise<boolean>;
  /**
   * Brings the first record into memory without moving past it: the next `next()` finds it (again). False when there is
   * none. To be called before the first `next()` only; the record's fields may be read at once.
   */
  abstract peek(): Promise<boolean>;
  /** Facts about the file; complete once `refill()` has returned false. */
  abstract facts(): CaptureFacts;
  /** Lets go of the file. Safe to call twice, and before the end. */
  abstract close(): Promise<void>;
}

/** What the file itself says, for the table `captures`. */
export interface CaptureFacts {
  readonly format: 'pcap' | 'pcapng';
  /** Distinct LINKTYPE_ numbers in order of appearance. */
  readonly linkTypes: readonly number[];
  /** Largest snap length declared; null where none is (0 in the file means no limit). */
  readonly snaplen: number | null;
  /** Packets that the capturing host says it dropped; null where the capture does not say. */
  readonly dropsReported: number | null;
  /** Records that hold fewer octets than the frame had. */
  readonly cutFrames: number;
}

const EMPTY = new Uint8Array(0);
