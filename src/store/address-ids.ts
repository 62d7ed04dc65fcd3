/* eslint-disable @typescript-eslint/no-non-null-assertion -- typed arrays, indexed within their masks */
/** Bits that the family takes below a number: 4 and 6 fit. */
const FAMILY_BITS = 3;

/**
 * Numbers addresses 1, 2, … in order of appearance: open addressing over one typed array, for captures of scans hold
 * millions, and each connection asks twice. A place is two words, so that a look touches one cache line.
 */
export class AddressIds {
  #mask = (1 << 12) - 1;
  /** Address of each place, and its number with the family below; 0 marks an empty one. */
  #words = new Uint32Array(2 * (this.#mask + 1));
  /** How many addresses have a number. */
  size = 0;

  /** The number of an address; a new one when `size` has grown. */
  idOf(family: number, address: number): number {
    let place = this.#placeOf(family, address);
    const known = this.#words[place + 1]!;
    if (known !== 0) return known >>> FAMILY_BITS;
    if ((this.size + 1) * 2 > this.#mask) {
      this.#grow();
      place = this.#placeOf(family, address);
    }
    this.size++;
    this.#words[place] = address;
    this.#words[place + 1] = (this.size << FAMILY_BITS) | family;
    return this.size;
  }

  /** The first word of where the address lies, or of the empty place where it belongs. */
  #placeOf(family: number, address: number): number {
    const words = this.#words;
    const mask = this.#mask;
    let place = Math.imul(address ^ (family << 24), 0x9e3779b1) >>> 7;
    for (;;) {
      place &= mask;
      const known = words[2 * place + 1]!;
      if (known === 0) return 2 * place;
      if (words[2 * place] === address && (known & ((1 << FAMILY_BITS) - 1)) === family) return 2 * place;
      place++;
    }
  }

  #grow(): void {
    const words = this.#words;
    this.#mask = this.#mask * 2 + 1;
    this.#words = new Uint32Array(2 * (this.#mask + 1));
    for (let old = 0; old < words.length; old += 2) {
      const known = words[old + 1]!;
      if (known === 0) continue;
      const place = this.#placeOf(known & ((1 << FAMILY_BITS) - 1), words[old]!);
      this.#words[place] = words[old]!;
      this.#words[place + 1] = known;
    }
  }
}
