import { Layer, type Step } from './layer.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

const CAPWAP_DTLS = 1;
const enum CapwapBit {
  NATIVE = 0x000100,
  FRAGMENT = 0x000080,
  LAST = 0x000040,
  KEEPALIVE = 0x000008,
}

/** CAPWAP data (RFC 5415 §4.3): preamble, header length, flags; the frame is 802.3, or 802.11 where it is native. */
export function walkCapwap(walk: Walk): Step {
  if (walk.left < 8) return Stop.Udp;
  const { view, at } = walk;
  const preamble = view.getUint8(at);
  if (preamble >> 4 !== 0) return Stop.Udp;
  if ((preamble & 0x0f) === CAPWAP_DTLS) return Stop.Encrypted;
  const word = view.getUint32(at) & 0xffffff;
  const headerLen = (word >>> 19) * 4;
  if (headerLen < 8) return Stop.Udp;
  if ((word & CapwapBit.KEEPALIVE) !== 0) return Stop.TunnelControl;
  if ((word & CapwapBit.FRAGMENT) !== 0 && view.getUint16(at + 6) >> 3 !== 0) return Stop.LaterFragment;
  walk.at = at + headerLen;
  return (word & CapwapBit.NATIVE) !== 0 ? Layer.WLAN : Layer.ETHERNET;
}
