import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SlotQueue } from '../../src/flow/slot-queue.js';

describe('a queue of slots', () => {
  it('gives back first what was put in first', () => {
    const queue = new SlotQueue();
    queue.push(7, 70);
    queue.push(8, 0xffffffff);
    expect([queue.length, queue.slot, queue.id]).toEqual([2, 7, 70]);
    queue.shift();
    expect([queue.length, queue.slot, queue.id]).toEqual([1, 8, 0xffffffff]);
    queue.shift();
    expect(queue.length).toBe(0);
  });

  it('keeps its order when it grows while its beginning lies in the middle of its memory', () => {
    const queue = new SlotQueue();
    for (let i = 0; i < 1000; i++) queue.push(i, i + 1);
    for (let i = 0; i < 900; i++) queue.shift();
    for (let i = 1000; i < 5000; i++) queue.push(i, i + 1);
    for (let i = 900; i < 5000; i++) {
      expect([queue.slot, queue.id]).toEqual([i, i + 1]);
      queue.shift();
    }
    expect(queue.length).toBe(0);
  });

  it('is like an array, whatever is put in and taken out', () => {
    const step = fc.record({ push: fc.nat(900), shift: fc.nat(900) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const queue = new SlotQueue();
        const model: number[] = [];
        let next = 0;
        for (const { push, shift } of steps) {
          for (let i = 0; i < push; i++) {
            queue.push(next, next ^ 0x5555);
            model.push(next++);
          }
          for (let i = 0; i < shift && model.length > 0; i++) {
            const expected = model.shift()!;
            if (queue.slot !== expected || queue.id !== (expected ^ 0x5555)) return false;
            queue.shift();
          }
          if (queue.length !== model.length) return false;
        }
        return true;
      }),
      { numRuns: 60 },
    );
  });
});
