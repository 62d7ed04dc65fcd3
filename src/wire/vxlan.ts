import { Layer, type Step } from './layer.js';
import { afterNextProtocol } from './nsh.js';
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
