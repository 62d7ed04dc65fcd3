import { Layer, type Step } from './layer.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

/** TaZmen Sniffer Protocol: version, kind, link, tags up to the one that ends them, a frame. */
export function walkTzsp(walk: Walk): Step {
  if (walk.left < 5) return Stop.Udp;
  const { view } = walk;
  const kind = view.getUint8(walk.at + 1);
  const link = view.getUint16(walk.at + 2);
  if (view.getUint8(walk.at) !== 1) return Stop.Udp;
  if (kind > 1) return Stop.TunnelControl;
  walk.at += 4;
  for (;;) {
    if (walk.left < 2) return walk.lacks(2);
    const tag = view.getUint8(walk.at);
    if (tag <= 1) {
      walk.at += 1;
      if (tag === 1) break;
    } else {
      walk.at += 2 + view.getUint8(walk.at + 1);
    }
  }
  switch (link) {
    case 1:
      return Layer.ETHERNET;
    case 18:
      return Layer.WLAN;
    case 119:
      return Layer.PRISM;
    case 127:
      return Layer.AVS;
    default:
      return Stop.UnknownProtocol;
  }
}
