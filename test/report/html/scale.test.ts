import { describe, expect, it } from 'vitest';
import { deltaScale, linearScale, logSecondsScale, short, timeScale } from '../../../src/report/html/scale.js';

const labels = (scale: { readonly ticks: readonly { readonly label: string }[] }): string[] =>
  scale.ticks.map(({ label }) => label);

describe('a scale', () => {
  it('of counts begins at zero, has round steps, and holds the highest count', () => {
    const scale = linearScale(7, 100, 0);
    expect(labels(scale)).toEqual(['0', '2', '4', '6', '8']);
    expect(scale.at(0)).toBe(100);
    expect(scale.at(7)).toBeGreaterThan(0);
    expect(labels(linearScale(1, 0, 1))).toEqual(['0', '1']);
    expect(labels(linearScale(2 ** 32 - 1, 0, 1, 5)).at(-1)).toBe('5 G');
    expect(labels(linearScale(31_000, 0, 1))).toEqual(['0', '10 k', '20 k', '30 k', '40 k']);
  });
  it('of silences has a tick a decade, and holds what is shorter or longer at its ends', () => {
    const scale = logSecondsScale(1e-3, 1000, 0, 600);
    expect(labels(scale)).toEqual(['1 ms', '10 ms', '100 ms', '1 s', '10 s', '100 s', '1000 s']);
    expect([scale.at(1e-9), scale.at(1), scale.at(1e9)]).toEqual([0, 300, 600]);
  });
  it('of differences has its zero in the middle, and both ends of the number space inside', () => {
    const scale = deltaScale(0, 400);
    expect([scale.at(-(2 ** 31)), scale.at(0), scale.at(2 ** 31 - 1)]).toEqual([0, 200, 400]);
    expect(scale.at(1)).toBeGreaterThan(200);
    expect(labels(scale)).toEqual(['−1 G', '−1 M', '−1 k', '0', '+1 k', '+1 M', '+1 G']);
  });
  it.each([
    [0.0004, ['0', '100 µs', '200 µs', '300 µs', '400 µs']],
    [1.28, ['0', '0.5 s', '1 s']],
    [0.2, ['0', '50 ms', '100 ms', '150 ms', '200 ms']],
    [14.8, ['0', '5 s', '10 s']],
  ])('of %d s of time counts from the first packet', (seconds, expected) => {
    expect(labels(timeScale(seconds, 1_700_000_000_000, 0, 100, 4))).toEqual(expected);
  });
  it('of a long time shows the time of day, at round hours', () => {
    expect(labels(timeScale(4 * 3600, Date.UTC(2026, 0, 1, 22, 13, 20), 0, 100, 4))).toEqual([
      '23:00',
      '00:00',
      '01:00',
      '02:00',
    ]);
    expect(labels(timeScale(3 * 86_400, Date.UTC(2026, 0, 1, 12), 0, 100, 3))).toEqual(['01-02', '01-03', '01-04']);
  });
  it('writes large numbers short', () => {
    expect([short(999), short(1500), short(28_232), short(2 ** 31)]).toEqual(['999', '1.5 k', '28.2 k', '2.15 G']);
  });
});
