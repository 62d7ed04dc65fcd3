import { Layer, type Step } from './layer.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

/** EtherType numbers (IEEE 802 registry) that the walk acts on. */
export const enum EtherType {
  IPV4 = 0x0800,
  ARP = 0x0806,
  TRILL = 0x22f3,
  TRANSPARENT_ETHERNET = 0x6558,
  RARP = 0x8035,
  VLAN = 0x8100,
  IPV6 = 0x86dd,
  BATMAN = 0x4305,
  PPP = 0x880b,
  MPLS = 0x8847,
  MPLS_MULTICAST = 0x8848,
  JUMBO_LLC = 0x8870,
  PPPOE_DISCOVERY = 0x8863,
  PPPOE_SESSION = 0x8864,
  PROVIDER_VLAN = 0x88a8,
  ITAG = 0x88e7,
  MACSEC = 0x88e5,
  FABRIC_PATH = 0x8903,
  CISCO_META_DATA = 0x8909,
  VNTAG = 0x8926,
  HSR = 0x892f,
  ETAG = 0x893f,
  NSH = 0x894f,
  QINQ_OLD = 0x9100,
  QINQ_OLD_2 = 0x9200,
  RTAG = 0xf1c1,
}

/** A type field below this is the length of an 802.3 frame, and LLC follows. */
export const FIRST_ETHERTYPE = 0x0600;

/** Well-known EtherTypes that carry no IP; what is neither here nor above is unknown, and may carry anything. */
const WITHOUT_IP: ReadonlySet<number> = new Set([
  0x0600, 0x0808, 0x0842, 0x0bad, 0x2000, 0x2001, 0x2003, 0x2004, 0x22ea, 0x22f0, 0x22f1, 0x22f4, 0x6000, 0x6001,
  0x6002, 0x6003, 0x6004, 0x6005, 0x6006, 0x6007, 0x6008, 0x6009, 0x7034, 0x8036, 0x8038, 0x803d, 0x803f, 0x8040,
  0x8046, 0x80f3, 0x809b, 0x80d5, 0x8102, 0x8137, 0x8138, 0x8191, 0x8204, 0x8281, 0x8600, 0x8694, 0x8783, 0x8808,
  0x8809, 0x8819, 0x8820, 0x8829, 0x8856, 0x885a, 0x886d, 0x8872, 0x8873, 0x8874, 0x887b, 0x887e, 0x888e, 0x888f,
  0x8892, 0x8899, 0x889a, 0x88a2, 0x88a4, 0x88ab, 0x88ae, 0x88b5, 0x88b6, 0x88b7, 0x88b8, 0x88b9, 0x88ba, 0x88bb,
  0x88bf, 0x88c7, 0x88ca, 0x88cb, 0x88cc, 0x88cd, 0x88d8, 0x88d9, 0x88da, 0x88dc, 0x88de, 0x88e1, 0x88e3, 0x88ed,
  0x88ee, 0x88ef, 0x88f5, 0x88f6, 0x88f7, 0x88f8, 0x88fb, 0x8902, 0x8906, 0x890d, 0x890e, 0x8914, 0x8915, 0x8917,
  0x8919, 0x891d, 0x8929, 0x892d, 0x8940, 0x8946, 0x8947, 0x8948, 0x894c, 0x8998, 0x89ff, 0x9000, 0x9003, 0x9021,
  0x99fe, 0xb4e3, 0xdada, 0xfefe, 0xffff,
]);

/** Bits of the TCI octet of a MACsec tag (IEEE 802.1AE §9.5) that change its form. */
const MACSEC_SCI = 0x20;
const MACSEC_ENCRYPTED_OR_CHANGED = 0x0c;
const MACSEC_ICV_LEN = 16;

/** Steps into what `type` announces; `walk.at` is at the first octet after the type field. */
export function afterEtherType(walk: Walk, type: number): Step {
  for (;;) {
    let tagLen: number;
    switch (type) {
      case EtherType.IPV4:
        return Layer.IPV4;
      case EtherType.IPV6:
        return Layer.IPV6;
      case EtherType.VLAN:
      case EtherType.PROVIDER_VLAN:
      case EtherType.QINQ_OLD:
      case EtherType.QINQ_OLD_2:
        tagLen = 2;
        break;
      case EtherType.VNTAG:
      case EtherType.HSR:
      case EtherType.RTAG:
        tagLen = 4;
        break;
      case EtherType.ETAG:
      case EtherType.CISCO_META_DATA:
        tagLen = 6;
        break;
      case EtherType.MACSEC:
        if (walk.left < 1) return walk.lacks(1);
        if ((walk.view.getUint8(walk.at) & MACSEC_ENCRYPTED_OR_CHANGED) !== 0) return Stop.Encrypted;
        tagLen = (walk.view.getUint8(walk.at) & MACSEC_SCI) !== 0 ? 14 : 6;
        walk.limit(walk.at, Math.max(0, walk.wireEnd - walk.at - MACSEC_ICV_LEN));
        break;
      case EtherType.ARP:
      case EtherType.RARP:
        return Stop.Arp;
      case EtherType.PPPOE_SESSION:
        return Layer.PPPOE;
      case EtherType.MPLS:
      case EtherType.MPLS_MULTICAST:
        return Layer.MPLS;
      case EtherType.TRANSPARENT_ETHERNET:
        return Layer.ETHERNET;
      case EtherType.ITAG: // IEEE 802.1ah: flags and service id, then the customer's frame
        walk.at += 4;
        return Layer.ETHERNET;
      case EtherType.FABRIC_PATH: // forwarding tag and time to live, then the host's frame
        walk.at += 2;
        return Layer.ETHERNET;
      case EtherType.JUMBO_LLC:
        return Layer.LLC;
      case EtherType.BATMAN:
        return afterBatman(walk);
      case EtherType.TRILL:
        return afterTrill(walk);
      case EtherType.NSH:
        return Layer.NSH;
      case EtherType.PPP:
        return Layer.PPP;
      case EtherType.PPPOE_DISCOVERY:
        return Stop.TunnelControl;
      default:
        return WITHOUT_IP.has(type) ? Stop.NotIp : Stop.UnknownProtocol;
    }
    if (walk.left < tagLen + 2) return walk.lacks(tagLen + 2);
    type = walk.view.getUint16(walk.at + tagLen);
    walk.at += tagLen + 2;
    if (type < FIRST_ETHERTYPE) return afterLengthField(walk, type);
  }
}

/** Steps into an 802.3 frame; `walk.at` is at the first octet after the length field. */
export function afterLengthField(walk: Walk, len: number): Step {
  if (len > 0) walk.limit(walk.at, len);
  if (walk.left < 2) return walk.lacks(2);
  return walk.view.getUint16(walk.at) === 0xffff ? Stop.NotIp : Layer.LLC; // Novell put IPX here without LLC
}

/** RFC 6325 §3.1: flags with the options' length in words, two nicknames, options, then the host's frame. */
function afterTrill(walk: Walk): Step {
  if (walk.left < 6) return walk.lacks(6);
  const optionWords = (walk.view.getUint16(walk.at) >> 6) & 0x1f;
  walk.at += 6 + optionWords * 4;
  return Layer.ETHERNET;
}

/** B.A.T.M.A.N. advanced, version 15: the frames of hosts in unicast and broadcast packets; the others route. */
function afterBatman(walk: Walk): Step {
  if (walk.left < 2) return walk.lacks(2);
  if (walk.view.getUint8(walk.at + 1) !== 15) return Stop.UnknownProtocol;
  switch (walk.view.getUint8(walk.at)) {
    case 0x01:
      walk.at += 14;
      return Layer.ETHERNET;
    case 0x40:
      walk.at += 10;
      return Layer.ETHERNET;
    case 0x42:
      walk.at += 18;
      return Layer.ETHERNET;
    default:
      return Stop.NotIp;
  }
}
