import { afterEtherType, FIRST_ETHERTYPE } from './ethertype.js';
import { Layer, type Step } from './layer.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

const LOOPBACK_HEADER_LEN = 4;
const ENC_HEADER_LEN = 12;

/** BSD loopback: an address family in the byte order of the host that wrote it (NULL), or big-endian (LOOP). */
export function walkLoopback(walk: Walk): Step {
  if (walk.left < LOOPBACK_HEADER_LEN) return walk.lacks(LOOPBACK_HEADER_LEN);
  const family = walk.view.getUint32(walk.at);
  walk.at += LOOPBACK_HEADER_LEN;
  return afterFamily(walk, family);
}

/** OpenBSD enc(4): address family in host order, SPI and flags of the SA, then the IP packet in the clear. */
export function walkEnc(walk: Walk): Step {
  if (walk.left < ENC_HEADER_LEN) return walk.lacks(ENC_HEADER_LEN);
  const family = walk.view.getUint32(walk.at);
  walk.at += ENC_HEADER_LEN;
  return afterFamily(walk, family);
}

/** OpenBSD pflog(4): length without padding, address family, the rule that matched; padded to four octets. */
export function walkPflog(walk: Walk): Step {
  if (walk.left < 2) return walk.lacks(2);
  const len = walk.view.getUint8(walk.at);
  const family = walk.view.getUint8(walk.at + 1);
  walk.at += (len + 3) & ~3;
  return afterFamily(walk, family);
}

/** Steps into the protocol of a socket address family, in either byte order. */
function afterFamily(walk: Walk, family: number): Step {
  const n = family > 0xffff ? swap32(family) : family;
  switch (n) {
    case 2: // AF_INET everywhere
      return Layer.IPV4;
    case 10: // AF_INET6: Linux
    case 23: // Windows
    case 24: // NetBSD, OpenBSD, BSD/OS
    case 28: // FreeBSD, DragonFly
    case 30: // macOS
      return Layer.IPV6;
    case 0: // AF_UNSPEC
      return walk.left > 0 && isIpVersion(walk.view.getUint8(walk.at)) ? Layer.IP : Stop.UnknownProtocol;
    case 7: // AF_OSI
    case 16: // AF_APPLETALK
    case 18:
    case 25:
      return Stop.NotIp;
    default:
      return n >= FIRST_ETHERTYPE && n <= 0xffff ? afterEtherType(walk, n) : Stop.UnknownProtocol;
  }
}

/** Whether an IP packet can begin with `octet`: version 4 or 6. */
export function isIpVersion(octet: number): boolean {
  return octet >> 4 === 4 || octet >> 4 === 6;
}

function swap32(n: number): number {
  return (((n & 0xff) << 24) | ((n & 0xff00) << 8) | ((n >>> 8) & 0xff00) | (n >>> 24)) >>> 0;
}
