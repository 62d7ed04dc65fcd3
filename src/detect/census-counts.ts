import { STATES } from '../flow/vocabulary.js';
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

/** The most sockets that each address had at a sample, in any state and in TIME_WAIT. */
interface Peaks {
  readonly all: Map<number, number>;
  readonly timeWait: Map<number, number>;
}

/** What a census counted. */
export class CensusCounts {
  readonly samples: number;
  readonly stepNs: number;
  readonly #changes: readonly (SocketChanges | undefined)[];
  readonly #peaks: Peaks;

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

  /** The addresses that held most TIME_WAIT sockets at a time, the most first. */
  timeWaitPeaks(hosts: number): { readonly address: number; readonly peak: number }[] {
    return highest(this.#peaks.timeWait, hosts).map((address) => ({
      address,
      peak: this.#peaks.timeWait.get(address) ?? 0,
    }));
  }

  /** Tells how long each count lasts, as it ends. */
  #runs(addresses: readonly number[], counts: (state: number) => boolean, on: OnRun): void {
    const places = new Map(addresses.map((address, i) => [address, i * STATES.length]));
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
        const first = places.get(address);
        if (first === undefined || !counts(state)) return;
        tell(first + state, sample);
        sockets[first + state]! += by;
        since[first + state] = sample;
      }),
    );
    for (let place = 0; place < sockets.length; place++) tell(place, this.samples);
  }
}

function findPeaks(samples: readonly (SocketChanges | undefined)[]): Peaks {
  const now = { all: new Map<number, number>(), timeWait: new Map<number, number>() };
  const peaks = { all: new Map<number, number>(), timeWait: new Map<number, number>() };
  const touched = new Set<number>();
  for (const changes of samples) {
    if (changes === undefined) continue;
    touched.clear();
    changes.each((address, state, by) => {
      touched.add(address);
      now.all.set(address, (now.all.get(address) ?? 0) + by);
      if (state === TIME_WAIT_STATE) now.timeWait.set(address, (now.timeWait.get(address) ?? 0) + by);
    });
    for (const address of touched) {
      raise(peaks.all, address, now.all.get(address) ?? 0);
      raise(peaks.timeWait, address, now.timeWait.get(address) ?? 0);
    }
  }
  return peaks;
}

function raise(peaks: Map<number, number>, address: number, sockets: number): void {
  if (sockets > (peaks.get(address) ?? 0)) peaks.set(address, sockets);
}

/** The addresses with the highest peaks, highest first. */
function highest(peaks: ReadonlyMap<number, number>, limit: number): number[] {
  return [...peaks]
    .sort(([a, most], [b, more]) => more - most || a - b)
    .slice(0, limit)
    .map(([address]) => address);
}
