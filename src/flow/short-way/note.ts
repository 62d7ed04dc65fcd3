/** What every segment leaves behind: `last-segment.ts` for the short way, of a segment that is no reset. */
import { Column } from '../../segment/segment-columns';
import { End, EndFlag, Head } from '../record-layout';
import { remember } from './copies';
import { Desk } from '../desk';
import { float, rowNs, rowU16, rowU32, rowU8, setFloat, setWord, word } from './memory';

export function noteSegment(at: i32, mine: i32, theirs: i32, sign: i32, row: i32): void {
  const ns = rowNs(row);
  const len = rowU32(Column.PAYLOAD_LEN, row);
  const idle = ns - float(at, Head.LAST_NS);
  if (idle > float(at, Head.IDLE_MAX)) setFloat(at, Head.IDLE_MAX, idle);
  setFloat(at, Head.LAST_NS, ns);
  setWord(at, Head.LAST_FRAME, rowU32(Column.FRAME, row));
  setWord(at, Head.LAST_CAPTURE, load<i32>(Desk.CAPTURE));
  noteTtl(mine, rowU8(Column.TTL, row));
  setWord(mine, End.IP_ID, rowU16(Column.IP_ID, row));
  setWord(mine, End.WINDOW, rowU16(Column.WINDOW, row));
  setWord(theirs, End.UNANSWERED, 0);
  setFloat(mine, End.LAST_NS, ns);
  if (len > 0) setFloat(mine, End.LAST_DATA_NS, ns);
  setWord(mine, End.LAST_SEQ, rowU32(Column.SEQ, row));
  setWord(mine, End.LAST_ACK, rowU32(Column.ACK, row));
  setWord(mine, End.LAST_LEN, len);
  setWord(mine, End.LAST_FLAGS, rowU8(Column.FLAGS, row));
  const packets = word(mine, End.PACKETS);
  remember(mine, packets, sign, ns);
  setWord(mine, End.PACKETS, packets + 1);
  setWord(mine, End.FLAGS, word(mine, End.FLAGS) | EndFlag.HEARD);
}

function noteTtl(mine: i32, ttl: i32): void {
  const known = word(mine, End.TTL);
  if (known == 0) setWord(mine, End.TTL, ttl | (ttl << 8) | (ttl << 16));
  else if (((known >> 8) & 255) > ttl) setWord(mine, End.TTL, (known & 0xff00ff) | (ttl << 8));
  else if (((known >> 16) & 255) < ttl) setWord(mine, End.TTL, (known & 0x00ffff) | (ttl << 16));
}
