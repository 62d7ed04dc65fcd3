import { SegmentOption, TcpFlag } from '../segment/segment-batch.js';
import { serialAdd, serialDiff } from '../wire/serial.js';
import { ConnectionFlag, End, EndFlag, Head, endOffset, type ConnectionTable } from './connection-table.js';
import type { EndSnapshot } from './end-snapshot.js';
import type { ResetPool, ResetSeen } from './reset-seen.js';
import type { Segment } from './segment.js';

/** A reset with all that is needed to judge it later; taken before the record changes. */
export function resetSeen(
  resets: ResetPool,
  table: ConnectionTable,
  slot: number,
  segment: Segment,
  answersChallenge: boolean,
): ResetSeen {
  const at = table.at(slot);
  const seen = resets.add(table, at, segment, answersChallenge);
  const { seq, sender, receiver } = seen;
  const isOld = isOldForTimeWait(table, at, segment);
  const exact = isOld ? false : isExact(seq, sender, receiver);
  const inWindow = isInWindow(seq, sender, receiver);
  // Where data and ACKs were left out, what its receiver expected is known from FINs and resets alone.
  const leftOut = !isOld && (table.i32[at + Head.FLAGS]! & ConnectionFlag.ACKS_LEFT_OUT) !== 0;
  seen.judgeNumber(leftOut ? exact || null : exact, leftOut ? inWindow || null : inWindow);
  return seen;
}

/**
 * Whether `seq` is the receiver's RCV.NXT (RFC 5961 §3.2): its highest ACK as far as seen or, with data still on the way
 * to it, all that the sender sent. Linux also takes the number of a FIN it has already received, but not in TIME_WAIT
 * (close-rules 7.2).
 */
function isExact(seq: number, sender: EndSnapshot, receiver: EndSnapshot): boolean | null {
  if (sender.maxEnd >= 0 && seq === sender.maxEnd) return true;
  if (receiver.maxAck >= 0 && seq === receiver.maxAck) {
    // Data that its sender had sent before is on the way: if it arrives first, the number is below RCV.NXT. A FIN alone
    // changes nothing: Linux takes the number before it, too.
    const ahead = sender.maxEnd < 0 ? 0 : serialDiff(sender.maxEnd, seq) - (sender.fin ? 1 : 0);
    return ahead > 0 ? null : true;
  }
  if (receiver.maxAck < 0 && sender.maxEnd < 0) return null;
  const isOfFin = sender.fin && receiver.maxAck === sender.finEnd && serialAdd(seq, 1) === sender.finEnd;
  if (isOfFin && !receiver.finAcked) return true;
  // Between what is known to be received and what is known to be sent: right if the rest did not arrive.
  if (receiver.maxAck >= 0 && sender.maxEnd >= 0) {
    if (serialDiff(seq, receiver.maxAck) > 0 && serialDiff(seq, sender.maxEnd) < 0) return null;
  }
  return false;
}

/**
 * Whether a reset of a finished connection carries a timestamp before TS.Recent of its receiver. RFC 7323 §5.2 does not
 * test it, but no stack that we know lets it end TIME_WAIT: Linux rejects it by PAWS, the others ignore any reset
 * (close-rules 2.5).
 */
function isOldForTimeWait({ i32 }: ConnectionTable, at: number, segment: Segment): boolean {
  const theirs = at + endOffset(1 - segment.end);
  return (
    (i32[at + Head.FLAGS]! & ConnectionFlag.FINISHED) !== 0 &&
    (segment.options & SegmentOption.TIMESTAMP) !== 0 &&
    (i32[theirs + End.FLAGS]! & EndFlag.TS_RECENT_KNOWN) !== 0 &&
    serialDiff(i32[theirs + End.TS_RECENT]!, segment.tsval) > 0
  );
}

/**
 * Whether the SYN with `isn` of end `synEnd` came while its receiver had an earlier SYN of that end in SYN_RECEIVED, within
 * the window of that one: Linux answers with a reset and drops both (tcp_check_req). `older`: that incarnation, or -1.
 */
export function isSecondSyn(table: ConnectionTable, older: number, synEnd: number, isn: number): boolean {
  if (older < 0) return false;
  const at = table.at(older);
  const state = table.i32[at + Head.FLAGS]!;
  if ((state & (ConnectionFlag.SYN_ACK | ConnectionFlag.HANDSHAKE)) !== ConnectionFlag.SYN_ACK) return false;
  if ((state & (ConnectionFlag.RESET | ConnectionFlag.REFUSED)) !== 0) return false;
  const offset = serialDiff(isn, table.u32[at + endOffset(synEnd) + End.MAX_END]!);
  return offset >= 0 && offset < table.i32[at + endOffset(1 - synEnd) + End.WINDOW]!;
}

/**
 * Whether a reset answers the one segment that was taken for the ACK of the SYN-ACK, because it acknowledges other numbers
 * than those of the SYN-ACK (RFC 9293 §3.10.7.4, SYN-RECEIVED): the handshake was not complete.
 */
export function turnsDownHandshakeAck(table: ConnectionTable, slot: number, segment: Segment): boolean {
  const { i32, u32, f64 } = table;
  const at = table.at(slot);
  const mine = at + endOffset(segment.end);
  const theirs = at + endOffset(1 - segment.end);
  const state = i32[at + Head.FLAGS]!;
  const bothSeen = ConnectionFlag.SYN | ConnectionFlag.HANDSHAKE;
  if ((segment.flags & TcpFlag.ACK) !== 0 || (state & bothSeen) !== bothSeen) return false;
  if ((i32[mine + End.FLAGS]! & (EndFlag.SYN_ACK | EndFlag.FIN)) !== EndFlag.SYN_ACK) return false;
  const sentMore = f64[(mine + End.BYTES) >> 1]! > 0 || u32[mine + End.PACKETS]! > i32[at + Head.SYN_ACKS]!;
  if (sentMore || u32[theirs + End.PACKETS]! !== i32[at + Head.SYNS]! + 1) return false;
  return segment.seq === u32[theirs + End.LAST_ACK] && segment.seq !== u32[mine + End.MAX_END];
}

function isInWindow(seq: number, sender: EndSnapshot, receiver: EndSnapshot): boolean | null {
  const next = receiver.maxAck >= 0 ? receiver.maxAck : sender.maxEnd;
  if (next < 0) return null;
  const isSyn = (receiver.lastFlags & TcpFlag.SYN) !== 0; // whose window is never scaled (RFC 7323 §2.2)
  const shift = !isSyn && receiver.windowShift >= 0 && sender.windowShift >= 0 ? receiver.windowShift : 0;
  const window = Math.max(1, receiver.window << shift);
  const offset = serialDiff(seq, next);
  return offset >= 0 && offset < window;
}
