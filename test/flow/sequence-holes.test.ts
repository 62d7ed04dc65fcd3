import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { appendHole, fillHoles, touchesHole } from '../../src/flow/sequence-holes.js';

const TOP = 2 ** 32;

describe('filling a hole', () => {
  it.each<[string, number[], [number, number], number, number[]]>([
    ['the whole of it leaves nothing', [100, 200], [100, 200], 100, []],
    ['more than it leaves nothing, and counts what was missing', [100, 200], [50, 250], 100, []],
    ['its beginning leaves its end', [100, 200], [100, 130], 30, [130, 200]],
    ['its end leaves its beginning', [100, 200], [170, 200], 30, [100, 170]],
    ['its middle leaves two', [100, 200], [120, 150], 30, [100, 120, 150, 200]],
    ['what lies before it changes nothing', [100, 200], [50, 100], 0, [100, 200]],
    ['what lies after it changes nothing', [100, 200], [200, 250], 0, [100, 200]],
    ['nothing changes nothing', [100, 200], [150, 150], 0, [100, 200]],
    ['two at once counts both', [100, 200, 300, 400], [150, 350], 100, [100, 150, 350, 400]],
    ['one across the wrap', [TOP - 50, 50], [TOP - 10, 10], 20, [TOP - 50, TOP - 10, 10, 50]],
    ['no hole', [], [0, 100], 0, []],
  ])('with %s', (_, holes, [from, to], filled, left) => {
    const list = [...holes];
    expect(fillHoles(list, from, to)).toBe(filled);
    expect(list).toEqual(left);
  });

  it('counts each missing octet once, wherever the ranges lie and in whichever order they come', () => {
    const range = fc.tuple(fc.nat(40), fc.nat(20)).map(([from, length]) => [from, from + length] as const);
    fc.assert(
      fc.property(fc.constantFrom(0, TOP - 30, 2 ** 31 - 30), fc.array(range, { maxLength: 12 }), (base, fills) => {
        const at = (n: number): number => (base + n) % TOP;
        const holes: number[] = [];
        const missing = new Set<number>();
        for (const [from, to] of [
          [5, 15],
          [20, 21],
          [30, 50],
        ] as const) {
          appendHole(holes, at(from), at(to));
          for (let i = from; i < to; i++) missing.add(i);
        }
        for (const [from, to] of fills) {
          let expected = 0;
          for (let i = from; i < to; i++) if (missing.delete(i)) expected++;
          expect(fillHoles(holes, at(from), at(to))).toBe(expected);
        }
        const left = new Set<number>();
        for (let i = 0; i < holes.length; i += 2) {
          for (let n = holes[i]!; n !== holes[i + 1]!; n = (n + 1) % TOP) left.add((n - base + TOP) % TOP);
        }
        expect(left).toEqual(missing);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a range touches a hole', () => {
  it.each<[string, [number, number], boolean]>([
    ['that it lies in', [120, 130], true],
    ['that it holds', [50, 250], true],
    ['whose first octet it ends with', [50, 101], true],
    ['but not one that it ends before', [50, 100], false],
    ['but not one that it begins after', [200, 250], false],
  ])('%s', (_, [from, to], touches) => {
    expect(touchesHole([100, 200], from, to)).toBe(touches);
  });
});

it('gives up the oldest hole when there are too many, so that memory stays bounded', () => {
  const holes: number[] = [];
  for (let i = 0; i < 1000; i++) appendHole(holes, i * 10, i * 10 + 5);
  expect(holes.length).toBe(512);
  expect(holes.slice(-2)).toEqual([9990, 9995]);
  expect(touchesHole(holes, 0, 5)).toBe(false);
});

it('does so also where they are pieces of one hole that was filled here and there', () => {
  const holes: number[] = [];
  appendHole(holes, 0, 100_000);
  for (let i = 1; i < 1000; i++) expect(fillHoles(holes, i * 10, i * 10 + 5)).toBe(5);
  expect(holes.length).toBe(512);
  expect(holes.slice(-2)).toEqual([9995, 100_000]);
});

it('gives up holes that are so far behind that they would seem to lie ahead', () => {
  const holes: number[] = [];
  appendHole(holes, 100, 200);
  appendHole(holes, 2 ** 30, 2 ** 30 + 50);
  appendHole(holes, 2 ** 31, 2 ** 31 + 50);
  expect(holes).toEqual([2 ** 31, 2 ** 31 + 50]);
});
