import { describe, expect, it } from 'vitest';
import { EpochHolder } from '../../src/capture/epoch.js';

describe('the epoch of a run', () => {
  it('is the first time it is given, and no later one', () => {
    const epoch = new EpochHolder();
    epoch.setOnce(5, 6);
    epoch.setOnce(7, 8);
    expect(epoch.epochNanoseconds()).toBe(5_000_000_006n);
  });

  it('carries fractions of a second that are more than a second', () => {
    const epoch = new EpochHolder();
    epoch.setOnce(5, 2_500_000_000);
    expect([epoch.seconds, epoch.nanoseconds]).toEqual([7, 500_000_000]);
  });

  it.each([
    [1_700_000_000, 1],
    [1_699_999_999, 999_999_999],
    [1_708_000_000, 123_456_789],
    [0, 0],
  ])('there and back again is the same time: %i s %i ns', (seconds, nanoseconds) => {
    const epoch = new EpochHolder();
    epoch.setOnce(1_700_000_000, 999_999_999);
    const there = epoch.toRelative(seconds, nanoseconds);
    const back = epoch.toAbsolute(there);
    if (Math.abs(there) < 2 ** 53) expect(back).toEqual({ seconds, nanoseconds });
    else expect(back!.seconds).toBeCloseTo(seconds, -1);
  });

  it('has nothing to say of a record without a time', () => {
    expect(new EpochHolder().toAbsolute(NaN)).toBeNull();
  });

  it.each([NaN, Infinity, -Infinity, 1e30, -1e30])('stays within 64 bits for absurd seconds: %d', (seconds) => {
    const epoch = new EpochHolder();
    epoch.setOnce(seconds, 0);
    expect(BigInt.asIntN(64, epoch.epochNanoseconds())).toBe(epoch.epochNanoseconds());
  });
});
