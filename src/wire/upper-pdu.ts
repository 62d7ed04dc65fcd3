import { Layer, type Step } from './layer.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

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
