/** FINs, and TIME_WAIT after both: RFC 9293 §3.6. */
import { TcpFlag } from '../segment/segment-batch.js';
import { serialAdd, serialAtLeast, serialDiff } from '../wire/serial.js';
import { End, EndFlag, Head, endOffset, type ConnectionTable, type RecordMemory } from './connection-table.js';
import { STRAY } from './limits.js';
import type { Segment } from './segment.js';
import { isHeldBack } from './sequence-space.js';
import { finAgain, type Story } from './story.js';

/** The parts of the tracker that are needed here. */
export interface Closer {
  readonly table: ConnectionTable;
  story(slot: number): Story;
  /** Both FINs are acknowledged. */
  complete(slot: number, at: number, ns: number): void;
}

/** A FIN: the end that sent it, the number after it, what it acknowledges, where and when it passed. */
export interface FinSeen {
  readonly end: number;
  readonly seqEnd: number;
  readonly ack: number;
  readonly frame: number;
  readonly capture: number;
  readonly ns: number;
}

/**
 * The first FIN of an end (RFC 9293 §3.6); copies change nothing. `passed`: a segment of that end stood after it before it
 * was seen. One that took no effect counts for nothing: the other end had acknowledged
 * more before, or it lay beyond what that had room for or had received, as another FIN shows that comes with a lower number.
 */
export function registerFin(closer: Closer, slot: number, fin: FinSeen, passed: boolean): void {
  const { table } = closer;
  const { end, seqEnd: finEnd, ack, frame, capture, ns } = fin;
  const words = table.i32;
  const at = table.at(slot);
  const mine = at + endOffset(end);
  const theirs = at + endOffset(1 - end);
  const mineFlags = words[mine + End.FLAGS]!;
  const isAcked = (mineFlags & EndFlag.FIN_ACKED) !== 0;
  const isAckKnown = (words[theirs + End.FLAGS]! & EndFlag.ACK_KNOWN) !== 0;
  // How far the other end has acknowledged beyond the FIN.
  const ackedBeyond = isAckKnown ? serialDiff(table.i32[theirs + End.MAX_ACK]!, finEnd) : -STRAY;
  if ((mineFlags & EndFlag.FIN) !== 0) {
    const step = serialDiff(finEnd, table.i32[mine + End.FIN_END]!);
    if (step === 0) {
      // A record from before the first FIN is no copy that was sent later.
      if (ns > table.f64[(mine + End.FIN_NS) >> 1]!) finAgain(closer.story(slot), end, isAcked, capture, frame, ns);
      return;
    }
    if (step > 0 || isAcked) return;
  }
  if (ackedBeyond > 0 && ackedBeyond < STRAY) return;
  const beyond = serialDiff(finEnd, table.i32[mine + End.MAX_END]!);
  if (Math.abs(beyond) >= STRAY) return;
  if (beyond > 0) words[mine + End.MAX_END] = finEnd;
  words[mine + End.FLAGS]! |= EndFlag.FIN;
  words[mine + End.FIN_END] = finEnd;
  words[mine + End.FIN_ACK] = ack;
  words[mine + End.FIN_FRAME] = frame;
  words[mine + End.FIN_CAPTURE] = capture;
  table.f64[(mine + End.FIN_NS) >> 1] = ns;
  if ((words[theirs + End.FLAGS]! & EndFlag.FIN) === 0) {
    table.f64[(at + Head.IDLE_END) >> 1] = Math.max(0, ns - table.f64[(at + Head.LAST_NS) >> 1]!);
    if (isHeldBack(table, mine, theirs, ack)) words[mine + End.FLAGS]! |= EndFlag.PEER_HELD_BACK;
  }
  if (passed) passedFin(table, mine, theirs);
  if (ackedBeyond >= 0) {
    words[mine + End.FLAGS]! |= EndFlag.FIN_ACKED | EndFlag.FIN_IS_COPY;
    table.f64[(mine + End.FIN_ACKED_NS) >> 1] = ns;
    if ((words[theirs + End.FLAGS]! & EndFlag.FIN_ACKED) !== 0) closer.complete(slot, at, ns);
  }
}

/**
 * The first FIN of `mine` that was seen is not the first that was sent: a segment after it had passed before. Where that
 * was already so when it first acknowledged the other's FIN, it had sent its own before that came: they crossed, whatever
 * number the copy acknowledges.
 */
function passedFin({ i32 }: RecordMemory, mine: number, theirs: number): void {
  i32[mine + End.FLAGS]! |= EndFlag.FIN_IS_COPY;
  if ((i32[mine + End.FLAGS]! & EndFlag.ACKED_FIN_AHEAD) !== 0)
    i32[mine + End.FIN_ACK] = serialAdd(i32[theirs + End.FIN_END]!, -1);
}

/** A segment of `mine` with sequence number `seq` acknowledges the other's FIN, as none did before. */
export function acknowledgedFin(closer: Closer, slot: number, end: number, seq: number, ns: number): void {
  const { i32, f64 } = closer.table;
  const at = closer.table.at(slot);
  const mine = at + endOffset(end);
  const theirs = at + endOffset(1 - end);
  i32[theirs + End.FLAGS]! |= EndFlag.FIN_ACKED;
  f64[(theirs + End.FIN_ACKED_NS) >> 1] = ns;
  // After a copy, or anything else, the ACK may answer that: a FIN between that was lost acknowledged the first.
  const answersFin = f64[(theirs + End.LAST_NS) >> 1] === f64[(theirs + End.FIN_NS) >> 1];
  if (answersFin && (i32[mine + End.FLAGS]! & EndFlag.HOLES) !== 0 && closer.story(slot).holes[end]?.at(-1) === seq)
    i32[mine + End.FLAGS]! |= EndFlag.ACKED_FIN_AHEAD;
  if ((i32[mine + End.FLAGS]! & EndFlag.FIN_ACKED) !== 0) closer.complete(slot, at, ns);
}

/**
 * A FIN that was not answered is sent again sooner than this, ns, also over the slowest links: a later ACK of it is not
 * the first that was sent.
 */
const LATE_ACK_NS = 10e9;

/**
 * When TIME_WAIT began, of a close that an ACK at `ns` shows to be complete: then, unless the ACK came so late that the one
 * which answered the FIN must have been missed. Then the FIN, or the last copy of it, says when.
 */
export function timeWaitBegan({ f64 }: RecordMemory, at: number, ns: number): number {
  for (let end = 0; end < 2; end++) {
    const sender = at + endOffset(end);
    if (f64[(sender + End.FIN_ACKED_NS) >> 1] !== ns) continue;
    const finNs = Math.max(f64[(sender + End.FIN_NS) >> 1]!, f64[(sender + End.LAST_NS) >> 1]!);
    if (ns - finNs > LATE_ACK_NS) return finNs;
  }
  return ns;
}

/**
 * A segment after TIME_WAIT began, from the end that closed second, restarts 2MSL on Linux (close-rules 2.5), unless that was
 * over.
 */
export function restartTimeWait(table: ConnectionTable, slot: number, segment: Segment, timeWaitNs: number): void {
  if ((segment.flags & TcpFlag.ACK) === 0) return;
  const at = table.at(slot);
  const mine = at + endOffset(segment.end);
  const theirs = at + endOffset(1 - segment.end);
  const holderIsOther = !serialAtLeast(table.i32[theirs + End.FIN_ACK]!, table.i32[mine + End.FIN_END]!);
  const age = segment.ns - table.f64[(at + Head.TIME_WAIT_LAST_NS) >> 1]!;
  if (holderIsOther && age > 0 && age < timeWaitNs) table.f64[(at + Head.TIME_WAIT_LAST_NS) >> 1] = segment.ns;
}
