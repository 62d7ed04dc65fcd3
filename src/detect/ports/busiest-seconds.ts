/** Seconds of a recording that are remembered one by one; the earliest goes then, and its part of the answer stays. */
const MOST_SECONDS = 128;

/**
 * How many things fell, at most, into so many seconds of the recording one after the other. Exact where
 * they are counted nearly in order: what comes when its second has gone counts for less.
 */
export class BusiestSeconds {
  readonly #length: number;
  readonly #bySecond = new Map<number, number>();
  #best = 0;

  /** `length`: so many seconds. */
  constructor(length: number) {
    this.#length = length;
  }

  /** Counts one at that time of the recording, ns. */
  count(ns: number): void {
    const second = Math.floor(ns / 1e9);
    const before = this.#bySecond.get(second);
    this.#bySecond.set(second, (before ?? 0) + 1);
    if (before !== undefined || this.#bySecond.size <= MOST_SECONDS) return;
    const earliest = Math.min(...this.#bySecond.keys());
    this.#look(earliest);
    this.#bySecond.delete(earliest);
  }

  get most(): number {
    for (const second of this.#bySecond.keys()) this.#look(second);
    return this.#best;
  }

  #look(from: number): void {
    let sum = 0;
    for (let second = from; second < from + this.#length; second++) sum += this.#bySecond.get(second) ?? 0;
    this.#best = Math.max(this.#best, sum);
  }
}
