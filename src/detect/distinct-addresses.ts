import { counted } from './numbers.js';

/** Told apart one by one, so that a port that all the world sends SYNs to costs no more memory than this. */
const MAX_KNOWN = 4096;

/** How many addresses there are: exactly, up to a number that nobody counts past. */
export class DistinctAddresses {
  readonly #known = new Set<number>();
  #areMore = false;

  add(address: number): void {
    if (this.#areMore) return;
    if (this.#known.size < MAX_KNOWN) this.#known.add(address);
    else this.#areMore = !this.#known.has(address);
  }

  /** At least so many. */
  get size(): number {
    return this.#known.size;
  }

  /** `1 client`, `at least 4,096 clients`. */
  counted(one: string, many: string): string {
    return `${this.#areMore ? 'at least ' : ''}${counted(this.size, one, many)}`;
  }

  /** Under the name `key`, for the evidence of a finding. */
  evidence(key: string): Readonly<Record<string, number | boolean>> {
    return this.#areMore ? { [key]: this.size, [`${key}_at_least`]: true } : { [key]: this.size };
  }
}
