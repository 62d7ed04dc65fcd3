/** Who closed first, service by service? */
import type { Service } from '../../store/page/services.js';
import { endpoint, grouped } from '../plain.js';
import { barsHeight, drawBars } from './bars.js';
import { chartFigure } from './chart.js';
import type { Markup } from './markup.js';
import { areaSwatch, legend } from './series.js';

const BARS = 12;
const SIDES = [
  ['the client', 4, (s: Service) => s.clientFirst - s.clientInName],
  ['the server', 1, (s: Service) => s.serverFirst - s.serverInName],
  ['both at once', 5, (s: Service) => s.bothFirst],
  ['a reset from elsewhere', 3, (s: Service) => s.clientInName + s.serverInName],
  ['nobody', 6, (s: Service) => s.neither],
] as const;

/** @param services the busiest first */
export function closersChart(services: readonly Service[], total: number): Markup | null {
  const closed = services.filter((s) => s.neither < s.connections);
  const shown = closed.slice(0, BARS);
  if (shown.length === 0) return null;
  const there = SIDES.filter(([, , of]) => shown.some((service) => of(service) > 0));
  const totals = there.map(([label, series, of]) => ({
    label,
    series,
    count: shown.reduce((sum, s) => sum + of(s), 0),
  }));
  const less =
    total > shown.length
      ? ` Shown: ${shown.length} of ${grouped(total)} services, the busiest at which anybody closed.`
      : '';
  const most = [...totals].sort((a, b) => b.count - a.count).map(({ label, count }) => `${label} ${grouped(count)}`);
  return chartFigure({
    id: 'closers',
    question: 'Who closed first, at each service?',
    answer: `Closed first: ${most.join(', ')}.${less} The side that closes first is the one that then holds TIME_WAIT.`,
    height: () => barsHeight(shown.length),
    draw: (area) =>
      drawBars(
        shown.map((service) => ({
          label: endpoint(service.serverIp, service.serverPort),
          value: grouped(service.connections),
          parts: there.map(([label, series, of]) => ({ label, series, count: of(service) })),
        })),
        area,
      ),
    legend: legend(
      totals.map(({ label, series, count }) => ({ label: `${label} ${grouped(count)}`, swatch: areaSwatch(series) })),
    ),
  });
}
