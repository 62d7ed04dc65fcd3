import { FAST_OPEN_MAGIC, TcpOption, TcpOptionLen } from '../wire/tcp-options.js';
import { SegmentOption, type SegmentBatch } from './segment-batch.js';

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * Reads the TCP options at `at` … `end`-1 into row `row`. `end` may lie before `headerEnd`, where the header ends on the
 * wire: then `SegmentOption.CUT` is set. A malformed option ends the walk; what stood before it counts.
 */
export function appendOptions(
  view: DataView,
  at: number,
  end: number,
  headerEnd: number,
  batch: SegmentBatch,
  row: number,
): void {
  let seen = 0;
  let layout = FNV_OFFSET;
  while (at < end) {
    const kind = view.getUint8(at);
    layout = Math.imul(layout ^ kind, FNV_PRIME);
    if (kind === TcpOption.NOP) {
      at += 1;
      continue;
    }
    if (kind === TcpOption.END) {
      end = headerEnd; // nothing after it can be missed
      break;
    }
    if (at + 1 >= end) break;
    const len = view.getUint8(at + 1);
    if (len < 2 || at + len > headerEnd) {
      end = headerEnd;
      break;
    }
    if (at + len > end) break;
    switch (kind) {
      case TcpOption.TIMESTAMP:
        if (len !== TcpOptionLen.TIMESTAMP) break;
        seen |= SegmentOption.TIMESTAMP;
        batch.tsval[row] = view.getUint32(at + 2);
        batch.tsecr[row] = view.getUint32(at + 6);
        break;
      case TcpOption.SACK:
        if (len < TcpOptionLen.SACK_MIN) break;
        seen |= SegmentOption.SACK;
        batch.sackLeft[row] = view.getUint32(at + 2);
        batch.sackRight[row] = view.getUint32(at + 6);
        break;
      case TcpOption.MSS:
        if (len !== TcpOptionLen.MSS) break;
        seen |= SegmentOption.MSS;
        batch.mss[row] = view.getUint16(at + 2);
        break;
      case TcpOption.WINDOW_SCALE:
        if (len !== TcpOptionLen.WINDOW_SCALE) break;
        seen |= SegmentOption.WINDOW_SCALE;
        batch.windowShift[row] = view.getUint8(at + 2);
        break;
      case TcpOption.MD5:
      case TcpOption.AUTHENTICATION:
      case TcpOption.MPTCP:
        seen |= SegmentOption.AUTH_OR_MPTCP;
        break;
      case TcpOption.FAST_OPEN:
        seen |= SegmentOption.FAST_OPEN;
        break;
      case TcpOption.EXPERIMENTAL:
        if (len >= 4 && view.getUint16(at + 2) === FAST_OPEN_MAGIC) seen |= SegmentOption.FAST_OPEN;
        break;
      default:
        break;
    }
    at += len;
  }
  if (end < headerEnd) seen |= SegmentOption.CUT;
  batch.options[row] = batch.options[row]! | seen;
  batch.optionLayout[row] = layout;
}
