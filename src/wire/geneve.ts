import { afterEtherType, EtherType } from './ethertype.js';
import { Layer, type Step } from './layer.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

const GENEVE_HEADER_LEN = 8;
const GENEVE_CONTROL = 0x80;

/** Geneve (RFC 8926 §3.4): options' length in words, flags, EtherType, network identifier, options. */
export function walkGeneve(walk: Walk): Step {
  if (walk.left < GENEVE_HEADER_LEN) return Stop.Udp;
  const { view, at } = walk;
  const first = view.getUint8(at);
  if (first >> 6 !== 0) return Stop.Udp;
  if ((view.getUint8(at + 1) & GENEVE_CONTROL) !== 0) return Stop.TunnelControl;
  const type = view.getUint16(at + 2);
  walk.at = at + GENEVE_HEADER_LEN + (first & 0x3f) * 4;
  return type === EtherType.TRANSPARENT_ETHERNET ? Layer.ETHERNET : afterEtherType(walk, type);
}
