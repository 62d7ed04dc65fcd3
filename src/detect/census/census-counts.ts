import { STATES } from '../../flow/vocabulary.js';
import type { SocketChanges } from './socket-changes.js';
import { TIME_WAIT_STATE } from './socket-life.js';

/**
 * Told that an address had so many sockets (never none) in a state at `samples` samples, the first at `fromNs` since the
 * epoch, each `stepNs` after the one before.
 */
export type OnRun = (
  fromNs: number,
  stepNs: number,
  samples: number,
  address: number,
  state: number,
  sockets: number,
) => void;

/** The most sockets that each address had at a sample, in any state and in TIME_WAIT; addresses are the index. */
interface Peaks {
  readonly all: Int32Array;
  readonly timeWait: Int32Array;
}

/** What a census counted. */
export class CensusCounts {
  readonly samples: number;
  readonly stepNs: number;
  readonly #changes: readonly (SocketChanges | undefined)[];
  readonly #peaks: Peaks;

  /** `changes`: by sample, packed. */
  constructor(changes: readonly (SocketChanges | undefined)[], samples: number, stepNs: number) {
    this.#changes = changes;
    this.samples = samples;
    this.stepNs = stepNs;
    this.#peaks = findPeaks(changes);
  }

  /** TIME_WAIT sockets of the `hosts` addresses that held most of them at a time. */
  timeWait(hosts: number, on: OnRun): void {
    const chosen = highest(this.#peaks.timeWait, hosts);
    this.#runs(chosen, (state) => state === TIME_WAIT_STATE, on);
  }

  /** Sockets in every state of the `hosts` addresses that had most of them at a time. */
  states(hosts: number, on: OnRun): void {
    this.#runs(highest(this.#peaks.all, hosts), () => true, on);
  }

  /** Tells how long each count lasts, as it ends. */
  #runs(addresses: readonly number[], counts: (state: number) => boolean, on: OnRun): void {
    const places = new Int32Array(this.#peaks.all.length).fill(-1);
    addresses.forEach((address, i) => (places[address] = i * STATES.length));
    const sockets = new Int32Array(addresses.length * STATES.length);
    const since = new Int32Array(sockets.length);
    const tell = (place: number, until: number): void => {
      const from = since[place]!;
      if (sockets[place] === 0 || from === until) return;
      const address = addresses[Math.floor(place / STATES.length)]!;
      on(from * this.stepNs, this.stepNs, until - from, address, place % STATES.length, sockets[place]!);
    };
    this.#changes.forEach((changes, sample) =>
      changes?.each((address, state, by) => {
        const first = places[address]!;
        if (first < 0 || !counts(state)) return;
        tell(first + state, sample);
        sockets[first + state]! += by;
        since[first + state] = sample;
      }),
    );
    for (let place = 0; place < sockets.length; place++) tell(place, this.samples);
  }
}

function findPeaks(samples: readonly (SocketChanges | undefined)[]): Peaks {
  let addresses = 0;
  for (const changes of samples) if (changes !== undefined) addresses = Math.max(addresses, changes.highestAddress + 1);
  const now = {
    all: new Int32Array(addresses),
    timeWait: new Int32Array(addresses),
  };
  const peaks = {
    all: new Int32Array(addresses),
    timeWait: new Int32Array(addresses),
  };
  const compare = (address: number): void => {
    peaks.all[address] = Math.max(peaks.all[address]!, now.all[address]!);
    peaks.timeWait[address] = Math.max(peaks.timeWait[address]!, now.timeWait[address]!);
  };
  for (const changes of samples) {
    if (changes === undefined) continue;
    let latest = 0;
    changes.each((address, state, by) => {
      if (address !== latest) compare(latest);
      latest = address;
      now.all[address]! += by;
      if (state === TIME_WAIT_STATE) now.timeWait[address]! += by;
    });
    compare(latest);
  }
  return peaks;
}

/** The addresses with the highest peaks, highest first; none without any. */
function highest(peaks: Int32Array, limit: number): number[] {
  const some = peaks.filter((most) => most > 0).sort();
  const least = some[some.length - limit] ?? 1;
  const above: number[] = [];
  const equal: number[] = [];
  peaks.forEach((most, address) => {
    if (most > least) above.push(address);
    else if (most === least && equal.length < limit) equal.push(address);
  });
  return [...above, ...equal].sort((a, b) => peaks[b]! - peaks[a]! || a - b).slice(0, limit);
}
