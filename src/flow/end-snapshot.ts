import { End, EndFlag, type ConnectionTable } from './connection-table.js';
import type { PoolChunk } from './record-pool.js';
import { copiesOf, probesOf } from './unanswered.js';

/** Offsets of the 20 words that are kept of one end; f64 fields take two words and are even. Valid as in `End`, by its flags. */
const enum Kept {
  BYTES = 0,
  LAST_NS = 2,
  LAST_DATA_NS = 4,
  FLAGS = 6,
  FIN_END = 7,
  MAX_END = 8,
  MAX_ACK = 9,
  UNANSWERED = 10,
  LAST_SEQ = 11,
  LAST_ACK = 12,
  LAST_LEN = 13,
  LAST_FLAGS = 14,
  WINDOW = 15,
  WINDOW_SHIFT = 16,
  TTL = 17,
  IP_ID = 18,
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
  /** Keepalive probes since then. */
  get probes(): number {
    return probesOf(this.#memory.u32[this.#at + Kept.UNANSWERED]!);
  }
  /** Segments sent again since the other was last heard. */
  get unansweredCopies(): number {
    return copiesOf(this.#memory.u32[this.#at + Kept.UNANSWERED]!);
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

/** Keeps the end whose block of the table is at `block`, from word `to` of the memory on. */
export function keepEnd(table: ConnectionTable, block: number, { i32, f64 }: PoolChunk, to: number): void {
  const words = table.i32;
  f64[(to + Kept.BYTES) >> 1] = table.f64[(block + End.BYTES) >> 1]!;
  f64[(to + Kept.LAST_NS) >> 1] = table.f64[(block + End.LAST_NS) >> 1]!;
  f64[(to + Kept.LAST_DATA_NS) >> 1] = table.f64[(block + End.LAST_DATA_NS) >> 1]!;
  i32[to + Kept.FLAGS] = words[block + End.FLAGS]!;
  i32[to + Kept.FIN_END] = words[block + End.FIN_END]!;
  i32[to + Kept.MAX_END] = words[block + End.MAX_END]!;
  i32[to + Kept.MAX_ACK] = words[block + End.MAX_ACK]!;
  i32[to + Kept.UNANSWERED] = words[block + End.UNANSWERED]!;
  i32[to + Kept.LAST_SEQ] = words[block + End.LAST_SEQ]!;
  i32[to + Kept.LAST_ACK] = words[block + End.LAST_ACK]!;
  i32[to + Kept.LAST_LEN] = words[block + End.LAST_LEN]!;
  i32[to + Kept.LAST_FLAGS] = words[block + End.LAST_FLAGS]!;
  i32[to + Kept.WINDOW] = words[block + End.WINDOW]!;
  i32[to + Kept.WINDOW_SHIFT] = words[block + End.WINDOW_SHIFT]!;
  i32[to + Kept.TTL] = words[block + End.TTL]!;
  i32[to + Kept.IP_ID] = words[block + End.IP_ID]!;
}
