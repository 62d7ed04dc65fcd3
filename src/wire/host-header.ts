import { EtherType, afterEtherType } from './ethertype.js';
import { Layer, type Step } from './layer.js';
import { layerOfLinkType } from './link-type.js';
import { isIpVersion } from './loopback.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

/** PPI: version, flags, length, the link type of what follows; little-endian. */
export function walkPpi(walk: Walk): Step {
  if (walk.left < 8) return walk.lacks(8);
  const { view, at } = walk;
  const len = view.getUint16(at + 2, true);
  if (len < 8) return Stop.UnknownProtocol;
  walk.at = at + len;
  return layerOfLinkType(view.getUint32(at + 4, true));
}

/** Apple PKTAP: header length, next header type, link type of what follows; little-endian on every Mac of today. */
export function walkPktap(walk: Walk): Step {
  if (walk.left < 12) return walk.lacks(12);
  const { view, at } = walk;
  const len = view.getUint32(at, true);
  if (len < 12 || len > 0x1000) return Stop.UnknownProtocol;
  const linkType = view.getUint32(at + 8, true);
  walk.at = at + len;
  return layerOfLinkType(linkType);
}

const NFLOG_HEADER_LEN = 4;
const NFULA_HARDWARE_PROTOCOL = 1;
const NFULA_PAYLOAD = 9;
const NFULA_TYPE_MASK = 0x7fff;

/** Linux NFLOG: address family, version, resource id, then attributes in host order, padded to four octets. */
export function walkNflog(walk: Walk): Step {
  if (walk.left < NFLOG_HEADER_LEN + 4) return walk.lacks(NFLOG_HEADER_LEN + 4);
  const { view } = walk;
  const family = view.getUint8(walk.at);
  let attribute = walk.at + NFLOG_HEADER_LEN;
  const littleEndian = view.getUint16(attribute, true) <= view.getUint16(attribute);
  let protocol = 0;
  while (attribute + 4 <= walk.end) {
    const len = view.getUint16(attribute, littleEndian);
    const type = view.getUint16(attribute + 2, littleEndian) & NFULA_TYPE_MASK;
    if (len < 4) return Stop.TooShort;
    if (type === NFULA_HARDWARE_PROTOCOL && attribute + 6 <= walk.end) protocol = view.getUint16(attribute + 4);
    if (type === NFULA_PAYLOAD) {
      walk.at = attribute + 4;
      walk.limit(walk.at, len - 4);
      return afterNflogFamily(walk, family, protocol);
    }
    attribute += (len + 3) & ~3;
  }
  return attribute < walk.wireEnd ? Stop.SnapLength : Stop.NotIp;
}

function afterNflogFamily(walk: Walk, family: number, protocol: number): Step {
  if (family === 2) return Layer.IPV4;
  if (family === 10) return Layer.IPV6;
  if (family === 3) return Stop.Arp;
  return protocol !== 0 ? afterEtherType(walk, protocol) : Layer.IP; // bridge and netdev tables name the protocol
}

/** Solaris ipnet: version, address family, hook type, lengths, interfaces and zones. */
export function walkIpnet(walk: Walk): Step {
  if (walk.left < 24) return walk.lacks(24);
  const family = walk.view.getUint8(walk.at + 1);
  walk.at += 24;
  return family === 2 ? Layer.IPV4 : family === 26 ? Layer.IPV6 : Stop.UnknownProtocol;
}

const UPPER_PDU_DISSECTOR = 12;
/** First four letters of the dissector names that mean a layer known here. */
const UPPER_PDU_LAYERS: ReadonlyMap<string, Step> = new Map<string, Step>([
  ['ip', Layer.IP],
  ['ipv4', Layer.IPV4],
  ['ipv6', Layer.IPV6],
  ['eth', Layer.ETHERNET],
  ['eth_withoutfcs', Layer.ETHERNET],
  ['eth_maybefcs', Layer.ETHERNET],
]);

/** Wireshark's exported PDUs: tags of type and length, one naming the dissector of what follows. */
export function walkUpperPdu(walk: Walk): Step {
  const { view } = walk;
  let layer: Step = Stop.NotIp;
  for (;;) {
    if (walk.left < 4) return walk.lacks(4);
    const type = view.getUint16(walk.at);
    const len = view.getUint16(walk.at + 2);
    walk.at += 4;
    if (type === 0) return layer;
    if (type === UPPER_PDU_DISSECTOR && len <= 16 && walk.left >= len) {
      layer = UPPER_PDU_LAYERS.get(asciiName(view, walk.at, len)) ?? Stop.NotIp;
    }
    walk.at += len;
  }
}

function asciiName(view: DataView, at: number, len: number): string {
  let name = '';
  for (let i = 0; i < len; i += 1) {
    const letter = view.getUint8(at + i);
    if (letter === 0) break;
    name += String.fromCharCode(letter);
  }
  return name;
}

/** Endace ERF: time stamp, type, flags, lengths in 16 octets, extension headers of eight, then by type. */
export function walkErf(walk: Walk): Step {
  if (walk.left < 16) return walk.lacks(16);
  const { view, at } = walk;
  const type = view.getUint8(at + 8);
  let next = at + 16;
  let more = (type & 0x80) !== 0;
  while (more) {
    if (next + 8 > walk.end) return walk.lacks(next + 8 - at);
    more = (view.getUint8(next) & 0x80) !== 0;
    next += 8;
  }
  walk.at = next;
  switch (type & 0x7f) {
    case 2: // Ethernet, several kinds: an offset and a pad octet first
    case 11:
    case 16:
    case 20:
      walk.at += 2;
      return Layer.ETHERNET;
    case 1: // HDLC, with PPP or Cisco's framing
    case 10:
    case 15:
    case 17:
      return Layer.C_HDLC;
    case 22:
      return Layer.IPV4;
    case 23:
      return Layer.IPV6;
    case 48: // padding
      return Stop.NotIp;
    default:
      return Stop.UnknownProtocol;
  }
}

const JUNIPER_MAGIC = 0x4d4743;
const JUNIPER_NO_L2 = 0x02;
const JUNIPER_EXTENSIONS = 0x80;

/** Juniper: magic and flags, extensions where a flag says so, then the named link layer, or bare IP. */
function afterJuniper(walk: Walk, layer: Step): Step {
  if (walk.left < 4) return walk.lacks(4);
  const { view, at } = walk;
  if (view.getUint32(at) >>> 8 !== JUNIPER_MAGIC) return Stop.UnknownProtocol;
  const flags = view.getUint8(at + 3);
  walk.at = at + 4;
  if ((flags & JUNIPER_EXTENSIONS) !== 0) {
    if (walk.left < 2) return walk.lacks(2);
    walk.at += 2 + view.getUint16(walk.at);
  }
  if ((flags & JUNIPER_NO_L2) === 0) return layer;
  if (walk.left < 5) return walk.lacks(5);
  if (!isIpVersion(view.getUint8(walk.at))) walk.at += 4; // the protocol family
  return Layer.IP;
}

export function walkJuniperEthernet(walk: Walk): Step {
  return afterJuniper(walk, Layer.ETHERNET);
}

export function walkJuniperPpp(walk: Walk): Step {
  return afterJuniper(walk, Layer.PPP);
}

export function walkJuniperFrameRelay(walk: Walk): Step {
  return afterJuniper(walk, Layer.FRAME_RELAY);
}

export function walkJuniperCHdlc(walk: Walk): Step {
  return afterJuniper(walk, Layer.C_HDLC);
}

const SLIP_HEADER_LEN = 16;
const SLIP_UNCOMPRESSED_TCP = 0x70;
const SLIP_COMPRESSED_TCP = 0x80;

/** BSD SLIP and CSLIP: direction, kind of packet and its compressed header, then the packet. */
export function walkSlip(walk: Walk): Step {
  if (walk.left < SLIP_HEADER_LEN) return walk.lacks(SLIP_HEADER_LEN);
  const kind = walk.view.getUint8(walk.at + 1);
  walk.at += SLIP_HEADER_LEN;
  if ((kind & SLIP_COMPRESSED_TCP) !== 0) return Stop.TcpCompressed;
  if ((kind & 0xf0) === SLIP_UNCOMPRESSED_TCP) return Layer.IP; // as captured, the protocol octet is restored
  return Layer.IP;
}

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
