import { Family } from '../segment/segment-batch.js';
import type { ConnectionView } from '../flow/connection-view.js';

const IPV6_KEYS = 2 ** 48;

/** One number for address and port of an end (0 lower, 1 higher), both families apart. */
export function portKey(c: ConnectionView, end: number): number {
  return c.address(end) * 65_536 + c.port(end) + (c.family === Family.V6 ? IPV6_KEYS : 0);
}
