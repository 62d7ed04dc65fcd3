import { afterEtherType, FIRST_ETHERTYPE } from './ethertype.js';
import { Layer, type Step } from './layer.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

/** Octet offsets in a Linux cooked header, version 1 and 2 (LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2). */
const enum SllField {
  HARDWARE_TYPE = 2,
  PROTOCOL = 14,
  PAYLOAD = 16,
}
const enum Sll2Field {
  PROTOCOL = 0,
  HARDWARE_TYPE = 8,
  PAYLOAD = 20,
}

/** ARPHRD_ numbers of Linux under which the protocol field means something else than an EtherType. */
const enum Hardware {
  FRAME_RELAY = 770,
  GRE = 778,
  WLAN = 801,
  RADIOTAP = 803,
  NETLINK = 824,
}

/** Values of the protocol field that are no EtherTypes (linux/if_ether.h). */
const enum Protocol {
  NOVELL = 1,
  ALL = 3,
  LLC = 4,
  PPP = 7,
  CAN = 12,
  CAN_FD = 13,
}

export function walkSll(walk: Walk): Step {
  if (walk.left < SllField.PAYLOAD) return walk.lacks(SllField.PAYLOAD);
  const hardware = walk.view.getUint16(walk.at + SllField.HARDWARE_TYPE);
  const protocol = walk.view.getUint16(walk.at + SllField.PROTOCOL);
  walk.at += SllField.PAYLOAD;
  return afterCooked(walk, hardware, protocol);
}

export function walkSll2(walk: Walk): Step {
  if (walk.left < Sll2Field.PAYLOAD) return walk.lacks(Sll2Field.PAYLOAD);
  const protocol = walk.view.getUint16(walk.at + Sll2Field.PROTOCOL);
  const hardware = walk.view.getUint16(walk.at + Sll2Field.HARDWARE_TYPE);
  walk.at += Sll2Field.PAYLOAD;
  return afterCooked(walk, hardware, protocol);
}

function afterCooked(walk: Walk, hardware: number, protocol: number): Step {
  switch (hardware) {
    case Hardware.NETLINK:
      return Stop.LinkWithoutIp;
    case Hardware.WLAN:
      return Layer.WLAN;
    case Hardware.RADIOTAP:
      return Layer.RADIOTAP;
    case Hardware.FRAME_RELAY:
      return Layer.FRAME_RELAY;
    default:
      break;
  }
  if (protocol >= FIRST_ETHERTYPE) return afterEtherType(walk, protocol);
  switch (protocol) {
    case Protocol.LLC:
      return Layer.LLC;
    case Protocol.PPP:
      return Layer.PPP;
    case Protocol.NOVELL:
    case Protocol.CAN:
    case Protocol.CAN_FD:
      return Stop.NotIp;
    case Protocol.ALL:
      return Layer.ETHERNET;
    default:
      return hardware === Hardware.GRE ? Stop.TunnelControl : Stop.UnknownProtocol; // GRE type 0: a keepalive
  }
}
