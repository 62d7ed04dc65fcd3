/** How many TIME_WAIT sockets does each host hold, and how near is that to the limit? */
import type { RecordedSpan } from '../../store/page/recorded-span.js';
import type { TimeWaitHeld, TimeWaitHost } from '../../store/page/time-wait-held.js';
import { grouped } from '../plain.js';
import { chartFigure, xAxis, yAxis } from './chart.js';
import { timeTitle } from './close-times.js';
import { markup, type Markup } from './markup.js';
import { linearScale, timeScale, type Scale } from './scale.js';
import { dashOf, legend, lineSwatch, shapeAt } from './series.js';

export const TIME_WAIT_HOSTS = 6;
/** Below this share of the limit its line would press the others flat, so an arrow stands for it. */
const NEAR = 0.2;
/** Shapes on each line. */
const MARKS = 8;

export function timeWaitHeldChart(held: TimeWaitHeld, span: RecordedSpan): Markup | null {
  const [first] = held.hosts;
  if (first === undefined) return null;
  const isNear = first.peak >= held.limit * NEAR;
  const limit = grouped(held.limit);
  const others =
    held.hostCount > held.hosts.length
      ? ` The ${held.hosts.length} highest of the ${grouped(held.hostCount)} hosts that held any.`
      : '';
  return chartFigure({
    id: 'time-wait-held',
    question: 'How many TIME_WAIT sockets did each host hold?',
    answer: `${first.ip} held ${grouped(first.peak)} at its peak. The limit: by default Linux has ${limit} ports for a client's connections to one address and port of a server, TIME_WAIT included; what a server holds takes none of its ports.${others}`,
    height: () => 260,
    draw: ({ width, height }) => {
      const plot = { left: 46, right: width - 6, top: 34, bottom: height - 40 };
      const y = linearScale(isNear ? Math.max(held.limit, first.peak) : first.peak, plot.bottom, plot.top);
      const x = timeScale(span.seconds, span.startMs, plot.left, plot.right, width < 500 ? 3 : 7);
      const at = isNear ? y.at(held.limit) : plot.top - 4;
      const mark = isNear
        ? markup`<path d="M${plot.left} ${at}H${plot.right}" stroke-dasharray="8 4" /><text x="${rises(first) ? plot.left + 6 : plot.right}" y="${at - 5}" text-anchor="${rises(first) ? 'start' : 'end'}">limit ${limit}</text>`
        : markup`<text x="${plot.right}" y="${plot.top - 16}" text-anchor="end">▲ limit ${limit}, far above</text>`;
      return [
        yAxis(plot, y, 'sockets'),
        held.hosts.map((host, i) => line(host, i + 1, x, y, held.intervalS)),
        markup`<g class="marker">${mark}</g>`,
        xAxis(plot, x, timeTitle(span.seconds)),
      ];
    },
    legend: legend(
      held.hosts.map(({ ip, peak }, i) => ({ label: `${ip}, at most ${grouped(peak)}`, swatch: lineSwatch(i + 1) })),
    ),
  });
}

/** Steps: the most that was held in each piece of time. Where pieces are missing none was held. */
function line(host: TimeWaitHost, series: number, x: Scale, y: Scale, intervalS: number): Markup {
  const gap = intervalS * 1.5;
  let path = '';
  let before: readonly [number, number] | null = null;
  for (const piece of host.pieces) {
    const [second, held] = piece;
    if (before === null) path += `M${x.at(second)} ${y.at(0)}V${y.at(held)}`;
    else if (second - before[0] > gap)
      path += `H${x.at(before[0] + intervalS)}V${y.at(0)}H${x.at(second)}V${y.at(held)}`;
    else if (held !== before[1]) path += `H${x.at(second)}V${y.at(held)}`;
    before = piece;
  }
  if (before !== null) path += `H${x.at(before[0] + intervalS)}`;
  const every = Math.max(1, Math.floor(host.pieces.length / MARKS));
  const offset = Math.floor((every * (series - 1)) / TIME_WAIT_HOSTS);
  const marks = host.pieces
    .filter((_, i) => i % every === offset)
    .map(([second, held]) => shapeAt(series, x.at(second), y.at(held)));
  return markup`<g class="s${series}"><path class="line" d="${path}" stroke-dasharray="${dashOf(series)}"><title>${host.ip}, at most ${grouped(host.peak)}</title></path><path class="mark" d="${marks.join('')}" /></g>`;
}

/** Holds more at the end than at the begin: there is room for words at the left. */
const rises = ({ pieces }: TimeWaitHost): boolean => (pieces.at(-1)?.[1] ?? 0) > (pieces[0]?.[1] ?? 0);
