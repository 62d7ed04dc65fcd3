import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PackedChanges } from '../../src/detect/census/packed-changes.js';

describe('numbers by rising keys, packed', () => {
  it('are all there again, however large, and in their order', () => {
    const keys = fc.uniqueArray(fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 2 ** 31 - 1 })));
    fc.assert(
      fc.property(
        keys,
        fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
        fc.integer({ min: 0, max: 31 }),
        (all, seed, shift) => {
          const changes = new Map(all.map((key) => [key, Math.imul(key, seed) >> shift] as const));
          const rising = [...changes].sort(([a], [b]) => a - b);
          const packed = new PackedChanges(Int32Array.from([...rising.flat(), 7, 7]), rising.length);
          const told: [number, number][] = [];
          packed.each((key, change) => told.push([key, change]));
          expect(told).toEqual(rising);
          expect(packed.size).toBe(all.length);
        },
      ),
    );
  });
});
