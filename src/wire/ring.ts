import { Layer, type Step } from './layer.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

const FDDI_HEADER_LEN = 13;
const FDDI_LLC_ASYNC = 0x50;
const TOKEN_RING_HEADER_LEN = 14;
const TOKEN_RING_LLC = 0x40;

/** FDDI: frame control, addresses, then LLC for asynchronous frames. */
export function walkFddi(walk: Walk): Step {
  if (walk.left < FDDI_HEADER_LEN) return walk.lacks(FDDI_HEADER_LEN);
  const isLlc = (walk.view.getUint8(walk.at) & 0xf0) === FDDI_LLC_ASYNC;
  walk.at += FDDI_HEADER_LEN;
  return isLlc ? Layer.LLC : Stop.NotIp;
}

/** Token Ring: access and frame control, addresses, a route where the source address says so, then LLC. */
export function walkTokenRing(walk: Walk): Step {
  if (walk.left < TOKEN_RING_HEADER_LEN + 1) return walk.lacks(TOKEN_RING_HEADER_LEN + 1);
  const { view, at } = walk;
  const isLlc = (view.getUint8(at + 1) & 0xc0) === TOKEN_RING_LLC;
  const hasRoute = (view.getUint8(at + 8) & 0x80) !== 0;
  walk.at = at + TOKEN_RING_HEADER_LEN + (hasRoute ? view.getUint8(at + TOKEN_RING_HEADER_LEN) & 0x1f : 0);
  return isLlc ? Layer.LLC : Stop.NotIp;
}
