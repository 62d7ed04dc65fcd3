import type { ByteSource } from './byte-source.js';
import type { PcapHeader } from './pcap-header.js';

/** Length of a record header in octets, by variant; the likeliest first. */
const RECORD_HEADER_LENS = {
  standard: [16, 24], // Red Hat 6.1's libpcap wrote the longer header under the standard magic
  modified: [24, 28], // SuSE 6.3's appends four octets more
} as const;

/** Records that have to make sense for a length of the record header to be believed. */
const RECORDS_TO_TRY = 4;

/**
 * The length of this file's record headers. The magic does not always tell, so the first records in memory are tried:
 * the usual length holds unless they make no sense with it while they all do with the other.
 */
export function chooseRecordHeaderLen(header: PcapHeader, maxCapturedLen: number, source: ByteSource): number {
  const [usual, other] = RECORD_HEADER_LENS[header.variant];
  if (header.lengthOrder !== 'captured-first' || header.nsPerUnit !== 1000) return usual;
  if (saneRecords(usual, header, maxCapturedLen, source) !== 'nonsense') return usual;
  return saneRecords(other, header, maxCapturedLen, source) === 'sane' ? other : usual;
}

/** Whether the first records make sense; 'unknown' when the octets in memory end too early to say. */
function saneRecords(
  headerLen: number,
  header: PcapHeader,
  maxCapturedLen: number,
  source: ByteSource,
): 'sane' | 'nonsense' | 'unknown' {
  const { view, end } = source;
  let at = source.start;
  for (let record = 0; record < RECORDS_TO_TRY; record++) {
    if (at === end && record > 1) return 'sane';
    if (at + headerLen > end) return 'unknown';
    const fraction = view.getUint32(at + 4, header.littleEndian);
    const capturedLen = view.getUint32(at + 8, header.littleEndian);
    const originalLen = view.getUint32(at + 12, header.littleEndian);
    if (fraction >= 1_000_000 || capturedLen > maxCapturedLen || capturedLen > originalLen) return 'nonsense';
    at += headerLen + capturedLen;
  }
  return 'sane';
}
