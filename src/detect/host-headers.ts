import type { ConnectionView } from '../flow/connection-view.js';
import { Family } from '../segment/segment-batch.js';

/** Addresses remembered at once; one that hashes to a taken place takes it. */
const PLACES = 1 << 14;

/** Word offsets of a place. */
const enum Place {
  /** f64: number of the address; and what `HostHeader` says of it. */
  KEY = 0,
  QUICKEST = 2,
  ACCEPTED = 4,
  TTL_LOW = 5,
  TTL_HIGH = 6,
  WORDS = 8,
}

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
  /** Of each place `Place`, together in one cache line. */
  readonly #f64 = new Float64Array((PLACES * Place.WORDS) / 2);
  readonly #i32 = new Int32Array(this.#f64.buffer);

  /** A connection that its server accepted. */
  note(c: ConnectionView): void {
    const { server } = c;
    if (server.ttlHigh === 0) return;
    const key = keyOf(c.family, c.serverAddress);
    const at = placeOf(key);
    const f64 = this.#f64;
    const i32 = this.#i32;
    if (f64[(at + Place.KEY) >> 1] !== key) {
      f64[(at + Place.KEY) >> 1] = key;
      f64[(at + Place.QUICKEST) >> 1] = Infinity;
      i32[at + Place.ACCEPTED] = 0;
      i32[at + Place.TTL_LOW] = 255;
      i32[at + Place.TTL_HIGH] = 0;
    }
    i32[at + Place.ACCEPTED]!++;
    if (server.ttlLow < i32[at + Place.TTL_LOW]!) i32[at + Place.TTL_LOW] = server.ttlLow;
    if (server.ttlHigh > i32[at + Place.TTL_HIGH]!) i32[at + Place.TTL_HIGH] = server.ttlHigh;
    const answeredNs = c.synAckNs - c.firstNs; // with a copy among them nobody knows which SYN it answered
    if (c.syns === 1 && c.synAcks === 1 && answeredNs >= 0 && answeredNs < f64[(at + Place.QUICKEST) >> 1]!)
      f64[(at + Place.QUICKEST) >> 1] = answeredNs;
  }

  /** Of the server's address; null: it accepted nothing, as far as remembered. */
  of(c: ConnectionView): HostHeader | null {
    const key = keyOf(c.family, c.serverAddress);
    const at = placeOf(key);
    if (this.#f64[(at + Place.KEY) >> 1] !== key) return null;
    return {
      accepted: this.#i32[at + Place.ACCEPTED]!,
      ttlLow: this.#i32[at + Place.TTL_LOW]!,
      ttlHigh: this.#i32[at + Place.TTL_HIGH]!,
      quickestNs: this.#f64[(at + Place.QUICKEST) >> 1]!,
    };
  }
}

/** A number of its own for each address; none is 0, which is that of an empty place. */
function keyOf(family: number, address: number): number {
  return family === Family.V6 ? address + 2 ** 33 : address + 2 ** 32;
}

function placeOf(key: number): number {
  const h = Math.imul(key | 0, 0x9e3779b1);
  return ((h ^ (h >>> 15)) & (PLACES - 1)) * Place.WORDS;
}
