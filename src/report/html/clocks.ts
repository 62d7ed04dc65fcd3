/** How many timestamp clocks, and so hosts, are behind one address? A line a clock. */
import type { SourceClocks } from '../../store/page/clock-samples.js';
import type { RecordedSpan } from '../../store/page/recorded-span.js';
import { counted, grouped } from '../plain.js';
import { chartFigure, xAxis, yAxis } from './chart.js';
import { timeTitle } from './close-times.js';
import { markup, type Markup } from './markup.js';
import { linearScale, timeScale } from './scale.js';
import { dashOf, legend, lineSwatch, shapeAt, shapeSwatch } from './series.js';

export const CLOCK_SOURCES = 4;
/** Clocks with a colour and shape of their own. */
const CLOCKS = 6;
const LONERS = 8;

export function clocksChart(source: SourceClocks, index: number, span: RecordedSpan): Markup {
  const { sourceIp, verdict, estimatedHosts, alike, samples } = source;
  const seconds = samples.map(({ second }) => second);
  const begin = Math.min(...seconds);
  const lasted = Math.max(...seconds) - begin;
  const clocks = [...new Set(samples.map(({ clock }) => clock))].filter((clock) => clock > 0).sort((a, b) => a - b);
  const loners = samples.filter(({ clock }) => clock === 0);
  const heights = aboveLowest(samples.map(({ tsval }) => tsval));
  return chartFigure({
    id: `clocks-${index + 1}`,
    question: `How many hosts are behind ${sourceIp}, by their timestamp clocks?`,
    answer:
      verdict === 'several-hosts'
        ? `${counted(estimatedHosts ?? clocks.length, 'clock')}: each line below is one, and so one host.${othersAlike(index, alike)}`
        : `Nobody can tell: each connection has an offset of its own, as many kernels draw it (RFC 7323 §7), so the points lie on no common lines.${alike > 1 ? ` ${counted(alike - 1, 'more address looks', 'more addresses look')} the same.` : ''}`,
    height: () => 240,
    draw: ({ width, height }) => {
      const plot = { left: 54, right: width - 8, top: 26, bottom: height - 40 };
      const y = linearScale(Math.max(...heights), plot.bottom, plot.top, 5);
      const x = timeScale(lasted, span.startMs + begin * 1000, plot.left, plot.right, width < 500 ? 3 : 7);
      const places = samples.map(({ second, clock }, i) => ({
        clock,
        x: x.at(second - begin),
        y: y.at(heights[i] ?? 0),
      }));
      const lines = clocks.map((clock) => {
        const on = places.filter((place) => place.clock === clock);
        const path = on.map((place, i) => `${i === 0 ? 'M' : 'L'}${place.x} ${place.y}`).join('');
        return markup`<g class="s${seriesOf(clock)}"><path class="line" d="${path}" stroke-dasharray="${dashOf(seriesOf(clock))}" /><path class="mark" d="${on.map((place) => shapeAt(seriesOf(clock), place.x, place.y)).join('')}" /></g>`;
      });
      const alone = places.filter(({ clock }) => clock === 0).map((place) => shapeAt(LONERS, place.x, place.y));
      return [
        yAxis(plot, y, 'timestamp above the lowest, ticks'),
        lines,
        alone.length === 0 ? null : markup`<path class="mark s${LONERS}" d="${alone.join('')}" />`,
        xAxis(plot, x, timeTitle(lasted, 'since the first SYN of this address')),
      ];
    },
    legend: legend([
      ...clocks.slice(0, CLOCKS).map((clock) => ({
        label: `clock ${clock}: ${counted(samples.filter((s) => s.clock === clock).length, 'SYN')}`,
        swatch: lineSwatch(seriesOf(clock)),
      })),
      ...(clocks.length > CLOCKS
        ? [{ label: `and ${grouped(clocks.length - CLOCKS)} more`, swatch: lineSwatch(CLOCKS) }]
        : []),
      ...(loners.length > 0
        ? [{ label: `on no clock: ${counted(loners.length, 'SYN')}`, swatch: shapeSwatch(LONERS) }]
        : []),
    ]),
  });
}

/** Only the first of the charts says how many addresses there are. */
const othersAlike = (index: number, alike: number): string =>
  index === 0 && alike > CLOCK_SOURCES
    ? ` The ${CLOCK_SOURCES} addresses with the most hosts, of ${grouped(alike)} that are shared, have a picture.`
    : '';

const seriesOf = (clock: number): number => Math.min(clock, CLOCKS);

/** Timestamps count modulo 2^32: heights above the value after the widest gap, so that no line is torn by the wrap. */
function aboveLowest(tsvals: readonly number[]): number[] {
  const sorted = [...new Set(tsvals)].sort((a, b) => a - b);
  let lowest = sorted[0] ?? 0;
  let widest = lowest + 2 ** 32 - (sorted.at(-1) ?? 0);
  sorted.forEach((value, i) => {
    const gap = value - (sorted[i - 1] ?? value);
    if (gap <= widest) return;
    widest = gap;
    lowest = value;
  });
  return tsvals.map((value) => (value - lowest + 2 ** 32) % 2 ** 32);
}
