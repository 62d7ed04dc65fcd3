/** The rows behind the charts, as tables. */
import type { ResetCount } from '../../store/page/reset-counts.js';
import type { Service } from '../../store/page/services.js';
import type { TimeWaitSynLine } from '../../store/page/time-wait-deltas.js';
import type { NatLine, PawsLine } from '../../store/page/verdict-lines.js';
import { endpoint } from '../plain.js';
import { dataTable } from './data-table.js';
import type { Markup } from './markup.js';
import { secondsOrNothing, signed } from './words.js';

/** Of a query's name, the command that prints all rows. */
export type Command = (name: string) => string;

export function servicesTable(rows: readonly Service[], total: number, command: Command): Markup | null {
  if (rows.length === 0) return null;
  const count = (title: string, of: (s: Service) => number) => ({ title, numeric: true, cell: of });
  return dataTable<Service>({
    id: 'services',
    caption: 'Services',
    rows,
    total,
    command: command('closers'),
    columns: [
      { title: 'service', cell: (s) => endpoint(s.serverIp, s.serverPort) },
      count('connections', (s) => s.connections),
      count('client first', (s) => s.clientFirst),
      count('server first', (s) => s.serverFirst),
      count('both', (s) => s.bothFirst),
      count('nobody', (s) => s.neither),
      count('by reset', (s) => s.byReset),
      count('refused', (s) => s.refused),
      count('unanswered', (s) => s.unanswered),
      count('open', (s) => s.open),
    ],
  });
}

export function resetsTable(rows: readonly ResetCount[], command: Command): Markup | null {
  if (rows.length === 0) return null;
  return dataTable<ResetCount>({
    id: 'resets',
    caption: 'Resets by cause and sender',
    rows,
    total: rows.length,
    command: command('resets'),
    columns: [
      { title: 'cause', cell: (r) => r.cause },
      { title: 'in the name of', cell: (r) => r.by ?? 'unknown' },
      { title: 'made by', cell: (r) => r.origin ?? 'unknown' },
      { title: 'resets', numeric: true, cell: (r) => r.resets },
      { title: 'one of them: connection', numeric: true, names: true, cell: (r) => r.exampleId },
    ],
  });
}

export function timeWaitSynsTable(rows: readonly TimeWaitSynLine[], total: number, command: Command): Markup | null {
  if (rows.length === 0) return null;
  return dataTable<TimeWaitSynLine>({
    id: 'syns-on-time-wait',
    caption: 'SYNs that met TIME_WAIT, the costliest first',
    rows,
    total,
    command: command('time-wait'),
    columns: [
      // What leads to the packets stands where a narrow window shows it; what the stacks would do may be scrolled to.
      { title: 'outcome', cell: (s) => s.outcome },
      { title: 'how sure', cell: (s) => s.confidence },
      { title: 'connection', numeric: true, names: true, cell: (s) => s.connectionId },
      { title: 'frame', numeric: true, names: true, cell: (s) => s.frame },
      { title: 'from', cell: (s) => s.client },
      { title: 'to', cell: (s) => s.server },
      { title: 'after', numeric: true, cell: (s) => secondsOrNothing(s.elapsedS), sort: (s) => s.elapsedS },
      { title: 'ISN', numeric: true, cell: (s) => signed(s.isnDelta), sort: (s) => s.isnDelta },
      {
        title: 'timestamp',
        numeric: true,
        cell: (s) => (s.tsDelta === null ? (s.tsRelation ?? 'cut') : signed(s.tsDelta)),
        sort: (s) => s.tsDelta,
      },
      { title: 'copies', numeric: true, cell: (s) => s.attempts },
      { title: 'cost', numeric: true, cell: (s) => secondsOrNothing(s.retryDelayS), sort: (s) => s.retryDelayS },
      { title: 'Linux would', cell: (s) => s.linux },
      { title: 'FreeBSD would', cell: (s) => s.freebsd },
    ],
  });
}

export function pawsTable(rows: readonly PawsLine[], total: number, command: Command): Markup | null {
  if (rows.length === 0) return null;
  return dataTable<PawsLine>({
    id: 'paws',
    caption: 'Segments with a timestamp older than their receiver knew (PAWS), the harmful first',
    rows,
    total,
    command: command('paws'),
    columns: [
      { title: 'outcome', cell: (p) => p.outcome },
      { title: 'impact', cell: (p) => p.impact },
      { title: 'sent by', cell: (p) => p.sender },
      { title: 'flags', cell: (p) => p.flags },
      { title: 'octets', numeric: true, cell: (p) => p.len },
      { title: 'ticks', numeric: true, cell: (p) => signed(p.tsDelta), sort: (p) => p.tsDelta },
      { title: 'too old by', numeric: true, cell: (p) => secondsOrNothing(p.marginS), sort: (p) => p.marginS },
      { title: 'receiver in', cell: (p) => p.state },
      { title: 'how sure', cell: (p) => p.confidence },
      { title: 'connection', numeric: true, names: true, cell: (p) => p.connectionId },
      { title: 'frame', numeric: true, names: true, cell: (p) => p.frame },
    ],
  });
}

export function natTable(rows: readonly NatLine[], total: number, command: Command): Markup | null {
  if (rows.length === 0) return null;
  return dataTable<NatLine>({
    id: 'sources',
    caption: 'Source addresses of several timestamp clocks, or whose timestamps run backwards',
    rows,
    total,
    command: command('nat'),
    columns: [
      { title: 'source', cell: (n) => n.sourceIp },
      { title: 'verdict', cell: (n) => n.verdict },
      { title: 'in words', cell: (n) => n.explanation, wide: true },
      { title: 'hosts', numeric: true, cell: (n) => n.estimatedHosts },
      { title: 'SYNs', numeric: true, cell: (n) => n.syns },
      { title: 'backwards', numeric: true, cell: (n) => n.regressions },
      { title: 'tw_recycle drops', numeric: true, cell: (n) => n.recycleDrops },
      { title: 'how sure', cell: (n) => n.confidence },
    ],
  });
}
