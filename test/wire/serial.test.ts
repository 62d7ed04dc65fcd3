import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  serialAdd,
  serialAfter,
  serialAtLeast,
  serialAtMost,
  serialBefore,
  serialDiff,
} from '../../src/wire/serial.js';

const HALF = 2 ** 31;
const serials = fc.oneof(
  fc.integer({ min: 0, max: 0xffffffff }),
  fc.constantFrom(0, 1, HALF - 1, HALF, HALF + 1, 0xffffffff),
);

describe('serial arithmetic', () => {
  it.each([
    [0, 0, 0],
    [1, 0, 1],
    [0, 1, -1],
    [0, 0xffffffff, 1],
    [0xffffffff, 0, -1],
    [HALF - 1, 0, HALF - 1],
    [HALF, 0, -HALF],
    [0, HALF, -HALF],
    [HALF + 1, 0, 1 - HALF],
  ])('%i - %i is %i', (a, b, expected) => {
    expect(serialDiff(a, b)).toBe(expected);
  });

  it('is the same for signed twins', () => {
    fc.assert(fc.property(serials, serials, (a, b) => serialDiff(a | 0, b | 0) === serialDiff(a, b)));
  });

  it('is antisymmetric below half the circle', () => {
    fc.assert(
      fc.property(serials, serials, (a, b) => {
        fc.pre(serialDiff(a, b) !== -HALF);
        expect(serialDiff(a, b) + serialDiff(b, a)).toBe(0);
        expect(serialBefore(a, b)).toBe(serialAfter(b, a));
        expect(serialAtMost(a, b)).toBe(!serialAfter(a, b));
        expect(serialAtLeast(a, b)).toBe(!serialBefore(a, b));
      }),
    );
  });

  it('answers "before" both ways at exactly half the circle, as the kernels do', () => {
    expect([serialBefore(0, HALF), serialBefore(HALF, 0)]).toEqual([true, true]);
  });

  it('adds across the wrap', () => {
    expect(serialAdd(0xffffffff, 2)).toBe(1);
    fc.assert(fc.property(serials, fc.nat(HALF - 1), (a, n) => serialDiff(serialAdd(a, n), a) === n));
  });
});
