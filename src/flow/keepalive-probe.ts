/** Keepalive probes (RFC 9293 §3.8.4): what is one, and what only may be one. */
import { SegmentOption, TcpFlag, type SegmentBatch } from '../segment/segment-batch.js';
import { serialDiff } from '../wire/serial.js';
import { End, EndFlag, Head, type ConnectionTable } from './connection-table.js';
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
export function isProbe(
  table: ConnectionTable,
  slot: number,
  mine: number,
  theirs: number,
  batch: SegmentBatch,
  row: number,
): boolean {
  const { i32, f64 } = table;
  if ((batch.flags[row]! & (TcpFlag.SYN | TcpFlag.FIN)) !== 0) return false;
  if (!isAcknowledgedTo(table, theirs, batch.seq[row]! + 1)) return false;
  if (batch.timeNs[row]! - f64[(table.at(slot) + Head.LAST_NS) >> 1]! < PROBE_IDLE_NS) return false;
  const hasTimestamp = (batch.options[row]! & SegmentOption.TIMESTAMP) !== 0;
  const isTimestampKnown = (i32[mine + End.FLAGS]! & EndFlag.TSVAL_KNOWN) !== 0;
  return !hasTimestamp || !isTimestampKnown || serialDiff(batch.tsval[row]!, i32[mine + End.TSVAL]!) >= 0;
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
export function acknowledgesMore({ i32 }: ConnectionTable, mine: number, batch: SegmentBatch, row: number): boolean {
  const isKnown = (i32[mine + End.FLAGS]! & EndFlag.ACK_KNOWN) !== 0;
  const hasAck = (batch.flags[row]! & TcpFlag.ACK) !== 0;
  return isKnown && hasAck && serialDiff(batch.ack[row]!, i32[mine + End.MAX_ACK]!) > 0;
}
