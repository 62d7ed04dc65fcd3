import { TcpFlag } from '../segment/segment-batch.js';
import { End, EndFlag, Head, endOffset, type ConnectionTable } from './connection-table.js';
import { remember, signature } from './duplicate-frame.js';
import type { Segment } from './segment.js';

/** What every segment leaves behind with its connection, whatever it meant. */
export function noteSegment(table: ConnectionTable, slot: number, segment: Segment): void {
  const words = table.i32;
  const f64 = table.f64;
  const at = table.at(slot);
  const mine = at + endOffset(segment.end);
  const theirs = at + endOffset(1 - segment.end);
  const { ns, flags, len } = segment;
  const idle = ns - f64[(at + Head.LAST_NS) >> 1]!;
  if (idle > f64[(at + Head.IDLE_MAX) >> 1]!) f64[(at + Head.IDLE_MAX) >> 1] = idle;
  f64[(at + Head.LAST_NS) >> 1] = ns;
  words[at + Head.LAST_FRAME] = segment.frame;
  words[at + Head.LAST_CAPTURE] = segment.capture;
  // Resets are left out: one sent by a device between must not become the host's own TTL.
  if ((flags & TcpFlag.RST) === 0) {
    const { ttl } = segment;
    const known = words[mine + End.TTL]!;
    if (known === 0) words[mine + End.TTL] = ttl | (ttl << 8) | (ttl << 16);
    else if (((known >> 8) & 255) > ttl) words[mine + End.TTL] = (known & 0xff00ff) | (ttl << 8);
    else if (((known >> 16) & 255) < ttl) words[mine + End.TTL] = (known & 0x00ffff) | (ttl << 16);
    words[mine + End.IP_ID] = segment.ipId;
    words[mine + End.WINDOW] = segment.window;
    words[theirs + End.UNANSWERED] = 0;
  }
  f64[(mine + End.LAST_NS) >> 1] = ns;
  if (len > 0) f64[(mine + End.LAST_DATA_NS) >> 1] = ns;
  words[mine + End.LAST_SEQ] = segment.seq;
  words[mine + End.LAST_ACK] = segment.ack;
  words[mine + End.LAST_LEN] = len;
  words[mine + End.LAST_FLAGS] = flags;
  remember(table, mine, words[mine + End.PACKETS]!, signature(segment), ns);
  words[mine + End.PACKETS]!++;
  words[mine + End.FLAGS]! |= EndFlag.HEARD;
}
