import { afterEtherType } from './ethertype.js';
import { Layer, type Step } from './layer.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

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
