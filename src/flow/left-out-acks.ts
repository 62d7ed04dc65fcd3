import { TcpFlag, type SegmentBatch } from '../segment/segment-batch.js';
import { serialAtLeast } from '../wire/serial.js';
import { OVER } from './attribution.js';
import { ConnectionFlag, End, EndFlag, Head, endOffset, type ConnectionTable } from './connection-table.js';
import { SlotQueue } from './slot-queue.js';

/** A FIN that is not acknowledged is sent again sooner than this, ns: RFC 6298 §2.1 begins with 1 s, Linux with less. */
const REPEATED_NS = 1e9;
const CONTROL = TcpFlag.SYN | TcpFlag.FIN | TcpFlag.RST;

/** The parts of the tracker that are needed here. */
interface Closer {
  readonly table: ConnectionTable;
  /** Both FINs are acknowledged. */
  complete(slot: number, at: number, ns: number): void;
}

/**
 * Recordings that hold SYNs, FINs and resets alone, for long captures are made so: `tcp[tcpflags] &
 * (tcp-syn|tcp-fin|tcp-rst) != 0`. The ACK of a last FIN is not to be seen there. It is taken to have passed where the FIN
 * does not come again, or where the four-tuple is used again: neither end would do that in LAST_ACK (RFC 9293 §3.6).
 */
export class LeftOutAcks {
  /** No other segment has come so far, but SYNs have, and FINs: without ACKs there would be none. */
  holds = false;
  /** Flags of all segments so far. */
  private seen = 0;
  private isRuledOut = false;
  private readonly closer: Closer;
  /** Connections with both FINs, in the order in which the second passed. */
  private readonly waiting = new SlotQueue();

  constructor(closer: Closer) {
    this.closer = closer;
  }

  /** Looks at a batch before it is followed. */
  look(batch: SegmentBatch): void {
    if (this.isRuledOut) return;
    for (let row = 0; row < batch.length; row++) {
      const control = batch.flags[row]! & CONTROL;
      if (control === 0) {
        this.isRuledOut = true;
        this.holds = false;
        return;
      }
      this.seen |= control;
    }
    this.holds = (this.seen & (TcpFlag.SYN | TcpFlag.FIN)) === (TcpFlag.SYN | TcpFlag.FIN);
  }

  /** The row of the first FIN from row `from` of the batch on; `end` where there is none before. */
  nextFin(batch: SegmentBatch, from: number, end: number): number {
    let row = from;
    while (row < end && (batch.flags[row]! & TcpFlag.FIN) === 0) row++;
    return row;
  }

  /** A FIN or reset of the connection in `slot` is to be followed. */
  note(slot: number, end: number, batch: SegmentBatch, row: number): void {
    const { i32, u32 } = this.closer.table;
    const at = this.closer.table.at(slot);
    i32[at + Head.FLAGS]! |= ConnectionFlag.ACKS_LEFT_OUT;
    // One that knows that both have closed answers for want of TIME_WAIT, or ends that of the other.
    const mine = at + endOffset(end);
    const coversFin = serialAtLeast(u32[mine + End.FIN_ACK]!, u32[at + endOffset(1 - end) + End.FIN_END]!);
    const isAfterFin = coversFin && batch.seq[row] === u32[mine + End.FIN_END];
    if ((batch.flags[row]! & TcpFlag.RST) !== 0 && isAfterFin) this.assume(slot);
  }

  /** After a FIN of the connection in `slot`. */
  finPassed(slot: number): void {
    const { table } = this.closer;
    if (this.awaitsLastAck(slot)) this.waiting.push(slot, table.u32[table.at(slot) + Head.ID]!);
  }

  /** `now` is the time of the latest segment; between batches. */
  letGo(now: number): void {
    const { table } = this.closer;
    for (; this.waiting.length > 0; this.waiting.shift()) {
      const { slot, id } = this.waiting;
      if (!this.holds || !table.holds(slot, id)) continue;
      if (now - table.f64[(table.at(slot) + Head.LAST_NS) >> 1]! < REPEATED_NS) return;
      this.assume(slot);
    }
  }

  /** Takes the close of the connection in `slot` to be complete, if nothing but the last ACK is missing. */
  assume(slot: number): void {
    if (!this.holds || !this.awaitsLastAck(slot)) return;
    const { table } = this.closer;
    const at = table.at(slot);
    const [low, high] = [at + endOffset(0), at + endOffset(1)];
    const ns = Math.max(table.f64[(low + End.FIN_NS) >> 1]!, table.f64[(high + End.FIN_NS) >> 1]!);
    for (const [mine, theirs] of [
      [low, high],
      [high, low],
    ] as const) {
      if ((table.i32[mine + End.FLAGS]! & EndFlag.FIN_ACKED) !== 0) continue;
      table.i32[mine + End.FLAGS]! |= EndFlag.FIN_ACKED;
      table.f64[(mine + End.FIN_ACKED_NS) >> 1] = ns;
      table.i32[theirs + End.FLAGS]! |= EndFlag.ACK_KNOWN;
      table.i32[theirs + End.MAX_ACK] = table.i32[mine + End.FIN_END]!;
    }
    this.closer.complete(slot, at, ns);
    // A FIN that came again restarted it.
    const lastNs = Math.max(table.f64[(low + End.LAST_NS) >> 1]!, table.f64[(high + End.LAST_NS) >> 1]!);
    if (lastNs > ns) table.f64[(at + Head.TIME_WAIT_LAST_NS) >> 1] = lastNs;
  }

  private awaitsLastAck(slot: number): boolean {
    const { i32 } = this.closer.table;
    const at = this.closer.table.at(slot);
    const state = i32[at + Head.FLAGS]!;
    if ((state & ConnectionFlag.ACKS_LEFT_OUT) === 0 || (state & OVER) !== 0) return false;
    return (i32[at + endOffset(0) + End.FLAGS]! & i32[at + endOffset(1) + End.FLAGS]! & EndFlag.FIN) !== 0;
  }
}
