import { TcpFlag, type SegmentBatch } from '../segment/segment-batch.js';
import { serialAtLeast } from '../wire/serial.js';
import { OVER } from './attribution.js';
import { ConnectionFlag, End, EndFlag, Head, endOffset, type ConnectionTable } from './connection-table.js';
import type { Segment } from './segment.js';

const CONTROL = TcpFlag.SYN | TcpFlag.FIN | TcpFlag.RST;
/**
 * So many FINs have to have passed without any ACK of its own where there are data, or no SYN: on two connections, a tap that
 * sees both ways has met six by then.
 */
const MANY_FINS = 4;

/** The parts of the tracker that are needed here. */
interface Closer {
  readonly table: ConnectionTable;
  /** Both FINs are acknowledged. */
  complete(slot: number, at: number, ns: number): void;
}

/**
 * Recordings without ACKs, for long captures are made so: `tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) != 0`, with `tcp-push`
 * or without. The ACK of a last FIN is not to be seen there. It is taken to have passed with that FIN, unless a reset
 * answers this: then its sender knew no such connection any more (RFC 9293 §3.10.7.1).
 */
export class LeftOutAcks {
  /** No segment that is an ACK and nothing else has come so far, but FINs have: without ACKs there would be none. */
  holds = false;
  private syns = 0;
  private synAcks = 0;
  private fins = 0;
  private hasData = false;
  private isRuledOut = false;
  private readonly closer: Closer;

  constructor(closer: Closer) {
    this.closer = closer;
  }

  /** Looks at a batch before it is followed. */
  look(batch: SegmentBatch): void {
    if (this.isRuledOut) return;
    for (let row = 0; row < batch.length; row++) {
      const control = batch.flags[row]! & CONTROL;
      if (control === 0) {
        if (batch.payloadLen[row] === 0) {
          this.isRuledOut = true;
          this.holds = false;
          return;
        }
        this.hasData = true;
      }
      if ((control & TcpFlag.SYN) !== 0) {
        if ((batch.flags[row]! & TcpFlag.ACK) === 0) this.syns++;
        else this.synAcks++;
      }
      if ((control & TcpFlag.FIN) !== 0) this.fins++;
    }
    // A server that answers at once, and does not close first, needs no ACK of its own.
    const isOneWay = this.hasData && this.syns === 0 && this.synAcks > 0;
    const isDoubtful = this.hasData || this.syns + this.synAcks === 0;
    this.holds = !isOneWay && this.fins >= (isDoubtful ? MANY_FINS : 1);
  }

  /** The row from `from` of the batch on whose connection is to be noted; `end` where there is none before. */
  nextNoted(batch: SegmentBatch, from: number, end: number): number {
    let row = from;
    while (row < end && (batch.flags[row]! & TcpFlag.SYN) !== 0) row++;
    return row;
  }

  /** A segment that is no SYN, of the connection in `slot`, is to be followed. */
  note(slot: number): void {
    const { table } = this.closer;
    table.i32[table.at(slot) + Head.FLAGS]! |= ConnectionFlag.ACKS_LEFT_OUT;
  }

  /** After a FIN of the connection in `slot`: takes the close to be complete, if nothing but the last ACK is missing. */
  finPassed(slot: number): void {
    const { table } = this.closer;
    const { i32, f64 } = table;
    const at = table.at(slot);
    const [low, high] = [at + endOffset(0), at + endOffset(1)];
    const bothClosed = (i32[low + End.FLAGS]! & i32[high + End.FLAGS]! & EndFlag.FIN) !== 0;
    if (!bothClosed || (i32[at + Head.FLAGS]! & OVER) !== 0) return;
    const ns = Math.max(f64[(low + End.FIN_NS) >> 1]!, f64[(high + End.FIN_NS) >> 1]!);
    this.assumeAcked(low, high, ns);
    this.assumeAcked(high, low, ns);
    this.closer.complete(slot, at, ns);
  }

  /**
   * Before a reset of the connection in `slot`: where it answers the last FIN, that had met neither FIN_WAIT_2 nor, where
   * the FINs crossed, FIN_WAIT_1, and the close was not complete.
   */
  resetPassed(slot: number, segment: Segment): void {
    const { table } = this.closer;
    const { i32, u32, f64 } = table;
    const at = table.at(slot);
    const [mine, theirs] = [at + endOffset(segment.end), at + endOffset(1 - segment.end)];
    if ((i32[at + Head.FLAGS]! & ConnectionFlag.FINISHED) === 0 || (segment.flags & TcpFlag.ACK) !== 0) return;
    const { seq } = segment;
    const isOfFin = (i32[theirs + End.LAST_FLAGS]! & TcpFlag.FIN) !== 0 && u32[theirs + End.LAST_ACK] === seq;
    const isFirstCopy = f64[(theirs + End.LAST_NS) >> 1] === f64[(theirs + End.FIN_NS) >> 1];
    const covers = u32[mine + End.FIN_END] === seq;
    const crossed = !covers && !serialAtLeast(u32[mine + End.FIN_ACK]!, u32[theirs + End.FIN_END]!);
    if (!isOfFin || !isFirstCopy || !(covers || crossed)) return;
    i32[at + Head.FLAGS]! &= ~ConnectionFlag.FINISHED;
    i32[theirs + End.FLAGS]! &= ~EndFlag.FIN_ACKED;
  }

  private assumeAcked(mine: number, theirs: number, ns: number): void {
    const { i32, f64 } = this.closer.table;
    if ((i32[mine + End.FLAGS]! & EndFlag.FIN_ACKED) !== 0) return;
    i32[mine + End.FLAGS]! |= EndFlag.FIN_ACKED;
    f64[(mine + End.FIN_ACKED_NS) >> 1] = ns;
    i32[theirs + End.FLAGS]! |= EndFlag.ACK_KNOWN;
    i32[theirs + End.MAX_ACK] = i32[mine + End.FIN_END]!;
  }
}
