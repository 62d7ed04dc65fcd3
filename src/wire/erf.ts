import { Layer, type Step } from './layer.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

/** Endace ERF: time stamp, type, flags, lengths in 16 octets, extension headers of eight, then by type. */
export function walkErf(walk: Walk): Step {
  if (walk.left < 16) return walk.lacks(16);
  const { view, at } = walk;
  const type = view.getUint8(at + 8);
  let next = at + 16;
  let more = (type & 0x80) !== 0;
  while (more) {
    if (next + 8 > walk.end) return walk.lacks(next + 8 - at);
    more = (view.getUint8(next) & 0x80) !== 0;
    next += 8;
  }
  walk.at = next;
  switch (type & 0x7f) {
    case 2: // Ethernet, several kinds: an offset and a pad octet first
    case 11:
    case 16:
    case 20:
      walk.at += 2;
      return Layer.ETHERNET;
    case 1: // HDLC, with PPP or Cisco's framing
    case 10:
    case 15:
    case 17:
      return Layer.C_HDLC;
    case 22:
      return Layer.IPV4;
    case 23:
      return Layer.IPV6;
    case 48: // padding
      return Stop.NotIp;
    default:
      return Stop.UnknownProtocol;
  }
}
