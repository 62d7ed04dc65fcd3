import { serialDiff } from '../wire/serial.js';

/**
 * Payload that the snap length cut off. To Zeek such octets are missing, and a gap in the history as soon as they are
 * acknowledged. Remembered by slot and end; takes no memory until the first one.
 */
export class ZeekCuts {
  /** Some payload was cut. */
  active = false;
  /** Ranges that are not acknowledged yet: how many, where the first begins, where the last ends. */
  private count = new Int32Array(0);
  private from = new Int32Array(0);
  private to = new Int32Array(0);

  /** New octets `seq` ... `seq + len` of the end are not whole. */
  add(slot: number, end: number, seq: number, len: number): void {
    const i = slot * 2 + end;
    if (i >= this.count.length) this.grow(i);
    this.active = true;
    if (this.count[i] === 0) this.from[i] = seq;
    if (this.count[i] === 0 || serialDiff(seq, this.to[i]!) !== 0) this.count[i]!++;
    this.to[i] = seq + len;
  }

  /** How many of the end's ranges an ACK field newly reaches into. */
  reached(slot: number, end: number, ack: number): number {
    const i = slot * 2 + end;
    const count = this.count[i] ?? 0;
    if (count === 0 || serialDiff(ack, this.from[i]!) <= 0) return 0;
    if (serialDiff(ack, this.to[i]!) >= 0) {
      this.count[i] = 0;
      return count;
    }
    // Where the ranges between lie is not known: one of them, and what is left begins here.
    this.from[i] = ack;
    if (count > 1) this.count[i] = count - 1;
    return 1;
  }

  clear(slot: number): void {
    if (slot * 2 < this.count.length) this.count.fill(0, slot * 2, slot * 2 + 2);
  }

  private grow(index: number): void {
    const grown = (old: Int32Array): Int32Array<ArrayBuffer> => {
      const bigger = new Int32Array(Math.max(1 << 12, 2 ** Math.ceil(Math.log2(index + 2))));
      bigger.set(old);
      return bigger;
    };
    this.count = grown(this.count);
    this.from = grown(this.from);
    this.to = grown(this.to);
  }
}
