import { afterEtherType, EtherType } from './ethertype.js';
import { Layer, type Step } from './layer.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

const VXLAN_HEADER_LEN = 8;
const VXLAN_VNI_PRESENT = 0x08;
const VXLAN_GPE_NEXT_PROTOCOL = 0x04;

/** VXLAN (RFC 7348 §5): flags with the "I" bit, network identifier, an Ethernet frame. */
export function walkVxlan(walk: Walk): Step {
  if (walk.left < VXLAN_HEADER_LEN) return Stop.Udp;
  if ((walk.view.getUint8(walk.at) & VXLAN_VNI_PRESENT) === 0) return Stop.Udp;
  walk.at += VXLAN_HEADER_LEN;
  return Layer.ETHERNET;
}

/** VXLAN-GPE (draft-ietf-nvo3-vxlan-gpe §3): as VXLAN, with the number of the protocol inside. */
export function walkVxlanGpe(walk: Walk): Step {
  if (walk.left < VXLAN_HEADER_LEN) return Stop.Udp;
  const hasProtocol = (walk.view.getUint8(walk.at) & VXLAN_GPE_NEXT_PROTOCOL) !== 0;
  const protocol = walk.view.getUint8(walk.at + 3);
  walk.at += VXLAN_HEADER_LEN;
  return hasProtocol ? afterNextProtocol(protocol) : Layer.ETHERNET;
}

/** Network Service Header (RFC 8300 §2.2): length in words of four octets, next protocol. */
export function walkNsh(walk: Walk): Step {
  if (walk.left < 8) return walk.lacks(8);
  const words = walk.view.getUint8(walk.at + 1) & 0x3f;
  const protocol = walk.view.getUint8(walk.at + 3);
  if (words < 2) return Stop.TooShort;
  walk.at += words * 4;
  return afterNextProtocol(protocol);
}

function afterNextProtocol(protocol: number): Step {
  switch (protocol) {
    case 1:
      return Layer.IPV4;
    case 2:
      return Layer.IPV6;
    case 3:
      return Layer.ETHERNET;
    case 4:
      return Layer.NSH;
    case 5:
      return Layer.MPLS;
    default:
      return Stop.TunnelControl;
  }
}

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

/** LISP data (RFC 9300 §5.3): flags, nonce, instance and locator bits, then the packet. */
export function walkLisp(walk: Walk): Step {
  if (walk.left < 9) return Stop.Udp;
  walk.at += 8;
  return Layer.IP;
}

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

/** TaZmen Sniffer Protocol: version, kind, link, tags up to the one that ends them, a frame. */
export function walkTzsp(walk: Walk): Step {
  if (walk.left < 5) return Stop.Udp;
  const { view } = walk;
  const kind = view.getUint8(walk.at + 1);
  const link = view.getUint16(walk.at + 2);
  if (view.getUint8(walk.at) !== 1) return Stop.Udp;
  if (kind > 1) return Stop.TunnelControl;
  walk.at += 4;
  for (;;) {
    if (walk.left < 2) return walk.lacks(2);
    const tag = view.getUint8(walk.at);
    if (tag <= 1) {
      walk.at += 1;
      if (tag === 1) break;
    } else {
      walk.at += 2 + view.getUint8(walk.at + 1);
    }
  }
  switch (link) {
    case 1:
      return Layer.ETHERNET;
    case 18:
      return Layer.WLAN;
    case 119:
      return Layer.PRISM;
    case 127:
      return Layer.AVS;
    default:
      return Stop.UnknownProtocol;
  }
}
