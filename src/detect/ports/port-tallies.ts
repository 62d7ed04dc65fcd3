import type { EndView, ConnectionView } from '../../flow/connection-view.js';
import { DistinctAddresses } from './distinct-addresses.js';
import { portKey, type WithEnds, type EndName } from './port-key.js';

/** Server ports told one by one; the rest are counted together. */
const MAX_PORTS = 4096;
/** Past every key of an address and port. */
const REST = -1;

/** What has to be known of a connection to count it: a `ConnectionView` or a `LoneSyn`. */
export interface Countable
  extends WithEnds, Pick<ConnectionView, 'id' | 'firstCapture' | 'firstFrame' | 'firstNs' | 'lastNs'> {
  readonly client: Pick<EndView, 'index'>;
  readonly server: Pick<EndView, 'index'>;
}

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
  readonly #name: EndName;
  readonly #extra: (c: Countable, from: number) => Extra;
  readonly #byPort = new Map<number, PortTally & Extra>();

  /** `name` gives address and port of an end. */
  constructor(name: EndName, extra: (c: Countable, from: number) => Extra) {
    this.#name = name;
    this.#extra = extra;
  }

  /** Counts a connection, and the address of its end `from` (0 lower, 1 higher). */
  count(c: Countable, from: number): PortTally & Extra {
    const tally = this.#tallyOf(c, from);
    tally.connections++;
    if (c.firstNs < tally.firstNs) {
      const { id: connectionId, firstCapture: capture, firstFrame: frame, firstNs } = c;
      Object.assign(tally, { connectionId, capture, frame, firstNs });
    }
    tally.lastNs = Math.max(tally.lastNs, c.lastNs);
    tally.addresses.add(c.address(from));
    return tally;
  }

  #tallyOf(c: Countable, from: number): PortTally & Extra {
    const exact = portKey(c, c.server.index);
    const known = this.#byPort.get(exact);
    if (known !== undefined) return known;
    const key = this.#byPort.size < MAX_PORTS ? exact : REST;
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
