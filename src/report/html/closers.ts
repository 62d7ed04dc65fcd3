/** Who closed first, service by service? */
import type { CloserCounts, Services } from '../../store/page/services.js';
import { counted, endpoint, grouped } from '../plain.js';
import { barsHeight, drawBars } from './bars.js';
import { chartFigure } from './chart.js';
import type { Markup } from './markup.js';
import { areaSwatch, legend } from './series.js';

export const CLOSER_BARS = 12;
const SIDES = [
  ['the client', 4, (s: CloserCounts) => s.clientFirst - s.clientInName],
  ['the server', 1, (s: CloserCounts) => s.serverFirst - s.serverInName],
  ['both at once', 5, (s: CloserCounts) => s.bothFirst],
  ['a reset from elsewhere', 3, (s: CloserCounts) => s.clientInName + s.serverInName],
  ['nobody', 6, (s: CloserCounts) => s.neither],
] as const;

/** Bars for some services, but words and legend count the connections of all. */
export function closersChart({
  closed: services,
  total,
  all,
}: Pick<Services, 'closed' | 'total' | 'all'>): Markup | null {
  if (services.length === 0) return null;
  const there = SIDES.filter(([, , of]) => of(all) > 0);
  const totals = there.map(([label, series, of]) => ({ label, series, count: of(all) }));
  const left = total - services.length;
  const rest = grouped(all.connections - services.reduce((sum, { connections }) => sum + connections, 0));
  const less =
    left === 0
      ? ''
      : ` These are the counts of all ${grouped(total)} services. Bars: ${counted(services.length, 'service')}, the busiest at which anybody closed; ${left === 1 ? 'the other one' : `the ${grouped(left)} others`} had ${rest} of the ${counted(all.connections, 'connection')}.`;
  const most = [...totals].sort((a, b) => b.count - a.count).map(({ label, count }) => `${label} ${grouped(count)}`);
  return chartFigure({
    id: 'closers',
    question: 'Who closed first, at each service?',
    answer: `Closed first: ${most.join(', ')}.${less} The side that closes first with a FIN then holds TIME_WAIT; a reset leaves none.`,
    height: () => barsHeight(services.length),
    draw: (area) =>
      drawBars(
        services.map((service) => ({
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
