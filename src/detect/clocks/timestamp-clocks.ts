import { serialDiff } from '../../wire/serial.js';
import { DRIFT, TOLERANCE_S, TOLERANCE_TICKS, TWO_32 } from './pair-layout.js';

/** Rates of timestamp clocks that stacks use, ticks a second; the commonest first (close-rules 5.7). */
export const RATES: readonly number[] = [1000, 250, 100, 10, 2, 1, 300, 1024, 1e6];
/** TSvals of `count` SYNs from one source: when they were seen (ns), with which value, from which port. In order of time. */
export interface ClockSamples {
  readonly count: number;
  readonly ns: ArrayLike<number>;
  readonly tsval: ArrayLike<number>;
  readonly port: ArrayLike<number>;
}

export interface ClockLines {
  /** Clocks that SYNs of at least two ports lie on, by rate, the one with most SYNs first. */
  readonly rates: readonly number[];
  /** Whether SYNs of two of them take turns. One host that starts again has two clocks, too, one after the other. */
  readonly takeTurns: boolean;
  /** SYNs on none of them. */
  readonly loners: number;
  /** Groups of SYNs from one port each that lie on no line of others: one offset a port, or one host a port. */
  readonly lonePorts: number;
}

/**
 * Fits timestamp clocks to the samples: takes the line through most of them, sets these aside, and so on. A line that
 * only SYNs of one port share is no evidence of a clock: many kernels keep one offset for each four-tuple.
 */
export function fitClocks(samples: ClockSamples): ClockLines {
  const { clocks, lone } = linesThrough(samples);
  return {
    rates: clocks.map(({ rate }) => rate),
    takeTurns: takeTurns(clocks),
    loners: lone.length,
    lonePorts: new Set(lone.map((i) => samples.port[i])).size,
  };
}

/** What `fitClocks` makes of so many SYNs that all come from one port. */
export function ofOnePort(count: number): ClockLines {
  return { rates: [], takeTurns: false, loners: count, lonePorts: Math.min(count, 1) };
}

/** What it makes of SYNs that all lie on one clock of that rate, and come from several ports. */
export function onOneLine(rate: number): ClockLines {
  return { rates: [rate], takeTurns: false, loners: 0, lonePorts: 0 };
}

function takeTurns(clocks: readonly Line[]): boolean {
  const spans = clocks.map(({ members }) => [members[0]!, members.at(-1)!] as const).sort(([a], [b]) => a - b);
  return spans.some(([first], i) => i > 0 && first < spans[i - 1]![1]);
}

/** For each sample the clock of `fitClocks` that it lies on, counted from 1; 0: none. */
export function clockOfEach(samples: ClockSamples): number[] {
  const numbers = new Array<number>(samples.count).fill(0);
  linesThrough(samples).clocks.forEach(({ members }, i) => members.forEach((member) => (numbers[member] = i + 1)));
  return numbers;
}

function linesThrough(samples: ClockSamples): { readonly clocks: readonly Line[]; readonly lone: readonly number[] } {
  let left = Array.from({ length: samples.count }, (_, i) => i);
  const clocks: Line[] = [];
  const lone: number[] = [];
  const known: KnownLines = new Array<Line | undefined>(samples.count * RATES.length);
  const near = new Neighbours(samples);
  while (left.length > 0) {
    const best = longestLine(samples, left, known, near);
    if (best.members.length === 1) return { clocks, lone: [...lone, ...left] };
    const ports = new Set(best.members.map((i) => samples.port[i]));
    if (ports.size >= 2) clocks.push(best);
    else lone.push(...best.members);
    const taken = new Uint8Array(samples.count);
    for (const i of best.members) taken[i] = 1;
    left = left.filter((i) => taken[i] === 0);
    known.forEach((line, key) => {
      if (line?.members.some((i) => taken[i] === 1) === true) known[key] = undefined;
    });
  }
  return { clocks, lone };
}

/** Whether each sample lies on a clock of that rate with the one before it. */
export function areOnLine({ count, ns, tsval }: Omit<ClockSamples, 'port'>, hz: number): boolean {
  for (let i = 1; i < count; i++) if (!isOnLine(ns[i]! - ns[i - 1]!, tsval[i]!, tsval[i - 1]!, hz)) return false;
  return true;
}

interface Line {
  readonly rate: number;
  readonly members: readonly number[];
}

/** By first sample and rate. A line stays as it was until one of its samples is set aside, so that few are looked for twice. */
type KnownLines = (Line | undefined)[];

/** Which samples may lie on a clock with another. Most pairs never do, and need not be looked at one by one. */
class Neighbours {
  readonly #samples: ClockSamples;
  /** By rate: a byte for each sample. */
  readonly #near = new Map<number, Uint8Array>();

  constructor(samples: ClockSamples) {
    this.#samples = samples;
  }

  at(rate: number): Uint8Array {
    let near = this.#near.get(rate);
    if (near === undefined) this.#near.set(rate, (near = this.#find(rate)));
    return near;
  }

  /** What the clock of each sample showed at the first one: those of one clock are next to each other there. */
  #find(rate: number): Uint8Array {
    const { count, ns, tsval } = this.#samples;
    const near = new Uint8Array(count);
    const offsets = new Float64Array(count);
    let farthest = 0;
    for (let i = 0; i < count; i++) {
      const ticks = ((ns[i]! - ns[0]!) / 1e9) * rate;
      farthest = Math.max(farthest, Math.abs(ticks));
      const offset = (((tsval[i]! - Math.round(ticks)) % TWO_32) + TWO_32) % TWO_32;
      offsets[i] = offset * count + i; // for sorting without a function
    }
    offsets.sort();
    const tolerance = toleranceOf(rate, 2 * farthest) + 2; // two ticks for what was rounded
    for (let k = 0; k < count; k++) {
      const [here, next] = [offsets[k]!, offsets[(k + 1) % count]!];
      const gap = (Math.floor(next / count) - Math.floor(here / count) + TWO_32) % TWO_32;
      if (gap <= tolerance) near[here % count] = near[next % count] = 1;
    }
    return near;
  }
}

function longestLine(samples: ClockSamples, left: readonly number[], known: KnownLines, near: Neighbours): Line {
  let best: Line = { rate: RATES[0]!, members: [] };
  for (let from = 0; from < left.length && left.length - from > best.members.length; from++) {
    for (let i = 0, key = left[from]! * RATES.length; i < RATES.length; i++, key++) {
      const rate = RATES[i]!;
      const line = (known[key] ??= { rate, members: lineFrom(samples, left, from, rate, near.at(rate)) });
      if (line.members.length > best.members.length) best = line;
      if (best.members.length === left.length) return best;
    }
  }
  return best;
}

/** Whether a clock of that rate may have gone from one value to the other in that time. */
function isOnLine(spanNs: number, tsval: number, before: number, rate: number): boolean {
  const ticks = (spanNs / 1e9) * rate;
  const turned = ticks < TWO_32 ? ticks : ticks % TWO_32; // seldom: a remainder takes longer than all else here
  const off = Math.abs(serialDiff(tsval, (before + Math.round(turned)) >>> 0));
  return off <= toleranceOf(rate, ticks);
}

/** By how many ticks a clock of that rate may be off after so many. */
function toleranceOf(rate: number, ticks: number): number {
  return rate * TOLERANCE_S + TOLERANCE_TICKS + DRIFT * ticks;
}

/** The samples that one clock of that rate, seen first at `left[from]`, may have given. */
function lineFrom(
  samples: ClockSamples,
  left: readonly number[],
  from: number,
  rate: number,
  near: Uint8Array,
): number[] {
  let last = left[from]!;
  const members = [last];
  if (near[last] === 0) return members;
  for (let k = from + 1; k < left.length; k++) {
    const i = left[k]!;
    if (near[i] === 1 && isOnLine(samples.ns[i]! - samples.ns[last]!, samples.tsval[i]!, samples.tsval[last]!, rate)) {
      members.push(i);
      last = i;
    }
  }
  return members;
}
