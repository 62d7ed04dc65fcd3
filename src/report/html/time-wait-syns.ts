/** What became of SYNs that met TIME_WAIT, by their number and timestamp? */
import type { SynDelta, TimeWaitOutcome } from '../../store/page/time-wait-deltas.js';
import { counted, grouped } from '../plain.js';
import { chartFigure, xAxis, yAxis } from './chart.js';
import { markup, type Markup } from './markup.js';
import { deltaScale } from './scale.js';
import { legend, shapeAt, shapeSwatch } from './series.js';

const OUTCOMES: readonly (readonly [outcome: TimeWaitOutcome, series: number])[] = [
  ['accepted', 1],
  ['accepted-after-rst', 5],
  ['challenged', 2],
  ['unanswered', 3],
  ['reset', 4],
];

/** @param counts of every outcome; `deltas` may hold fewer */
export function timeWaitSynsChart(
  deltas: readonly SynDelta[],
  counts: readonly { readonly outcome: string; readonly count: number }[],
): Markup | null {
  const known = deltas.filter(({ isnDelta }) => isnDelta !== null);
  if (known.length === 0) return null;
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  const countOf = (outcome: string): number => counts.find((c) => c.outcome === outcome)?.count ?? 0;
  const there = OUTCOMES.filter(([outcome]) => countOf(outcome) > 0);
  const drawn = known.length < total ? ` ${grouped(known.length)} of them are drawn.` : '';
  return chartFigure({
    id: 'time-wait-syns',
    question: 'Which SYNs did TIME_WAIT let through, by number and timestamp?',
    answer: `${counted(total, 'SYN')} met TIME_WAIT: ${there.map(([outcome]) => `${outcome} ${grouped(countOf(outcome))}`).join(', ')}.${drawn}`,
    height: () => 360,
    draw: ({ width, height, narrow }) => {
      const plot = { left: 54, right: width - 8, top: 26, bottom: height - 78 };
      const x = deltaScale(plot.left + 8, plot.right - 8);
      const y = deltaScale(plot.bottom - 8, plot.top + 8);
      const lane = plot.bottom + 20;
      const zero = markup`<path class="zero" d="M${x.at(0)} ${plot.top}V${lane + 10}M${plot.left} ${y.at(0)}H${plot.right}" />`;
      const points = there.map(([outcome, series]) => {
        const shapes = known
          .filter((d) => d.outcome === outcome)
          .map((d) => shapeAt(series, x.at(d.isnDelta ?? 0), d.tsDelta === null ? lane : y.at(d.tsDelta)));
        return markup`<path class="mark s${series}" d="${shapes.join('')}"><title>${outcome} ${grouped(countOf(outcome))}</title></path>`;
      });
      const corners = narrow
        ? null
        : markup`<g class="corner"><text x="${plot.right - 8}" y="${plot.top + 14}" text-anchor="end">newer by both</text><text x="${plot.left + 8}" y="${plot.top + 14}">newer by timestamp alone</text><text x="${plot.right - 8}" y="${plot.bottom - 8}" text-anchor="end">newer by number alone</text><text x="${plot.left + 8}" y="${plot.bottom - 8}">older by both</text></g>`;
      return [
        yAxis(plot, y, 'timestamp minus the last one, ticks'),
        markup`<text class="lane" x="${plot.left - 6}" y="${lane + 4}" text-anchor="end">none</text><path class="lane" d="M${plot.left} ${lane - 11}h${plot.right - plot.left}v22h${plot.left - plot.right}z" />`,
        zero,
        corners,
        xAxis({ ...plot, bottom: lane + 14 }, x, 'ISN minus the old final number', false),
        points,
      ];
    },
    legend: legend(
      there.map(([outcome, series]) => ({
        label: `${outcome} ${grouped(countOf(outcome))}`,
        swatch: shapeSwatch(series),
      })),
    ),
    note: 'Linux takes a SYN that is newer by timestamp, or by number where the timestamp does not go back; FreeBSD looks at the number alone. The lane at the bottom holds SYNs without a timestamp to compare. Both axes are logarithmic away from zero.',
  });
}
