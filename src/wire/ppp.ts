import { Layer, type Step } from './layer.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

/** PPP protocol numbers (RFC 1661 §2, IANA) that the walk acts on. */
const enum PppProtocol {
  IPV4 = 0x0021,
  VJ_COMPRESSED = 0x002d,
  VJ_UNCOMPRESSED = 0x002f,
  BRIDGING = 0x0031,
  MULTILINK = 0x003d,
  LLC = 0x004b,
  ENCRYPTED_LINK = 0x0055,
  ENCRYPTED = 0x0053,
  IPV6 = 0x0057,
  COMPRESSED_LINK = 0x00fb,
  COMPRESSED = 0x00fd,
  MPLS = 0x0281,
  MPLS_MULTICAST = 0x0283,
}

const HDLC_ALL_STATIONS = 0xff;
const HDLC_UNNUMBERED = 0x03;
const CISCO_UNICAST = 0x0f;
const CISCO_MULTICAST = 0x8f;

/** PPP with or without the HDLC address and control octets (RFC 1662 §3.1), and with Cisco's in their place. */
export function walkPpp(walk: Walk): Step {
  if (walk.left < 2) return walk.lacks(2);
  const first = walk.view.getUint8(walk.at);
  const second = walk.view.getUint8(walk.at + 1);
  if (first === HDLC_ALL_STATIONS && second === HDLC_UNNUMBERED) walk.at += 2;
  else if ((first === CISCO_UNICAST || first === CISCO_MULTICAST) && second === 0) return Layer.C_HDLC;
  return afterPppHeader(walk);
}

/** One octet that tells the direction, then PPP. */
export function walkPppWithDirection(walk: Walk): Step {
  if (walk.left < 3) return walk.lacks(3);
  if (walk.view.getUint8(walk.at) <= 1) walk.at += 1; // Linux pppd keeps the HDLC address and writes over it
  return walkPpp(walk);
}

/** PPPoE session (RFC 2516 §4): version, code, session, length, then PPP from its protocol field on. */
export function walkPppoe(walk: Walk): Step {
  if (walk.left < 6) return walk.lacks(6);
  const { view, at } = walk;
  if (view.getUint8(at + 1) !== 0) return Stop.TunnelControl;
  const len = view.getUint16(at + 4);
  walk.at = at + 6;
  if (len > 0) walk.limit(walk.at, len);
  return afterPppHeader(walk);
}

function afterPppHeader(walk: Walk): Step {
  if (walk.left < 1) return walk.lacks(1);
  let protocol = walk.view.getUint8(walk.at);
  if ((protocol & 1) !== 0) {
    walk.at += 1; // RFC 1661 §6.5: a compressed protocol field has one octet, and is odd
  } else {
    if (walk.left < 2) return walk.lacks(2);
    protocol = walk.view.getUint16(walk.at);
    walk.at += 2;
  }
  switch (protocol) {
    case PppProtocol.IPV4:
      return Layer.IPV4;
    case PppProtocol.IPV6:
      return Layer.IPV6;
    case PppProtocol.MPLS:
    case PppProtocol.MPLS_MULTICAST:
      return Layer.MPLS;
    case PppProtocol.LLC:
      return Layer.LLC;
    case PppProtocol.BRIDGING:
      return afterBridging(walk);
    case PppProtocol.MULTILINK:
      return afterMultilink(walk);
    case PppProtocol.VJ_COMPRESSED:
    case PppProtocol.VJ_UNCOMPRESSED: // RFC 1144 §3.2.2: a whole header, but the protocol octet is a slot number
      return Stop.TcpCompressed;
    case PppProtocol.ENCRYPTED:
    case PppProtocol.ENCRYPTED_LINK:
      return Stop.Encrypted;
    case PppProtocol.COMPRESSED:
    case PppProtocol.COMPRESSED_LINK:
      return Stop.Compressed;
    default:
      return protocol >= 0x4000 ? Stop.TunnelControl : Stop.NotIp; // RFC 1661 §2: 8*** … f*** control the link
  }
}

/** RFC 3518 §4.2: flags with a count of pad octets, the kind of frame, the frame. */
function afterBridging(walk: Walk): Step {
  if (walk.left < 2) return walk.lacks(2);
  const kind = walk.view.getUint8(walk.at + 1);
  walk.at += 2;
  return kind === 1 ? Layer.ETHERNET : Stop.NotIp;
}

/** RFC 1990 §3: long sequence numbers; only a fragment that begins a packet holds headers. */
function afterMultilink(walk: Walk): Step {
  if (walk.left < 4) return walk.lacks(4);
  const begins = (walk.view.getUint8(walk.at) & 0x80) !== 0;
  walk.at += 4;
  return begins ? Layer.PPP : Stop.LaterFragment;
}
