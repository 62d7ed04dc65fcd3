import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RATES, areOnLine, clockOfEach, type ClockSamples } from '../../src/detect/clocks/timestamp-clocks.js';

/** SYNs of a few hosts that share an address, each with a clock of its own. */
const shared = fc
  .record({
    hosts: fc.array(fc.record({ hz: fc.constantFrom(...RATES), offset: fc.integer({ min: 0, max: 60_000 }) }), {
      minLength: 1,
      maxLength: 8,
    }),
    syns: fc.array(
      fc.record({
        host: fc.nat(7),
        after: fc.integer({ min: 0, max: 3_000_000_000 }),
        late: fc.integer({ min: -3, max: 3 }),
        port: fc.nat(5),
      }),
      { minLength: 1, maxLength: 40 },
    ),
  })
  .map(({ hosts, syns }): ClockSamples => {
    let now = 0;
    const ns = syns.map(({ after }) => (now += after));
    const tsval = syns.map(({ host, late }, i) => {
      const { hz, offset } = hosts[host % hosts.length]!;
      return (offset + Math.round((ns[i]! / 1e9) * hz) + late) >>> 0;
    });
    return { count: syns.length, ns, tsval, port: syns.map(({ port }) => port) };
  });

/** As the docstring of `fitClocks` has it, step by step: all lines through all that are left, each time. */
function stepByStep({ count, ns, tsval, port }: ClockSamples): number[] {
  const follows = (a: number, b: number, hz: number): boolean =>
    areOnLine({ count: 2, ns: [ns[a]!, ns[b]!], tsval: [tsval[a]!, tsval[b]!] }, hz);
  const numbers = new Array<number>(count).fill(0);
  let left = numbers.map((_, i) => i);
  for (let clocks = 0; left.length > 0;) {
    const lines = left.flatMap((first) =>
      RATES.map((hz) =>
        left
          .filter((i) => i > first)
          .reduce((line, i) => (follows(line.at(-1)!, i, hz) ? [...line, i] : line), [first]),
      ),
    );
    const longest = lines.reduce((best, line) => (line.length > best.length ? line : best));
    if (new Set(longest.map((i) => port[i])).size >= 2) {
      clocks++;
      for (const i of longest) numbers[i] = clocks;
    }
    left = left.filter((i) => !longest.includes(i));
  }
  return numbers;
}

it('the clock through most SYNs is found first, then the one through most of the others, and so on', () => {
  let several = 0;
  fc.assert(
    fc.property(shared, (samples) => {
      const expected = stepByStep(samples);
      expect(clockOfEach(samples)).toEqual(expected);
      if (Math.max(...expected) > 1) several++;
    }),
    { numRuns: 300 },
  );
  expect(several).toBeGreaterThan(100);
});
