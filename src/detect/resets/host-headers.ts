import type { ConnectionView } from '../../flow/connection-view.js';
import { Family } from '../../segment/segment-batch.js';
import { Host } from './host-layout.js';

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
  /** Of each place `Host`. */
  readonly #f64: Float64Array;
  readonly #i32: Int32Array;

  /** `memory`: all zeros, long enough for `Host.PLACES` from octet `at` on. */
  constructor(memory: ArrayBufferLike = new ArrayBuffer(Host.PLACES * Host.WORDS * 4), at = 0) {
    this.#f64 = new Float64Array(memory, at, (Host.PLACES * Host.WORDS) / 2);
    this.#i32 = new Int32Array(memory, at, Host.PLACES * Host.WORDS);
  }

  /** A connection that its server accepted. */
  note(c: ConnectionView): void {
    const { server } = c;
    if (server.ttlHigh === 0) return;
    const key = keyOf(c.family, c.serverAddress);
    const at = placeOf(key);
    const f64 = this.#f64;
    const i32 = this.#i32;
    if (f64[(at + Host.KEY) >> 1] !== key) {
      f64[(at + Host.KEY) >> 1] = key;
      f64[(at + Host.QUICKEST) >> 1] = Infinity;
      i32[at + Host.ACCEPTED] = 0;
      i32[at + Host.TTL_LOW] = 255;
      i32[at + Host.TTL_HIGH] = 0;
    }
    i32[at + Host.ACCEPTED]!++;
    if (server.ttlLow < i32[at + Host.TTL_LOW]!) i32[at + Host.TTL_LOW] = server.ttlLow;
    if (server.ttlHigh > i32[at + Host.TTL_HIGH]!) i32[at + Host.TTL_HIGH] = server.ttlHigh;
    const answeredNs = c.synAckNs - c.firstNs; // with a copy among them nobody knows which SYN it answered
    if (c.syns === 1 && c.synAcks === 1 && answeredNs >= 0 && answeredNs < f64[(at + Host.QUICKEST) >> 1]!)
      f64[(at + Host.QUICKEST) >> 1] = answeredNs;
  }

  /** Of the server's address; null: it accepted nothing, as far as remembered. */
  of(c: ConnectionView): HostHeader | null {
    const key = keyOf(c.family, c.serverAddress);
    const at = placeOf(key);
    if (this.#f64[(at + Host.KEY) >> 1] !== key) return null;
    return {
      accepted: this.#i32[at + Host.ACCEPTED]!,
      ttlLow: this.#i32[at + Host.TTL_LOW]!,
      ttlHigh: this.#i32[at + Host.TTL_HIGH]!,
      quickestNs: this.#f64[(at + Host.QUICKEST) >> 1]!,
    };
  }
}

/** A number of its own for each address; none is 0, which is that of an empty place. */
function keyOf(family: number, address: number): number {
  return address + (family === Family.V6 ? 2 ** 33 : 2 ** 32);
}

function placeOf(key: number): number {
  const h = Math.imul(key | 0, 0x9e3779b1);
  return ((h ^ (h >>> 15)) & (Host.PLACES - 1)) * Host.WORDS;
}
