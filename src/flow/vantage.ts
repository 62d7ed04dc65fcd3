/** Where handshakes say that the tap was: at the hosts that opened them, at those that took them, or between. */
export type Vantage = 'client' | 'server' | 'middle';

/** A tap this near to one end, as a share of the round trip, is at that end (close-rules 9.1). */
const AT_SERVER = 0.1;
const AT_CLIENT = 0.9;
/** In a shorter round trip the hosts' own work counts for more than the way, ns. */
const LEAST_RTT_NS = 1e6;
/** Of all handshakes, so many for each of the others must say the same. */
const MAJORITY = 2;

const PLACES = ['client', 'server', 'middle'] as const;

/**
 * Estimates the place of the tap from handshakes: how much of the round trip passes between SYN and SYN-ACK. One
 * handshake can mislead (a busy host answers late), so only a large majority counts; hosts on one wire say nothing.
 */
export class VantageEstimate {
  readonly #counts: number[] = [0, 0, 0];
  readonly #byCapture: number[][] = [];

  /**
   * A handshake of `rttNs` in capture `capture`; the SYN-ACK passed `synAckNs` after the SYN. Times to live of both: an
   * end's packets that have come over a router were not captured at that end.
   */
  add(capture: number, rttNs: number, synAckNs: number, clientTtl: number, serverTtl: number): void {
    if (rttNs < LEAST_RTT_NS) return;
    const share = synAckNs / rttNs;
    const place = share > AT_CLIENT ? 0 : share < AT_SERVER ? 1 : 2;
    if (place === 0 && !isInitial(clientTtl) && isInitial(serverTtl)) return;
    if (place === 1 && !isInitial(serverTtl) && isInitial(clientTtl)) return;
    this.#counts[place]!++;
    (this.#byCapture[capture] ??= [0, 0, 0])[place]!++;
  }

  /** Of the whole recording; null: too few handshakes, or they disagree. */
  get recording(): Vantage | null {
    return majority(this.#counts);
  }

  /** Of one capture file. */
  ofCapture(capture: number): Vantage | null {
    return majority(this.#byCapture[capture] ?? []);
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
