import { SegmentOption, TcpFlag } from '../segment/segment-batch.js';
import { serialAdd, serialAtMost, serialDiff } from '../wire/serial.js';
import { ConnectionFlag, End, EndFlag, Head, endOffset, type ConnectionTable } from './connection-table.js';
import { copyWindowNs, isCopy, signature } from './duplicate-frame.js';
import { FORGOTTEN_NS, STRAY } from './limits.js';
import type { Segment } from './segment.js';

/** What the tracker has to do with a segment of a four-tuple that it knows. */
export const OPEN_NEW = -1;

/** A repeated SYN of a refused attempt within this time is one more copy of it, ns (close-rules 10.2). */
const SAME_ATTEMPT_NS = 5e9;
/** A SYN with the ISN of a connection that ended at least this long ago is a new one, not a late copy, ns. */
const SAME_ISN_NEW_NS = 1e9;
/** A SYN that meets an unanswered SYN of the other end within this time makes a simultaneous open, ns. */
const SIMULTANEOUS_OPEN_NS = 75e9;
/** The records of one direction may stand this much later in the capture than those of the other: time, and octets. */
const LATE_SYN_NS = 1e9;
const LATE_SYN_OCTETS = 2 ** 20;
/** Numbers farther apart than this do not belong to one connection. */
const FAR = 2 ** 28;
/** An unknown number is no evidence: it loses to one that fits exactly, and to nothing else. */
const UNKNOWN = 0.5;
/** Older incarnations looked at for a late segment. */
const DEPTH = 4;

const OVER = ConnectionFlag.FINISHED | ConnectionFlag.RESET | ConnectionFlag.REFUSED | ConnectionFlag.REPLACED;

/**
 * The incarnation that a SYN (without ACK) belongs to, or `OPEN_NEW`; close-rules 10.2. Older ones are consulted too,
 * for a copy of a SYN that came late. `newest` is the newest incarnation of the four-tuple.
 */
export function incarnationOfSyn(table: ConnectionTable, newest: number, segment: Segment): number {
  const words = table.i32;
  const isn = segment.seq;
  const { ns } = segment;
  let slot = newest;
  for (let depth = 0; slot >= 0 && depth < DEPTH; depth++) {
    const at = table.at(slot);
    const mine = at + endOffset(segment.end);
    const flags = words[at + Head.FLAGS]!;
    const mineFlags = words[mine + End.FLAGS]!;
    if ((mineFlags & EndFlag.ISN_KNOWN) !== 0 && table.u32[mine + End.ISN] === isn) {
      if ((flags & OVER) === 0) return slot;
      const since = ns - table.f64[(at + Head.ENDED_NS) >> 1]!;
      if ((flags & ConnectionFlag.REFUSED) !== 0) {
        if (since < SAME_ATTEMPT_NS && slot === newest) return slot;
      } else if ((flags & ConnectionFlag.RESET) !== 0 && (flags & ConnectionFlag.HANDSHAKE) === 0) {
        // The client reset a SYN-ACK that it could not accept, and tries on (close-rules 7.3, handshake_bad_ack).
        if (since < SAME_ATTEMPT_NS && slot === newest) return slot;
      } else if (since < SAME_ISN_NEW_NS && !newerTimestamp(table, mine, segment)) {
        return slot;
      }
      if (slot === newest) return OPEN_NEW;
    }
    slot = words[at + Head.OLDER]!;
  }

  const at = table.at(newest);
  const mine = at + endOffset(segment.end);
  const theirs = at + endOffset(1 - segment.end);
  const flags = words[at + Head.FLAGS]!;
  if ((flags & OVER) !== 0) return isRefusedBefore(table, newest, segment.end, isn, ns) ? newest : OPEN_NEW;
  const mineFlags = words[mine + End.FLAGS]!;
  const theirFlags = words[theirs + End.FLAGS]!;
  if ((mineFlags & EndFlag.ISN_KNOWN) !== 0) return OPEN_NEW;
  const answered = (theirFlags & EndFlag.SYN_ACK) !== 0;
  if (answered && (mineFlags & EndFlag.HEARD) === 0) {
    // The SYN that this SYN-ACK answered, captured late: the other end may have acknowledged more by then.
    const acked = serialDiff(table.u32[theirs + End.MAX_ACK]!, serialAdd(isn, 1));
    const late = ns - table.f64[(at + Head.SYN_ACK_NS) >> 1]!;
    if (acked === 0 || (acked > 0 && acked < LATE_SYN_OCTETS && late < LATE_SYN_NS)) return newest;
  }
  if ((mineFlags & EndFlag.END_KNOWN) !== 0 && ns - table.f64[(at + Head.FIRST_NS) >> 1]! < LATE_SYN_NS) {
    // Captured even later than segments of its own sender: what they say, and perhaps a FIN, begins right after it.
    const sent = serialDiff(table.u32[mine + End.MAX_END]!, serialAdd(isn, 1));
    if (sent === 0 || (answered && sent > 0 && sent <= table.f64[(mine + End.BYTES) >> 1]! + 1)) return newest;
  }
  if (
    (flags & ConnectionFlag.ATTEMPT) !== 0 &&
    (theirFlags & EndFlag.SYN) !== 0 &&
    (flags & ConnectionFlag.CHALLENGED) === 0 &&
    ns - table.f64[(at + Head.LAST_NS) >> 1]! < SIMULTANEOUS_OPEN_NS
  ) {
    return newest; // simultaneous open, RFC 9293 §3.5
  }
  return OPEN_NEW;
}

/** Whether nothing of a connection was seen but what refuses the SYN with that number, a moment ago. */
function isRefusedBefore(table: ConnectionTable, slot: number, end: number, isn: number, ns: number): boolean {
  const { i32, u32, f64 } = table;
  const mine = table.at(slot) + endOffset(end);
  const theirs = table.at(slot) + endOffset(1 - end);
  if (i32[mine + End.PACKETS] !== 0 || i32[theirs + End.PACKETS] !== 1) return false;
  if (i32[theirs + End.LAST_FLAGS] !== (TcpFlag.RST | TcpFlag.ACK) || i32[theirs + End.LAST_SEQ] !== 0) return false;
  const isAnswer = u32[theirs + End.LAST_ACK] === serialAdd(isn, 1);
  return isAnswer && ns - f64[(theirs + End.LAST_NS) >> 1]! < LATE_SYN_NS;
}

/** The incarnation that a SYN-ACK belongs to, or `OPEN_NEW`. */
export function incarnationOfSynAck(table: ConnectionTable, newest: number, segment: Segment): number {
  const words = table.i32;
  const { seq, ack } = segment;
  let slot = newest;
  for (let depth = 0; slot >= 0 && depth < DEPTH; depth++) {
    const at = table.at(slot);
    const mine = at + endOffset(segment.end);
    const theirs = at + endOffset(1 - segment.end);
    const mineFlags = words[mine + End.FLAGS]!;
    const theirFlags = words[theirs + End.FLAGS]!;
    if ((theirFlags & (EndFlag.SYN | EndFlag.ISN_KNOWN)) === (EndFlag.SYN | EndFlag.ISN_KNOWN)) {
      const isn = table.u32[theirs + End.ISN]!;
      const covers = serialDiff(ack, isn) >= 1 && serialAtMost(ack, table.u32[theirs + End.MAX_END]!);
      const sameIsn = (mineFlags & EndFlag.ISN_KNOWN) === 0 || table.u32[mine + End.ISN] === seq;
      if (ack === serialAdd(isn, 1) || (covers && sameIsn)) return slot;
    }
    if ((mineFlags & EndFlag.SYN_ACK) !== 0 && table.u32[mine + End.ISN] === seq) return slot; // its copy
    if ((mineFlags & EndFlag.SYN) !== 0 && table.u32[mine + End.ISN] === seq) return slot; // simultaneous open
    slot = words[at + Head.OLDER]!;
  }
  const at = table.at(newest);
  const flags = words[at + Head.FLAGS]!;
  if ((flags & OVER) !== 0) return acknowledgesTheEnd(table, newest, segment.end, ack) ? newest : OPEN_NEW;
  if ((flags & ConnectionFlag.ATTEMPT) !== 0) return newest; // an answer to something else: stale, or with a wrong number
  // Of a connection whose SYN was not captured, nor the close before it: it answers what this one never sent.
  const isOfNext = isClosing(table, at) || isBeyondAllSent(table, newest, 1 - segment.end, ack);
  if (isOfNext && isAnother(table, at + endOffset(segment.end), seq)) return OPEN_NEW;
  return distance(table, newest, segment) > FAR ? OPEN_NEW : newest;
}

/** Whether a SYN-ACK with that number cannot be one of the end at `mine`. */
function isAnother({ i32, u32 }: ConnectionTable, mine: number, seq: number): boolean {
  const flags = i32[mine + End.FLAGS]!;
  if ((flags & EndFlag.ISN_KNOWN) !== 0) return u32[mine + End.ISN] !== seq;
  return (flags & EndFlag.FIN) !== 0 && serialDiff(seq, u32[mine + End.FIN_END]!) >= 0;
}

/** Whether an end has sent a FIN. */
function isClosing({ i32 }: ConnectionTable, at: number): boolean {
  return ((i32[at + endOffset(0) + End.FLAGS]! | i32[at + endOffset(1) + End.FLAGS]!) & EndFlag.FIN) !== 0;
}

/**
 * Whether both numbers of a segment stand after the FINs of both ends of the connection in `slot`: it is of the next one,
 * whose handshake was not captured, nor the last of this one.
 */
export function isAfterBothFins(table: ConnectionTable, slot: number, segment: Segment): boolean {
  const mine = table.at(slot) + endOffset(segment.end);
  const theirs = table.at(slot) + endOffset(1 - segment.end);
  const both = table.i32[mine + End.FLAGS]! & table.i32[theirs + End.FLAGS]!;
  const isAck = (segment.flags & (TcpFlag.ACK | TcpFlag.RST)) === TcpFlag.ACK;
  if ((both & EndFlag.FIN) === 0 || !isAck) return false;
  const seqPast = serialDiff(segment.seq, table.u32[mine + End.FIN_END]!);
  const ackPast = serialDiff(segment.ack, table.u32[theirs + End.FIN_END]!);
  return seqPast > 0 && seqPast < STRAY && ackPast > 0 && ackPast < STRAY;
}

/** Whether a SYN-ACK to an end in TIME_WAIT carries its final number: it is a stray of the old connection, and opens none. */
function acknowledgesTheEnd(table: ConnectionTable, slot: number, end: number, ack: number): boolean {
  const at = table.at(slot);
  const finished = (table.i32[at + Head.FLAGS]! & ConnectionFlag.FINISHED) !== 0;
  return finished && table.u32[at + endOffset(1 - end) + End.MAX_END] === ack;
}

/**
 * The incarnation that a segment without SYN is the copy of a segment of, else the one whose numbers it carries best, or
 * `OPEN_NEW` where it fits none and the newest is over. Never by time alone: this is what tells old duplicates and
 * challenge ACKs from new data.
 */
export function incarnationOfSegment(table: ConnectionTable, newest: number, segment: Segment): number {
  const words = table.i32;
  const original = incarnationOfOriginal(table, newest, segment);
  if (original >= 0) return original;
  let best = newest;
  let least = distance(table, newest, segment);
  let slot = words[table.at(newest) + Head.OLDER]!;
  const replaced = (words[table.at(newest) + Head.FLAGS]! & (ConnectionFlag.ATTEMPT | ConnectionFlag.REFUSED)) === 0;
  for (let depth = 1; slot >= 0 && depth < DEPTH && least > 0; depth++) {
    // Since a later one was accepted, all that comes of it are copies of what was sent before.
    const isBeyond = replaced && isBeyondAllSent(table, slot, segment.end, segment.seq);
    const far = isBeyond ? Infinity : distance(table, slot, segment);
    if (far < least) {
      least = far;
      best = slot;
    }
    slot = words[table.at(slot) + Head.OLDER]!;
  }
  if (least <= FAR) return best;
  if (isAfterBothFins(table, newest, segment)) return OPEN_NEW;
  const at = table.at(newest);
  const over = (words[at + Head.FLAGS]! & OVER) !== 0;
  const silent = segment.ns - table.f64[(at + Head.LAST_NS) >> 1]! > FORGOTTEN_NS;
  if ((over || silent) && (segment.flags & TcpFlag.RST) === 0) return OPEN_NEW;
  return newest;
}

/** Whether that number is after all that the end sent. */
function isBeyondAllSent(table: ConnectionTable, slot: number, end: number, seq: number): boolean {
  const mine = table.at(slot) + endOffset(end);
  const known = (table.i32[mine + End.FLAGS]! & EndFlag.END_KNOWN) !== 0;
  return known && serialDiff(seq, table.u32[mine + End.MAX_END]!) > 0;
}

/** The incarnation that has a record of the same segment, or -1. */
function incarnationOfOriginal(table: ConnectionTable, newest: number, segment: Segment): number {
  const sign = signature(segment);
  const windowNs = copyWindowNs(segment);
  let slot = newest;
  for (let depth = 0; slot >= 0 && depth < DEPTH; depth++) {
    if (isCopy(table, table.at(slot) + endOffset(segment.end), sign, segment.ns, windowNs)) return slot;
    slot = table.i32[table.at(slot) + Head.OLDER]!;
  }
  return -1;
}

/** How far a segment's numbers are from those of an incarnation; 0 where nothing is known against it. */
function distance(table: ConnectionTable, slot: number, segment: Segment): number {
  if (isAfterBothFins(table, slot, segment)) return Infinity;
  const at = table.at(slot);
  const mine = at + endOffset(segment.end);
  const theirs = at + endOffset(1 - segment.end);
  const mineFlags = table.i32[mine + End.FLAGS]!;
  const theirFlags = table.i32[theirs + End.FLAGS]!;
  const { flags, seq } = segment;
  let far = 0;
  // A reset that refuses a SYN has no sequence number of its own (RFC 9293 §3.5.2).
  const refusal = seq === 0 && (flags & (TcpFlag.RST | TcpFlag.ACK)) === (TcpFlag.RST | TcpFlag.ACK);
  if (!refusal) {
    if ((mineFlags & EndFlag.END_KNOWN) !== 0) far += Math.abs(serialDiff(seq, table.u32[mine + End.MAX_END]!));
    else if ((theirFlags & EndFlag.ACK_KNOWN) !== 0) far += Math.abs(serialDiff(seq, table.u32[theirs + End.MAX_ACK]!));
    else far += UNKNOWN;
  }
  if ((flags & TcpFlag.ACK) !== 0) {
    const { ack } = segment;
    if ((theirFlags & EndFlag.END_KNOWN) !== 0) far += Math.abs(serialDiff(ack, table.u32[theirs + End.MAX_END]!));
    else if ((mineFlags & EndFlag.ACK_KNOWN) !== 0) far += Math.abs(serialDiff(ack, table.u32[mine + End.MAX_ACK]!));
    else far += UNKNOWN;
  }
  return far;
}

function newerTimestamp(table: ConnectionTable, mine: number, segment: Segment): boolean {
  return (
    (segment.options & SegmentOption.TIMESTAMP) !== 0 &&
    (table.i32[mine + End.FLAGS]! & EndFlag.TSVAL_KNOWN) !== 0 &&
    serialDiff(segment.tsval, table.u32[mine + End.TSVAL]!) > 0
  );
}

export { OVER };
