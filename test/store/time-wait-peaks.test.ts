import type { Database } from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { NOTHING_LATE, timeWaitLife } from '../../src/detect/census/socket-life.js';
import { CONNECTION_ROW } from '../../src/flow/row-layout.js';
import { lateFacts } from '../../src/store/census-rows.js';
import { timeWaitHeld } from '../../src/store/page/time-wait-held.js';
import { SAVED_QUERIES } from '../../src/store/saved-queries.js';
import { whatIf } from '../../src/store/what-if/what-if.js';
import { established } from '../support/conversation.js';
import { analyzeConversation, analyzeFiles, type RunOptions } from '../support/run.js';

type Peaks = readonly (readonly [ip: string, peak: number])[];

/** What the saved query, the page and `what-if` say of the same database. */
function peaksOf(db: Database): { query: Peaks; page: Peaks; whatIf: Peaks; drawn: Peaks } {
  const { sql } = SAVED_QUERIES.find(({ name }) => name === 'peak-time-wait')!;
  const rows = db.prepare<[{ limit: number }], { ip: string; peak_time_wait: number }>(sql).all({ limit: 50 });
  const { hosts } = timeWaitHeld(db, 50);
  const timeWaitNs = 60e9;
  const asRecorded = { timeWaitNs, stack: null, twRecycle: false, twReuse: false, noTimestamps: false };
  return {
    query: rows.map(({ ip, peak_time_wait }) => [ip, peak_time_wait]),
    page: hosts.map(({ ip, peak }) => [ip, peak]),
    whatIf: whatIf(db, asRecorded).timeWaitPeaks.map(({ ip, recorded }) => [ip, recorded]),
    drawn: hosts.map(({ ip, pieces }) => [ip, Math.max(...pieces.map(([, held]) => held))]),
  };
}

const analysed = async (conversation: string, options?: RunOptions): Promise<Database> =>
  (await analyzeConversation(conversation, options)).database.defaultSafeIntegers(false);

const closes = (count: number, client: string, everyS: number, by: 'client' | 'server'): string =>
  Array.from({ length: count }, (_, i) =>
    established({ client: `${client}:${40_000 + i}`, at: i * everyS, clientIsn: 1000 + i * 1_000_000 }).closedBy(by),
  ).join('\n');

/** The same, socket by socket, as the censuses are told of them. */
function peaksBySocket(db: Database): Peaks {
  const steps = new Map<number, [at: number, change: number][]>();
  const late = new Map(Array.from(lateFacts(db), ({ row, late: facts }) => [row[0], facts]));
  for (const values of db
    .prepare<[], number[]>(`SELECT ${CONNECTION_ROW.columns.join()} FROM connection_row`)
    .raw()
    .all())
    timeWaitLife(Float64Array.from(values), 0, late.get(values[0]) ?? NOTHING_LATE, 60e9, (address, _, from, to) => {
      steps.set(address, [...(steps.get(address) ?? []), [from, 1], [to, -1]]);
    });
  const ip = db.prepare<[number], string>('SELECT ip FROM address WHERE id = ?').pluck();
  return [...steps].map(([address, changes]) => {
    let [held, most] = [0, 0];
    for (const [, change] of changes.sort(([a, x], [b, y]) => a - b || x - y)) most = Math.max(most, (held += change));
    return [ip.get(address)!, most];
  });
}

describe('the most TIME_WAIT sockets that a host held', () => {
  it('is the same in the query, on the page and in what-if, where all came between two seconds', async () => {
    const db = await analysed(`${closes(9, '192.0.2.1', 0.05, 'client')}\n${closes(4, '192.0.2.2', 0.1, 'client')}`);
    const peaks: Peaks = [
      ['192.0.2.1', 9],
      ['192.0.2.2', 4],
    ];
    expect(peaksOf(db)).toEqual({ query: peaks, page: peaks, whatIf: peaks, drawn: peaks });
  });

  it('counts those that are there together, and says when there were most first', async () => {
    // One a ten seconds, each for 60 s: the seventh begins as the first ends.
    const db = await analysed(closes(20, '192.0.2.1', 10, 'server'));
    const peaks: Peaks = [['198.51.100.7', 6]];
    expect(peaksOf(db)).toEqual({ query: peaks, page: peaks, whatIf: peaks, drawn: peaks });
    const [row] = db
      .prepare<[], { at: number; sixth: number }>(
        `SELECT at_ns / 1000000 AS at, (SELECT time_wait_ns FROM connections WHERE id = 6) / 1000000 AS sixth FROM time_wait_peaks`,
      )
      .all();
    expect(row!.at).toBe(row!.sixth);
  });

  it('takes a TIME_WAIT that a new connection ended for no longer than it was', async () => {
    const again = established({ at: 2, clientIsn: 900_000, serverIsn: 700_000, timestamps: true }).closedBy('server');
    const db = await analysed(`${established({ timestamps: true }).closedBy('server')}\n${again}`);
    const peaks: Peaks = [['198.51.100.7', 1]];
    expect(peaksOf(db)).toEqual({ query: peaks, page: peaks, whatIf: peaks, drawn: peaks });
  });

  it.each([
    'time-wait-churn.pcap',
    'time-wait-matrix.pcap',
    'time-wait-client-reuse.pcap',
    'simultaneous-close.pcapng',
  ])('is that of the sockets one by one, in %s', async (name) => {
    const { analysis } = await analyzeFiles([`samples/${name}`]);
    const db = analysis.database.defaultSafeIntegers(false);
    const sorted = (peaks: Peaks): string[] => peaks.map(([ip, peak]) => `${ip} ${peak}`).sort();
    expect(sorted(peaksOf(db).query)).toEqual(sorted(peaksBySocket(db)));
  });

  it('counts both ends where both closed at once, and nobody where nobody held any', async () => {
    const both: Peaks = [
      ['192.0.2.1', 1],
      ['198.51.100.7', 1],
    ];
    const atOnce = peaksOf(await analysed(established().closedByBoth().toString()));
    expect(atOnce).toEqual({ query: both, page: both, whatIf: both, drawn: both });
    const none = peaksOf(await analysed(established().sends('client', 10).toString()));
    expect(none).toEqual({ query: [], page: [], whatIf: [], drawn: [] });
  });
});
