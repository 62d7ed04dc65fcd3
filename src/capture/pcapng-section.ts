/** First octets of every pcapng file; reads the same in both byte orders. */
export const SECTION_HEADER_BLOCK = 0x0a0d0d0a;

const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

/** Octet offsets in a section header block. */
const enum SectionHeader {
  TOTAL_LEN = 4,
  BYTE_ORDER = 8,
  VERSION_MAJOR = 12,
  VERSION_MINOR = 14,
}

/** Octets of a section header block that are needed to read it. */
export const SECTION_HEADER_LEN = 16;

/** A section header block without options. */
export const MIN_SECTION_BLOCK_LEN = 28;

export interface SectionHeaderFields {
  readonly littleEndian: boolean;
  readonly totalLen: number;
  readonly versionMajor: number;
  readonly versionMinor: number;
}

/** Whether these four octets begin a pcapng section. */
export function isPcapng(view: DataView, at: number): boolean {
  return view.getUint32(at) === SECTION_HEADER_BLOCK;
}

/** Reads the section header block at `at`, of which `SECTION_HEADER_LEN` octets are there; null where its byte order magic is none. */
export function readSectionHeader(view: DataView, at: number): SectionHeaderFields | null {
  const littleEndian = view.getUint32(at + SectionHeader.BYTE_ORDER, true) === BYTE_ORDER_MAGIC;
  if (!littleEndian && view.getUint32(at + SectionHeader.BYTE_ORDER, false) !== BYTE_ORDER_MAGIC) return null;
  return {
    littleEndian,
    totalLen: view.getUint32(at + SectionHeader.TOTAL_LEN, littleEndian),
    versionMajor: view.getUint16(at + SectionHeader.VERSION_MAJOR, littleEndian),
    versionMinor: view.getUint16(at + SectionHeader.VERSION_MINOR, littleEndian),
  };
}
