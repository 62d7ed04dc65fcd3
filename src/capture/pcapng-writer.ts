/**
 * Blocks of a pcapng file (draft-ietf-opsawg-pcapng), little-endian, one section. Each function returns one whole block;
 * the caller puts them one after the other: the section first, an interface before its packets.
 */

/** One interface of the file to be written. */
export interface InterfaceFacts {
  /** LINKTYPE_ number. */
  readonly linkType: number;
  /** 0: no limit. */
  readonly snaplen: number;
  /** Octets of frame check sequence at each frame's end; 0: none, or not known. */
  readonly fcsLen: number;
  readonly description: string;
  /** Seconds that readers add to every time; negative for packets before 1970. */
  readonly offsetSeconds: bigint;
}

export interface PacketFacts {
  /** Number of the interface in order of their blocks, from 0. */
  readonly interfaceId: number;
  /** Nanoseconds after the interface's offset, not negative. */
  readonly timeNs: bigint;
  /** What was captured. */
  readonly octets: Uint8Array;
  /** Length on the wire, octets. */
  readonly originalLen: number;
  readonly comments: readonly string[];
}

const BlockType = { SECTION: 0x0a0d0d0a, INTERFACE: 1, ENHANCED_PACKET: 6 } as const;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const OptionCode = {
  COMMENT: 1,
  SECTION_APPLICATION: 4,
  INTERFACE_DESCRIPTION: 3,
  INTERFACE_RESOLUTION: 9,
  INTERFACE_FCS_LEN: 13,
  INTERFACE_OFFSET: 14,
} as const;
/** if_tsresol: units of 10^-9 seconds. */
const NANOSECONDS = 9;
/** Longest value of an option, octets. */
const MAX_OPTION_LEN = 0xffff;

export function sectionBlock(application: string, comment: string): Buffer {
  const fixed = Buffer.alloc(16);
  fixed.writeUInt32LE(BYTE_ORDER_MAGIC, 0);
  fixed.writeUInt16LE(1, 4); // version 1.0
  fixed.writeBigInt64LE(-1n, 8); // the section's length is not told
  return block(BlockType.SECTION, fixed, [
    [OptionCode.COMMENT, text(comment)],
    [OptionCode.SECTION_APPLICATION, text(application)],
  ]);
}

export function interfaceBlock({ linkType, snaplen, fcsLen, description, offsetSeconds }: InterfaceFacts): Buffer {
  const fixed = Buffer.alloc(8);
  fixed.writeUInt16LE(linkType, 0);
  fixed.writeUInt32LE(snaplen, 4);
  const offset = Buffer.alloc(8);
  offset.writeBigInt64LE(offsetSeconds);
  return block(BlockType.INTERFACE, fixed, [
    [OptionCode.INTERFACE_DESCRIPTION, text(description)],
    [OptionCode.INTERFACE_RESOLUTION, Buffer.of(NANOSECONDS)],
    ...(fcsLen === 0 ? [] : [[OptionCode.INTERFACE_FCS_LEN, Buffer.of(fcsLen)] as const]),
    ...(offsetSeconds === 0n ? [] : [[OptionCode.INTERFACE_OFFSET, offset] as const]),
  ]);
}

export function packetBlock({ interfaceId, timeNs, octets, originalLen, comments }: PacketFacts): Buffer {
  const fixed = Buffer.alloc(20 + padded(octets.length));
  fixed.writeUInt32LE(interfaceId, 0);
  fixed.writeUInt32LE(Number(timeNs >> 32n), 4);
  fixed.writeUInt32LE(Number(timeNs & 0xffffffffn), 8);
  fixed.writeUInt32LE(octets.length, 12);
  fixed.writeUInt32LE(originalLen, 16);
  fixed.set(octets, 20);
  return block(
    BlockType.ENHANCED_PACKET,
    fixed,
    comments.map((comment) => [OptionCode.COMMENT, text(comment)]),
  );
}

/** @param fixed the body without its options, a multiple of four octets */
function block(
  type: number,
  fixed: Uint8Array,
  options: readonly (readonly [code: number, value: Uint8Array])[],
): Buffer {
  const optionsLen =
    options.reduce((sum, [, value]) => sum + 4 + padded(value.length), 0) + (options.length > 0 ? 4 : 0);
  const totalLen = 12 + fixed.length + optionsLen;
  const out = Buffer.alloc(totalLen);
  out.writeUInt32LE(type, 0);
  out.writeUInt32LE(totalLen, 4);
  out.set(fixed, 8);
  let at = 8 + fixed.length;
  for (const [code, value] of options) {
    out.writeUInt16LE(code, at);
    out.writeUInt16LE(value.length, at + 2);
    out.set(value, at + 4);
    at += 4 + padded(value.length);
  }
  out.writeUInt32LE(totalLen, totalLen - 4); // the end-of-options option before it is zeros
  return out;
}

const padded = (len: number): number => len + (-len & 3);

function text(value: string): Buffer {
  const octets = Buffer.from(value, 'utf8');
  return octets.length <= MAX_OPTION_LEN ? octets : octets.subarray(0, MAX_OPTION_LEN);
}
