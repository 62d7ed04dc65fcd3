import { afterEtherType, EtherType } from './ethertype.js';
import { Layer, type Step } from './layer.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

/** Network types that IPoIB and IP over 1394 have are EtherTypes. */
export function walkIpoib(walk: Walk): Step {
  if (walk.left < 44) return walk.lacks(44);
  const type = walk.view.getUint16(walk.at + 40);
  walk.at += 44;
  return afterEtherType(walk, type);
}

export function walkIpOver1394(walk: Walk): Step {
  if (walk.left < 18) return walk.lacks(18);
  const type = walk.view.getUint16(walk.at + 16);
  walk.at += 18;
  return type === EtherType.IPV4 || type === EtherType.IPV6 ? afterEtherType(walk, type) : Stop.NotIp;
}

/** IP over Fibre Channel (RFC 2625 §3): network header of two addresses, then LLC. */
export function walkIpOverFc(walk: Walk): Step {
  walk.at += 16;
  return Layer.LLC;
}

/** Solaris ipnet: version, address family, hook type, lengths, interfaces and zones. */
export function walkIpnet(walk: Walk): Step {
  if (walk.left < 24) return walk.lacks(24);
  const family = walk.view.getUint8(walk.at + 1);
  walk.at += 24;
  return family === 2 ? Layer.IPV4 : family === 26 ? Layer.IPV6 : Stop.UnknownProtocol;
}
