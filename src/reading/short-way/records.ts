/**
 * The short way of records, in AssemblyScript: those of a classic pcap file that hold Ethernet, IPv4 without options and
 * TCP, one after the other. It fills rows as `SegmentDecoder.decode` would, and stops before the first record that is
 * anything else; a test holds both ways to the same batches.
 */
import { SegmentOption, TcpFlag, Family } from '../../segment/segment-bits';
import { Column } from '../../segment/segment-columns';
import { PlainDesk } from '../plain-desk';
import { appendOptions } from './options';
import { netU16, netU32, setU16, setU32, setU8 } from './octets';

const RECORD_HEADER_LEN: i32 = 16;
/** Ethernet's type field, IPv4's first octet; what they hold where the rest follows (RFC 791 §3.1). */
const ETHER_TYPE: i32 = 12;
const IP: i32 = 14;
const IPV4_WITHOUT_OPTIONS: i32 = 0x080045;
const IP_HEADER_LEN: i32 = 20;
const TCP: i32 = IP + IP_HEADER_LEN;
const TCP_HEADER_LEN: i32 = 20;
/** "More fragments" and the fragment offset. */
const ANY_FRAGMENT: i32 = 0x3fff;
const PROTOCOL_TCP: i32 = 6;
/** Two NOPs, kind 8, length 10 (RFC 7323 appendix A): the options of a header of 32 octets, as nearly every one is. */
const NOP_NOP_TIMESTAMP: i32 = 0x0101080a;
const TIMESTAMP_HEADER_LEN: i32 = 32;

/** Decodes records from the octet at `pos` on, as long as they end before `limit`, are plain, and find room. What comes next. */
export function decode(pos: i32, limit: i32): i32 {
  const maxLen = load<u32>(PlainDesk.MAX_CAPTURED_LEN);
  let frame = load<i32>(PlainDesk.FRAME);
  let row = load<i32>(PlainDesk.ROWS);
  let cut = load<i32>(PlainDesk.CUT_FRAMES);
  let previousNs = load<f64>(PlainDesk.PREVIOUS_NS);
  while (row < PlainDesk.FULL && pos + RECORD_HEADER_LEN <= limit) {
    const capturedLen = fileU32(pos + 8);
    const originalLen = fileU32(pos + 12);
    const at = pos + RECORD_HEADER_LEN;
    if (capturedLen > maxLen || capturedLen > <u32>(limit - at) || <i32>originalLen < 0) break;
    const ns = timeOf(pos);
    if (!(ns >= previousNs)) break;
    if (!decodeFrame(at, capturedLen, originalLen, row)) break;
    previousNs = ns;
    frame++;
    if (capturedLen < originalLen) cut++;
    setU32(Column.FRAME, row, frame);
    store<f64>(PlainDesk.BATCH + Column.TIME_NS * PlainDesk.CAPACITY + (row << 3), ns);
    row++;
    pos = at + capturedLen;
  }
  store<i32>(PlainDesk.FRAME, frame);
  store<i32>(PlainDesk.ROWS, row);
  store<i32>(PlainDesk.CUT_FRAMES, cut);
  store<f64>(PlainDesk.PREVIOUS_NS, previousNs);
  return pos;
}

function fileU32(at: i32): u32 {
  return load<i32>(PlainDesk.LITTLE_ENDIAN) != 0 ? load<u32>(at) : bswap<u32>(load<u32>(at));
}

function timeOf(pos: i32): f64 {
  const seconds = <f64>fileU32(pos) - load<f64>(PlainDesk.EPOCH_SECONDS);
  const nanoseconds = <f64>fileU32(pos + 4) * load<f64>(PlainDesk.NS_PER_UNIT);
  return seconds * 1000000000 + (nanoseconds - load<f64>(PlainDesk.EPOCH_NANOSECONDS));
}

/** Fills row `row` but for its frame number and time. False: the frame is not plain, and the row is nobody's. */
function decodeFrame(at: i32, capturedLen: i32, originalLen: i32, row: i32): bool {
  if (capturedLen < TCP + TCP_HEADER_LEN || (<u32>netU32(at + ETHER_TYPE)) >> 8 != IPV4_WITHOUT_OPTIONS) return false;
  const ip = at + IP;
  const totalLen = netU16(ip + 2);
  if (load<u8>(ip + 9) != PROTOCOL_TCP || (netU16(ip + 6) & ANY_FRAGMENT) != 0) return false;
  if (totalLen < IP_HEADER_LEN || IP + totalLen > originalLen) return false;
  const tcp = at + TCP;
  const wireEnd = ip + totalLen;
  const end = min(wireEnd, at + capturedLen);
  if (end - tcp < TCP_HEADER_LEN) return false;
  const offsetAndFlags = netU16(tcp + 12);
  const headerLen = (offsetAndFlags >> 12) << 2;
  const headerEnd = tcp + headerLen;
  if (headerLen < TCP_HEADER_LEN || headerEnd > wireEnd) return false;

  const flags = offsetAndFlags & 0xff;
  setU8(Column.FAMILY, row, Family.V4);
  setU32(Column.SRC, row, netU32(ip + 12));
  setU32(Column.DST, row, netU32(ip + 16));
  setU8(Column.TTL, row, load<u8>(ip + 8));
  setU16(Column.IP_ID, row, netU16(ip + 4));
  setU16(Column.SRC_PORT, row, netU16(tcp));
  setU16(Column.DST_PORT, row, netU16(tcp + 2));
  setU32(Column.SEQ, row, netU32(tcp + 4));
  setU32(Column.ACK, row, netU32(tcp + 8));
  setU8(Column.FLAGS, row, flags);
  setU16(Column.WINDOW, row, netU16(tcp + 14));
  setU32(Column.PAYLOAD_LEN, row, wireEnd - headerEnd);
  setU32(Column.OPTION_LAYOUT, row, 0);
  let options = SegmentOption.IP_ID | (wireEnd > end && wireEnd > headerEnd ? SegmentOption.PAYLOAD_CUT : 0);
  const optionsAt = tcp + TCP_HEADER_LEN;
  const isSyn = (flags & TcpFlag.SYN) != 0;
  if (headerLen == TIMESTAMP_HEADER_LEN && headerEnd <= end && !isSyn && netU32(optionsAt) == NOP_NOP_TIMESTAMP) {
    options |= SegmentOption.TIMESTAMP;
    setU32(Column.TSVAL, row, netU32(optionsAt + 4));
    setU32(Column.TSECR, row, netU32(optionsAt + 8));
  } else if (headerLen > TCP_HEADER_LEN) {
    options |= appendOptions(optionsAt, min(headerEnd, end), headerEnd, row);
    if (!isSyn) setU32(Column.OPTION_LAYOUT, row, 0);
  }
  setU16(Column.OPTIONS, row, options);
  return true;
}
