import type { ConnectionView } from '../flow/connection-view.js';
import { DistinctAddresses } from './distinct-addresses.js';
import { portKey } from './port-key.js';

/** Server ports told one by one; the rest are counted together. */
const MAX_PORTS = 4096;
/** Past every key of an address and port. */
const REST = -1;

/** What is counted for one server port. The place is that of its first connection. */
export interface PortTally {
  /** See `ofPort`. */
  readonly key: number;
  readonly server: string;
  readonly connectionId: number;
  readonly capture: number;
  readonly frame: number;
  readonly firstNs: number;
  lastNs: number;
  connections: number;
  readonly addresses: DistinctAddresses;
}

/** Whether it counts all the ports past those that are told one by one. */
export function isOfManyPorts({ key }: PortTally): boolean {
  return key === REST;
}

/** Counts connections by server port; `extra` makes what else is counted for one, or known of its first connection. */
export class PortTallies<Extra extends object> {
  readonly #name: (c: ConnectionView, end: number) => string;
  readonly #extra: (c: ConnectionView, from: number) => Extra;
  readonly #byPort = new Map<number, PortTally & Extra>();

  /** `name` gives address and port of an end. */
  constructor(name: (c: ConnectionView, end: number) => string, extra: (c: ConnectionView, from: number) => Extra) {
    this.#name = name;
    this.#extra = extra;
  }

  /** Counts a connection, and the address of its end `from` (0 lower, 1 higher). */
  count(c: ConnectionView, from: number): PortTally & Extra {
    const exact = portKey(c, c.server.index);
    const key = this.#byPort.has(exact) || this.#byPort.size < MAX_PORTS ? exact : REST;
    let tally = this.#byPort.get(key);
    if (tally === undefined) {
      tally = {
        key,
        server: key === REST ? 'other ports' : this.#name(c, c.server.index),
        connectionId: c.id,
        capture: c.firstCapture,
        frame: c.firstFrame,
        firstNs: c.firstNs,
        lastNs: c.lastNs,
        connections: 0,
        addresses: new DistinctAddresses(),
        ...this.#extra(c, from),
      };
      this.#byPort.set(key, tally);
    }
    tally.connections++;
    tally.lastNs = Math.max(tally.lastNs, c.lastNs);
    tally.addresses.add(c.address(from));
    return tally;
  }

  all(): Iterable<PortTally & Extra> {
    return this.#byPort.values();
  }

  /** Those of single ports, with their keys: not the one of all the rest. */
  *ofPorts(): Iterable<readonly [key: number, tally: PortTally & Extra]> {
    for (const [key, tally] of this.#byPort) if (!isOfManyPorts(tally)) yield [key, tally];
  }

  ofPort(key: number): (PortTally & Extra) | undefined {
    return this.#byPort.get(key);
  }
}
