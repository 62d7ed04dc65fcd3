/** First in, first out, for slots with the id of the connection they held; grows as needed. */
export class SlotQueue {
  private slots = new Int32Array(1024);
  private ids = new Uint32Array(1024);
  private head = 0;
  length = 0;

  /** The oldest entry; only when `length` is not zero. */
  get slot(): number {
    return this.slots[this.head]!;
  }

  get id(): number {
    return this.ids[this.head]!;
  }

  /** The slot of the entry that `later` others come before; `later` is less than `length`. */
  slotAt(later: number): number {
    return this.slots[(this.head + later) & (this.slots.length - 1)]!;
  }

  push(slot: number, id: number): void {
    if (this.length === this.slots.length) this.grow();
    const tail = (this.head + this.length) & (this.slots.length - 1);
    this.slots[tail] = slot;
    this.ids[tail] = id;
    this.length++;
  }

  /** Drops the oldest entry. */
  shift(): void {
    this.head = (this.head + 1) & (this.slots.length - 1);
    this.length--;
  }

  private grow(): void {
    const slots = new Int32Array(this.slots.length * 2);
    const ids = new Uint32Array(this.slots.length * 2);
    for (let i = 0; i < this.length; i++) {
      const from = (this.head + i) & (this.slots.length - 1);
      slots[i] = this.slots[from]!;
      ids[i] = this.ids[from]!;
    }
    this.slots = slots;
    this.ids = ids;
    this.head = 0;
  }
}
