import type { ConnectionView } from '../flow/connection-view.js';
import { Family } from '../segment/segment-batch.js';

/** Addresses remembered at once; one that hashes to a taken place takes it. */
const PLACES = 1 << 14;

/** What the packets of one server address had in common, resets left out. */
export interface HostHeader {
  /** Connections that it accepted. */
  readonly accepted: number;
  readonly ttlLow: number;
  readonly ttlHigh: number;
  /** The shortest time from a SYN to its SYN-ACK, ns; Infinity: not known. */
  readonly quickestNs: number;
}

/**
 * How the hosts that accept connections look from the tap. A small table without lists: what it forgets is evidence lost,
 * never evidence made up.
 */
export class HostHeaders {
  readonly #addresses = new Float64Array(PLACES).fill(-1);
  readonly #accepted = new Uint32Array(PLACES);
  readonly #ttlLow = new Uint8Array(PLACES);
  readonly #ttlHigh = new Uint8Array(PLACES);
  readonly #quickest = new Float64Array(PLACES);

  /** A connection that its server accepted. */
  note(c: ConnectionView): void {
    const { server } = c;
    if (server.ttlHigh === 0) return;
    const key = keyOf(c.family, c.serverAddress);
    const at = placeOf(key);
    if (this.#addresses[at] !== key) {
      this.#addresses[at] = key;
      this.#accepted[at] = 0;
      this.#ttlLow[at] = 255;
      this.#ttlHigh[at] = 0;
      this.#quickest[at] = Infinity;
    }
    this.#accepted[at]!++;
    this.#ttlLow[at] = Math.min(this.#ttlLow[at]!, server.ttlLow);
    this.#ttlHigh[at] = Math.max(this.#ttlHigh[at]!, server.ttlHigh);
    const answeredNs = c.synAckNs - c.firstNs; // with a copy among them nobody knows which SYN it answered
    if (c.syns === 1 && c.synAcks === 1 && answeredNs >= 0)
      this.#quickest[at] = Math.min(this.#quickest[at]!, answeredNs);
  }

  /** Of the server's address; null: it accepted nothing, as far as remembered. */
  of(c: ConnectionView): HostHeader | null {
    const key = keyOf(c.family, c.serverAddress);
    const at = placeOf(key);
    if (this.#addresses[at] !== key) return null;
    return {
      accepted: this.#accepted[at]!,
      ttlLow: this.#ttlLow[at]!,
      ttlHigh: this.#ttlHigh[at]!,
      quickestNs: this.#quickest[at]!,
    };
  }
}

function keyOf(family: number, address: number): number {
  return family === Family.V6 ? address + 2 ** 32 : address;
}

function placeOf(key: number): number {
  const h = Math.imul(key | 0, 0x9e3779b1);
  return (h ^ (h >>> 15)) & (PLACES - 1);
}
