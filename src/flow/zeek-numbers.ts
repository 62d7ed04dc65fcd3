/** What Zeek reads from sequence numbers: which SYN begins another connection, what is a retransmission, what a copy. */
import { TcpFlag, type SegmentBatch } from '../segment/segment-batch.js';
import { serialDiff } from '../wire/serial.js';
import { End, EndFlag, endOffset, type ConnectionTable } from './connection-table.js';
import type { Story } from './story.js';
import { ZeekState, type ZeekNode } from './zeek-automaton.js';
import type { ZeekRare } from './zeek-connection.js';

/** Whether Zeek takes a SYN or SYN-ACK for the begin of another connection (`IsReuse`). `orig`: end of the originator. */
export function isZeekReuse(
  table: ConnectionTable,
  slot: number,
  node: ZeekNode,
  orig: number,
  batch: SegmentBatch,
  row: number,
): boolean {
  const isSynAck = (batch.flags[row]! & TcpFlag.ACK) !== 0;
  if (isSynAck && node.orig.state !== ZeekState.INACTIVE) return false;
  if (node.orig.closed || node.resp.closed) return true;
  if (startsWith(table, slot, isSynAck ? 1 - orig : orig, batch.seq[row]!)) return false;
  return !isZeekReversal(table, slot, node, orig, batch, row);
}

/** Whether a SYN was overtaken by its SYN-ACK: then Zeek exchanges the roles. */
export function isZeekReversal(
  table: ConnectionTable,
  slot: number,
  node: ZeekNode,
  orig: number,
  batch: SegmentBatch,
  row: number,
): boolean {
  if ((batch.flags[row]! & TcpFlag.ACK) !== 0) return false;
  if (node.orig.state !== ZeekState.SYN_ACK_SENT || node.resp.state !== ZeekState.INACTIVE) return false;
  return startsWith(table, slot, 1 - orig, batch.seq[row]!);
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

/** Payload that ends at or before the highest number of its sender, whose block is at `at`. */
export function isZeekRepeat(table: ConnectionTable, at: number, batch: SegmentBatch, row: number): boolean {
  if ((table.i32[at + End.FLAGS]! & EndFlag.END_KNOWN) === 0) return false;
  const flags = batch.flags[row]!;
  const units =
    ((flags & TcpFlag.RST) === 0 ? batch.payloadLen[row]! : 0) + ((flags & TcpFlag.SYN) >> 1) + (flags & TcpFlag.FIN);
  return serialDiff(batch.seq[row]! + units, table.i32[at + End.MAX_END]!) <= 0;
}

/** Whether a FIN has another number than the last one of its sender. */
export function isAnotherFin(
  rare: ZeekRare,
  table: ConnectionTable,
  at: number,
  end: number,
  batch: SegmentBatch,
  row: number,
): boolean {
  const number = (batch.seq[row]! + batch.payloadLen[row]!) >>> 0;
  const first = (table.i32[at + End.FLAGS]! & EndFlag.FIN) === 0 ? NaN : (table.u32[at + End.FIN_END]! - 1) >>> 0;
  return isAnother(rare.lastFin, end, first, number);
}

/** Whether a RST has another number than the last one of its sender. */
export function isAnotherReset(
  rare: ZeekRare,
  story: Story | undefined,
  end: number,
  batch: SegmentBatch,
  row: number,
): boolean {
  const last = story?.resets.findLast((reset) => reset.end === end)?.seq ?? NaN;
  return isAnother(rare.lastRst, end, last, batch.seq[row]!);
}

function isAnother(last: [number, number], end: number, otherwise: number, number: number): boolean {
  const before = Number.isNaN(last[end]!) ? otherwise : last[end]!;
  last[end] = number;
  return !Number.isNaN(before) && before !== number;
}

/** Of what Zeek counts it tells the first, the tenth, the hundredth and so on. */
export function isTold(count: number): boolean {
  let power = 1;
  while (power < count) power *= 10;
  return power === count;
}
