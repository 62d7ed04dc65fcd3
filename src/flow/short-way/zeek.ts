/** Zeek's view of a segment that comes in order: `zeek-history.ts` for the short way. */
import { Column } from '../../segment/segment-columns';
import { Head } from '../record-layout';
import { ZeekEvent, ZeekKind, ZeekWord } from '../zeek-codes';
import { Desk } from '../desk';
import { float, rowNs, rowU32, rowU8, setFloat, setWord, word } from './memory';

/** The node of Zeek's connection after the segment; -1 where that needs a closer look. */
export function zeekAfter(at: i32, end: i32, row: i32): i32 {
  const z = word(at, Head.ZEEK);
  const node = z >> ZeekWord.NODE_SHIFT;
  if (z < 0 || node >= Desk.NODES) return -1;
  if ((z & ZeekWord.TIMED) != 0 && rowNs(row) >= float(at, Head.ZEEK_NS)) return -1;
  return edge(node, (end ^ z) & ZeekWord.ORIG, row);
}

/** Likewise after the first segment of a connection, from its originator. */
export function firstNode(row: i32): i32 {
  return edge(0, 0, row);
}

/** `fromResponder`: 0 or 1. */
function edge(node: i32, fromResponder: i32, row: i32): i32 {
  const flags = rowU8(Column.FLAGS, row);
  const data = rowU32(Column.PAYLOAD_LEN, row) != 0 ? ZeekEvent.DATA : 0;
  const event = (fromResponder << 5) | data | ((flags & 16) >> 1) | (flags & 7);
  return load<i16>(Desk.EDGES + (((node << 6) | event) << 1));
}

export function moveZeek(at: i32, next: i32, ns: f64): void {
  const z = word(at, Head.ZEEK);
  const node = z >> ZeekWord.NODE_SHIFT;
  if (node == next) return;
  const kind: i32 = load<u8>(Desk.KINDS + (next << 1));
  const was: i32 = load<u8>(Desk.KINDS + (node << 1));
  if (kind != was || (kind == ZeekKind.COMPLETE && closedEnds(next) != closedEnds(node))) {
    setFloat(at, Head.ZEEK_NS, ns + load<f64>(Desk.KEPT_NS + (kind << 3)));
  }
  const timed = kind == ZeekKind.OPEN ? 0 : ZeekWord.TIMED;
  setWord(at, Head.ZEEK, (next << ZeekWord.NODE_SHIFT) | timed | (z & (ZeekWord.ORIG | ZeekWord.RARE)));
}

function closedEnds(node: i32): i32 {
  return load<u8>(Desk.KINDS + (node << 1) + 1);
}
