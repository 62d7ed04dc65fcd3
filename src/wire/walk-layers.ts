import { walkArcnetBsd, walkArcnetLinux } from './arcnet.js';
import { walkAtm, walkSunAtm } from './atm.js';
import { walkAyiya } from './ayiya.js';
import { walkCapwap } from './capwap.js';
import { walkDocsis } from './docsis.js';
import { walkErf } from './erf.js';
import { walkErspan, walkErspan3 } from './erspan.js';
import { walkEtherIp } from './ether-ip.js';
import {
  walkEthernet,
  walkEthernetBrcmPrepend,
  walkEthernetDsa,
  walkEthernetEdsa,
  walkEthernetMPacket,
  walkNetAnalyzer,
  walkNetAnalyzerTransparent,
} from './ethernet.js';
import { walkGeneve } from './geneve.js';
import { walkGre } from './gre.js';
import { walkGtpU } from './gtp-u.js';
import { walkCHdlc, walkCHdlcWithDirection, walkFrameRelay, walkFrameRelayWithDirection } from './hdlc.js';
import { walkIpOver1394, walkIpOverFc, walkIpnet, walkIpoib } from './ip-over-lan.js';
import { walkIp, walkIpv4 } from './ipv4.js';
import { walkIpv6 } from './ipv6.js';
import { walkJuniperCHdlc, walkJuniperEthernet, walkJuniperFrameRelay, walkJuniperPpp } from './juniper.js';
import { walkL2tp, walkL2tpV3 } from './l2tp.js';
import { Layer, LAYER_LIMIT, type Step } from './layer.js';
import { walkSll, walkSll2 } from './linux-sll.js';
import { walkLisp } from './lisp.js';
import { walkLlc } from './llc.js';
import { walkEnc, walkLoopback, walkPflog } from './loopback.js';
import { walkMpls } from './mpls.js';
import { walkNflog } from './nflog.js';
import { walkNsh } from './nsh.js';
import { walkPktap, walkPpi } from './ppi.js';
import { walkPpp, walkPppWithDirection, walkPppoe } from './ppp.js';
import { walkAvs, walkPrism, walkRadiotap } from './radio-header.js';
import { walkFddi, walkTokenRing } from './ring.js';
import { walkSlip } from './slip.js';
import { Stop } from './stop-reason.js';
import { walkTeredo } from './teredo.js';
import { walkTzsp } from './tzsp.js';
import { walkUdp, walkUdpEsp } from './udp.js';
import { walkUpperPdu } from './upper-pdu.js';
import { walkVxlan, walkVxlanGpe } from './vxlan.js';
import type { Walk } from './walk.js';
import { walkWlan } from './wlan.js';

/** Reads the header at `walk.at`, moves the walk behind it and tells what comes next. Never throws. */
type LayerWalker = (walk: Walk) => Step;

const WALKERS: readonly (readonly [Layer, LayerWalker])[] = [
  [Layer.ETHERNET, walkEthernet],
  [Layer.IPV4, walkIpv4],
  [Layer.IPV6, walkIpv6],
  [Layer.IP, walkIp],
  [Layer.UDP, walkUdp],
  [Layer.LLC, walkLlc],
  [Layer.SLL, walkSll],
  [Layer.SLL2, walkSll2],
  [Layer.LOOPBACK, walkLoopback],
  [Layer.PPP, walkPpp],
  [Layer.C_HDLC, walkCHdlc],
  [Layer.PPPOE, walkPppoe],
  [Layer.MPLS, walkMpls],
  [Layer.GRE, walkGre],
  [Layer.WLAN, walkWlan],
  [Layer.RADIOTAP, walkRadiotap],
  [Layer.PRISM, walkPrism],
  [Layer.AVS, walkAvs],
  [Layer.NFLOG, walkNflog],
  [Layer.PPI, walkPpi],
  [Layer.PKTAP, walkPktap],
  [Layer.FRAME_RELAY, walkFrameRelay],
  [Layer.FDDI, walkFddi],
  [Layer.TOKEN_RING, walkTokenRing],
  [Layer.ARCNET_BSD, walkArcnetBsd],
  [Layer.ARCNET_LINUX, walkArcnetLinux],
  [Layer.IPOIB, walkIpoib],
  [Layer.IP_OVER_FC, walkIpOverFc],
  [Layer.IP_OVER_1394, walkIpOver1394],
  [Layer.ATM, walkAtm],
  [Layer.SUN_ATM, walkSunAtm],
  [Layer.SLIP, walkSlip],
  [Layer.ENC, walkEnc],
  [Layer.PFLOG, walkPflog],
  [Layer.PPP_WITH_DIRECTION, walkPppWithDirection],
  [Layer.C_HDLC_WITH_DIRECTION, walkCHdlcWithDirection],
  [Layer.FRAME_RELAY_WITH_DIRECTION, walkFrameRelayWithDirection],
  [Layer.ETHERNET_MPACKET, walkEthernetMPacket],
  [Layer.NETANALYZER, walkNetAnalyzer],
  [Layer.NETANALYZER_TRANSPARENT, walkNetAnalyzerTransparent],
  [Layer.ETHERNET_DSA, walkEthernetDsa],
  [Layer.ETHERNET_EDSA, walkEthernetEdsa],
  [Layer.ETHERNET_BRCM_PREPEND, walkEthernetBrcmPrepend],
  [Layer.DOCSIS, walkDocsis],
  [Layer.JUNIPER_ETHERNET, walkJuniperEthernet],
  [Layer.JUNIPER_PPP, walkJuniperPpp],
  [Layer.JUNIPER_FRAME_RELAY, walkJuniperFrameRelay],
  [Layer.JUNIPER_C_HDLC, walkJuniperCHdlc],
  [Layer.ERF, walkErf],
  [Layer.UPPER_PDU, walkUpperPdu],
  [Layer.VXLAN, walkVxlan],
  [Layer.VXLAN_GPE, walkVxlanGpe],
  [Layer.GENEVE, walkGeneve],
  [Layer.GTP_U, walkGtpU],
  [Layer.L2TP, walkL2tp],
  [Layer.TEREDO, walkTeredo],
  [Layer.LISP, walkLisp],
  [Layer.AYIYA, walkAyiya],
  [Layer.TZSP, walkTzsp],
  [Layer.CAPWAP, walkCapwap],
  [Layer.ERSPAN, walkErspan],
  [Layer.ERSPAN_3, walkErspan3],
  [Layer.NSH, walkNsh],
  [Layer.ETHER_IP, walkEtherIp],
  [Layer.L2TPV3, walkL2tpV3],
  [Layer.IPNET, walkIpnet],
  [Layer.UDP_ESP, walkUdpEsp],
];

/** The same by layer number. */
const WALKER_OF: LayerWalker[] = new Array<LayerWalker>(LAYER_LIMIT).fill(() => Stop.UnknownProtocol);
for (const [layer, walker] of WALKERS) WALKER_OF[layer] = walker;

/** Deeper nesting than this is a loop in someone's mirror port, or an attack on the reader. */
const MAX_LAYERS = 64;

/** Walks from `step` on until the TCP header is reached (`Layer.TCP`, with `walk.at` at it) or a reason to stop. */
export function walkLayers(walk: Walk, step: Step): Step {
  for (let layers = 0; step > Layer.TCP; layers += 1) {
    if (layers === MAX_LAYERS) return Stop.TooManyLayers;
    step = WALKER_OF[step]!(walk);
  }
  return step;
}

/**
 * Walks from `step` on until an Ethernet or IP header comes next, with `walk.at` at it, or to a reason to stop. What
 * comes then is the outermost that a frame of that link type holds.
 */
export function walkToOuterHeader(walk: Walk, step: Step): Step {
  for (let layers = 0; step > Layer.TCP && !OUTER_HEADERS.has(step); layers += 1) {
    if (layers === MAX_LAYERS) return Stop.TooManyLayers;
    step = WALKER_OF[step]!(walk);
  }
  return step;
}

const OUTER_HEADERS: ReadonlySet<number> = new Set([
  Layer.ETHERNET,
  Layer.ETHERNET_DSA,
  Layer.ETHERNET_EDSA,
  Layer.IPV4,
  Layer.IPV6,
  Layer.IP,
]);
