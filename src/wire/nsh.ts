import { Layer, type Step } from './layer.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

/** Network Service Header (RFC 8300 §2.2): length in words of four octets, next protocol. */
export function walkNsh(walk: Walk): Step {
  if (walk.left < 8) return walk.lacks(8);
  const words = walk.view.getUint8(walk.at + 1) & 0x3f;
  const protocol = walk.view.getUint8(walk.at + 3);
  if (words < 2) return Stop.TooShort;
  walk.at += words * 4;
  return afterNextProtocol(protocol);
}

/** Next protocol numbers that NSH and VXLAN-GPE share. */
export function afterNextProtocol(protocol: number): Step {
  switch (protocol) {
    case 1:
      return Layer.IPV4;
    case 2:
      return Layer.IPV6;
    case 3:
      return Layer.ETHERNET;
    case 4:
      return Layer.NSH;
    case 5:
      return Layer.MPLS;
    default:
      return Stop.TunnelControl;
  }
}
