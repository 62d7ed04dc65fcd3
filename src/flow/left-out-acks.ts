import { TcpFlag, type SegmentBatch } from '../segment/segment-batch.js';
import { OVER } from './attribution.js';
import { ConnectionFlag, End, EndFlag, Head, endOffset, type ConnectionTable } from './connection-table.js';

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
 * or without. The ACK of a last FIN is not to be seen there. It is taken to have passed where the FIN does not come again,
 * or where the four-tuple is used again: neither end would do that in LAST_ACK (RFC 9293 §3.6).
 */
export class LeftOutAcks {
  /** No segment that is an ACK and nothing else has come so far, but FINs have: without ACKs there would be none. */
  holds = false;
  private syns = 0;
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
      if ((control & TcpFlag.SYN) !== 0) this.syns++;
      if ((control & TcpFlag.FIN) !== 0) this.fins++;
    }
    this.holds = this.fins >= (this.syns === 0 || this.hasData ? MANY_FINS : 1);
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

  private assumeAcked(mine: number, theirs: number, ns: number): void {
    const { i32, f64 } = this.closer.table;
    if ((i32[mine + End.FLAGS]! & EndFlag.FIN_ACKED) !== 0) return;
    i32[mine + End.FLAGS]! |= EndFlag.FIN_ACKED;
    f64[(mine + End.FIN_ACKED_NS) >> 1] = ns;
    i32[theirs + End.FLAGS]! |= EndFlag.ACK_KNOWN;
    i32[theirs + End.MAX_ACK] = i32[mine + End.FIN_END]!;
  }
}
