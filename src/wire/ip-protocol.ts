import { icmpStop, icmpv6Stop } from './icmp.js';
import { Layer, type Step } from './layer.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

/** IP protocol numbers (IANA) that the walk acts on. */
export const enum IpProtocol {
  HOP_BY_HOP = 0,
  ICMP = 1,
  IPIP = 4,
  TCP = 6,
  UDP = 17,
  IPV6 = 41,
  ROUTING = 43,
  FRAGMENT = 44,
  GRE = 47,
  ESP = 50,
  AH = 51,
  MINIMAL_ENCAPSULATION = 55,
  ICMPV6 = 58,
  NO_NEXT_HEADER = 59,
  DESTINATION_OPTIONS = 60,
  IPIP_OLD = 94,
  ETHER_IP = 97,
  IPCOMP = 108,
  L2TPV3 = 115,
  MOBILITY = 135,
  UDP_LITE = 136,
  MPLS = 137,
  HIP = 139,
  SHIM6 = 140,
  ETHERNET = 143,
}

/**
 * Steps over the extension headers of RFC 8200 §4 to what they announce; `walk.at` is at the first octet after the IP
 * header. IPv4 packets with such protocol numbers are taken alike.
 */
export function afterIpProtocol(walk: Walk, protocol: number): Step {
  for (;;) {
    let headerLen: number;
    switch (protocol) {
      case IpProtocol.TCP:
        return Layer.TCP;
      case IpProtocol.UDP:
      case IpProtocol.UDP_LITE:
        return Layer.UDP;
      case IpProtocol.ICMP:
        return icmpStop(walk);
      case IpProtocol.ICMPV6:
        return icmpv6Stop(walk);
      case IpProtocol.IPIP:
      case IpProtocol.IPIP_OLD:
        return Layer.IP;
      case IpProtocol.IPV6:
        return Layer.IPV6;
      case IpProtocol.GRE:
        return Layer.GRE;
      case IpProtocol.ETHER_IP:
        return Layer.ETHER_IP;
      case IpProtocol.MINIMAL_ENCAPSULATION:
        return Stop.UnknownProtocol; // RFC 2004: hardly ever used, and the addresses lie elsewhere
      case IpProtocol.MPLS:
        return Layer.MPLS;
      case IpProtocol.ETHERNET:
        return Layer.ETHERNET;
      case IpProtocol.L2TPV3:
        return Layer.L2TPV3;
      case IpProtocol.ESP:
        return Stop.Encrypted;
      case IpProtocol.IPCOMP:
        return Stop.Compressed;
      case IpProtocol.HOP_BY_HOP:
      case IpProtocol.ROUTING:
      case IpProtocol.DESTINATION_OPTIONS:
      case IpProtocol.MOBILITY:
      case IpProtocol.HIP:
      case IpProtocol.SHIM6:
        if (walk.left < 8) return walk.lacks(8);
        headerLen = (walk.view.getUint8(walk.at + 1) + 1) * 8;
        break;
      case IpProtocol.AH: // RFC 4302 §2.2: counted in words of four octets, minus two
        if (walk.left < 8) return walk.lacks(8);
        headerLen = (walk.view.getUint8(walk.at + 1) + 2) * 4;
        break;
      case IpProtocol.FRAGMENT:
        if (walk.left < 8) return walk.lacks(8);
        if (walk.view.getUint16(walk.at + 2) >> 3 !== 0) return Stop.LaterFragment;
        walk.isFirstFragment = (walk.view.getUint8(walk.at + 3) & 1) !== 0;
        headerLen = 8;
        break;
      default:
        return Stop.OtherIpProtocol;
    }
    protocol = walk.view.getUint8(walk.at);
    walk.at += headerLen;
  }
}
