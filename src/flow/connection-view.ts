import { ConnectionFlag, End, EndFlag, Head, endOffset, type RecordMemory } from './connection-table.js';
import { Family } from '../segment/segment-batch.js';
import { stateOf } from './state.js';
import { holdsTimeWait } from './time-wait-watch.js';
import { copiesOf, probesOf } from './unanswered.js';
import type { StateName } from './vocabulary.js';

/** First port that IANA leaves to whoever asks; and the first of Linux' ephemeral range. */
const FIRST_USER_PORT = 1024;
const FIRST_EPHEMERAL_PORT = 32768;

/** One end of the connection that a `ConnectionView` shows. Reads the record; copies nothing. */
export class EndView {
  /** 0 the lower, 1 the higher end of the four-tuple. */
  index = 0;
  readonly #table: RecordMemory;
  #block = 0;

  constructor(table: RecordMemory) {
    this.#table = table;
  }

  select(at: number, index: number): void {
    this.index = index;
    this.#block = at + endOffset(index);
  }

  has(flag: number): boolean {
    return (this.#table.i32[this.#block + End.FLAGS]! & flag) !== 0;
  }

  get heard(): boolean {
    return this.has(EndFlag.HEARD);
  }
  get packets(): number {
    return this.#table.u32[this.#block + End.PACKETS]!;
  }
  /** Keepalive probes since the other was last heard. */
  get probes(): number {
    return probesOf(this.#table.u32[this.#block + End.UNANSWERED]!);
  }
  /** Segments sent again since then. */
  get unansweredCopies(): number {
    return copiesOf(this.#table.u32[this.#block + End.UNANSWERED]!);
  }
  get retransmissions(): number {
    return this.#table.u32[this.#block + End.RETRANSMISSIONS]!;
  }
  get bytes(): number {
    return this.#table.f64[(this.#block + End.BYTES) >> 1]!;
  }
  get repeated(): number {
    return this.#table.f64[(this.#block + End.REPEATED) >> 1]!;
  }
  /** -1: not seen. */
  get isn(): number {
    return this.has(EndFlag.ISN_KNOWN) ? this.#table.u32[this.#block + End.ISN]! : -1;
  }
  /** Highest sequence number + 1; -1: not seen. */
  get maxEnd(): number {
    return this.has(EndFlag.END_KNOWN) ? this.#table.u32[this.#block + End.MAX_END]! : -1;
  }
  /** Highest ACK field; -1: not seen. */
  get maxAck(): number {
    return this.has(EndFlag.ACK_KNOWN) ? this.#table.u32[this.#block + End.MAX_ACK]! : -1;
  }
  get fin(): boolean {
    return this.has(EndFlag.FIN);
  }
  get finAcked(): boolean {
    return this.has(EndFlag.FIN_ACKED);
  }
  get finEnd(): number {
    return this.#table.u32[this.#block + End.FIN_END]!;
  }
  get finAck(): number {
    return this.#table.u32[this.#block + End.FIN_ACK]!;
  }
  get finFrame(): number {
    return this.#table.u32[this.#block + End.FIN_FRAME]!;
  }
  get finCapture(): number {
    return this.#table.u32[this.#block + End.FIN_CAPTURE]!;
  }
  get finNs(): number {
    return this.fin ? this.#table.f64[(this.#block + End.FIN_NS) >> 1]! : NaN;
  }
  get finAckedNs(): number {
    return this.finAcked ? this.#table.f64[(this.#block + End.FIN_ACKED_NS) >> 1]! : NaN;
  }
  /** Place of its SYN-ACK, or of its ACK that completed the handshake; 0: neither was seen. */
  get openingAt(): number {
    return this.#table.f64[(this.#block + End.OPENING_AT) >> 1]!;
  }
  get lastNs(): number {
    return this.heard ? this.#table.f64[(this.#block + End.LAST_NS) >> 1]! : NaN;
  }
  get lastDataNs(): number {
    return this.has(EndFlag.DATA) ? this.#table.f64[(this.#block + End.LAST_DATA_NS) >> 1]! : NaN;
  }
  /** Time to live of its segments, resets left out: lowest and highest; 0: none. */
  get ttlLow(): number {
    return (this.#table.i32[this.#block + End.TTL]! >> 8) & 255;
  }
  get ttlHigh(): number {
    return (this.#table.i32[this.#block + End.TTL]! >> 16) & 255;
  }
}

/** A connection of the table, for those who judge: names instead of word offsets. `select` points it at a slot. */
export class ConnectionView {
  slot = -1;
  readonly client: EndView;
  readonly server: EndView;
  readonly #table: RecordMemory;
  #at = 0;

  constructor(table: RecordMemory) {
    this.#table = table;
    this.client = new EndView(table);
    this.server = new EndView(table);
  }

  select(slot: number): this {
    this.slot = slot;
    this.#at = this.#table.at(slot);
    const client = this.#clientEnd();
    this.client.select(this.#at, client);
    this.server.select(this.#at, 1 - client);
    return this;
  }

  has(flag: number): boolean {
    return (this.#table.i32[this.#at + Head.FLAGS]! & flag) !== 0;
  }
  get id(): number {
    return this.#table.u32[this.#at + Head.ID]!;
  }
  get incarnation(): number {
    return this.#table.u32[this.#at + Head.INCARNATION]!;
  }
  get family(): number {
    return this.has(ConnectionFlag.V6) ? Family.V6 : Family.V4;
  }
  get clientAddress(): number {
    return this.address(this.client.index);
  }
  get serverAddress(): number {
    return this.address(this.server.index);
  }
  get clientPort(): number {
    return this.port(this.client.index);
  }
  get serverPort(): number {
    return this.port(this.server.index);
  }
  get firstNs(): number {
    return this.#table.f64[(this.#at + Head.FIRST_NS) >> 1]!;
  }
  get lastNs(): number {
    return this.#table.f64[(this.#at + Head.LAST_NS) >> 1]!;
  }
  get firstFrame(): number {
    return this.#table.u32[this.#at + Head.FIRST_FRAME]!;
  }
  get firstCapture(): number {
    return this.#table.u32[this.#at + Head.FIRST_CAPTURE]!;
  }
  get lastFrame(): number {
    return this.#table.u32[this.#at + Head.LAST_FRAME]!;
  }
  get lastCapture(): number {
    return this.#table.u32[this.#at + Head.LAST_CAPTURE]!;
  }
  get syns(): number {
    return this.#table.u32[this.#at + Head.SYNS]!;
  }
  get synAcks(): number {
    return this.#table.u32[this.#at + Head.SYN_ACKS]!;
  }
  /** NaN: not known. */
  get rttNs(): number {
    return this.has(ConnectionFlag.RTT_KNOWN) ? this.#table.f64[(this.#at + Head.RTT) >> 1]! : NaN;
  }
  /** Time of the ACK that completed the handshake; NaN: none seen. */
  get handshakeAckNs(): number {
    return this.has(ConnectionFlag.HANDSHAKE) ? this.firstNs + this.#table.f64[(this.#at + Head.RTT) >> 1]! : NaN;
  }
  /** Time of the SYN-ACK, the last before that; NaN: none seen. */
  get synAckNs(): number {
    return this.has(ConnectionFlag.SYN_ACK) ? this.#table.f64[(this.#at + Head.SYN_ACK_NS) >> 1]! : NaN;
  }
  get idleMaxNs(): number {
    return this.#table.f64[(this.#at + Head.IDLE_MAX) >> 1]!;
  }
  /** Silence before the first FIN; NaN: no FIN. */
  get idleBeforeFinNs(): number {
    return this.client.fin || this.server.fin ? this.#table.f64[(this.#at + Head.IDLE_END) >> 1]! : NaN;
  }
  /** NaN: it did not get there. */
  get timeWaitNs(): number {
    return this.has(ConnectionFlag.FINISHED) ? this.#table.f64[(this.#at + Head.ENDED_NS) >> 1]! : NaN;
  }
  get timeWaitLastNs(): number {
    return this.has(ConnectionFlag.FINISHED) ? this.#table.f64[(this.#at + Head.TIME_WAIT_LAST_NS) >> 1]! : NaN;
  }
  get clientState(): StateName {
    return stateOf(this.#table, this.slot, this.client.index);
  }
  get serverState(): StateName {
    return stateOf(this.#table, this.slot, this.server.index);
  }
  /** Whether the end held TIME_WAIT; only where `timeWaitNs` is a number. */
  holdsTimeWait(end: EndView): boolean {
    return holdsTimeWait(this.#table, this.#at, end.index);
  }
  /** Address value (as in SegmentBatch) and port of an end, 0 lower or 1 higher. */
  address(end: number): number {
    return this.#table.u32[this.#at + (end === 0 ? Head.LOW : Head.HIGH)]!;
  }
  port(end: number): number {
    const ports = this.#table.i32[this.#at + Head.PORTS]!;
    return end === 0 ? ports >>> 16 : ports & 0xffff;
  }

  /** Which end is the client: known from a SYN or SYN-ACK, else guessed by the incarnation before, by ports, by who spoke first. */
  #clientEnd(): number {
    if (this.has(ConnectionFlag.SYN | ConnectionFlag.SYN_ACK | ConnectionFlag.CLIENT_AS_BEFORE))
      return this.has(ConnectionFlag.CLIENT_HIGH) ? 1 : 0;
    const low = this.port(0);
    const high = this.port(1);
    for (const first of [FIRST_USER_PORT, FIRST_EPHEMERAL_PORT]) {
      if (low < first !== high < first) return low < first ? 1 : 0;
    }
    return this.has(ConnectionFlag.FIRST_HIGH) ? 1 : 0;
  }
}
