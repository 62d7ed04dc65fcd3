import { Layer, type Step } from './layer.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

const enum L2tpBit {
  CONTROL = 0x8000,
  LENGTH = 0x4000,
  SEQUENCE = 0x0800,
  OFFSET = 0x0200,
}

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
    if (
      (type === 0x0800 && version === 4) ||
      (type === 0x86dd && version === 6) ||
      type === 0x8100 ||
      type === 0x0806
    ) {
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
