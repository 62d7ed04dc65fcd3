/**
 * A connection that is nothing but a SYN that nobody answered, as what is parked shows it: names as those of
 * `ConnectionView`. Reused for all of them.
 */
export class LoneSyn {
  id = 0;
  /** A `Family`. */
  family = 0;
  firstCapture = 0;
  firstFrame = 0;
  firstNs = 0;
  isn = 0;
  /** Address values and ports of the lower and the higher end, as in a record. */
  low = 0;
  high = 0;
  ports = 0;
  readonly client = { index: 0 };
  readonly server = { index: 1 };

  get lastNs(): number {
    return this.firstNs;
  }

  address(end: number): number {
    return (end === 0 ? this.low : this.high) >>> 0;
  }

  port(end: number): number {
    return end === 0 ? this.ports >>> 16 : this.ports & 0xffff;
  }
}
