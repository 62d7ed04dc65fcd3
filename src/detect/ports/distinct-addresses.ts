import { counted } from '../numbers.js';

/** Told apart one by one, so that a port that all the world sends SYNs to costs no more memory than this. */
const MAX_KNOWN = 4096;

const FIRST_PLACES = 16;

/**
 * How many addresses there are: exactly, up to a number that nobody counts past. Each of ten million SYNs of a flood asks,
 * hence open addressing over a typed array and no `Set`.
 */
export class DistinctAddresses {
  /** At least so many. */
  size = 0;
  /** 0: nobody is in this place. */
  #places = new Uint32Array(FIRST_PLACES);
  /** Whether the address 0 is among them. */
  #hasZero = false;
  #areMore = false;

  /** `address`: an address value, as in `SegmentBatch`. */
  add(address: number): void {
    if (this.#areMore) return;
    if (address === 0) {
      if (!this.#hasZero) this.#hasZero = this.#count();
      return;
    }
    const place = this.#placeOf(address);
    if (this.#places[place] !== 0 || !this.#count()) return;
    this.#places[place] = address;
    if (2 * this.size > this.#places.length) this.#grow();
  }

  /** Whether there is room for one more. */
  #count(): boolean {
    if (this.size === MAX_KNOWN) this.#areMore = true;
    else this.size++;
    return !this.#areMore;
  }

  /** Where the address is, or belongs. */
  #placeOf(address: number): number {
    const places = this.#places;
    const mask = places.length - 1;
    let place = (Math.imul(address, 0x9e3779b1) >>> 16) & mask;
    while (places[place] !== 0 && places[place] !== address) place = (place + 1) & mask;
    return place;
  }

  #grow(): void {
    const before = this.#places;
    this.#places = new Uint32Array(2 * before.length);
    for (const address of before) if (address !== 0) this.#places[this.#placeOf(address)] = address;
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
