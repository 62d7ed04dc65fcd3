import { Layer, type Step } from './layer.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

/** LISP data (RFC 9300 §5.3): flags, nonce, instance and locator bits, then the packet. */
export function walkLisp(walk: Walk): Step {
  if (walk.left < 9) return Stop.Udp;
  walk.at += 8;
  return Layer.IP;
}
