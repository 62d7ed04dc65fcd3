import { Layer, type Step } from './layer.js';
import { isIpVersion } from './loopback.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

/** ERSPAN type II: version 1, eight octets, then the mirrored frame. */
export function walkErspan(walk: Walk): Step {
  if (walk.left < 8) return walk.lacks(8);
  const version = walk.view.getUint8(walk.at) >> 4;
  if (version === 2) return Layer.ERSPAN_3;
  if (version === 1) walk.at += 8;
  return Layer.ETHERNET;
}

/** ERSPAN type III: twelve octets, and eight more where the last bit says so. */
export function walkErspan3(walk: Walk): Step {
  if (walk.left < 12) return walk.lacks(12);
  const last = walk.view.getUint16(walk.at + 10);
  walk.at += (last & 1) !== 0 ? 20 : 12;
  const frameType = (last >> 10) & 0x1f;
  if (frameType === 2)
    return walk.left > 0 && isIpVersion(walk.view.getUint8(walk.at)) ? Layer.IP : Stop.UnknownProtocol;
  return Layer.ETHERNET;
}
