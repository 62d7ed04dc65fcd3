import { Layer, type Step } from './layer.js';
import { isIpVersion } from './loopback.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

const enum GtpBit {
  EXTENSION = 0x04,
  SEQUENCE = 0x02,
  N_PDU = 0x01,
  PROTOCOL_TYPE = 0x10,
}
const GTP_T_PDU = 0xff;

/** GTP-U version 1 (3GPP TS 29.281 §5): flags, type, length, tunnel; then optional words and a chain of extensions. */
export function walkGtpU(walk: Walk): Step {
  if (walk.left < 8) return Stop.Udp;
  const { view, at } = walk;
  const flags = view.getUint8(at);
  if (flags >> 5 !== 1 || (flags & GtpBit.PROTOCOL_TYPE) === 0) return Stop.Udp;
  if (view.getUint8(at + 1) !== GTP_T_PDU) return Stop.TunnelControl;
  walk.limit(at + 8, view.getUint16(at + 2));
  walk.at = at + 8;
  if ((flags & (GtpBit.EXTENSION | GtpBit.SEQUENCE | GtpBit.N_PDU)) !== 0) {
    if (walk.left < 4) return walk.lacks(4);
    let extension = (flags & GtpBit.EXTENSION) !== 0 ? view.getUint8(walk.at + 3) : 0;
    walk.at += 4;
    while (extension !== 0) {
      if (walk.left < 4) return walk.lacks(4);
      const len = view.getUint8(walk.at) * 4;
      if (len === 0) return Stop.TooShort;
      if (walk.left < len) return walk.lacks(len);
      extension = view.getUint8(walk.at + len - 1);
      walk.at += len;
    }
  }
  if (walk.left < 2) return walk.lacks(2);
  if (isIpVersion(view.getUint8(walk.at))) return Layer.IP;
  return view.getUint16(walk.at) === 0xff03 ? Layer.PPP : Stop.UnknownProtocol;
}
