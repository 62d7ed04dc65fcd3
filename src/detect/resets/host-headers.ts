import type { ConnectionView } from '../../flow/connection-view.js';
import { Family } from '../../segment/segment-batch.js';
import { AT_SERVER, LEAST_RTT_NS } from '../../flow/limits.js';
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
      i32[at + Host.AT_TAP] = 0;
    }
    i32[at + Host.ACCEPTED]!++;
    if (server.ttlLow < i32[at + Host.TTL_LOW]!) i32[at + Host.TTL_LOW] = server.ttlLow;
    if (server.ttlHigh > i32[at + Host.TTL_HIGH]!) i32[at + Host.TTL_HIGH] = server.ttlHigh;
    const answeredNs = c.synAckNs - c.firstNs; // with a copy among them nobody knows which SYN it answered
    if (c.syns === 1 && c.synAcks === 1 && answeredNs >= 0 && answeredNs < f64[(at + Host.QUICKEST) >> 1]!)
      f64[(at + Host.QUICKEST) >> 1] = answeredNs;
    if (c.rttNs >= LEAST_RTT_NS) i32[at + Host.AT_TAP]! += answeredNs < c.rttNs * AT_SERVER ? 1 : -2;
  }

  /** Of the server's address; null: it accepted nothing, as far as remembered. */
  of(c: ConnectionView): HostHeader | null {
    const at = this.#find(c.family, c.serverAddress);
    if (at < 0) return null;
    return {
      accepted: this.#i32[at + Host.ACCEPTED]!,
      ttlLow: this.#i32[at + Host.TTL_LOW]!,
      ttlHigh: this.#i32[at + Host.TTL_HIGH]!,
      quickestNs: this.#f64[(at + Host.QUICKEST) >> 1]!,
    };
  }

  /** Whether the capture was taken at that host, by what it accepted: what is sent to it arrives there. */
  isAtTap(family: number, address: number): boolean {
    const at = this.#find(family, address);
    return at >= 0 && this.#i32[at + Host.AT_TAP]! > 0;
  }

  /** The place of that address; -1: it has none. */
  #find(family: number, address: number): number {
    const key = keyOf(family, address);
    const at = placeOf(key);
    return this.#f64[(at + Host.KEY) >> 1] === key ? at : -1;
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
