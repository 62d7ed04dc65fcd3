import { afterIpProtocol, IpProtocol } from './ip-protocol.js';
import { Layer, type Step } from './layer.js';
import { Stop } from './stop-reason.js';
import { IpFamily, type Walk } from './walk.js';

/** Octet offsets inside an IPv6 header, in header order (RFC 8200 §3). */
export const enum Ipv6Field {
  VERSION = 0,
  PAYLOAD_LENGTH = 4,
  NEXT_HEADER = 6,
  HOP_LIMIT = 7,
  SOURCE = 8,
  DESTINATION = 24,
  PAYLOAD = 40,
}

export const IPV6_HEADER_LEN = Ipv6Field.PAYLOAD;

const JUMBO_OPTION = 0xc2;
/** What lies above is damage: TCP has no window of 2^31 octets, and serial arithmetic could not count them. */
const MAX_JUMBO_LEN = 0x7fff_ffff;
const PAD1_OPTION = 0;

/** IPv6. Ends where the payload length says, as `walkIpv4`; a length of 0 is a jumbogram or segmentation offload. */
export function walkIpv6(walk: Walk): Step {
  const { view, at } = walk;
  if (walk.left < 1) return walk.lacks(IPV6_HEADER_LEN);
  const version = view.getUint8(at + Ipv6Field.VERSION) >> 4;
  if (version !== 6) return version === 4 ? Layer.IPV4 : Stop.BadIpVersion; // a wrong type before it
  if (walk.left < IPV6_HEADER_LEN) return walk.lacks(IPV6_HEADER_LEN);
  const nextHeader = view.getUint8(at + Ipv6Field.NEXT_HEADER);
  const payloadAt = at + Ipv6Field.PAYLOAD;
  let payloadLen = view.getUint16(at + Ipv6Field.PAYLOAD_LENGTH);
  if (payloadLen === 0 && nextHeader === IpProtocol.HOP_BY_HOP) payloadLen = jumboPayloadLen(walk, payloadAt);
  // BIG TCP leaves out the jumbo option at times: with a length of 0 the packet fills the frame
  if (payloadLen !== 0 || nextHeader === IpProtocol.NO_NEXT_HEADER) walk.believe(payloadAt, payloadLen);

  walk.ipAt = at;
  walk.ipFamily = IpFamily.V6;
  walk.isFirstFragment = false;
  walk.at = payloadAt;
  return afterIpProtocol(walk, nextHeader);
}

/** RFC 2675 §2: the payload length in the hop-by-hop header at `at`, or 0 where there is none that can be true. */
function jumboPayloadLen(walk: Walk, at: number): number {
  const { view, end } = walk;
  if (end - at < 8) return 0;
  const headerEnd = Math.min(end, at + (view.getUint8(at + 1) + 1) * 8);
  let option = at + 2;
  while (option + 2 <= headerEnd) {
    const kind = view.getUint8(option);
    if (kind === PAD1_OPTION) {
      option += 1;
      continue;
    }
    if (kind === JUMBO_OPTION) {
      const len = option + 6 <= headerEnd ? view.getUint32(option + 2) : 0;
      return len <= MAX_JUMBO_LEN ? len : 0;
    }
    option += 2 + view.getUint8(option + 1);
  }
  return 0;
}
