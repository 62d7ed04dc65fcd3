/** A key holds an address and a state. */
const STATES = 16;
const FIRST_SIZE = 16;

/**
 * By how much the sockets of addresses change at one sample: an open-addressing hash of its own for each, small enough
 * to stay in the cache while connections of the same time are counted.
 */
export class SocketChanges {
  /** address * 16 + state; 0: empty. Addresses begin at 1. */
  #keys = new Int32Array(FIRST_SIZE);
  #changes = new Int32Array(FIRST_SIZE);
  #size = 0;
  /** 0: none. */
  highestAddress = 0;

  add(address: number, state: number, by: number): void {
    if (this.#size * 2 >= this.#keys.length) this.#grow();
    if (address > this.highestAddress) this.highestAddress = address;
    this.#put(address * STATES + state, by);
  }

  each(on: (address: number, state: number, by: number) => void): void {
    for (let at = 0; at < this.#keys.length; at++) {
      const key = this.#keys[at]!;
      if (this.#changes[at] !== 0) on(Math.floor(key / STATES), key % STATES, this.#changes[at]!);
    }
  }

  #put(key: number, by: number): void {
    const mask = this.#keys.length - 1;
    const hash = Math.imul(key, 0x9e3779b1);
    let at = (hash ^ (hash >>> 15)) & mask;
    while (this.#keys[at] !== 0 && this.#keys[at] !== key) at = (at + 1) & mask;
    if (this.#keys[at] === 0) {
      this.#keys[at] = key;
      this.#size++;
    }
    this.#changes[at]! += by;
  }

  #grow(): void {
    const [keys, changes] = [this.#keys, this.#changes];
    this.#keys = new Int32Array(2 * keys.length);
    this.#changes = new Int32Array(2 * keys.length);
    this.#size = 0;
    for (let at = 0; at < keys.length; at++) if (keys[at] !== 0) this.#put(keys[at]!, changes[at]!);
  }
}
