/** No place. */
export const NO_PLACE = -1;
const FIRST_SLOTS = 1 << 12;

/** The place that some slots have in another list. Nothing is allocated, but to grow. */
export class SlotPlaces {
  /** By slot, one more than the place: what was never written is zero, and takes no memory. */
  #places = new Int32Array(0);

  /** The slot's place, or `NO_PLACE`. */
  of(slot: number): number {
    return (this.#places[slot] ?? 0) - 1;
  }

  set(slot: number, place: number): void {
    if (slot >= this.#places.length) this.#grow(slot);
    this.#places[slot] = place + 1;
  }

  #grow(slot: number): void {
    const grown = new Int32Array(Math.max(FIRST_SLOTS, 2 * slot));
    grown.set(this.#places);
    this.#places = grown;
  }
}
