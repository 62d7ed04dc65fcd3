import { Layer, type Step } from './layer.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

/** ATM AAL5 with RFC 2684: LLC, or PPP with its NLPID, or IP alone. */
export function walkAtm(walk: Walk): Step {
  if (walk.left < 3) return walk.lacks(3);
  const first = walk.view.getUint8(walk.at);
  if (first === 0xaa || first === 0xfe) return Layer.LLC;
  if (first === 0x45) return Layer.IPV4;
  if (first >> 4 === 6 && walk.view.getUint8(walk.at + 1) >> 4 === 0) return Layer.IPV6;
  return Layer.LLC;
}

const SUN_ATM_HEADER_LEN = 4;
const enum SunAtm {
  LANE = 1,
  LLC = 2,
}

/** SunATM: kind of traffic, virtual path and channel; LAN emulation has two octets before its Ethernet frame. */
export function walkSunAtm(walk: Walk): Step {
  if (walk.left < SUN_ATM_HEADER_LEN) return walk.lacks(SUN_ATM_HEADER_LEN);
  const kind = walk.view.getUint8(walk.at) & 0x0f;
  walk.at += SUN_ATM_HEADER_LEN;
  if (kind === SunAtm.LLC) return Layer.LLC;
  if (kind !== SunAtm.LANE) return Stop.NotIp;
  walk.at += 2;
  return Layer.ETHERNET;
}
