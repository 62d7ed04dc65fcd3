import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_SAMPLES, PairTable } from '../../src/detect/source-pairs.js';
import { RATES, areOnLine, fitClocks } from '../../src/detect/timestamp-clocks.js';
import { Family, SegmentBatch } from '../../src/segment/segment-batch.js';

interface Syn {
  readonly ms: number;
  readonly tsval: number;
  readonly port: number;
}

/** A table that has seen these SYNs of one source, and the first word of their pair. */
function pairOf(syns: readonly Syn[]): readonly [PairTable, number] {
  const pairs = new PairTable();
  const at = pairs.get(Family.V4, 1, 2);
  const batch = new SegmentBatch(1);
  for (const { ms, tsval, port } of syns) {
    batch.timeNs[0] = ms * 1e6;
    batch.tsval[0] = tsval;
    batch.srcPort[0] = port;
    pairs.addSample(at, batch, 0);
  }
  return [pairs, at];
}

/** SYNs of clocks of some rate, most of them of the same one. */
const sources = fc
  .record({
    hz: fc.constantFrom(...RATES),
    base: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    syns: fc.array(
      fc.record({
        stepMs: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 90_000 })),
        offTicks: fc.oneof({ arbitrary: fc.constant(0), weight: 60 }, fc.integer({ min: -400, max: 400 })),
        port: fc.oneof({ arbitrary: fc.constant(40_000), weight: 5 }, fc.integer({ min: 1, max: 65_535 })),
      }),
      { minLength: 1, maxLength: MAX_SAMPLES + 3 },
    ),
  })
  .map(({ hz, base, syns }) => {
    let ms = 0;
    return syns.map(({ stepMs, offTicks, port }): Syn => {
      ms += stepMs;
      return { ms, tsval: ((base + Math.round((ms * hz) / 1000) + offTicks) % 2 ** 32) >>> 0, port };
    });
  });

describe('what a source and its destination keep of their SYNs', () => {
  it('is, in few words, what all of them say', () => {
    let onOneClock = 0;
    fc.assert(
      fc.property(sources, (syns) => {
        const [pairs, at] = pairOf(syns);
        const samples = pairs.samples(at);
        const { count, port, tsval } = samples;
        expect(count).toBe(Math.min(syns.length, MAX_SAMPLES));
        expect(pairs.areOfOnePort(at)).toBe(port.slice(0, count).every((p) => p === port[0]));
        expect(pairs.areOfOneTsval(at)).toBe(tsval.slice(0, count).every((value) => value === tsval[0]));
        const rate = pairs.onlyLine(at);
        expect(rate).toBe(RATES.find((hz) => areOnLine(samples, hz)) ?? null);
        if (pairs.areOfOnePort(at) || rate === null) return;
        expect(fitClocks(samples)).toEqual({ rates: [rate], takeTurns: false, loners: 0, lonePorts: 0 });
        onOneClock++;
      }),
    );
    expect(onOneClock).toBeGreaterThan(10);
  });

  it('is no line where a clock of another rate was set in between', () => {
    const clock = (from: number, hz: number): Syn[] =>
      [0, 1, 2, 3, 4].map((i) => ({ ms: from + i * 1000, tsval: i * hz + from, port: 40_000 + i }));
    const [pairs, at] = pairOf([...clock(0, 1000), ...clock(5000, 250)]);
    expect(pairs.onlyLine(at)).toBeNull();
  });
});
