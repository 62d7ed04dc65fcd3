/** TCP options: `append-options.ts` for the short way. */
import { SegmentOption } from '../../segment/segment-bits';
import { Column } from '../../segment/segment-columns';
import { FAST_OPEN_MAGIC, TcpOption, TcpOptionLen } from '../../wire/tcp-options';
import { netU16, netU32, setU16, setU32, setU8 } from './octets';

const FNV_OFFSET: i32 = 0x811c9dc5;
const FNV_PRIME: i32 = 0x01000193;

/** Reads the options at `at` to `end` - 1 into row `row`, of a header that ends at `headerEnd`: bits of `SegmentOption`. */
export function appendOptions(at: i32, end: i32, headerEnd: i32, row: i32): i32 {
  let seen: i32 = 0;
  let layout = FNV_OFFSET;
  while (at < end) {
    const kind: i32 = load<u8>(at);
    layout = (layout ^ kind) * FNV_PRIME;
    if (kind == TcpOption.NOP) {
      at++;
      continue;
    }
    if (kind == TcpOption.END) {
      end = headerEnd; // nothing after it can be missed
      break;
    }
    if (at + 1 >= end) break;
    const len: i32 = load<u8>(at + 1);
    if (len < 2 || at + len > headerEnd) {
      end = headerEnd;
      break;
    }
    if (at + len > end) break;
    seen |= appendOption(kind, len, at, row);
    at += len;
  }
  setU32(Column.OPTION_LAYOUT, row, layout);
  return end < headerEnd ? seen | SegmentOption.CUT : seen;
}

function appendOption(kind: i32, len: i32, at: i32, row: i32): i32 {
  if (kind == TcpOption.TIMESTAMP) {
    if (len != TcpOptionLen.TIMESTAMP) return 0;
    setU32(Column.TSVAL, row, netU32(at + 2));
    setU32(Column.TSECR, row, netU32(at + 6));
    return SegmentOption.TIMESTAMP;
  }
  if (kind == TcpOption.SACK) {
    if (len < TcpOptionLen.SACK_MIN) return 0;
    setU32(Column.SACK_LEFT, row, netU32(at + 2));
    setU32(Column.SACK_RIGHT, row, netU32(at + 6));
    return SegmentOption.SACK;
  }
  if (kind == TcpOption.MSS) {
    if (len != TcpOptionLen.MSS) return 0;
    setU16(Column.MSS, row, netU16(at + 2));
    return SegmentOption.MSS;
  }
  if (kind == TcpOption.WINDOW_SCALE) {
    if (len != TcpOptionLen.WINDOW_SCALE) return 0;
    setU8(Column.WINDOW_SHIFT, row, load<u8>(at + 2));
    return SegmentOption.WINDOW_SCALE;
  }
  if (kind == TcpOption.MD5 || kind == TcpOption.AUTHENTICATION || kind == TcpOption.MPTCP)
    return SegmentOption.AUTH_OR_MPTCP;
  if (kind == TcpOption.FAST_OPEN) return SegmentOption.FAST_OPEN;
  if (kind == TcpOption.EXPERIMENTAL && len >= 4 && netU16(at + 2) == FAST_OPEN_MAGIC) return SegmentOption.FAST_OPEN;
  return 0;
}
