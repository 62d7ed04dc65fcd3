import { SegmentOption } from '../segment/segment-batch.js';
import { ConnectionFlag, Head, endOffset, type ConnectionTable } from './connection-table.js';
import { EndSnapshot, keepEnd } from './end-snapshot.js';
import { RecordPool, type PoolChunk } from './record-pool.js';
import type { Segment } from './segment.js';

/** Word offsets of a reset; f64 fields take two words and are even. */
const enum Reset {
  NS = 0,
  IDLE_NS = 2,
  SEQ = 4,
  ACK = 5,
  FLAGS = 6,
  WINDOW = 7,
  TTL = 8,
  IP_ID = 9,
  FRAME = 10,
  CAPTURE = 11,
  BITS = 12,
  RECEIVER_SPOKE = 13,
  SENDER_SPOKE = 14,
  TSVAL = 15,
  /** `Kept`, 20 words, of either end. */
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
  CHALLENGED = 8192,
}

/**
 * A reset, and the connection as it was just before it. `end` numbers are 0 (lower) and 1 (higher). Its facts lie in a
 * `ResetPool`, and are valid until they are given back there.
 */
export class ResetSeen {
  readonly place: number;
  readonly sender: EndSnapshot;
  readonly receiver: EndSnapshot;
  readonly #memory: PoolChunk;
  readonly #at: number;

  constructor(memory: PoolChunk, at: number, place: number) {
    this.place = place;
    this.#memory = memory;
    this.#at = at;
    this.sender = new EndSnapshot(memory, at + Reset.SENDER);
    this.receiver = new EndSnapshot(memory, at + Reset.RECEIVER);
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
  get hasTimestamp(): boolean {
    return this.#has(ResetBit.TIMESTAMP);
  }
  /** Valid with `hasTimestamp`. */
  get tsval(): number {
    return this.#memory.u32[this.#at + Reset.TSVAL]!;
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
  /** A segment of `end` came later. What may be a copy of an earlier one counts once: a second one proves no more. */
  heardAfter(end: number, mayBeCopy: boolean): void {
    const spoke = this.#at + (end === this.end ? Reset.SENDER_SPOKE : Reset.RECEIVER_SPOKE);
    if (!mayBeCopy || this.#memory.i32[spoke] === 0) this.#memory.i32[spoke]!++;
  }

  /** A later segment shows that the connection went on: the reset took no effect. */
  get outlived(): boolean {
    return this.#has(ResetBit.OUTLIVED);
  }
  outlive(): void {
    this.#memory.i32[this.#at + Reset.BITS]! |= ResetBit.OUTLIVED;
  }

  /** Its receiver said again what it expects, which is less: a challenge ACK (RFC 5961 §3.2), as far as can be told. */
  get challenged(): boolean {
    return this.#has(ResetBit.CHALLENGED);
  }
  challenge(): void {
    this.#memory.i32[this.#at + Reset.BITS]! |= ResetBit.CHALLENGED;
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

  /** A reset, with the record at `at` as it is. */
  add(table: ConnectionTable, at: number, segment: Segment, answersChallenge: boolean): ResetSeen {
    const place = this.#records.take();
    const memory = this.#records.chunk(place);
    const first = this.#records.at(place);
    const { i32, f64 } = memory;
    const state = table.i32[at + Head.FLAGS]!;
    const { options } = segment;
    f64[(first + Reset.NS) >> 1] = segment.ns;
    f64[(first + Reset.IDLE_NS) >> 1] = Math.max(0, segment.ns - table.f64[(at + Head.LAST_NS) >> 1]!);
    i32[first + Reset.SEQ] = segment.seq;
    i32[first + Reset.ACK] = segment.ack;
    i32[first + Reset.FLAGS] = segment.flags;
    i32[first + Reset.WINDOW] = segment.window;
    i32[first + Reset.TTL] = segment.ttl;
    i32[first + Reset.IP_ID] = (options & SegmentOption.IP_ID) !== 0 ? segment.ipId : -1;
    i32[first + Reset.FRAME] = segment.frame;
    i32[first + Reset.CAPTURE] = segment.capture;
    i32[first + Reset.BITS] =
      segment.end |
      ((options & SegmentOption.TIMESTAMP) !== 0 ? ResetBit.TIMESTAMP : 0) |
      ((options & SegmentOption.CUT) !== 0 ? ResetBit.OPTIONS_CUT : 0) |
      ((state & ConnectionFlag.HANDSHAKE) !== 0 ? ResetBit.HANDSHAKE : 0) |
      ((state & ConnectionFlag.SYN_ACK) !== 0 ? ResetBit.SYN_ACK : 0) |
      ((state & ConnectionFlag.FINISHED) !== 0 ? ResetBit.FINISHED : 0) |
      ((state & ConnectionFlag.RESET) !== 0 ? ResetBit.AFTER_RESET : 0) |
      (answersChallenge ? ResetBit.ANSWERS_CHALLENGE : 0);
    i32[first + Reset.TSVAL] = segment.tsval;
    i32[first + Reset.RECEIVER_SPOKE] = 0;
    i32[first + Reset.SENDER_SPOKE] = 0;
    keepEnd(table, at + endOffset(segment.end), memory, first + Reset.SENDER);
    keepEnd(table, at + endOffset(1 - segment.end), memory, first + Reset.RECEIVER);
    return new ResetSeen(memory, first, place);
  }

  /** The reset at a place of the pool. */
  at(place: number): ResetSeen {
    return new ResetSeen(this.#records.chunk(place), this.#records.at(place), place);
  }

  /** Nobody asks for the reset at that place any more. */
  release(place: number): void {
    this.#records.release(place);
  }
}
