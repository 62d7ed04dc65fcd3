import type { ConnectionView } from '../../flow/connection-view.js';
import { Family } from '../../segment/segment-batch.js';

/** What has an end with an address and a port. */
export type WithEnds = Pick<ConnectionView, 'family' | 'address' | 'port'>;

const PORTS = 65_536;
const IPV6_KEYS = 2 ** 48;

/** One number for address and port of an end (0 lower, 1 higher), both families apart. */
export function portKey(c: WithEnds, end: number): number {
  return c.address(end) * PORTS + c.port(end) + (c.family === Family.V6 ? IPV6_KEYS : 0);
}

/** The port in a key of `portKey`. */
export function portOfKey(key: number): number {
  return key % PORTS;
}

/** The address value in a key of `portKey`. */
export function addressOfKey(key: number): number {
  return Math.floor(key / PORTS) >>> 0;
}

/** Tells an end (0 lower, 1 higher) as people write it. */
export type EndName = (c: WithEnds, end: number) => string;
