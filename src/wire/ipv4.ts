import { afterIpProtocol } from './ip-protocol.js';
import { Layer, type Step } from './layer.js';
import { Stop } from './stop-reason.js';
import { IpFamily, type Walk } from './walk.js';

/** Octet offsets inside an IPv4 header, in header order (RFC 791 §3.1). */
export const enum Ipv4Field {
  VERSION_IHL = 0,
  TOTAL_LENGTH = 2,
  IDENTIFICATION = 4,
  FLAGS_OFFSET = 6,
  TTL = 8,
  PROTOCOL = 9,
  SOURCE = 12,
  DESTINATION = 16,
  OPTIONS = 20,
}

export const IPV4_MIN_HEADER_LEN = Ipv4Field.OPTIONS;
/** Bits of FLAGS_OFFSET: "more fragments", and the offset in units of eight octets. */
export const IPV4_MORE_FRAGMENTS = 0x2000;
export const IPV4_FRAGMENT_OFFSET = 0x1fff;

/**
 * IPv4. The layer ends where the total length says, so that Ethernet padding is left out. Where that lies behind the
 * frame's end, either a tool cut the frame and forgot its true length, or the header is damaged: its checksum tells.
 */
export function walkIpv4(walk: Walk): Step {
  const { view, at } = walk;
  if (walk.left < IPV4_MIN_HEADER_LEN) return walk.lacks(IPV4_MIN_HEADER_LEN);
  const versionIhl = view.getUint8(at + Ipv4Field.VERSION_IHL);
  if (versionIhl >> 4 !== 4) return versionIhl >> 4 === 6 ? Layer.IPV6 : Stop.BadIpVersion; // a wrong type before it
  const headerLen = (versionIhl & 0x0f) * 4;
  if (headerLen < IPV4_MIN_HEADER_LEN) return Stop.BadIpLength;
  const totalLen = view.getUint16(at + Ipv4Field.TOTAL_LENGTH);
  if (totalLen !== 0) {
    if (totalLen < headerLen) return Stop.BadIpLength;
    if (at + totalLen <= walk.wireEnd || isWholeHeader(walk, headerLen)) walk.believe(at, totalLen);
  } // else segmentation offload: the packet fills the frame

  walk.ipAt = at;
  walk.ipFamily = IpFamily.V4;
  walk.at = at + headerLen;
  const flagsOffset = view.getUint16(at + Ipv4Field.FLAGS_OFFSET);
  if ((flagsOffset & IPV4_FRAGMENT_OFFSET) !== 0) return Stop.LaterFragment;
  walk.isFirstFragment = (flagsOffset & IPV4_MORE_FRAGMENTS) !== 0;
  return afterIpProtocol(walk, view.getUint8(at + Ipv4Field.PROTOCOL));
}

/** IPv4 or IPv6, by the version nibble. */
export function walkIp(walk: Walk): Step {
  if (walk.left < 1) return walk.lacks(1);
  const version = walk.view.getUint8(walk.at) >> 4;
  return version === 4 ? Layer.IPV4 : version === 6 ? Layer.IPV6 : Stop.BadIpVersion;
}

/** Whether the header's checksum is right (RFC 1071), or the header was cut and nobody can say. */
function isWholeHeader(walk: Walk, headerLen: number): boolean {
  if (walk.left < headerLen) return true;
  let sum = 0;
  for (let at = walk.at; at < walk.at + headerLen; at += 2) sum += walk.view.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum === 0xffff;
}
