/** What Zeek reads from sequence numbers: which SYN begins another connection, what is a retransmission, what a copy. */
import { TcpFlag } from '../segment/segment-batch.js';
import { serialDiff } from '../wire/serial.js';
import { End, EndFlag, endOffset, type ConnectionTable } from './connection-table.js';
import type { Segment } from './segment.js';
import { ZeekState, type ZeekNode } from './zeek-automaton.js';
import { Rare, type ZeekRare } from './zeek-rare.js';

/** Whether Zeek takes a SYN or SYN-ACK for the begin of another connection (`IsReuse`). `orig`: end of the originator. */
export function isZeekReuse(
  table: ConnectionTable,
  slot: number,
  node: ZeekNode,
  orig: number,
  segment: Segment,
): boolean {
  const isSynAck = (segment.flags & TcpFlag.ACK) !== 0;
  if (isSynAck && node.orig.state !== ZeekState.INACTIVE) return false;
  if (node.orig.closed || node.resp.closed) return true;
  if (startsWith(table, slot, isSynAck ? 1 - orig : orig, segment.seq)) return false;
  return !isZeekReversal(table, slot, node, orig, segment);
}

/** Whether a SYN was overtaken by its SYN-ACK: then Zeek exchanges the roles. */
export function isZeekReversal(
  table: ConnectionTable,
  slot: number,
  node: ZeekNode,
  orig: number,
  segment: Segment,
): boolean {
  if ((segment.flags & TcpFlag.ACK) !== 0) return false;
  if (node.orig.state !== ZeekState.SYN_ACK_SENT || node.resp.state !== ZeekState.INACTIVE) return false;
  return startsWith(table, slot, 1 - orig, segment.seq);
}

/** Whether `seq` is the number that Zeek takes for the end's ISN: its SYN's, or what other segments make of it. */
function startsWith(table: ConnectionTable, slot: number, end: number, seq: number): boolean {
  const mine = table.at(slot) + endOffset(end);
  const theirs = table.at(slot) + endOffset(1 - end);
  const flags = table.i32[mine + End.FLAGS]!;
  if ((flags & EndFlag.ISN_KNOWN) !== 0) return table.u32[mine + End.ISN] === seq;
  if ((flags & EndFlag.END_KNOWN) !== 0) {
    return serialDiff(table.i32[mine + End.MAX_END]!, seq) === table.f64[(mine + End.BYTES) >> 1]! + 1;
  }
  const acknowledged = (table.i32[theirs + End.FLAGS]! & EndFlag.ACK_KNOWN) !== 0;
  return acknowledged && serialDiff(table.i32[theirs + End.MAX_ACK]!, seq) === 1;
}

/** Whether Zeek takes payload for a retransmission. `state`: its sender's so far, whose block is at `at`. */
export function isZeekRepeat(table: ConnectionTable, at: number, state: number, segment: Segment): boolean {
  if (state === ZeekState.RESET) return false;
  // Zeek counts from the end of a first SYN, and then finds its payload to be there already.
  if (state === ZeekState.INACTIVE) return (segment.flags & (TcpFlag.SYN | TcpFlag.RST)) === TcpFlag.SYN;
  // Where only the SYN was seen, Zeek believes any FIN: the octets between may be more than 2 GB.
  const onlySyn = serialDiff(table.i32[at + End.MAX_END]!, table.i32[at + End.ISN]!) === 1;
  if ((segment.flags & TcpFlag.FIN) !== 0 && onlySyn) return false;
  return mayRepeat(table, at, segment);
}

/** Payload that ends at or before the highest number of its sender. */
export function mayRepeat(table: ConnectionTable, at: number, segment: Segment): boolean {
  if ((table.i32[at + End.FLAGS]! & EndFlag.END_KNOWN) === 0) return false;
  const { flags } = segment;
  const units = ((flags & TcpFlag.RST) === 0 ? segment.len : 0) + ((flags & TcpFlag.SYN) >> 1) + (flags & TcpFlag.FIN);
  return serialDiff(segment.seq + units, table.i32[at + End.MAX_END]!) <= 0;
}

/** Whether a FIN, RST or SYN-ACK has another number than the last one of its sender. `state`: the sender's so far. */
export function isZeekAnother(
  rare: ZeekRare,
  table: ConnectionTable,
  at: number,
  state: number,
  segment: Segment,
): boolean {
  const { seq } = segment;
  const finSeq = (seq + segment.len) >>> 0;
  switch (segment.flags & (TcpFlag.FIN | TcpFlag.SYN | TcpFlag.RST)) {
    case TcpFlag.SYN: // before that, Zeek believes the newest one and counts from it
      return (state === ZeekState.CLOSED || state === ZeekState.RESET) && table.u32[at + End.ISN] !== seq;
    case TcpFlag.FIN: {
      const known = (table.i32[at + End.FLAGS]! & EndFlag.FIN) !== 0;
      return isAnother(
        rare,
        Rare.LAST_FIN + segment.end,
        known ? (table.u32[at + End.FIN_END]! - 1) >>> 0 : NaN,
        finSeq,
      );
    }
    case TcpFlag.RST:
      return isAnother(rare, Rare.LAST_RST + segment.end, NaN, seq);
    default:
      return false;
  }
}

function isAnother(rare: ZeekRare, what: number, otherwise: number, number: number): boolean {
  const last = rare.get(what);
  const before = Number.isNaN(last) ? otherwise : last;
  rare.set(what, number);
  return !Number.isNaN(before) && before !== number;
}

/**
 * How many gaps an ACK field uncovers: ranges of the other end, whose block is at `at`, that it acknowledges and that
 * were not captured (`TCP_Reassembler::Undelivered`). `holes`: from and to of each; `gapTo`: up to where they were told.
 */
export function zeekGaps(
  table: ConnectionTable,
  at: number,
  holes: readonly number[],
  gapTo: number,
  ack: number,
): number {
  const flags = table.i32[at + End.FLAGS]!;
  if ((flags & EndFlag.END_KNOWN) === 0) return 0;
  // Nothing is missing behind a FIN, nor is the FIN itself.
  if ((flags & EndFlag.FIN) !== 0 && serialDiff(ack, table.i32[at + End.FIN_END]!) > 0)
    return zeekGaps(table, at, holes, gapTo, table.u32[at + End.FIN_END]!);
  const isNew = (from: number, to: number): boolean => {
    const last = serialDiff(ack, to) < 0 ? ack : to;
    return serialDiff(last, from) > 0 && (Number.isNaN(gapTo) || serialDiff(last, gapTo) > 0);
  };
  let gaps = isNew(table.u32[at + End.MAX_END]!, ack) ? 1 : 0;
  for (let i = 0; i < holes.length; i += 2) if (isNew(holes[i]!, holes[i + 1]!)) gaps++;
  return gaps;
}

/** Of what Zeek counts it tells the first, the tenth, the hundredth and so on. */
export function isTold(count: number): boolean {
  let power = 1;
  while (power < count) power *= 10;
  return power === count;
}
