import { Layer, type Step } from './layer.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

/** Octet offsets in an 802.11 MAC header (IEEE 802.11 §9.2.3). */
const enum WlanField {
  FRAME_CONTROL = 0,
  FLAGS = 1,
  SEQUENCE_CONTROL = 22,
  FOURTH_ADDRESS = 24,
}
const enum Flag {
  TO_DS = 0x01,
  FROM_DS = 0x02,
  PROTECTED = 0x40,
  ORDER = 0x80,
}

const TYPE_MASK = 0x0c;
const TYPE_DATA = 0x08;
/** Bits of a data frame's subtype, in their place in the first octet. */
const SUBTYPE_NULL = 0x40;
const SUBTYPE_QOS = 0x80;

const FRAGMENT_MASK = 0x0f;
const QOS_AMSDU = 0x80;
const QOS_MESH_CONTROL = 0x01;
const AMSDU_SUBFRAME_HEADER_LEN = 14;
const SHORTEST_HEADER_LEN = 24;

/** 802.11, as a frame's header lies on the air: little-endian, no padding behind it. */
export function walkWlan(walk: Walk): Step {
  return walkWlanPadded(walk, false);
}

/** 802.11; `padded`: the header is filled up to a multiple of four octets, as some drivers do. */
export function walkWlanPadded(walk: Walk, padded: boolean): Step {
  const { view, at } = walk;
  if (walk.left < 2) return walk.lacks(2);
  const control = view.getUint8(at + WlanField.FRAME_CONTROL);
  const flags = view.getUint8(at + WlanField.FLAGS);
  if ((control & TYPE_MASK) !== TYPE_DATA || (control & SUBTYPE_NULL) !== 0) return Stop.WlanWithoutData;
  if (walk.left < SHORTEST_HEADER_LEN) return walk.lacks(SHORTEST_HEADER_LEN);
  if ((view.getUint8(at + WlanField.SEQUENCE_CONTROL) & FRAGMENT_MASK) !== 0) return Stop.LaterFragment;
  if ((flags & Flag.PROTECTED) !== 0) return Stop.Encrypted;

  const fourAddresses = (flags & (Flag.TO_DS | Flag.FROM_DS)) === (Flag.TO_DS | Flag.FROM_DS);
  let headerLen = SHORTEST_HEADER_LEN + (fourAddresses ? 6 : 0);
  let isAggregate = false;
  let hasMeshControl = false;
  if ((control & SUBTYPE_QOS) !== 0) {
    if (walk.left < headerLen + 2) return walk.lacks(headerLen + 2);
    isAggregate = (view.getUint8(at + headerLen) & QOS_AMSDU) !== 0;
    hasMeshControl = fourAddresses && (view.getUint8(at + headerLen + 1) & QOS_MESH_CONTROL) !== 0;
    headerLen += 2 + ((flags & Flag.ORDER) !== 0 ? 4 : 0); // HT control
  }
  if (padded) headerLen = (headerLen + 3) & ~3;
  walk.at = at + headerLen;
  if (isAggregate) return walkAmsdu(walk);
  if (hasMeshControl) {
    if (walk.left < 1) return walk.lacks(1);
    walk.at += 6 + (view.getUint8(walk.at) & 3) * 6;
  }
  return Layer.LLC;
}

/**
 * A-MSDU (IEEE 802.11 §9.3.2.2): addresses, a length in network order, an MSDU, padding to four octets; repeated.
 * Walks into the first and keeps where the next begins, for the caller to come back with `walkAmsdu`.
 */
export function walkAmsdu(walk: Walk): Step {
  if (walk.left < AMSDU_SUBFRAME_HEADER_LEN) return walk.lacks(AMSDU_SUBFRAME_HEADER_LEN);
  const msduAt = walk.at + AMSDU_SUBFRAME_HEADER_LEN;
  const len = walk.view.getUint16(walk.at + 12);
  const next = walk.at + ((AMSDU_SUBFRAME_HEADER_LEN + len + 3) & ~3);
  walk.restAt = next + AMSDU_SUBFRAME_HEADER_LEN <= walk.end ? next : 0;
  walk.restEnd = walk.end;
  walk.restWireEnd = walk.wireEnd;
  walk.at = msduAt;
  walk.limit(msduAt, len);
  return Layer.LLC;
}
