import { Layer, type Step } from './layer.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

const SLIP_HEADER_LEN = 16;
const SLIP_COMPRESSED_TCP = 0x80;

/** BSD SLIP and CSLIP: direction, kind of packet and its compressed header, then the packet as the host sees it. */
export function walkSlip(walk: Walk): Step {
  if (walk.left < SLIP_HEADER_LEN) return walk.lacks(SLIP_HEADER_LEN);
  const kind = walk.view.getUint8(walk.at + 1);
  walk.at += SLIP_HEADER_LEN;
  if ((kind & SLIP_COMPRESSED_TCP) !== 0) return Stop.TcpCompressed;
  return Layer.IP;
}
