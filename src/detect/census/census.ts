import { CONNECTION_ROW } from '../../flow/row-layout.js';
import { CensusCounts } from './census-counts.js';
import { ListPool, SocketChanges } from './socket-changes.js';
import { NOTHING_LATE, socketLife, timeWaitLife, type LateFacts } from './socket-life.js';

/** Samples are a second apart, or 2, 4, 8, ... so that there are never more than this. */
export const MAX_SAMPLES = 1000;
const SECOND_NS = 1e9;
/** What ends now began no more than so many samples ago, as a rule: those before are seldom added to. */
const PACKED_BEHIND = 20;

const FIRST = CONNECTION_ROW.columns.indexOf('first_rel');
const TIME_WAIT = CONNECTION_ROW.columns.indexOf('time_wait_rel');

/**
 * Counts sockets of each address by state at evenly spaced times, the first at the run's epoch. Only changes are kept, by
 * sample, address and state, so that memory is what changes between samples and not what connections there are; a state
 * that begins and ends between two samples leaves nothing.
 */
export class Census {
  readonly #timeWaitNs: number;
  readonly #on = (address: number, state: number, from: number, to: number): void =>
    this.spend(address, state, from, to, this.#weight);
  #stepNs = SECOND_NS;
  readonly #lists = new ListPool();
  #weight = 1;
  /** What changes at each sample; also after the last packet, where TIME_WAIT goes on. */
  #samples: SocketChanges[] = [];

  /** `timeWaitNs`: how long TIME_WAIT lasts where nothing ends it before. */
  constructor(timeWaitNs: number) {
    this.#timeWaitNs = timeWaitNs;
  }

  /** Counts the connection whose row (as CONNECTION_ROW) begins at `at`; `weight` -1 takes it out again. */
  add(row: Float64Array, at: number, weight: 1 | -1 = 1, late: LateFacts = NOTHING_LATE): void {
    this.#weight = weight;
    const complete = row[at + TIME_WAIT]!;
    // Most connections open and close between two samples: nothing but their TIME_WAIT is ever seen.
    if (complete !== -1 && this.#sampleFrom(row[at + FIRST]!) === this.#sampleFrom(complete))
      timeWaitLife(row, at, late, this.#timeWaitNs, this.#on);
    else socketLife(row, at, late, this.#timeWaitNs, this.#on);
  }

  /** What was counted, up to the last packet at `lastNs` since the epoch. */
  finish(lastNs: number): CensusCounts {
    while (lastNs / this.#stepNs >= MAX_SAMPLES) this.#widen();
    const last = Math.max(0, Math.floor(lastNs / this.#stepNs));
    const samples = this.#samples.slice(0, last + 1);
    samples.forEach((changes) => changes.pack()); // there may be none at a place
    return new CensusCounts(samples, last + 1, this.#stepNs);
  }

  /** The first sample at that time or after it. */
  #sampleFrom(ns: number): number {
    return Math.max(0, Math.ceil(ns / this.#stepNs));
  }

  /** So many sockets of `address` are in `state` during `[from, to)`, ns since the epoch. */
  spend(address: number, state: number, from: number, to: number, sockets: number): void {
    while (from > (MAX_SAMPLES - 1) * this.#stepNs) this.#widen();
    const first = this.#sampleFrom(from);
    const end = this.#sampleFrom(to);
    if (first >= end) return;
    this.#at(first).add(address, state, sockets);
    if (end !== Infinity) this.#at(end).add(address, state, -sockets);
  }

  #at(sample: number): SocketChanges {
    const known = this.#samples[sample];
    if (known !== undefined) return known;
    const ahead = Math.ceil(this.#timeWaitNs / this.#stepNs); // the newest is when a TIME_WAIT that begins now is over
    this.#samples[sample - ahead - PACKED_BEHIND]?.pack();
    return (this.#samples[sample] = new SocketChanges(this.#lists));
  }

  /** Half as many samples: a change counts from the next one that is left. */
  #widen(): void {
    this.#stepNs *= 2;
    const before = this.#samples;
    this.#samples = [];
    before.forEach((changes, sample) => {
      const later = this.#at(Math.ceil(sample / 2));
      changes.each((address, state, by) => later.add(address, state, by));
      changes.clear();
    });
  }
}
