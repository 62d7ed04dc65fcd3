import type { Stop } from './stop-reason.js';

/**
 * Headers that a walk can meet. One number space with `Stop`: stops lie below `TCP`, all layers still to walk above it.
 */
export const Layer = {
  /** The end of every successful walk. */
  TCP: 64,
  ETHERNET: 65,
  IPV4: 66,
  IPV6: 67,
  /** IPv4 or IPv6, as the version nibble says. */
  IP: 68,
  UDP: 69,
  LLC: 70,
  SLL: 71,
  SLL2: 72,
  LOOPBACK: 73,
  PPP: 74,
  C_HDLC: 75,
  PPPOE: 76,
  MPLS: 77,
  GRE: 78,
  WLAN: 79,
  RADIOTAP: 80,
  PRISM: 81,
  AVS: 82,
  NFLOG: 83,
  PPI: 84,
  PKTAP: 85,
  FRAME_RELAY: 86,
  FDDI: 87,
  TOKEN_RING: 88,
  ARCNET_BSD: 89,
  ARCNET_LINUX: 90,
  IPOIB: 91,
  IP_OVER_FC: 92,
  IP_OVER_1394: 93,
  ATM: 94,
  SUN_ATM: 95,
  SLIP: 96,
  ENC: 97,
  PFLOG: 98,
  PPP_WITH_DIRECTION: 99,
  C_HDLC_WITH_DIRECTION: 100,
  FRAME_RELAY_WITH_DIRECTION: 101,
  ETHERNET_MPACKET: 102,
  NETANALYZER: 103,
  NETANALYZER_TRANSPARENT: 104,
  ETHERNET_DSA: 105,
  ETHERNET_EDSA: 106,
  ETHERNET_BRCM_PREPEND: 107,
  DOCSIS: 108,
  JUNIPER_ETHERNET: 109,
  JUNIPER_PPP: 110,
  JUNIPER_FRAME_RELAY: 111,
  JUNIPER_C_HDLC: 112,
  ERF: 113,
  UPPER_PDU: 114,
  VXLAN: 115,
  VXLAN_GPE: 116,
  GENEVE: 117,
  GTP_U: 118,
  L2TP: 119,
  TEREDO: 120,
  LISP: 121,
  AYIYA: 122,
  TZSP: 123,
  CAPWAP: 124,
  ERSPAN: 125,
  ERSPAN_3: 126,
  NSH: 127,
  ETHER_IP: 128,
  L2TPV3: 129,
  IPNET: 130,
  UDP_ESP: 131,
} as const;
export type Layer = (typeof Layer)[keyof typeof Layer];

/** What follows a header: the next layer, or the reason to stop. */
export type Step = Layer | Stop;

/** One past the highest layer number. */
export const LAYER_LIMIT = 132;
