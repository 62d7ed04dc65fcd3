/** How long was it silent before a reset, and is that a timer somebody is known to use? */
import { IDLE_BINS_PER_DECADE, SHORTEST_IDLE_S, type IdleBin, type TimerMatch } from '../../store/page/reset-counts.js';
import { counted, grouped, spokenSeconds } from '../plain.js';
import { chartFigure, xAxis, yAxis, type Plot } from './chart.js';
import { markup, type Markup } from './markup.js';
import { linearScale, logSecondsScale } from './scale.js';

/** Marked on every page, so that a glance shows how far from them the silences are, s. */
const ALWAYS_MARKED = new Set([5, 60, 240, 350]);

export function idleBeforeResetChart(bins: readonly IdleBin[], timers: readonly TimerMatch[]): Markup | null {
  if (bins.length === 0) return null;
  const all = bins.reduce((sum, { resets }) => sum + resets, 0);
  const most = Math.max(...bins.map(({ resets }) => resets));
  const longest = 10 ** ((Math.max(...bins.map(({ bin }) => bin)) + 1) / IDLE_BINS_PER_DECADE);
  const high = 10 ** Math.ceil(Math.log10(Math.max(longest, 1000)) - 1e-9);
  const matches = timers.filter(({ resets }) => resets > 0).sort((a, b) => b.resets - a.resets);
  const marked = timers.filter(({ seconds, resets }) => seconds < high && (resets > 0 || ALWAYS_MARKED.has(seconds)));
  const matched = matches
    .slice(0, 3)
    .map(({ seconds, knownAs, resets }) => `${grouped(resets)} after ${spokenTimer(seconds)} (${knownAs})`);
  return chartFigure({
    id: 'idle-before-reset',
    question: 'How long was it silent before a reset?',
    answer:
      matched.length === 0
        ? `${counted(all, 'reset')}, those of closing connections and refused attempts left out; none came after a silence that is near a well-known timer.`
        : `Of ${counted(all, 'reset')}, near a well-known timer: ${matched.join('; ')}. A match is no proof.`,
    height: () => 240,
    draw: ({ width, height }) => {
      const [left, right, bottom] = [46, width - 6, height - 40];
      const x = logSecondsScale(SHORTEST_IDLE_S, high, left, right);
      const labels = inRows(marked, x.at);
      const plot = { left, right, top: 30 + 14 * Math.max(1, ...labels.map(({ row }) => row)), bottom };
      const y = linearScale(most, plot.bottom, plot.top);
      const bars = bins.map(({ bin, resets }) => {
        const [from, to] = [x.at(10 ** (bin / IDLE_BINS_PER_DECADE)), x.at(10 ** ((bin + 1) / IDLE_BINS_PER_DECADE))];
        const top = Math.min(y.at(resets), plot.bottom - 1.5);
        return markup`<rect x="${from}" y="${top}" width="${Math.max(2, Math.round((to - from - 1) * 10) / 10)}" height="${Math.round((plot.bottom - top) * 10) / 10}" fill="url(#p2)" class="area s2"><title>${silence(bin)}: ${grouped(resets)}</title></rect>`;
      });
      return [yAxis(plot, y, 'resets'), bars, timerMarks(labels, plot), xAxis(plot, x, 'silence before the reset')];
    },
    note: `Dashed lines: timers that are known from ${marked.map(({ seconds, knownAs }) => `${knownAs} (${spokenTimer(seconds)})`).join(', ')}.`,
  });
}

interface TimerLabel {
  readonly seconds: number;
  readonly x: number;
  /** 0: next to the plot. */
  readonly row: number;
}

/** Half of a label and the gap beside it, px. */
const HALF_LABEL = 19;

/** Each label in the lowest row that has room for it: none is left out. */
function inRows(timers: readonly TimerMatch[], at: (seconds: number) => number): TimerLabel[] {
  const free: number[] = [];
  return [...timers]
    .sort((a, b) => a.seconds - b.seconds)
    .map(({ seconds }) => {
      const x = at(seconds);
      const found = free.findIndex((end) => x - HALF_LABEL > end);
      const row = found < 0 ? free.length : found;
      free[row] = x + HALF_LABEL;
      return { seconds, x, row };
    });
}

function timerMarks(labels: readonly TimerLabel[], plot: Plot): Markup {
  return markup`<g class="marker">${labels.map(
    ({ seconds, x, row }) =>
      markup`<path d="M${x} ${plot.top - 6}V${plot.bottom}" stroke-dasharray="4 3" /><text x="${Math.min(x, plot.right + 5 - HALF_LABEL)}" y="${plot.top - 10 - 14 * row}" text-anchor="middle">${spokenTimer(seconds)}</text>`,
  )}</g>`;
}

const spokenTimer = (seconds: number): string => `${seconds} s`;

function silence(bin: number): string {
  const from = 10 ** (bin / IDLE_BINS_PER_DECADE);
  const to = 10 ** ((bin + 1) / IDLE_BINS_PER_DECADE);
  return from <= SHORTEST_IDLE_S * 1.001
    ? `less than ${spokenSeconds(to)}`
    : `${spokenSeconds(from)} to ${spokenSeconds(to)}`;
}
