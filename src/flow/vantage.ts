import { AT_CLIENT, AT_SERVER, LEAST_RTT_NS } from './limits.js';

/** Where handshakes say that the tap was: at the hosts that opened them, at those that took them, or between. */
export type Vantage = 'client' | 'server' | 'middle';

/** Of all handshakes, so many for each of the others must say the same. */
const MAJORITY = 2;

const PLACES = ['client', 'server', 'middle'] as const;

/**
 * Estimates the place of the tap from handshakes: how much of the round trip passes between SYN and SYN-ACK. One
 * handshake can mislead (a busy host answers late), so only a large majority counts; hosts on one wire say nothing.
 */
export class VantageEstimate {
  /** Of the capture that is being read, at the indices of PLACES. */
  readonly #counts: Int32Array;
  #capture = 0;
  readonly #byCapture = new Map<number, readonly number[]>();

  /** `counts`: where the short way counts, too. */
  constructor(counts: Int32Array = new Int32Array(PLACES.length)) {
    this.#counts = counts;
  }

  /** What comes from here on is of that capture. */
  reads(capture: number): void {
    if (capture === this.#capture) return;
    this.#byCapture.set(this.#capture, this.countsOf(this.#capture));
    this.#counts.set(this.countsOf(capture));
    this.#byCapture.delete(capture);
    this.#capture = capture;
  }

  /**
   * A handshake of `rttNs`; the SYN-ACK passed `synAckNs` after the SYN. Times to live of both: an end's packets that have
   * come over a router were not captured at that end.
   */
  add(rttNs: number, synAckNs: number, clientTtl: number, serverTtl: number): void {
    if (rttNs < LEAST_RTT_NS) return;
    const share = synAckNs / rttNs;
    const place = share > AT_CLIENT ? 0 : share < AT_SERVER ? 1 : 2;
    if (place === 0 && !isInitial(clientTtl) && isInitial(serverTtl)) return;
    if (place === 1 && !isInitial(serverTtl) && isInitial(clientTtl)) return;
    this.#counts[place]!++;
  }

  /** Of the whole recording; null: too few handshakes, or they disagree. */
  get recording(): Vantage | null {
    const all = [this.#counts, ...this.#byCapture.values()];
    return majority(PLACES.map((_, place) => all.reduce((sum, counts) => sum + counts[place]!, 0)));
  }

  /** Of one capture file. */
  ofCapture(capture: number): Vantage | null {
    return majority(this.countsOf(capture));
  }

  /** Handshakes of one capture file at the client, at the server, and between. */
  countsOf(capture: number): readonly number[] {
    return capture === this.#capture ? [...this.#counts] : (this.#byCapture.get(capture) ?? [0, 0, 0]);
  }
}

/** What hosts write into packets that no router has seen yet. */
function isInitial(ttl: number): boolean {
  return ttl === 64 || ttl === 128 || ttl === 255;
}

function majority(counts: readonly number[]): Vantage | null {
  const all = counts.reduce((sum, n) => sum + n, 0);
  const most = counts.findIndex((n) => n > 0 && n >= MAJORITY * (all - n));
  return most < 0 ? null : PLACES[most]!;
}
