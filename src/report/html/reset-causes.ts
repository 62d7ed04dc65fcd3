/** Why were connections reset, and who sent the resets? */
import type { ResetCount } from '../../store/page/reset-counts.js';
import { counted, grouped } from '../plain.js';
import { barsHeight, drawBars } from './bars.js';
import { chartFigure } from './chart.js';
import type { Markup } from './markup.js';
import { areaSwatch, legend } from './series.js';

/** Each cause in at most 40 characters, so that a narrow page shows it whole beside a count. */
export const CAUSES: Readonly<Record<string, string>> = {
  unknown: 'unknown: the packets do not show why',
  refused: 'refused: nobody listens there',
  'unread-data': 'unread-data: closed with data unread',
  'data-after-close': 'data-after-close: data for a closed end',
  abort: 'abort: SO_LINGER 0 or the like',
  'half-open': 'half-open: sender has no such connection',
  keepalive: 'keepalive: probes went unanswered',
  'idle-timeout': 'idle-timeout: a timer after silence',
  'listen-overflow': 'listen-overflow: accept queue was full',
  'time-wait': 'time-wait: met TIME_WAIT, or its want',
  'challenge-ack': 'challenge-ack: answers a challenge ACK',
  injected: 'injected: not from the endpoint',
};

const SENDERS = [
  ['in the name of the client', 4, (r: ResetCount) => r.by === 'client' && r.origin !== 'middlebox'],
  ['in the name of the server', 1, (r: ResetCount) => r.by === 'server' && r.origin !== 'middlebox'],
  ['by a device between', 2, (r: ResetCount) => r.origin === 'middlebox'],
  ['sender unknown', 6, (r: ResetCount) => r.by === null && r.origin !== 'middlebox'],
] as const;

export function resetCausesChart(resets: readonly ResetCount[]): Markup | null {
  if (resets.length === 0) return null;
  const causes = [...new Set(resets.map(({ cause }) => cause))]
    .map((cause) => ({ cause, of: resets.filter((r) => r.cause === cause) }))
    .map(({ cause, of }) => ({ cause, of, total: sum(of) }))
    .sort((a, b) => b.total - a.total);
  const senders = SENDERS.map(([label, series, is]) => ({ label, series, is, count: sum(resets.filter(is)) })).filter(
    ({ count }) => count > 0,
  );
  return chartFigure({
    id: 'reset-causes',
    question: 'Why were connections reset, and by whom?',
    answer: `${counted(sum(resets), 'reset')}; most often ${causes[0]?.cause ?? ''} (${grouped(causes[0]?.total ?? 0)}). Sent ${senders
      .map(({ label, count }) => `${label} ${grouped(count)}`)
      .join(', ')}.`,
    height: () => barsHeight(causes.length),
    draw: (area) =>
      drawBars(
        causes.map(({ cause, of, total }) => ({
          label: CAUSES[cause] ?? cause,
          value: grouped(total),
          parts: senders.map(({ label, series, is }) => ({ label, series, count: sum(of.filter(is)) })),
        })),
        area,
      ),
    legend: legend(
      senders.map(({ label, series, count }) => ({ label: `${label} ${grouped(count)}`, swatch: areaSwatch(series) })),
    ),
  });
}

const sum = (counts: readonly ResetCount[]): number => counts.reduce((total, { resets }) => total + resets, 0);
