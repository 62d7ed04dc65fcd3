import { Layer, type Step } from './layer.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

/** DOCSIS (MULPI §6.2): frame control, extended header's length, length, that header, its check, an Ethernet frame. */
export function walkDocsis(walk: Walk): Step {
  if (walk.left < 6) return walk.lacks(6);
  const { view, at } = walk;
  const control = view.getUint8(at);
  const hasExtendedHeader = (control & 1) !== 0;
  walk.at = at + 6 + (hasExtendedHeader ? view.getUint8(at + 1) : 0);
  return control >> 6 === 0 ? Layer.ETHERNET : Stop.NotIp;
}
