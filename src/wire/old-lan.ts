import { Layer, type Step } from './layer.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

const FDDI_HEADER_LEN = 13;
const FDDI_LLC_ASYNC = 0x50;
const TOKEN_RING_HEADER_LEN = 14;
const TOKEN_RING_LLC = 0x40;
const FC_HEADER_LEN = 16;

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

/** Protocol numbers of ARCNET (RFC 1051, RFC 1201, RFC 2497). */
const Arcnet = { IPV6: 196, IP: 212, ARP: 213, RARP: 214, IP_OLD: 240, ARP_OLD: 241 } as const;
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

/** IP over Fibre Channel (RFC 2625 §3): network header of two addresses, then LLC. */
export function walkIpOverFc(walk: Walk): Step {
  walk.at += FC_HEADER_LEN;
  return Layer.LLC;
}

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
const SunAtm = { LANE: 1, LLC: 2 } as const;

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

/** DOCSIS (MULPI §6.2): frame control, extended header's length, length, that header, its check, an Ethernet frame. */
export function walkDocsis(walk: Walk): Step {
  if (walk.left < 6) return walk.lacks(6);
  const { view, at } = walk;
  const control = view.getUint8(at);
  const hasExtendedHeader = (control & 1) !== 0;
  walk.at = at + 6 + (hasExtendedHeader ? view.getUint8(at + 1) : 0);
  return control >> 6 === 0 ? Layer.ETHERNET : Stop.NotIp;
}
