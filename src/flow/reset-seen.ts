import { SegmentOption, type SegmentBatch } from '../segment/segment-batch.js';
import { ConnectionFlag, End, EndFlag, Head, type ConnectionTable } from './connection-table.js';
import { RecordPool, type PoolChunk } from './record-pool.js';

/** Word offsets of what is kept of one end; f64 fields take two words and are even. Valid as in `End`, by its flags. */
const enum Kept {
  BYTES = 0,
  LAST_NS = 2,
  LAST_DATA_NS = 4,
  FLAGS = 6,
  FIN_END = 7,
  MAX_END = 8,
  MAX_ACK = 9,
  PROBES = 10,
  LAST_SEQ = 11,
  LAST_ACK = 12,
  LAST_LEN = 13,
  LAST_FLAGS = 14,
  WINDOW = 15,
  WINDOW_SHIFT = 16,
  RETRANSMISSIONS = 17,
  TTL = 18,
  IP_ID = 19,
  WORDS = 20,
}

/** Word offsets of a reset, likewise. */
const enum Reset {
  NS = 0,
  IDLE_NS = 2,
  SEQ = 4,
  ACK = 5,
  FLAGS = 6,
  WINDOW = 7,
  PAYLOAD_LEN = 8,
  TTL = 9,
  IP_ID = 10,
  FRAME = 11,
  CAPTURE = 12,
  BITS = 13,
  RECEIVER_SPOKE = 14,
  SENDER_SPOKE = 15,
  /** `Kept` words of either end. */
  SENDER = 16,
  RECEIVER = 36,
  WORDS = 56,
}

const enum ResetBit {
  END = 1,
  TIMESTAMP = 2,
  OPTIONS_CUT = 4,
  HANDSHAKE = 8,
  SYN_ACK = 16,
  FINISHED = 32,
  AFTER_RESET = 64,
  ANSWERS_CHALLENGE = 128,
  OUTLIVED = 256,
  /** Each followed by a bit that says whether; without the first, that is not known. */
  EXACT_KNOWN = 512,
  EXACT = 1024,
  IN_WINDOW_KNOWN = 2048,
  IN_WINDOW = 4096,
}

/** One end as it was when a reset passed. */
export class EndSnapshot {
  readonly #memory: PoolChunk;
  readonly #at: number;

  constructor(memory: PoolChunk, at: number) {
    this.#memory = memory;
    this.#at = at;
  }

  #has(flag: EndFlag): boolean {
    return (this.#memory.i32[this.#at + Kept.FLAGS]! & flag) !== 0;
  }

  get heard(): boolean {
    return this.#has(EndFlag.HEARD);
  }
  get fin(): boolean {
    return this.#has(EndFlag.FIN);
  }
  get finAcked(): boolean {
    return this.#has(EndFlag.FIN_ACKED);
  }
  get finEnd(): number {
    return this.#memory.u32[this.#at + Kept.FIN_END]!;
  }
  /** -1: not known. */
  get maxEnd(): number {
    return this.#has(EndFlag.END_KNOWN) ? this.#memory.u32[this.#at + Kept.MAX_END]! : -1;
  }
  get maxAck(): number {
    return this.#has(EndFlag.ACK_KNOWN) ? this.#memory.u32[this.#at + Kept.MAX_ACK]! : -1;
  }
  get bytes(): number {
    return this.#memory.f64[(this.#at + Kept.BYTES) >> 1]!;
  }
  /** NaN: never. */
  get lastNs(): number {
    return this.heard ? this.#memory.f64[(this.#at + Kept.LAST_NS) >> 1]! : NaN;
  }
  get lastDataNs(): number {
    return this.#has(EndFlag.DATA) ? this.#memory.f64[(this.#at + Kept.LAST_DATA_NS) >> 1]! : NaN;
  }
  get probes(): number {
    return this.#memory.i32[this.#at + Kept.PROBES]!;
  }
  get lastSeq(): number {
    return this.#memory.u32[this.#at + Kept.LAST_SEQ]!;
  }
  get lastAck(): number {
    return this.#memory.u32[this.#at + Kept.LAST_ACK]!;
  }
  get lastLen(): number {
    return this.#memory.i32[this.#at + Kept.LAST_LEN]!;
  }
  get lastFlags(): number {
    return this.#memory.i32[this.#at + Kept.LAST_FLAGS]!;
  }
  get window(): number {
    return this.#memory.i32[this.#at + Kept.WINDOW]!;
  }
  /** -1: no option seen. */
  get windowShift(): number {
    return this.#memory.i32[this.#at + Kept.WINDOW_SHIFT]! - 1;
  }
  get timestamp(): boolean {
    return this.#has(EndFlag.TIMESTAMP);
  }
  get retransmissions(): number {
    return this.#memory.i32[this.#at + Kept.RETRANSMISSIONS]!;
  }
  get ttlLow(): number {
    return (this.#memory.i32[this.#at + Kept.TTL]! >> 8) & 255;
  }
  get ttlHigh(): number {
    return (this.#memory.i32[this.#at + Kept.TTL]! >> 16) & 255;
  }
  get ipId(): number {
    return this.#memory.i32[this.#at + Kept.IP_ID]!;
  }
}

/**
 * A reset, and the connection as it was just before it. `end` numbers are 0 (lower) and 1 (higher). Its facts lie in a
 * `ResetPool`, and are valid until they are given back there.
 */
export class ResetSeen {
  readonly place: number;
  readonly #memory: PoolChunk;
  readonly #at: number;

  constructor(memory: PoolChunk, at: number, place: number) {
    this.place = place;
    this.#memory = memory;
    this.#at = at;
  }

  #has(bit: ResetBit): boolean {
    return (this.#memory.i32[this.#at + Reset.BITS]! & bit) !== 0;
  }

  /** The end in whose name it was sent. */
  get end(): number {
    return this.#memory.i32[this.#at + Reset.BITS]! & ResetBit.END;
  }
  get frame(): number {
    return this.#memory.u32[this.#at + Reset.FRAME]!;
  }
  get capture(): number {
    return this.#memory.u32[this.#at + Reset.CAPTURE]!;
  }
  get ns(): number {
    return this.#memory.f64[(this.#at + Reset.NS) >> 1]!;
  }
  get seq(): number {
    return this.#memory.u32[this.#at + Reset.SEQ]!;
  }
  get ack(): number {
    return this.#memory.u32[this.#at + Reset.ACK]!;
  }
  get flags(): number {
    return this.#memory.i32[this.#at + Reset.FLAGS]!;
  }
  get window(): number {
    return this.#memory.i32[this.#at + Reset.WINDOW]!;
  }
  get payloadLen(): number {
    return this.#memory.u32[this.#at + Reset.PAYLOAD_LEN]!;
  }
  get hasTimestamp(): boolean {
    return this.#has(ResetBit.TIMESTAMP);
  }
  /** Some of its option octets were cut by the snap length. */
  get optionsCut(): boolean {
    return this.#has(ResetBit.OPTIONS_CUT);
  }
  get ttl(): number {
    return this.#memory.i32[this.#at + Reset.TTL]!;
  }
  /** -1 for IPv6. */
  get ipId(): number {
    return this.#memory.i32[this.#at + Reset.IP_ID]!;
  }
  /** Silence before it, ns. */
  get idleNs(): number {
    return this.#memory.f64[(this.#at + Reset.IDLE_NS) >> 1]!;
  }
  get sender(): EndSnapshot {
    return new EndSnapshot(this.#memory, this.#at + Reset.SENDER);
  }
  get receiver(): EndSnapshot {
    return new EndSnapshot(this.#memory, this.#at + Reset.RECEIVER);
  }
  get handshake(): boolean {
    return this.#has(ResetBit.HANDSHAKE);
  }
  get synAck(): boolean {
    return this.#has(ResetBit.SYN_ACK);
  }
  get finished(): boolean {
    return this.#has(ResetBit.FINISHED);
  }
  get afterReset(): boolean {
    return this.#has(ResetBit.AFTER_RESET);
  }
  /** It answers a challenge ACK that a later SYN of its sender drew (RFC 9293 §3.5.1, figure 9). */
  get answersChallenge(): boolean {
    return this.#has(ResetBit.ANSWERS_CHALLENGE);
  }
  /** Whether the receiver had to obey (RFC 5961 §3.2): its number is exactly RCV.NXT. null: that is not known. */
  get exact(): boolean | null {
    return this.#has(ResetBit.EXACT_KNOWN) ? this.#has(ResetBit.EXACT) : null;
  }
  /** The number lies in the receive window (true also when exact). null: not known. */
  get inWindow(): boolean | null {
    return this.#has(ResetBit.IN_WINDOW_KNOWN) ? this.#has(ResetBit.IN_WINDOW) : null;
  }

  /** What came later: segments, other than resets and SYNs, of the end that this reset was sent to, and of its sender. */
  get receiverSpoke(): number {
    return this.#memory.i32[this.#at + Reset.RECEIVER_SPOKE]!;
  }
  get senderSpoke(): number {
    return this.#memory.i32[this.#at + Reset.SENDER_SPOKE]!;
  }
  /** A segment of `end` came later. */
  heardAfter(end: number): void {
    this.#memory.i32[this.#at + (end === this.end ? Reset.SENDER_SPOKE : Reset.RECEIVER_SPOKE)]!++;
  }

  /** A later segment shows that the connection went on: the reset took no effect. */
  get outlived(): boolean {
    return this.#has(ResetBit.OUTLIVED);
  }
  outlive(): void {
    this.#memory.i32[this.#at + Reset.BITS]! |= ResetBit.OUTLIVED;
  }

  /** What the sequence number says of the receiver: as `exact` and `inWindow`. */
  judgeNumber(exact: boolean | null, inWindow: boolean | null): void {
    this.#memory.i32[this.#at + Reset.BITS]! |=
      (exact === null ? 0 : ResetBit.EXACT_KNOWN) |
      (exact === true ? ResetBit.EXACT : 0) |
      (inWindow === null ? 0 : ResetBit.IN_WINDOW_KNOWN) |
      (inWindow === true ? ResetBit.IN_WINDOW : 0);
  }
}

/** Where resets are remembered. */
export class ResetPool {
  readonly #records = new RecordPool(Reset.WORDS);

  /** The reset in `row` of the batch from `end`, with the record at `at` as it is: its ends at `mine` and `theirs`. */
  add(
    table: ConnectionTable,
    at: number,
    mine: number,
    theirs: number,
    end: number,
    batch: SegmentBatch,
    row: number,
    capture: number,
    answersChallenge: boolean,
  ): ResetSeen {
    const place = this.#records.take();
    const memory = this.#records.chunk(place);
    const first = this.#records.at(place);
    const { i32, f64 } = memory;
    const state = table.i32[at + Head.FLAGS]!;
    const options = batch.options[row]!;
    f64[(first + Reset.NS) >> 1] = batch.timeNs[row]!;
    f64[(first + Reset.IDLE_NS) >> 1] = Math.max(0, batch.timeNs[row]! - table.f64[(at + Head.LAST_NS) >> 1]!);
    i32[first + Reset.SEQ] = batch.seq[row]!;
    i32[first + Reset.ACK] = batch.ack[row]!;
    i32[first + Reset.FLAGS] = batch.flags[row]!;
    i32[first + Reset.WINDOW] = batch.window[row]!;
    i32[first + Reset.PAYLOAD_LEN] = batch.payloadLen[row]!;
    i32[first + Reset.TTL] = batch.ttl[row]!;
    i32[first + Reset.IP_ID] = (options & SegmentOption.IP_ID) !== 0 ? batch.ipId[row]! : -1;
    i32[first + Reset.FRAME] = batch.frame[row]!;
    i32[first + Reset.CAPTURE] = capture;
    i32[first + Reset.BITS] =
      end |
      ((options & SegmentOption.TIMESTAMP) !== 0 ? ResetBit.TIMESTAMP : 0) |
      ((options & SegmentOption.CUT) !== 0 ? ResetBit.OPTIONS_CUT : 0) |
      ((state & ConnectionFlag.HANDSHAKE) !== 0 ? ResetBit.HANDSHAKE : 0) |
      ((state & ConnectionFlag.SYN_ACK) !== 0 ? ResetBit.SYN_ACK : 0) |
      ((state & ConnectionFlag.FINISHED) !== 0 ? ResetBit.FINISHED : 0) |
      ((state & ConnectionFlag.RESET) !== 0 ? ResetBit.AFTER_RESET : 0) |
      (answersChallenge ? ResetBit.ANSWERS_CHALLENGE : 0);
    i32[first + Reset.RECEIVER_SPOKE] = 0;
    i32[first + Reset.SENDER_SPOKE] = 0;
    keep(table, mine, memory, first + Reset.SENDER);
    keep(table, theirs, memory, first + Reset.RECEIVER);
    return new ResetSeen(memory, first, place);
  }

  /** Nobody asks for this reset any more. */
  release(reset: ResetSeen): void {
    this.#records.release(reset.place);
  }
}

function keep(table: ConnectionTable, block: number, { i32, f64 }: PoolChunk, to: number): void {
  const words = table.i32;
  f64[(to + Kept.BYTES) >> 1] = table.f64[(block + End.BYTES) >> 1]!;
  f64[(to + Kept.LAST_NS) >> 1] = table.f64[(block + End.LAST_NS) >> 1]!;
  f64[(to + Kept.LAST_DATA_NS) >> 1] = table.f64[(block + End.LAST_DATA_NS) >> 1]!;
  i32[to + Kept.FLAGS] = words[block + End.FLAGS]!;
  i32[to + Kept.FIN_END] = words[block + End.FIN_END]!;
  i32[to + Kept.MAX_END] = words[block + End.MAX_END]!;
  i32[to + Kept.MAX_ACK] = words[block + End.MAX_ACK]!;
  i32[to + Kept.PROBES] = words[block + End.PROBES]!;
  i32[to + Kept.LAST_SEQ] = words[block + End.LAST_SEQ]!;
  i32[to + Kept.LAST_ACK] = words[block + End.LAST_ACK]!;
  i32[to + Kept.LAST_LEN] = words[block + End.LAST_LEN]!;
  i32[to + Kept.LAST_FLAGS] = words[block + End.LAST_FLAGS]!;
  i32[to + Kept.WINDOW] = words[block + End.WINDOW]!;
  i32[to + Kept.WINDOW_SHIFT] = words[block + End.WINDOW_SHIFT]!;
  i32[to + Kept.RETRANSMISSIONS] = words[block + End.RETRANSMISSIONS]!;
  i32[to + Kept.TTL] = words[block + End.TTL]!;
  i32[to + Kept.IP_ID] = words[block + End.IP_ID]!;
}
