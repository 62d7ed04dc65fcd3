import { readLinkTypeField } from './link-type-field.js';

export const PCAP_FILE_HEADER_LEN = 24;

/** Octet offsets in the file header, in order. */
const enum FileHeader {
  MAGIC = 0,
  VERSION_MAJOR = 4,
  VERSION_MINOR = 6,
  TIME_ZONE = 8,
  ACCURACY = 12,
  SNAPLEN = 16,
  LINK_TYPE = 20,
}

const MAGIC_MICROSECONDS = 0xa1b2c3d4;
const MAGIC_NANOSECONDS = 0xa1b23c4d;
const MAGIC_MODIFIED = 0xa1b2cd34;

/** In which order a record header gives the captured and the original length. */
export type LengthOrder = 'captured-first' | 'original-first' | 'smaller-is-captured';

export interface PcapHeader {
  readonly variant: 'standard' | 'modified';
  readonly littleEndian: boolean;
  readonly versionMajor: number;
  readonly versionMinor: number;
  /** Nanoseconds in one unit of a record's fraction of a second: 1000 or 1. */
  readonly nsPerUnit: number;
  readonly lengthOrder: LengthOrder;
  /** 0: no limit. */
  readonly snaplen: number;
  readonly linkType: number;
  readonly fcsLen: number;
}

/** Whether these octets begin as a classic pcap file does. Needs four of them. */
export function isPcap(view: DataView, at: number): boolean {
  return byteOrder(view, at) !== null;
}

/** Reads a file header of `PCAP_FILE_HEADER_LEN` octets that begins with a pcap magic; null where it does not. */
export function readPcapHeader(view: DataView, at: number): PcapHeader | null {
  const littleEndian = byteOrder(view, at);
  if (littleEndian === null) return null;
  const magic = view.getUint32(at + FileHeader.MAGIC, littleEndian);
  const versionMajor = view.getUint16(at + FileHeader.VERSION_MAJOR, littleEndian);
  const versionMinor = view.getUint16(at + FileHeader.VERSION_MINOR, littleEndian);
  const rawLinkType = view.getUint32(at + FileHeader.LINK_TYPE, littleEndian);
  const aixLinkType =
    magic === MAGIC_MICROSECONDS && versionMajor === 2 && versionMinor === 2
      ? AIX_LINK_TYPES.get(rawLinkType)
      : undefined;
  const { linkType, fcsLen } =
    aixLinkType === undefined ? readLinkTypeField(rawLinkType) : { linkType: aixLinkType, fcsLen: 0 };
  return {
    variant: magic === MAGIC_MODIFIED ? 'modified' : 'standard',
    littleEndian,
    versionMajor,
    versionMinor,
    nsPerUnit: magic === MAGIC_NANOSECONDS || aixLinkType !== undefined ? 1 : 1000,
    lengthOrder: lengthOrder(versionMajor, versionMinor),
    snaplen: view.getUint32(at + FileHeader.SNAPLEN, littleEndian),
    linkType,
    fcsLen,
  };
}

/** AIX writes version 2.2, nanoseconds, and interface types of RFC 1573 (Ethernet, token ring, FDDI, loopback) for link types. */
const AIX_LINK_TYPES = new Map([
  [6, 1],
  [9, 6],
  [15, 10],
  [24, 0],
]);

/**
 * The lengths changed places in version 2.3, but some files say 2.3 without having them changed. DG/UX wrote version 543.0
 * with the old order.
 */
function lengthOrder(major: number, minor: number): LengthOrder {
  if (major === 543 || (major === 2 && minor < 3)) return 'original-first';
  return major === 2 && minor === 3 ? 'smaller-is-captured' : 'captured-first';
}

/** Little-endian: true, big-endian: false, not a pcap file: null. */
function byteOrder(view: DataView, at: number): boolean | null {
  for (const littleEndian of [true, false]) {
    const magic = view.getUint32(at, littleEndian);
    if (magic === MAGIC_MICROSECONDS || magic === MAGIC_NANOSECONDS || magic === MAGIC_MODIFIED) return littleEndian;
  }
  return null;
}
