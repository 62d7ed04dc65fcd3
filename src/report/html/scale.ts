/** From values to places on a chart, and the round values that its axes are marked at. */
export interface Tick {
  readonly value: number;
  readonly label: string;
}

export interface Scale {
  /** Where a value lies, px. */
  readonly at: (value: number) => number;
  readonly ticks: readonly Tick[];
}

/** Places are rounded to a tenth of a pixel: more is only longer. */
const place = (px: number): number => Math.round(px * 10) / 10;

/** 1 - 2 - 5 steps; the last tick is at `high` or above it, so that `high` lies inside. */
export function linearScale(high: number, from: number, to: number, wanted = 4): Scale {
  const step = Math.max(1, roundStep(Math.max(high, 1) / wanted));
  const top = Math.ceil(Math.max(high, 1) / step) * step;
  const ticks: Tick[] = [];
  for (let value = 0; value <= top; value += step) ticks.push({ value, label: short(value) });
  return { at: (value) => place(from + (value / top) * (to - from)), ticks };
}

/** Smallest of 1, 2, 5 times a power of ten that is at least `step`. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  return ([1, 2, 5].find((factor) => factor * power >= step * (1 - 1e-9)) ?? 10) * power;
}

/** Whole decades of seconds from `low` to `high`, both powers of ten. */
export function logSecondsScale(low: number, high: number, from: number, to: number): Scale {
  const [first, last] = [Math.log10(low), Math.log10(high)];
  const ticks: Tick[] = [];
  for (let power = Math.ceil(first); power <= last; power++)
    ticks.push({ value: 10 ** power, label: power < 0 ? `${10 ** (power + 3)} ms` : `${10 ** power} s` });
  return {
    at: (value) =>
      place(from + ((Math.log10(Math.min(high, Math.max(low, value))) - first) / (last - first)) * (to - from)),
    ticks,
  };
}

/** Differences modulo 2^32, both signs: logarithmic away from zero, so that +1 and +65537 and two thousand million are told apart. */
export function deltaScale(from: number, to: number): Scale {
  const middle = (from + to) / 2;
  const reach = (to - from) / 2;
  const most = Math.log10(1 + 2 ** 31);
  const at = (value: number): number =>
    place(middle + ((Math.sign(value) * Math.log10(1 + Math.abs(value))) / most) * reach);
  const ticks = [-1e9, -1e6, -1e3, 0, 1e3, 1e6, 1e9].map((value) => ({
    value,
    label: value === 0 ? '0' : `${value < 0 ? '−' : '+'}${short(Math.abs(value))}`,
  }));
  return { at, ticks };
}

/** Seconds since the capture began; of a long capture the time of day, UTC. */
export function timeScale(seconds: number, startMs: number, from: number, to: number, wanted = 5): Scale {
  const span = Math.max(seconds, 1e-6);
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400];
  const step =
    span < wanted
      ? roundStep(span / wanted)
      : (steps.find((s) => s >= span / wanted) ?? roundStep(span / wanted / 86_400) * 86_400);
  const asClock = span > 600;
  const firstTick = asClock ? (step - ((startMs / 1000) % step)) % step : 0;
  const ticks: Tick[] = [];
  for (let n = 0; firstTick + n * step <= span * 1.0001; n++) {
    const value = firstTick + n * step;
    ticks.push({ value, label: asClock ? clock(startMs + value * 1000, step) : secondsLabel(value, step) });
  }
  return { at: (value) => place(from + (Math.min(span, Math.max(0, value)) / span) * (to - from)), ticks };
}

function clock(ms: number, step: number): string {
  const iso = new Date(ms).toISOString();
  if (step >= 86_400) return iso.slice(5, 10);
  return iso.slice(11, step < 60 ? 19 : 16);
}

function secondsLabel(value: number, step: number): string {
  if (value === 0) return '0';
  if (step < 1e-3) return `${Number((value * 1e6).toPrecision(4))} µs`;
  if (step < 0.1) return `${Number((value * 1000).toPrecision(4))} ms`;
  return `${Number(value.toPrecision(4))} s`;
}

/** 1500000 -> 1.5 M. */
export function short(value: number): string {
  for (const [unit, name] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const)
    if (value >= unit) return `${Number((value / unit).toPrecision(3))} ${name}`;
  return String(Number(value.toPrecision(3)));
}
