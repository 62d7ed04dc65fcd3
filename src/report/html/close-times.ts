/** How did connections end, over time? Stacked bars. */
import type { ClosesInBucket } from '../../store/page/close-times.js';
import type { RecordedSpan } from '../../store/page/recorded-span.js';
import { grouped, spokenSeconds } from '../plain.js';
import { chartFigure, xAxis, yAxis } from './chart.js';
import { markup, type Markup } from './markup.js';
import { linearScale, timeScale } from './scale.js';
import { areaSwatch, legend } from './series.js';
import { CLOSE_WORDS } from './words.js';

export const CLOSE_BUCKETS = 48;

type Close = ClosesInBucket['close'];

/** Order in the stack, from the base, and the series of each. */
const SERIES: readonly (readonly [close: Close, series: number])[] = [
  ['fin', 1],
  ['rst', 2],
  ['fin-then-rst', 7],
  ['half-closed', 4],
  ['refused', 5],
  ['unanswered', 3],
  ['open', 6],
  ['replaced', 8],
];

export function closeTimesChart(closes: readonly ClosesInBucket[], span: RecordedSpan): Markup | null {
  if (closes.length === 0) return null;
  const there = SERIES.map(([close, series]) => {
    const counts = new Map(closes.filter((c) => c.close === close).map((c) => [c.bucket, c.connections]));
    return { close, series, counts, total: [...counts.values()].reduce((a, b) => a + b, 0) };
  }).filter(({ total }) => total > 0);
  const all = there.reduce((sum, { total }) => sum + total, 0);
  const most = Math.max(
    ...Array.from({ length: CLOSE_BUCKETS }, (_, b) =>
      there.reduce((sum, { counts }) => sum + (counts.get(b) ?? 0), 0),
    ),
  );
  const parts = [...there].sort((a, b) => b.total - a.total).map((s) => `${CLOSE_WORDS[s.close]} ${grouped(s.total)}`);
  const bucketS = span.seconds / CLOSE_BUCKETS;
  return chartFigure({
    id: 'close-times',
    question: 'How did connections end, over time?',
    answer: `Of ${grouped(all)}: ${parts.join(', ')}. A bar is ${spokenSeconds(bucketS)}; a connection counts where its last packet is.`,
    height: () => 260,
    draw: ({ width, height }) => {
      const plot = { left: 46, right: width - 6, top: 26, bottom: height - 40 };
      const y = linearScale(most, plot.bottom, plot.top);
      const x = timeScale(span.seconds, span.startMs, plot.left, plot.right, width < 500 ? 3 : 7);
      const step = (plot.right - plot.left) / CLOSE_BUCKETS;
      const bars = Array.from({ length: CLOSE_BUCKETS }, (_, b) => {
        let below = 0;
        return there.map(({ close, series, counts }) => {
          const count = counts.get(b) ?? 0;
          if (count === 0) return null;
          const [low, high] = [y.at(below), y.at(below + count)];
          below += count;
          return markup`<rect x="${tenth(plot.left + b * step + 0.5)}" y="${high}" width="${tenth(step - 1)}" height="${tenth(Math.max(0.8, low - high))}" fill="url(#p${series})" class="area s${series}"><title>${CLOSE_WORDS[close]}: ${grouped(count)}</title></rect>`;
        });
      });
      return [yAxis(plot, y, 'connections'), bars, xAxis(plot, x, timeTitle(span.seconds))];
    },
    legend: legend(
      there.map(({ close, series, total }) => ({
        label: `${CLOSE_WORDS[close]} ${grouped(total)}`,
        swatch: areaSwatch(series),
      })),
    ),
  });
}

const tenth = (n: number): number => Math.round(n * 10) / 10;

/** Under the axis of time: what its labels count from. */
export function timeTitle(seconds: number, begin = 'since the first packet'): string {
  return seconds > 600 ? 'time of day, UTC' : begin;
}
