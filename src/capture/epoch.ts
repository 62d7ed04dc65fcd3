import type { Epoch } from './record.js';

const NS_PER_SECOND = 1_000_000_000;

/** Seconds either side of 1970 that are taken for a time. Beyond (year 2115) nanoseconds may leave a signed 64-bit integer. */
const MAX_EPOCH_SECONDS = 4_600_000_000;

/** Nanoseconds either side of the epoch that are taken for a time; epoch and distance together fit 64 bits. */
export const MAX_RELATIVE_NS = 4_600_000_000 * NS_PER_SECOND;

/**
 * The epoch of one run, unset until the first record that has a time is read. Every capture of the run shares it, so that
 * times of several files can be compared. See `Epoch` for why times are relative.
 */
export class EpochHolder implements Epoch {
  seconds = 0;
  nanoseconds = 0;
  isSet = false;

  /** Makes this the epoch unless there is one. Absurd seconds (damaged or hostile files) are moved into the range of 64 bits. */
  setOnce(seconds: number, nanoseconds: number): void {
    if (this.isSet) return;
    const carry = Math.floor(nanoseconds / NS_PER_SECOND);
    const whole = Math.trunc(seconds) + carry;
    this.seconds = Math.max(-MAX_EPOCH_SECONDS, Math.min(MAX_EPOCH_SECONDS, Number.isNaN(whole) ? 0 : whole));
    this.nanoseconds = nanoseconds - carry * NS_PER_SECOND;
    this.isSet = true;
  }

  /** Nanoseconds from the epoch to this time; exact within 104 days of it, negative before it. */
  toRelative(seconds: number, nanoseconds: number): number {
    return (seconds - this.seconds) * NS_PER_SECOND + (nanoseconds - this.nanoseconds);
  }

  /** The time that lies `timeNs` after the epoch, or null where that is no time (NaN). */
  toAbsolute(timeNs: number): Epoch | null {
    if (Number.isNaN(timeNs)) return null;
    const wholeSeconds = Math.floor(timeNs / NS_PER_SECOND);
    const nanoseconds = this.nanoseconds + (timeNs - wholeSeconds * NS_PER_SECOND);
    const carry = nanoseconds >= NS_PER_SECOND ? 1 : 0;
    return { seconds: this.seconds + wholeSeconds + carry, nanoseconds: nanoseconds - carry * NS_PER_SECOND };
  }

  /** The epoch as nanoseconds since 1970-01-01 UTC. */
  epochNanoseconds(): bigint {
    return BigInt(this.seconds) * BigInt(NS_PER_SECOND) + BigInt(this.nanoseconds);
  }
}
