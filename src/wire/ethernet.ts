import { afterEtherType, afterLengthField, FIRST_ETHERTYPE } from './ethertype.js';
import { Layer, type Step } from './layer.js';
import type { Walk } from './walk.js';

/** Octet offsets inside an Ethernet header (IEEE 802.3 §3.1.1). */
export const enum EthernetField {
  DESTINATION = 0,
  SOURCE = 6,
  TYPE = 12,
  PAYLOAD = 14,
}

const ETHERNET_HEADER_LEN = EthernetField.PAYLOAD;

/** Cisco ISL: 26 octets before the frame that it wraps, known by its destination address. */
const ISL_HEADER_LEN = 26;
const ISL_DESTINATIONS: readonly number[] = [0x01000c00, 0x0c000c00];

export function walkEthernet(walk: Walk): Step {
  return walkTaggedEthernet(walk, 0);
}

/** An Ethernet frame with a switch's tag of `tagLen` octets between the addresses and the type. */
function walkTaggedEthernet(walk: Walk, tagLen: number): Step {
  const headerLen = ETHERNET_HEADER_LEN + tagLen;
  if (walk.left < headerLen) return walk.lacks(headerLen);
  const { view, at } = walk;
  const type = view.getUint16(at + EthernetField.TYPE + tagLen);
  if (type >= FIRST_ETHERTYPE) {
    walk.at = at + headerLen;
    return afterEtherType(walk, type);
  }
  if (view.getUint8(at + 4) === 0 && ISL_DESTINATIONS.includes(view.getUint32(at))) {
    walk.at = at + ISL_HEADER_LEN;
    return Layer.ETHERNET;
  }
  walk.at = at + headerLen;
  return afterLengthField(walk, type);
}

/** Marvell DSA and Broadcom tags: 4 octets after the addresses. */
export function walkEthernetDsa(walk: Walk): Step {
  return walkTaggedEthernet(walk, 4);
}

/** Marvell EtherType DSA: 8 octets after the addresses. */
export function walkEthernetEdsa(walk: Walk): Step {
  return walkTaggedEthernet(walk, 8);
}

/** Broadcom tag in front of the frame. */
export function walkEthernetBrcmPrepend(walk: Walk): Step {
  walk.at += 4;
  return Layer.ETHERNET;
}

/** IEEE 802.3br mPacket: seven octets of preamble and a delimiter, which is 0xd5 (express) or 0xe6 … for a first fragment. */
export function walkEthernetMPacket(walk: Walk): Step {
  walk.at += 8;
  return Layer.ETHERNET;
}

/** Hilscher netANALYZER: four octets of status, then the frame with its check sequence. */
export function walkNetAnalyzer(walk: Walk): Step {
  walk.at += 4;
  return Layer.ETHERNET;
}

/** As `walkNetAnalyzer`, with the preamble and start delimiter. */
export function walkNetAnalyzerTransparent(walk: Walk): Step {
  walk.at += 12;
  return Layer.ETHERNET;
}
