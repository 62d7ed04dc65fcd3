import type { Step } from './layer.js';
import { layerOfLinkType } from './link-type.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

/** PPI: version, flags, length, the link type of what follows; little-endian. */
export function walkPpi(walk: Walk): Step {
  if (walk.left < 8) return walk.lacks(8);
  const { view, at } = walk;
  const len = view.getUint16(at + 2, true);
  if (len < 8) return Stop.UnknownProtocol;
  walk.at = at + len;
  return layerOfLinkType(view.getUint32(at + 4, true));
}

/** Apple PKTAP: header length, next header type, link type of what follows; little-endian on every Mac of today. */
export function walkPktap(walk: Walk): Step {
  if (walk.left < 12) return walk.lacks(12);
  const { view, at } = walk;
  const len = view.getUint32(at, true);
  if (len < 12 || len > 0x1000) return Stop.UnknownProtocol;
  const linkType = view.getUint32(at + 8, true);
  walk.at = at + len;
  return layerOfLinkType(linkType);
}
