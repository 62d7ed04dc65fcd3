import { Ipv4Field } from '../wire/ipv4.js';
import { Ipv6Field } from '../wire/ipv6.js';
import { Stop } from '../wire/stop-reason.js';
import { TCP_MIN_HEADER_LEN, TCP_NEEDED_LEN, TcpField } from '../wire/tcp.js';
import { NOP_NOP_TIMESTAMP } from '../wire/tcp-options.js';
import { IpFamily, type Walk } from '../wire/walk.js';
import type { AddressTable } from './address-table.js';
import { appendOptions } from './append-options.js';
import { Family, SegmentOption, type SegmentBatch, TcpFlag } from './segment-batch.js';

/** A header of 32 octets: the fixed part, two NOPs and the timestamp option. */
const TIMESTAMP_HEADER_LEN = 32;

/**
 * Appends the TCP header at `walk.at` as a row of `batch`, without its frame number and time. The addresses are those
 * of the IP header at `walk.ipAt`; the payload's length comes from `walk.wireEnd`, not from what was captured.
 *
 * @returns `Stop.Segment` where a row was appended, else why not
 */
export function appendSegment(walk: Walk, addresses: AddressTable, batch: SegmentBatch): Stop {
  const { view, at, end, wireEnd, ipAt } = walk;
  if (end - at < TCP_NEEDED_LEN) return wireEnd - at < TCP_MIN_HEADER_LEN ? Stop.TcpTooShort : Stop.TcpSnapLength;
  const offsetAndFlags = view.getUint16(at + TcpField.DATA_OFFSET);
  const headerLen = (offsetAndFlags >> 12) * 4;
  if (headerLen < TCP_MIN_HEADER_LEN) return Stop.TcpBadDataOffset;
  const headerEnd = at + headerLen;
  if (headerEnd > wireEnd && !walk.isFirstFragment) {
    return wireEnd - at < TCP_MIN_HEADER_LEN ? Stop.TcpTooShort : Stop.TcpBadDataOffset;
  }

  const row = batch.length;
  const cut = wireEnd > end && wireEnd > headerEnd ? SegmentOption.PAYLOAD_CUT : 0;
  if (walk.ipFamily === IpFamily.V4) {
    batch.family[row] = Family.V4;
    batch.src[row] = view.getUint32(ipAt + Ipv4Field.SOURCE);
    batch.dst[row] = view.getUint32(ipAt + Ipv4Field.DESTINATION);
    batch.ttl[row] = view.getUint8(ipAt + Ipv4Field.TTL);
    batch.ipId[row] = view.getUint16(ipAt + Ipv4Field.IDENTIFICATION);
    batch.options[row] = SegmentOption.IP_ID | cut;
  } else {
    batch.family[row] = Family.V6;
    batch.src[row] = addresses.intern(view, ipAt + Ipv6Field.SOURCE);
    batch.dst[row] = addresses.intern(view, ipAt + Ipv6Field.DESTINATION);
    batch.ttl[row] = view.getUint8(ipAt + Ipv6Field.HOP_LIMIT);
    batch.ipId[row] = 0;
    batch.options[row] = cut;
  }
  batch.srcPort[row] = view.getUint16(at + TcpField.SRC_PORT);
  batch.dstPort[row] = view.getUint16(at + TcpField.DST_PORT);
  batch.seq[row] = view.getUint32(at + TcpField.SEQ);
  batch.ack[row] = view.getUint32(at + TcpField.ACK);
  batch.flags[row] = offsetAndFlags & 0xff;
  batch.window[row] = view.getUint16(at + TcpField.WINDOW);
  batch.payloadLen[row] = headerEnd < wireEnd ? wireEnd - headerEnd : 0; // options can reach into the next fragment
  batch.optionLayout[row] = 0;

  const optionsAt = at + TCP_MIN_HEADER_LEN;
  const isSyn = (offsetAndFlags & TcpFlag.SYN) !== 0;
  if (
    headerLen === TIMESTAMP_HEADER_LEN &&
    headerEnd <= end &&
    !isSyn &&
    view.getUint32(optionsAt) === NOP_NOP_TIMESTAMP
  ) {
    batch.options[row] = batch.options[row] | SegmentOption.TIMESTAMP;
    batch.tsval[row] = view.getUint32(optionsAt + 4);
    batch.tsecr[row] = view.getUint32(optionsAt + 8);
  } else if (headerLen > TCP_MIN_HEADER_LEN) {
    appendOptions(view, optionsAt, Math.min(headerEnd, end), headerEnd, batch, row);
    if (!isSyn) batch.optionLayout[row] = 0;
  }
  batch.length = row + 1;
  return Stop.Segment;
}
