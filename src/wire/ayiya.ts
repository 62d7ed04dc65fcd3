import { Layer, type Step } from './layer.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

/** AYIYA: lengths of identity and signature as exponents and words, next header, then the packet. */
export function walkAyiya(walk: Walk): Step {
  if (walk.left < 8) return Stop.Udp;
  const { view, at } = walk;
  const identityLen = 1 << (view.getUint8(at) >> 4);
  const signatureLen = (view.getUint8(at + 1) >> 4) * 4;
  const opcode = view.getUint8(at + 2) & 0x0f;
  const nextHeader = view.getUint8(at + 3);
  walk.at = at + 8 + identityLen + signatureLen;
  if (opcode !== 1 && opcode !== 2) return Stop.TunnelControl;
  return nextHeader === 41 ? Layer.IPV6 : nextHeader === 4 ? Layer.IPV4 : Stop.TunnelControl;
}
