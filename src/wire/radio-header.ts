import { Layer, type Step } from './layer.js';
import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';
import { walkWlanPadded } from './wlan.js';

/** Radiotap: version, pad, length, then words of "present" bits, little-endian. */
const enum RadiotapField {
  VERSION = 0,
  LENGTH = 2,
  PRESENT = 4,
}
const enum Present {
  TSFT = 0x01,
  FLAGS = 0x02,
  MORE_WORDS = 0x80000000,
}
const enum RadiotapFlag {
  FCS_AT_END = 0x10,
  PADDED = 0x20,
  BAD_FCS = 0x40,
}

const PRISM_HEADER_LEN = 144;
const PRISM_MESSAGE_LEN = 4;
const AVS_MAGIC_MASK = 0xfffff000;
const AVS_MAGIC = 0x80211000;
const WLAN_FCS_LEN = 4;

/** 802.11 behind a radiotap header, which tells whether a check sequence ends the frame and whether it is padded. */
export function walkRadiotap(walk: Walk): Step {
  if (walk.left < 8) return walk.lacks(8);
  const { view, at } = walk;
  const len = view.getUint16(at + RadiotapField.LENGTH, true);
  if (view.getUint8(at + RadiotapField.VERSION) !== 0 || len < 8) return Stop.UnknownProtocol;
  if (walk.left < len) return walk.lacks(len);
  const headerEnd = at + len;
  const first = view.getUint32(at + RadiotapField.PRESENT, true);
  let field = at + RadiotapField.PRESENT;
  while (field + 8 <= headerEnd && (view.getUint32(field, true) & Present.MORE_WORDS) !== 0) field += 4;
  field += 4;
  let flags = 0;
  if ((first & Present.FLAGS) !== 0) {
    if ((first & Present.TSFT) !== 0) field = at + ((field - at + 7) & ~7) + 8;
    if (field < headerEnd) flags = view.getUint8(field);
  }
  walk.at = headerEnd;
  if ((flags & RadiotapFlag.FCS_AT_END) !== 0)
    walk.limit(headerEnd, Math.max(0, walk.wireEnd - headerEnd - WLAN_FCS_LEN));
  return walkWlanPadded(walk, (flags & RadiotapFlag.PADDED) !== 0);
}

/** 802.11 behind a Prism header, whose length field is in the byte order of the host; some drivers write AVS instead. */
export function walkPrism(walk: Walk): Step {
  if (walk.left < 8) return walk.lacks(8);
  const { view, at } = walk;
  if ((view.getUint32(at) & AVS_MAGIC_MASK) >>> 0 === AVS_MAGIC) return Layer.AVS;
  const little = view.getUint32(at + PRISM_MESSAGE_LEN, true);
  const big = view.getUint32(at + PRISM_MESSAGE_LEN);
  const len = Math.min(little, big);
  walk.at = at + (len >= 8 && len < 0x1000 ? len : PRISM_HEADER_LEN);
  return Layer.WLAN;
}

/** 802.11 behind an AVS header: magic and version, then its length, big-endian. */
export function walkAvs(walk: Walk): Step {
  if (walk.left < 8) return walk.lacks(8);
  const len = walk.view.getUint32(walk.at + 4);
  if (len < 8 || len > 0x1000) return Stop.UnknownProtocol;
  walk.at += len;
  return Layer.WLAN;
}
