import { Layer, type Step } from './layer.js';
import { isIpVersion } from './loopback.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

const JUNIPER_MAGIC = 0x4d4743;
const JUNIPER_NO_L2 = 0x02;
const JUNIPER_EXTENSIONS = 0x80;

/** Juniper: magic and flags, extensions where a flag says so, then the named link layer, or bare IP. */
function afterJuniper(walk: Walk, layer: Step): Step {
  if (walk.left < 4) return walk.lacks(4);
  const { view, at } = walk;
  if (view.getUint32(at) >>> 8 !== JUNIPER_MAGIC) return Stop.UnknownProtocol;
  const flags = view.getUint8(at + 3);
  walk.at = at + 4;
  if ((flags & JUNIPER_EXTENSIONS) !== 0) {
    if (walk.left < 2) return walk.lacks(2);
    walk.at += 2 + view.getUint16(walk.at);
  }
  if ((flags & JUNIPER_NO_L2) === 0) return layer;
  if (walk.left < 5) return walk.lacks(5);
  if (!isIpVersion(view.getUint8(walk.at))) walk.at += 4; // the protocol family
  return Layer.IP;
}

export function walkJuniperEthernet(walk: Walk): Step {
  return afterJuniper(walk, Layer.ETHERNET);
}

export function walkJuniperPpp(walk: Walk): Step {
  return afterJuniper(walk, Layer.PPP);
}

export function walkJuniperFrameRelay(walk: Walk): Step {
  return afterJuniper(walk, Layer.FRAME_RELAY);
}

export function walkJuniperCHdlc(walk: Walk): Step {
  return afterJuniper(walk, Layer.C_HDLC);
}
