import { describe, expect, it } from 'vitest';
import { BusiestSeconds } from '../../src/detect/ports/busiest-seconds.js';

/** The most within ten seconds of things that happen at these seconds. */
function most(seconds: readonly number[]): number {
  const busiest = new BusiestSeconds(10);
  for (const second of seconds) busiest.count(second * 1e9);
  return busiest.most;
}

const each = (count: number, of: (i: number) => number): number[] => Array.from({ length: count }, (_, i) => of(i));

describe('the busiest ten seconds', () => {
  it('are none where nothing was counted', () => {
    expect(most([])).toBe(0);
  });

  it('are whole seconds, the first and the last of them counted', () => {
    expect(most([3.9, 12.1])).toBe(2);
    expect(most([3.9, 13.1])).toBe(1);
  });

  it('are found also long before the end, when their seconds are no longer remembered', () => {
    expect(most([...each(50, (i) => 1 + i / 10), ...each(1000, (i) => 100 + i)])).toBe(50);
  });

  it.each([
    ['up', (i: number) => i],
    ['down', (i: number) => 7199 - i],
    ['nearly in order', (i: number) => i ^ 7],
  ])('are the same in whatever direction the time goes: %s', (_, order) => {
    expect(most(each(7200, (i) => order(i) / 12))).toBe(120);
  });
});
