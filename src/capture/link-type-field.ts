/** What the link type field of a pcap file header says. */
export interface LinkTypeField {
  /** LINKTYPE_ number. */
  readonly linkType: number;
  /** Octets of frame check sequence at each frame's end; 0 where the file does not say. */
  readonly fcsLen: number;
}

const FCS_LEN_IS_GIVEN = 0x04000000;

/**
 * Numbers that some systems wrote into files although they are that system's own DLT_ numbers, and the LINKTYPE_ meant.
 * Libpcap's map has them the other way round. (12 is also OpenBSD's loopback; Wireshark reads raw IP as well.)
 */
const DLT_IN_FILES = new Map([
  [11, 100], // RFC 1483 ATM
  [12, 101], // raw IP
  [14, 101], // raw IP on OpenBSD
  [19, 106], // classical IP over ATM on Linux
]);

/** The LINKTYPE_ number for one that a file gives. */
export function toLinkType(inFile: number): number {
  return DLT_IN_FILES.get(inFile) ?? inFile;
}

/** Takes the 32-bit field apart: four bits of FCS length in 16-bit units, a flag that they count, 16 bits of link type. */
export function readLinkTypeField(field: number): LinkTypeField {
  const fcsLen = (field & FCS_LEN_IS_GIVEN) === 0 ? 0 : (field >>> 28) * 2;
  return { linkType: toLinkType(field & 0xffff), fcsLen };
}
