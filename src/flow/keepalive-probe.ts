/** Keepalive probes (RFC 9293 §3.8.4): what is one, and what only may be one. */
import { SegmentOption, TcpFlag } from '../segment/segment-batch.js';
import { serialDiff } from '../wire/serial.js';
import { End, EndFlag, Head, endOffset, type ConnectionTable } from './connection-table.js';
import type { Segment } from './segment.js';
import { PROBE, countUnanswered } from './unanswered.js';

/**
 * No keepalive probe is sent sooner after the last segment of its connection, ns: stacks wait for whole seconds, of which a
 * delayed ACK and the way to the tap can take some. What comes sooner was overtaken by what was sent after it.
 */
const PROBE_IDLE_NS = 500e6;

/**
 * Whether a segment of no more than one octet is a keepalive probe (RFC 9293 §3.8.4): it stands one number before all that
 * the other end has acknowledged, after a silence, and was not sent before what has come from its sender already.
 */
export function isProbe(table: ConnectionTable, slot: number, segment: Segment): boolean {
  const { i32, f64 } = table;
  const mine = table.at(slot) + endOffset(segment.end);
  const theirs = table.at(slot) + endOffset(1 - segment.end);
  if ((segment.flags & (TcpFlag.SYN | TcpFlag.FIN)) !== 0) return false;
  if (!isAcknowledgedTo(table, theirs, segment.seq + 1)) return false;
  if (segment.ns - f64[(table.at(slot) + Head.LAST_NS) >> 1]! < PROBE_IDLE_NS) return false;
  const hasTimestamp = (segment.options & SegmentOption.TIMESTAMP) !== 0;
  const isTimestampKnown = (i32[mine + End.FLAGS]! & EndFlag.TSVAL_KNOWN) !== 0;
  return !hasTimestamp || !isTimestampKnown || serialDiff(segment.tsval, i32[mine + End.TSVAL]!) >= 0;
}

/** Towards a window of zero it asks for that window. */
export function countProbe({ i32 }: ConnectionTable, mine: number, theirs: number): void {
  if (i32[theirs + End.WINDOW] !== 0) countUnanswered(i32, mine, PROBE);
}

/** Whether the other end has acknowledged all before that number, and not that: a probe would stand one number before. */
export function isAcknowledgedTo({ i32 }: ConnectionTable, theirs: number, seq: number): boolean {
  return (i32[theirs + End.FLAGS]! & EndFlag.ACK_KNOWN) !== 0 && i32[theirs + End.MAX_ACK] === (seq | 0);
}

/** Whether a segment acknowledges more than those of its sender before, as no probe does. */
export function acknowledgesMore({ i32 }: ConnectionTable, mine: number, segment: Segment): boolean {
  const isKnown = (i32[mine + End.FLAGS]! & EndFlag.ACK_KNOWN) !== 0;
  const hasAck = (segment.flags & TcpFlag.ACK) !== 0;
  return isKnown && hasAck && serialDiff(segment.ack, i32[mine + End.MAX_ACK]!) > 0;
}
