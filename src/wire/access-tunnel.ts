import { Layer, type Step } from './layer.js';
import { isIpVersion } from './loopback.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

const GtpBit = { EXTENSION: 0x04, SEQUENCE: 0x02, N_PDU: 0x01, PROTOCOL_TYPE: 0x10 } as const;
const GTP_T_PDU = 0xff;

/** GTP-U version 1 (3GPP TS 29.281 §5): flags, type, length, tunnel; then optional words and a chain of extensions. */
export function walkGtpU(walk: Walk): Step {
  if (walk.left < 8) return Stop.Udp;
  const { view, at } = walk;
  const flags = view.getUint8(at);
  if (flags >> 5 !== 1 || (flags & GtpBit.PROTOCOL_TYPE) === 0) return Stop.Udp;
  if (view.getUint8(at + 1) !== GTP_T_PDU) return Stop.TunnelControl;
  walk.limit(at + 8, view.getUint16(at + 2));
  walk.at = at + 8;
  if ((flags & (GtpBit.EXTENSION | GtpBit.SEQUENCE | GtpBit.N_PDU)) !== 0) {
    if (walk.left < 4) return walk.lacks(4);
    let extension = (flags & GtpBit.EXTENSION) !== 0 ? view.getUint8(walk.at + 3) : 0;
    walk.at += 4;
    while (extension !== 0) {
      if (walk.left < 4) return walk.lacks(4);
      const len = view.getUint8(walk.at) * 4;
      if (len === 0) return Stop.TooShort;
      if (walk.left < len) return walk.lacks(len);
      extension = view.getUint8(walk.at + len - 1);
      walk.at += len;
    }
  }
  if (walk.left < 2) return walk.lacks(2);
  if (isIpVersion(view.getUint8(walk.at))) return Layer.IP;
  return view.getUint16(walk.at) === 0xff03 ? Layer.PPP : Stop.UnknownProtocol;
}

const L2tpBit = { CONTROL: 0x8000, LENGTH: 0x4000, SEQUENCE: 0x0800, OFFSET: 0x0200 } as const;

/** L2TP over UDP: version 2 data (RFC 2661 §3.1) is PPP; version 3 (RFC 3931 §4.1.2.1) goes on with its session. */
export function walkL2tp(walk: Walk): Step {
  if (walk.left < 6) return Stop.Udp;
  const { view, at } = walk;
  const flags = view.getUint16(at);
  const version = flags & 0x0f;
  if (version !== 2 && version !== 3) return Stop.Udp;
  if ((flags & L2tpBit.CONTROL) !== 0) return Stop.TunnelControl;
  if (version === 3) {
    walk.at = at + 4;
    return Layer.L2TPV3;
  }
  walk.at = at + 2;
  if ((flags & L2tpBit.LENGTH) !== 0) {
    walk.limit(at, view.getUint16(at + 2));
    walk.at += 2;
  }
  walk.at += 4 + ((flags & L2tpBit.SEQUENCE) !== 0 ? 4 : 0);
  if ((flags & L2tpBit.OFFSET) !== 0) {
    if (walk.left < 2) return walk.lacks(2);
    walk.at += 2 + view.getUint16(walk.at);
  }
  return Layer.PPP;
}

/**
 * L2TPv3 data: a session id (0 is control), then a cookie and a sublayer whose lengths only the two ends know.
 * The first of the usual lengths that makes an Ethernet, PPP or IP header of what follows is taken.
 */
export function walkL2tpV3(walk: Walk): Step {
  if (walk.left < 4) return walk.lacks(4);
  const { view } = walk;
  if (view.getUint32(walk.at) === 0) return Stop.TunnelControl;
  const at = walk.at + 4;
  for (let skip = 0; skip <= 12; skip += 4) {
    const frame = at + skip;
    if (frame + 15 > walk.end) break;
    const type = view.getUint16(frame + 12);
    const version = view.getUint8(frame + 14) >> 4;
    if ((type === 0x0800 && version === 4) || (type === 0x86dd && version === 6) || type === 0x8100 || type === 0x0806) {
      walk.at = frame;
      return Layer.ETHERNET;
    }
    if (view.getUint16(frame) === 0xff03) {
      walk.at = frame;
      return Layer.PPP;
    }
  }
  return Stop.UnknownProtocol;
}

const TEREDO_AUTHENTICATION = 0x0001;
const TEREDO_ORIGIN = 0x0000;

/** Teredo (RFC 4380 §5.1.1): authentication and origin indication may stand before the IPv6 packet. */
export function walkTeredo(walk: Walk): Step {
  const { view } = walk;
  if (walk.left >= 4 && view.getUint16(walk.at) === TEREDO_AUTHENTICATION) {
    walk.at += 13 + view.getUint8(walk.at + 2) + view.getUint8(walk.at + 3);
  }
  if (walk.left >= 8 && view.getUint16(walk.at) === TEREDO_ORIGIN) walk.at += 8;
  if (walk.left < 1) return Stop.Udp;
  return view.getUint8(walk.at) >> 4 === 6 ? Layer.IPV6 : Stop.Udp;
}

const CAPWAP_DTLS = 1;
const CapwapBit = { NATIVE: 0x000100, FRAGMENT: 0x000080, LAST: 0x000040, KEEPALIVE: 0x000008 } as const;

/** CAPWAP data (RFC 5415 §4.3): preamble, header length, flags; the frame is 802.3, or 802.11 where it is native. */
export function walkCapwap(walk: Walk): Step {
  if (walk.left < 8) return Stop.Udp;
  const { view, at } = walk;
  const preamble = view.getUint8(at);
  if (preamble >> 4 !== 0) return Stop.Udp;
  if ((preamble & 0x0f) === CAPWAP_DTLS) return Stop.Encrypted;
  const word = view.getUint32(at) & 0xffffff;
  const headerLen = (word >>> 19) * 4;
  if (headerLen < 8) return Stop.Udp;
  if ((word & CapwapBit.KEEPALIVE) !== 0) return Stop.TunnelControl;
  if ((word & CapwapBit.FRAGMENT) !== 0 && view.getUint16(at + 6) >> 3 !== 0) return Stop.LaterFragment;
  walk.at = at + headerLen;
  return (word & CapwapBit.NATIVE) !== 0 ? Layer.WLAN : Layer.ETHERNET;
}
