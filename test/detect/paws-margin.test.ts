import { describe, expect, it } from 'vitest';
import { analyzeConversation } from '../support/run.js';

/** A client whose clock has `rate` ticks a second says something at each time, then sends what is `late` ticks too old. */
async function margin(rate: number, late: number, times: readonly number[], syn = 5000): Promise<unknown> {
  const at = (s: number): number => (syn + Math.round(s * rate)) >>> 0;
  const last = times.at(-1)!;
  const talk = times.map(
    (s, i) => `${s} A > B P. ${1001 + i}(1) ack 5001 <TS val ${at(s)} ecr 900>
      ${(s + 0.001).toFixed(3)} B > A . 5001 ack ${1002 + i} <TS val ${901 + i} ecr ${at(s)}>`,
  );
  const { pawsRejections } = await analyzeConversation(`A = 192.0.2.1:40000     B = 198.51.100.7:443
    0     A > B S  1000          <TS val ${syn} ecr 0>
    0.001 B > A S. 5000 ack 1001 <TS val 900 ecr ${syn}>
    0.002 A > B .  1001 ack 5001 <TS val ${syn} ecr 900>
    ${talk.join('\n')}
    ${(last + 0.01).toFixed(3)} A > B P. ${1001 + times.length}(9) ack 5001 <TS val ${(at(last) - late) >>> 0} ecr 900>`);
  expect(pawsRejections).toMatchObject([{ ts_delta: -late }]);
  return pawsRejections[0]!.margin_s;
}

describe('how much too old a rejected segment is, in seconds', () => {
  it.each([
    ['1 ms', 1000, 5000, 5],
    ['4 ms', 250, 500, 2],
    ['10 ms', 100, 500, 5],
    ['1 microsecond', 1_000_000, 500, 0.0005],
  ])('is told by a clock of %s', async (_, rate, late, seconds) => {
    expect(await margin(rate, late, [0.5, 1, 2])).toBe(seconds);
  });

  it.each<[string, number, number[], number?]>([
    ['after too short a time to tell the rate', 1000, [0.02, 0.05]],
    ['by a clock of no rate that a stack has', 617, [0.5, 1, 2]],
    ['where the SYN said zero', 1000, [0.5, 1, 2], 0],
  ])('is not told %s', async (_, rate, times, syn) => {
    expect(await margin(rate, 500, times, syn ?? 5000)).toBeNull();
  });
});
