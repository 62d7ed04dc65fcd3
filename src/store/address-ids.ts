/* eslint-disable @typescript-eslint/no-non-null-assertion -- typed arrays, indexed within their masks */
/**
 * Numbers addresses 1, 2, … in order of appearance: open addressing over typed arrays, for captures of scans hold millions.
 */
export class AddressIds {
  #mask = (1 << 12) - 1;
  /** Address and family of each slot; id 0 marks an empty one. */
  #address = new Uint32Array(this.#mask + 1);
  #family = new Uint8Array(this.#mask + 1);
  #ids = new Uint32Array(this.#mask + 1);
  /** How many addresses have a number. */
  size = 0;

  /** The number of an address; a new one when `size` has grown. */
  idOf(family: number, address: number): number {
    let slot = this.#slotOf(family, address);
    const id = this.#ids[slot]!;
    if (id !== 0) return id;
    if ((this.size + 1) * 2 > this.#mask) {
      this.#grow();
      slot = this.#slotOf(family, address);
    }
    this.size++;
    this.#address[slot] = address;
    this.#family[slot] = family;
    this.#ids[slot] = this.size;
    return this.size;
  }

  /** Where the address lies, or the empty slot where it belongs. */
  #slotOf(family: number, address: number): number {
    let slot = Math.imul(address ^ (family << 24), 0x9e3779b1) >>> 7;
    for (;;) {
      slot &= this.#mask;
      if (this.#ids[slot] === 0 || (this.#address[slot] === address && this.#family[slot] === family)) return slot;
      slot++;
    }
  }

  #grow(): void {
    const [address, family, ids] = [this.#address, this.#family, this.#ids];
    this.#mask = this.#mask * 2 + 1;
    this.#address = new Uint32Array(this.#mask + 1);
    this.#family = new Uint8Array(this.#mask + 1);
    this.#ids = new Uint32Array(this.#mask + 1);
    for (let old = 0; old < ids.length; old++) {
      if (ids[old] === 0) continue;
      const slot = this.#slotOf(family[old]!, address[old]!);
      this.#address[slot] = address[old]!;
      this.#family[slot] = family[old]!;
      this.#ids[slot] = ids[old]!;
    }
  }
}
