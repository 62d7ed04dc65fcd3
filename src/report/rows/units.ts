import { grouped, spokenSeconds } from '../plain.js';
import type { Value } from './row-format.js';

/** Writes a value with its unit; null where it has none, so that it is written as it is. */
export type Unit = (value: Value) => string | null;

/** Columns are named after what they hold (`tcpclose schema`), so a name tells the unit, also of an alias. */
export function unitOf(column: string): Unit | undefined {
  return UNITS.find(([name]) => name.test(column))?.[1];
}

const ofNumber =
  (write: (value: number) => string | null): Unit =>
  (value) =>
    typeof value === 'number' || typeof value === 'bigint' ? write(Number(value)) : null;

const UNITS: readonly (readonly [RegExp, Unit])[] = [
  [/_ns$/, (value) => (typeof value === 'bigint' ? moment(value) : null)],
  [/_s$/, ofNumber(duration)],
  [/(^|_)bytes$/, ofNumber(octets)],
  [/_delta$/, ofNumber((n) => `${n > 0 ? '+' : n < 0 ? '-' : ''}${grouped(Math.abs(n))}`)],
  [/_hz$/, ofNumber((n) => `${grouped(Math.round(n))} Hz`)],
];

/** 1973 to 2112: outside it, nanoseconds are not taken for a time since 1970. */
const TIMES_FROM = 10n ** 17n;
const TIMES_TO = 45n * TIMES_FROM;

/** ISO 8601, UTC, as the columns `*_seen` have it. */
function moment(ns: bigint): string | null {
  if (ns < TIMES_FROM || ns > TIMES_TO) return null;
  const text = new Date(Number(ns / 1_000_000n)).toISOString().slice(0, 19);
  return `${text}.${String(ns % 1_000_000_000n).padStart(9, '0')}Z`;
}

/** Seconds stay seconds as long as timers are spoken of in them (350 s), longer ones are hours and minutes. */
function duration(seconds: number): string {
  const size = Math.abs(seconds);
  if (size < 100 || size >= 1000) return size === 0 ? '0 s' : spokenSeconds(seconds);
  return `${Number.isInteger(seconds) ? seconds : seconds.toFixed(1)} s`;
}

function octets(n: number): string | null {
  if (n < 0) return null;
  if (n < 10_000) return `${grouped(n)} B`;
  const power = Math.min(3, Math.floor(Math.log10(Number(n.toPrecision(3))) / 3));
  return `${(n / 1000 ** power).toPrecision(3)} ${['', 'k', 'M', 'G'][power] ?? ''}B`;
}
