import { Layer, type Step } from './layer.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

const LABEL_LEN = 4;
const BOTTOM_OF_STACK = 0x100;
const MAX_LABELS = 32;

/**
 * MPLS label stack (RFC 3032 §2.1). Nothing says what is under it: the first nibble tells IP from a control word
 * (RFC 4385 §2) with an Ethernet frame behind it, from an associated channel, and from a frame without control word.
 */
export function walkMpls(walk: Walk): Step {
  const { view } = walk;
  let labels = 0;
  for (;;) {
    if (walk.left < LABEL_LEN) return walk.lacks(LABEL_LEN);
    const entry = view.getUint32(walk.at);
    walk.at += LABEL_LEN;
    if ((entry & BOTTOM_OF_STACK) !== 0) break;
    labels += 1;
    if (labels === MAX_LABELS) return Stop.TooManyLayers;
  }
  if (walk.left < 1) return walk.lacks(1);
  switch (view.getUint8(walk.at) >> 4) {
    case 4:
      return Layer.IPV4;
    case 6:
      return Layer.IPV6;
    case 1:
      return Stop.TunnelControl;
    case 0:
      if (!looksLikeEthernet(walk, walk.at)) walk.at += 4;
      return Layer.ETHERNET;
    default:
      return Layer.ETHERNET;
  }
}

/** Whether a frame with one of the usual types begins at `at`: a station address can begin with a nibble of 0, too. */
function looksLikeEthernet(walk: Walk, at: number): boolean {
  if (walk.end - at < 14) return false;
  const type = walk.view.getUint16(at + 12);
  return type === 0x0800 || type === 0x86dd || type === 0x8100 || type === 0x0806;
}
