import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sumByKey } from '../../src/detect/census/sum-by-key.js';

const KEY = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 2 ** 31 - 1 }));
const PAIRS = fc.array(fc.tuple(KEY, fc.integer({ min: -3, max: 3 })), { maxLength: 400 });

describe('pairs of key and number, summed by key', () => {
  it('rise by their keys, each once, and what comes to nothing is gone', () => {
    fc.assert(
      fc.property(PAIRS, (pairs) => {
        const sums = new Map<number, number>();
        for (const [key, by] of pairs) sums.set(key, (sums.get(key) ?? 0) + by);
        const expected = [...sums].filter(([, sum]) => sum !== 0).sort(([a], [b]) => a - b);
        const list = Int32Array.from([...pairs.flat(), 1, 99]);
        const left = sumByKey(list, pairs.length);
        expect([...list.subarray(0, 2 * left)]).toEqual(expected.flat());
      }),
    );
  });
});
