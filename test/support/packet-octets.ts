import type { Frame, SegmentFrame } from './frame.js';

/** Link layers that a conversation can be captured on, with their LINKTYPE_ numbers. */
export const LINK_TYPES = { ethernet: 1, raw: 101, null: 0, sll: 113, sll2: 276 } as const;
export type LinkTypeName = keyof typeof LINK_TYPES;

/** The whole frame as it was on the wire, before any cut. */
export function frameOctets(frame: Frame, linkType: LinkTypeName = 'ethernet'): Uint8Array {
  if ('raw' in frame) return frame.raw;
  const packet = ipPacket(frame);
  return Uint8Array.from([...linkHeader(frame, linkType), ...packet]);
}

function linkHeader(frame: SegmentFrame, linkType: LinkTypeName): number[] {
  if (frame.vlans.length > 0 && linkType !== 'ethernet')
    throw new Error(`@vlan needs linkType ethernet, not ${linkType}`);
  const isV4 = frame.from.octets.length === 4;
  const etherType = isV4 ? [0x08, 0x00] : [0x86, 0xdd];
  switch (linkType) {
    case 'ethernet': {
      const tags = frame.vlans.flatMap((id, i) => [
        ...(i < frame.vlans.length - 1 ? [0x88, 0xa8] : [0x81, 0x00]),
        ...be16(id),
      ]);
      return [...mac(frame.to.octets), ...mac(frame.from.octets), ...tags, ...etherType];
    }
    case 'raw':
      return [];
    case 'null': // the capturing host's byte order: little-endian here; AF_INET6 of Linux would be 10, of macOS 30
      return [isV4 ? 2 : 30, 0, 0, 0];
    case 'sll': // packet type 0 (to us), ARPHRD_ETHER, address length 6
      return [0, 0, 0, 1, 0, 6, ...mac(frame.from.octets), 0, 0, ...etherType];
    case 'sll2':
      return [...etherType, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, ...mac(frame.from.octets), 0, 0];
  }
}

function ipPacket(frame: SegmentFrame): number[] {
  const segment = tcpSegment(frame);
  const { from, to } = frame;
  if (from.octets.length === 16) {
    const header = [0x60, 0, 0, 0, ...be16(frame.ipLength ?? segment.length), 6, frame.ttl];
    return [...header, ...from.octets, ...to.octets, ...segment];
  }
  const header = [
    ...[0x45, 0],
    ...be16(frame.ipLength ?? 20 + segment.length),
    ...be16(frame.id),
    ...[frame.dontFragment ? 0x40 : 0, 0, frame.ttl, 6, 0, 0],
    ...from.octets,
    ...to.octets,
  ];
  const sum = internetChecksum(header);
  header[10] = sum >> 8;
  header[11] = sum & 255;
  return [...header, ...segment];
}

function tcpSegment(frame: SegmentFrame): number[] {
  const options = frame.options.flatMap(({ kind, data }) => (kind < 2 ? [kind] : [kind, data.length + 2, ...data]));
  while (options.length % 4 !== 0) options.push(0);
  const dataOffset = frame.dataOffset ?? 5 + options.length / 4;
  const { from, to } = frame;
  const segment = [
    ...be16(from.port),
    ...be16(to.port),
    ...be32(frame.seq),
    ...be32(frame.ack),
    ...[dataOffset << 4, frame.flags],
    ...be16(frame.window),
    ...[0, 0],
    ...be16(frame.urgent),
    ...options,
    ...frame.payload,
  ];
  const pseudoHeader = [...from.octets, ...to.octets, ...be32(segment.length), 0, 0, 0, 6];
  const sum = frame.checksum ?? internetChecksum([...pseudoHeader, ...segment]);
  segment[16] = sum >> 8;
  segment[17] = sum & 255;
  return segment;
}

/** RFC 1071. */
function internetChecksum(octets: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < octets.length; i += 2) sum += ((octets[i] ?? 0) << 8) | (octets[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** A locally administered address made of the last four octets of the IP address. */
function mac(address: Uint8Array): number[] {
  return [2, 0, ...address.slice(-4)];
}

function be16(value: number): number[] {
  return [(value >> 8) & 255, value & 255];
}

function be32(value: number): number[] {
  return [(value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}
