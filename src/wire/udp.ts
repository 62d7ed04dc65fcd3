import { Layer, type Step } from './layer.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

const enum UdpField {
  SOURCE_PORT = 0,
  DESTINATION_PORT = 2,
  LENGTH = 4,
  PAYLOAD = 8,
}

/** UDP ports (IANA, or in wide use) behind which lies a tunnel. */
const TUNNELS: ReadonlyMap<number, Step> = new Map<number, Step>([
  [1701, Layer.L2TP],
  [2152, Layer.GTP_U],
  [3544, Layer.TEREDO],
  [4341, Layer.LISP],
  [4500, Layer.UDP_ESP],
  [4754, Layer.GRE],
  [4789, Layer.VXLAN],
  [4790, Layer.VXLAN_GPE],
  [5072, Layer.AYIYA],
  [5247, Layer.CAPWAP],
  [6081, Layer.GENEVE],
  [6635, Layer.MPLS],
  [8472, Layer.VXLAN],
  [37008, Layer.TZSP],
]);

/** UDP. A tunnel is known by either port, the destination first; what does not look like one inside is plain UDP. */
export function walkUdp(walk: Walk): Step {
  if (walk.left < UdpField.PAYLOAD) return Stop.Udp; // whatever tunnel it is, its TCP header was not captured
  const { view, at } = walk;
  const tunnel = TUNNELS.get(view.getUint16(at + UdpField.DESTINATION_PORT)) ?? TUNNELS.get(view.getUint16(at));
  if (tunnel === undefined) return Stop.Udp;
  const len = view.getUint16(at + UdpField.LENGTH);
  if (len >= UdpField.PAYLOAD) walk.limit(at, len);
  walk.at = at + UdpField.PAYLOAD;
  return tunnel;
}

/** ESP in UDP (RFC 3948 §2): four octets of 0 mark IKE, a single octet keeps the address translator awake. */
export function walkUdpEsp(walk: Walk): Step {
  if (walk.left < 4) return Stop.Udp;
  return walk.view.getUint32(walk.at) === 0 ? Stop.Udp : Stop.Encrypted;
}
