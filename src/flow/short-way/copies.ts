/** Copies made by the capture: `duplicate-frame.ts` for the short way. */
import { SegmentOption } from '../../segment/segment-bits';
import { Column } from '../../segment/segment-columns';
import { BARE_NS, SAME_IP_ID_NS, SAME_TSVAL_NS } from '../limits';
import { End } from '../record-layout';
import { rowU16, rowU32, rowU8, setWord, word } from './memory';

export function signature(row: i32): i32 {
  const options = rowU16(Column.OPTIONS, row);
  const tsval = (options & SegmentOption.TIMESTAMP) != 0 ? rowU32(Column.TSVAL, row) : 0;
  let h = rowU32(Column.SEQ, row) ^ (rowU32(Column.ACK, row) * <i32>0x9e3779b1);
  h = ((h ^ (h >>> 15)) * <i32>0x85ebca6b) ^ tsval;
  h = ((h ^ (h >>> 13)) * <i32>0xc2b2ae35) ^ ((rowU16(Column.IP_ID, row) << 16) | rowU16(Column.WINDOW, row));
  h = ((h ^ (h >>> 16)) * 0x2c1b3c6d) ^ ((rowU32(Column.PAYLOAD_LEN, row) << 8) | rowU8(Column.FLAGS, row));
  if ((options & SegmentOption.SACK) != 0) h ^= rowU32(Column.SACK_RIGHT, row) * 0x297a2d39;
  h = (h ^ (h >>> 15)) * 0x297a2d39;
  return h ^ (h >>> 15);
}

/** Whether one of the sender's last four segments is the same one, a moment ago. */
export function isCopy(mine: i32, sign: i32, ns: f64, row: i32): bool {
  const options = rowU16(Column.OPTIONS, row);
  const hasIpId = (options & SegmentOption.IP_ID) != 0 && rowU16(Column.IP_ID, row) != 0;
  const windowNs = hasIpId ? SAME_IP_ID_NS : (options & SegmentOption.TIMESTAMP) != 0 ? SAME_TSVAL_NS : BARE_NS;
  const now = micros(ns);
  const window = <i32>(windowNs / 1000);
  for (let i: i32 = End.RECENT; i < End.RECENT + 8; i += 2) {
    const then = word(mine, i + 1);
    if (word(mine, i) == sign && then != 0) {
      const age = now - then;
      if (age <= window && age >= -window) return true;
    }
  }
  return false;
}

export function remember(mine: i32, count: i32, sign: i32, ns: f64): void {
  const i = End.RECENT + (count & 3) * 2;
  const now = micros(ns);
  setWord(mine, i, sign);
  setWord(mine, i + 1, now == 0 ? 1 : now);
}

/** Added to a number of less than 2^51, it leaves the nearest whole number in the lowest bits. */
const WHOLE: f64 = 6755399441055744;

/** `micros` of `duplicate-frame.ts`; a conversion to a whole number would take longer, for it looks whether there is room. */
function micros(ns: f64): i32 {
  const exact = ns / 1000;
  const nearest = exact + WHOLE;
  return <i32>reinterpret<i64>(nearest) - <i32>(nearest - WHOLE > exact);
}
