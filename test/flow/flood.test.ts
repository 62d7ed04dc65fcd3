import { beforeAll, describe, expect, it, vi } from 'vitest';
import { createEngine } from '../../src/detect/engine.js';
import { LastWords } from '../../src/flow/last-words.js';
import type { Analysis } from '../support/analysis.js';
import { parseConversation } from '../support/conversation.js';
import { analyzeConversation } from '../support/run.js';

/** Within ten seconds: so many that from the 65,536th parked on their rows are written when they are parked. */
const SYNS = 80_000;
const HOSTS = 20_000;

const client = (i: number): string => `10.0.${Math.floor((i % HOSTS) / 200)}.${1 + (i % 200)}`;
const port = (i: number): number => 1024 + Math.floor(i / HOSTS);

/** One that was sent early in the flood, one whose row was written with it, and one that was not parked yet when it ended. */
const [EARLY, LATE, LAST] = [10, SYNS - 1000, SYNS - 1];
/** One that comes again, 37 ms later, in the batch of segments that it came in and was parked in. */
const AGAIN = SYNS - 700;

describe('in a flood of SYNs, parked by the ten thousand', { timeout: 120_000 }, () => {
  let analyses: readonly Analysis[];
  beforeAll(async () => {
    const lines = Array.from(
      { length: SYNS },
      (_, i) =>
        `A = ${client(i)}:${port(i)}\n${i % 2 === 0 ? '+0.00025' : '+0'} A > B S ${i}${i % 3 === 0 ? ` <TS val ${i} ecr 0>` : ''}`,
    );
    lines.splice(AGAIN + 300, 0, `A = ${client(AGAIN)}:${port(AGAIN)}\n+0 A > B S ${AGAIN}`);
    const after = [EARLY, LATE, LAST].map(
      (i) => `A = ${client(i)}:${port(i)}\n+0.2 B > A S. 7 ack ${i + 1}\n+0 A > B R ${i + 1}`,
    );
    const repeated = `A = ${client(EARLY + 1)}:${port(EARLY + 1)}\n+0.2 A > B S ${EARLY + 1}`;
    const frames = parseConversation(['B = 198.51.100.7:443', ...lines, ...after, repeated].join('\n'));
    const writePlain = vi.spyOn(LastWords.prototype, 'writePlain');
    analyses = [
      await analyzeConversation(frames),
      await analyzeConversation(frames, {
        engine: (options, sink, addresses) => createEngine({ ...options, shortWay: false }, sink, addresses),
      }),
    ];
    expect(writePlain.mock.calls.length).toBeGreaterThan(100); // some of them together, both times
    writePlain.mockRestore();
  }, 120_000);

  it('each is one connection', () => {
    expect(analyses[0]!.query('SELECT count(*) AS n, sum(syn_count) AS syns FROM connections')).toEqual([
      { n: SYNS, syns: SYNS + 2 },
    ]);
    expect(analyses[0]!.query('SELECT close, count(*) AS n FROM connections GROUP BY close')).toEqual([
      { close: 'rst', n: 3 },
      { close: 'unanswered', n: SYNS - 3 },
    ]);
  });

  it('one that is answered after its row was written has the answer there', () => {
    for (const i of [EARLY, LATE, LAST]) {
      const where = `client_ip = '${client(i)}' AND client_port = ${port(i)}`;
      expect(analyses[0]!.query(`SELECT client_isn, server_isn, close FROM connections WHERE ${where}`)).toEqual([
        { client_isn: i, server_isn: 7, close: 'rst' },
      ]);
    }
  });

  it('the database is the same without the short ways', () => {
    const tables = analyses[0]!
      .query("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('meta', 'recordings', 'captures')")
      .map(({ name }) => String(name));
    const contents = (analysis: Analysis, table: string): string =>
      analysis
        .query(`SELECT * FROM "${table}"`)
        .map((row) => Object.values(row).join())
        .join('\n');
    for (const table of tables) {
      const [short, long] = analyses.map((analysis) => contents(analysis, table));
      expect(short === long, table).toBe(true); // too much to show
    }
  });
});
