import { SegmentOption } from '../segment/segment-batch.js';
import { End, type ConnectionTable } from './connection-table.js';
import { BARE_NS, SAME_IP_ID_NS, SAME_TSVAL_NS } from './limits.js';
import type { Segment } from './segment.js';

/**
 * All that two records of one segment have in common, mixed into 32 bits; TTL, VLAN and link addresses, which change
 * from hop to hop, are not in it.
 */
export function signature(segment: Segment): number {
  // A row without the option still holds the TSval of the segment that was in it before.
  const tsval = (segment.options & SegmentOption.TIMESTAMP) !== 0 ? segment.tsval : 0;
  let h = segment.seq ^ Math.imul(segment.ack, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b) ^ tsval;
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35) ^ ((segment.ipId << 16) | segment.window);
  h = Math.imul(h ^ (h >>> 16), 0x2c1b3c6d) ^ ((segment.len << 8) | segment.flags);
  if ((segment.options & SegmentOption.SACK) !== 0) h ^= Math.imul(segment.sackRight, 0x297a2d39);
  h = Math.imul(h ^ (h >>> 15), 0x297a2d39);
  return h ^ (h >>> 15);
}

/** Microseconds modulo 2^32, signed. */
export function micros(ns: number): number {
  return Math.floor(ns / 1000) | 0;
}

/** How long after a record a second one like it is taken for a copy, ns. */
export function copyWindowNs(segment: Segment): number {
  const { options } = segment;
  if ((options & SegmentOption.IP_ID) !== 0 && segment.ipId !== 0) return SAME_IP_ID_NS;
  return (options & SegmentOption.TIMESTAMP) !== 0 ? SAME_TSVAL_NS : BARE_NS;
}

/** Whether one of the end's last four segments is the same one, within `windowNs`. `end` indexes the end's block. */
export function isCopy(table: ConnectionTable, end: number, sign: number, ns: number, windowNs: number): boolean {
  const words = table.i32;
  const now = micros(ns);
  const window = windowNs / 1000;
  for (let i = end + End.RECENT; i < end + End.RECENT + 8; i += 2) {
    if (words[i] === sign && words[i + 1] !== 0) {
      const age = (now - words[i + 1]!) | 0;
      if (age <= window && age >= -window) return true;
    }
  }
  return false;
}

/** Puts a segment among the end's last four. */
export function remember(table: ConnectionTable, end: number, count: number, sign: number, ns: number): void {
  const i = end + End.RECENT + (count & 3) * 2;
  table.i32[i] = sign;
  table.i32[i + 1] = micros(ns) || 1;
}
