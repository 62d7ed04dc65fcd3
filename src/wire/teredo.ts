import { Layer, type Step } from './layer.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

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
