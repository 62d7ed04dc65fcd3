import { Layer, type Step } from './layer.js';
import type { Walk } from './walk.js';

/** EtherIP (RFC 3378): version 3 and reserved bits, two octets, then the frame. */
export function walkEtherIp(walk: Walk): Step {
  walk.at += 2;
  return Layer.ETHERNET;
}
