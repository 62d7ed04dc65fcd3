import { afterEtherType, FIRST_ETHERTYPE } from './ethertype.js';
import { Layer, type Step } from './layer.js';
import { afterNlpid } from './llc.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

const C_HDLC_HEADER_LEN = 4;

/** Cisco HDLC: address, control, an EtherType. PPP in HDLC framing shares the link type at times. */
export function walkCHdlc(walk: Walk): Step {
  if (walk.left < C_HDLC_HEADER_LEN) return walk.lacks(C_HDLC_HEADER_LEN);
  if (walk.view.getUint16(walk.at) === 0xff03) return Layer.PPP;
  const type = walk.view.getUint16(walk.at + 2);
  walk.at += C_HDLC_HEADER_LEN;
  return type < FIRST_ETHERTYPE ? Stop.NotIp : afterEtherType(walk, type);
}

export function walkCHdlcWithDirection(walk: Walk): Step {
  walk.at += 1;
  return Layer.C_HDLC;
}

/** Frame Relay: a Q.922 address of two to four octets, then RFC 2427, or Cisco's EtherType in its place. */
export function walkFrameRelay(walk: Walk): Step {
  const { view } = walk;
  let addressLen = 1;
  for (;;) {
    if (walk.left < addressLen + 2) return walk.lacks(addressLen + 2);
    if ((view.getUint8(walk.at + addressLen - 1) & 1) !== 0) break;
    addressLen += 1;
    if (addressLen > 4) return Stop.UnknownProtocol;
  }
  if (addressLen < 2) return Stop.UnknownProtocol;
  walk.at += addressLen;
  if (view.getUint8(walk.at) === 0x03) {
    walk.at += 1;
    return afterNlpid(walk);
  }
  const type = view.getUint16(walk.at);
  walk.at += 2;
  return type < FIRST_ETHERTYPE ? Stop.NotIp : afterEtherType(walk, type);
}

export function walkFrameRelayWithDirection(walk: Walk): Step {
  walk.at += 1;
  return Layer.FRAME_RELAY;
}
