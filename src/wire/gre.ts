import { afterEtherType, EtherType } from './ethertype.js';
import { Layer, type Step } from './layer.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

/** Bits of the first two octets (RFC 1701, RFC 2784 §2, RFC 2890 §2, RFC 2637 §4.1). */
const enum GreBit {
  CHECKSUM = 0x8000,
  ROUTING = 0x4000,
  KEY = 0x2000,
  SEQUENCE = 0x1000,
  ACKNOWLEDGEMENT = 0x0080,
}
const VERSION_MASK = 0x0007;

/** Protocol types that only GRE has. */
const enum GreType {
  KEEPALIVE = 0,
  MIKROTIK_EOIP = 0x6400,
  NHRP = 0x2001,
  ERSPAN = 0x88be,
  ERSPAN_3 = 0x22eb,
  WCCP = 0x883e,
  FRAME_RELAY = 0x6559,
}
/** Aruba access points put 802.11 frames behind 0x9000 and every 16th type of this range. */
const ARUBA_FIRST = 0x8200;
const ARUBA_LAST = 0x8370;
const ARUBA_RAW = 0x9000;

export function walkGre(walk: Walk): Step {
  if (walk.left < 4) return walk.lacks(4);
  const { view, at } = walk;
  const flags = view.getUint16(at);
  const type = view.getUint16(at + 2);
  walk.at = at + 4;
  if ((flags & VERSION_MASK) === 1) {
    walk.at += 4 + ((flags & GreBit.SEQUENCE) !== 0 ? 4 : 0) + ((flags & GreBit.ACKNOWLEDGEMENT) !== 0 ? 4 : 0);
    if (type === GreType.MIKROTIK_EOIP) return Layer.ETHERNET;
    if ((flags & GreBit.SEQUENCE) === 0) return Stop.TunnelControl; // an acknowledgement alone
    return afterGreType(walk, type, true);
  }
  if ((flags & (GreBit.CHECKSUM | GreBit.ROUTING)) !== 0) walk.at += 4;
  if ((flags & GreBit.KEY) !== 0) walk.at += 4;
  const hasSequence = (flags & GreBit.SEQUENCE) !== 0;
  if (hasSequence) walk.at += 4;
  if ((flags & GreBit.ROUTING) !== 0) {
    const stop = skipRouting(walk);
    if (stop !== Stop.Segment) return stop;
  }
  return afterGreType(walk, type, hasSequence);
}

function afterGreType(walk: Walk, type: number, hasSequence: boolean): Step {
  switch (type) {
    case GreType.KEEPALIVE:
    case GreType.NHRP:
      return Stop.TunnelControl;
    case GreType.ERSPAN: // type I has neither sequence number nor header of its own
      return hasSequence ? Layer.ERSPAN : Layer.ETHERNET;
    case GreType.ERSPAN_3:
      return Layer.ERSPAN_3;
    case GreType.FRAME_RELAY:
      return Layer.FRAME_RELAY;
    case GreType.WCCP: // version 2 has a redirect header of four octets, version 1 none
      if (walk.left < 1) return walk.lacks(1);
      if (walk.view.getUint8(walk.at) >> 4 !== 4) walk.at += 4;
      return Layer.IPV4;
    case EtherType.PPP:
      return Layer.PPP;
    case ARUBA_RAW:
      return Layer.WLAN;
    default:
      break;
  }
  if (type >= ARUBA_FIRST && type <= ARUBA_LAST && (type & 0x0f) === 0) return Layer.WLAN;
  return afterEtherType(walk, type);
}

/** RFC 1701: source route entries until one of family 0 and length 0. */
function skipRouting(walk: Walk): Stop {
  for (;;) {
    if (walk.left < 4) return walk.lacks(4);
    const family = walk.view.getUint16(walk.at);
    const len = walk.view.getUint8(walk.at + 3);
    walk.at += 4;
    if (family === 0 && len === 0) return Stop.Segment;
    walk.at += len;
  }
}
