import { TcpFlag, type SegmentBatch } from '../segment/segment-batch.js';
import { End, EndFlag, Head, type ConnectionTable } from './connection-table.js';
import { remember, signature } from './duplicate-frame.js';

/** What every segment leaves behind, whatever it meant. `mine` is the block of its sender, `theirs` that of the other end. */
export function noteSegment(
  table: ConnectionTable,
  at: number,
  mine: number,
  theirs: number,
  capture: number,
  batch: SegmentBatch,
  row: number,
): void {
  const words = table.i32;
  const f64 = table.f64;
  const ns = batch.timeNs[row]!;
  const flags = batch.flags[row]!;
  const len = batch.payloadLen[row]!;
  const idle = ns - f64[(at + Head.LAST_NS) >> 1]!;
  if (idle > f64[(at + Head.IDLE_MAX) >> 1]!) f64[(at + Head.IDLE_MAX) >> 1] = idle;
  f64[(at + Head.LAST_NS) >> 1] = ns;
  words[at + Head.LAST_FRAME] = batch.frame[row]!;
  words[at + Head.LAST_CAPTURE] = capture;
  // Resets are left out: one sent by a device between must not become the host's own TTL.
  if ((flags & TcpFlag.RST) === 0) {
    const ttl = batch.ttl[row]!;
    const known = words[mine + End.TTL]!;
    if (known === 0) words[mine + End.TTL] = ttl | (ttl << 8) | (ttl << 16);
    else if (((known >> 8) & 255) > ttl) words[mine + End.TTL] = (known & 0xff00ff) | (ttl << 8);
    else if (((known >> 16) & 255) < ttl) words[mine + End.TTL] = (known & 0x00ffff) | (ttl << 16);
    words[mine + End.IP_ID] = batch.ipId[row]!;
    words[mine + End.WINDOW] = batch.window[row]!;
    words[theirs + End.UNANSWERED] = 0;
  }
  f64[(mine + End.LAST_NS) >> 1] = ns;
  if (len > 0) f64[(mine + End.LAST_DATA_NS) >> 1] = ns;
  words[mine + End.LAST_SEQ] = batch.seq[row]!;
  words[mine + End.LAST_ACK] = batch.ack[row]!;
  words[mine + End.LAST_LEN] = len;
  words[mine + End.LAST_FLAGS] = flags;
  remember(table, mine, words[mine + End.PACKETS]!, signature(batch, row), ns);
  words[mine + End.PACKETS]!++;
  words[mine + End.FLAGS]! |= EndFlag.HEARD;
}
