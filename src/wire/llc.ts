import { afterEtherType, EtherType } from './ethertype.js';
import { Layer, type Step } from './layer.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

/** Octet offsets in an LLC header, and in the SNAP header behind it (IEEE 802 §9.2, RFC 1042). */
const enum LlcField {
  DSAP = 0,
  SSAP = 1,
  CONTROL = 2,
  SNAP_OUI = 3,
  SNAP_TYPE = 6,
  SNAP_PAYLOAD = 8,
}
const UNNUMBERED_INFORMATION = 0x03;
const enum Sap {
  IP = 0x06,
  SNAP = 0xaa,
  ROUTED = 0xfe,
}
const Oui = {
  ETHERTYPE: 0x000000,
  BRIDGED: 0x0080c2,
  CISCO: 0x00000c,
  APPLETALK: 0x080007,
  BRIDGE_TUNNEL: 0x0000f8,
} as const;

export function walkLlc(walk: Walk): Step {
  if (walk.left < 3) return walk.lacks(3);
  const { view, at } = walk;
  const dsap = view.getUint8(at + LlcField.DSAP);
  const control = view.getUint8(at + LlcField.CONTROL);
  if (dsap === Sap.IP && control === UNNUMBERED_INFORMATION) {
    walk.at = at + 3;
    return Layer.IP;
  }
  if (dsap === Sap.ROUTED && control === UNNUMBERED_INFORMATION) {
    walk.at = at + 3;
    return afterNlpid(walk);
  }
  if (dsap !== Sap.SNAP || control !== UNNUMBERED_INFORMATION) return Stop.NotIp;
  walk.at = at + LlcField.SNAP_OUI;
  return afterSnap(walk);
}

/** A SNAP header without the LLC before it, as Frame Relay has it; `walk.at` is at its OUI. */
function afterSnap(walk: Walk): Step {
  if (walk.left < 5) return walk.lacks(5);
  const { view, at } = walk;
  const oui = view.getUint32(at) >>> 8;
  const type = view.getUint16(at + 3);
  walk.at = at + 5;
  if (oui === Oui.ETHERTYPE || oui === Oui.BRIDGE_TUNNEL) return afterEtherType(walk, type);
  if (oui === Oui.BRIDGED) return afterBridged(walk, type);
  return type === EtherType.IPV4 || type === EtherType.IPV6 ? afterEtherType(walk, type) : Stop.NotIp;
}

/** RFC 2427 §4.2, RFC 2684 §5.2: bridged frames by their SNAP type. */
function afterBridged(walk: Walk, type: number): Step {
  switch (type) {
    case 0x0001: // 802.3 with its check sequence; ATM pads before it
    case 0x0007:
      if (walk.left >= 2 && walk.view.getUint16(walk.at) === 0) walk.at += 2;
      return Layer.ETHERNET;
    case 0x0004: // FDDI
    case 0x000a:
      return Layer.FDDI;
    default:
      return Stop.NotIp;
  }
}

/** Network layer protocol identifier (RFC 2427 §3); `walk.at` is at it. */
export function afterNlpid(walk: Walk): Step {
  if (walk.left < 1) return walk.lacks(1);
  let nlpid = walk.view.getUint8(walk.at);
  walk.at += 1;
  if (nlpid === 0) {
    if (walk.left < 1) return walk.lacks(1); // a pad octet
    nlpid = walk.view.getUint8(walk.at);
    walk.at += 1;
  }
  switch (nlpid) {
    case 0xcc:
      return Layer.IPV4;
    case 0x8e:
      return Layer.IPV6;
    case 0x80:
      return afterSnap(walk);
    case 0xcf:
      return Layer.PPP;
    default:
      return Stop.NotIp;
  }
}
