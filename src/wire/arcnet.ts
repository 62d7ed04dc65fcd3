import { Layer, type Step } from './layer.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

/** Protocol numbers of ARCNET (RFC 1051, RFC 1201, RFC 2497). */
const enum Arcnet {
  IPV6 = 196,
  IP = 212,
  ARP = 213,
  RARP = 214,
  IP_OLD = 240,
  ARP_OLD = 241,
}
const ARCNET_EXCEPTION = 0xff;

/** ARCNET as BSD writes it: addresses, protocol, then flag and sequence number for the newer protocols. */
export function walkArcnetBsd(walk: Walk): Step {
  if (walk.left < 4) return walk.lacks(4);
  const { view, at } = walk;
  const type = view.getUint8(at + 2);
  if (isOldArcnet(type)) {
    walk.at = at + 3;
    return afterArcnet(type);
  }
  const flag = view.getUint8(at + 3);
  walk.at = at + (flag === ARCNET_EXCEPTION ? 10 : 6);
  return isLaterFragment(flag) ? Stop.LaterFragment : afterArcnet(type);
}

/** ARCNET as Linux writes it: two octets of offset between addresses and protocol. */
export function walkArcnetLinux(walk: Walk): Step {
  if (walk.left < 6) return walk.lacks(6);
  const { view, at } = walk;
  const type = view.getUint8(at + 4);
  if (isOldArcnet(type)) {
    walk.at = at + 5;
    return afterArcnet(type);
  }
  walk.at = at + 8;
  return isLaterFragment(view.getUint8(at + 5)) ? Stop.LaterFragment : afterArcnet(type);
}

function isOldArcnet(type: number): boolean {
  return type === Arcnet.IP_OLD || type === Arcnet.ARP_OLD;
}

/** RFC 1201 §2.2: the first fragment has an odd flag, or 0 where there is but one; the others an even one. */
function isLaterFragment(flag: number): boolean {
  return flag !== 0 && flag !== ARCNET_EXCEPTION && (flag & 1) === 0;
}

function afterArcnet(type: number): Step {
  switch (type) {
    case Arcnet.IP:
    case Arcnet.IP_OLD:
      return Layer.IPV4;
    case Arcnet.IPV6:
      return Layer.IPV6;
    case Arcnet.ARP:
    case Arcnet.ARP_OLD:
    case Arcnet.RARP:
      return Stop.Arp;
    default:
      return Stop.NotIp;
  }
}
