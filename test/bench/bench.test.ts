import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { growthText } from './growth.mjs';
import { measure, measurePairs, median, OtherFailed } from './measure.mjs';
import { STAGES, stagesOf, threadOf } from './stages.mjs';
import { row, withFigures } from './table.mjs';

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

const runs = (...seconds: number[]) => seconds.map((s) => ({ seconds: s, peakKiB: 100_000 }));

describe('the table of the benchmark', () => {
  it('has the median of the ratios of pairs, which is no ratio of medians, and their spread', () => {
    const result = {
      comparison: { section: 'short', capture: 'short', against: 'the floor' },
      runs: { ours: runs(2, 30, 4), theirs: runs(1, 10, 4) },
      packets: 4_000_000,
      bytes: 400e6,
    };
    expect(row(result)).toBe(
      '| `short`: 500,000 connections in 15 s | the floor | 2.00 | 1.00 to 3.00 (3) | 4.00 | 4.00 | 1,000,000 | 100 | 102 |',
    );
  });

  it('has no spread where there was one pair only, and no peak where none was to be had', () => {
    const result = {
      comparison: { section: 'peers', capture: 'short', compression: 'gz', against: '`zcat`' },
      runs: { ours: [{ seconds: 1, peakKiB: null }], theirs: runs(200) },
      packets: 1000,
      bytes: 1e6,
    };
    expect(row(result)).toBe('| `short.pcap.gz` | `zcat` | 0.00500 | (1) | 1.00 | 200 | 1,000 | 1 | unknown |');
  });

  it.each([
    [{ part: 0.2 }, '| `short`, 20 % of it |'],
    [{ note: 'no summary' }, '| `short`, no summary |'],
    [{}, '| `short` |'],
  ])('says in its first column what else was measured: %j', (more, cell) => {
    const comparison = { section: 'peers', capture: 'short', against: 'another', ...more };
    expect(row({ comparison, runs: { ours: runs(1), theirs: runs(1) }, packets: 1, bytes: 1 })).toContain(cell);
  });

  it('takes the place of the one before it in the README, and of nothing else', () => {
    const once = withFigures(README, 'first');
    expect(withFigures(once, 'second')).toBe(withFigures(README, 'second'));
    expect(withFigures(README, 'first').split('## ').length).toBe(README.split('## ').length);
  });

  it('is refused by a page without its marks', () => {
    expect(() => withFigures('# Page\n', 'figures')).toThrow('npm run bench writes from here');
  });
});

describe('a measurement', () => {
  it('runs both sides as often, and changes which is first', async () => {
    const { ours, theirs } = await measurePairs(['node', '-e', '0'], ['node', '-e', '0'], 3);
    expect([ours.length, theirs.length]).toEqual([3, 3]);
    expect(ours.every(({ peakKiB }) => peakKiB !== null && peakKiB > 1000)).toBe(true);
  });

  it('of a program that fails is none', async () => {
    await expect(measure(['node', '-e', 'process.exit(3)'])).rejects.toThrow('status 3');
  });

  it('tells which side failed, for a comparison is left out only where the other one did', async () => {
    const good = ['node', '-e', '0'];
    const bad = ['node', '-e', 'process.exit(3)'];
    await expect(measurePairs(good, bad, 1)).rejects.toThrow(OtherFailed);
    await expect(measurePairs(bad, good, 1)).rejects.not.toThrow(OtherFailed);
  });

  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
  ])('has the median of %j', (values, middle) => {
    expect(median(values)).toBe(middle);
  });
});

describe('growth', () => {
  it('is told with and without what hardly any packets take, which would hide a cost that grows faster', () => {
    const pairs = [
      [2.5, 0.5],
      [2.7, 0.5],
      [2.3, 0.5],
    ];
    expect(growthText(pairs, 0.3)).toBe(
      'Ten times the packets, `short` against a tenth of it (pairs: 3): 5.0 (4.6 to 5.4) times the time, ' +
        '11.0 (10.0 to 12.0) without the 0.30 s that hardly any packets take.',
    );
  });

  it('is told as it was measured where a tenth took no longer than hardly any packets', () => {
    expect(growthText([[2.5, 0.5]], 0.6)).toContain('5.0 (5.0 to 5.0) times the time, too unsteady to tell');
  });
});

/** A profile in which every sample lasts a millisecond; nodes as `parent functionName url`. */
function profile(nodes: readonly (readonly [parent: number, name: string, url: string])[], samples: readonly number[]) {
  return {
    nodes: nodes.map(([, functionName, url], id) => ({
      id,
      callFrame: { functionName, url, lineNumber: 6 },
      children: nodes.flatMap(([parent], child) => (child > 0 && parent === id ? [child] : [])),
    })),
    samples,
    timeDeltas: [0, ...samples.map(() => 1000)],
  };
}

const dist = (path: string): string => `file:///somewhere/dist/${path}`;

describe('a profile', () => {
  const nodes = [
    [0, '(root)', ''],
    [0, 'main', dist('cli.js')],
    [1, 'follow', dist('flow/tracker.js')],
    [2, 'read', 'node:fs'],
    [1, 'summarize', dist('report/summary.js')],
    [4, 'closers', dist('store/queries.js')],
    [5, 'all', '/somewhere/node_modules/better-sqlite3/lib/methods.js'],
    [1, '#wait', dist('store/writer.js')],
    [0, '(garbage collector)', ''],
    [0, '(idle)', ''],
    [1, 'insert', dist('store/row-inserter.js')],
    [0, '#finish', dist('store/new-database.js')],
    [11, 'writeCensus', dist('store/census-rows.js')],
    [0, 'compile', 'node:internal/modules'],
  ] as const;
  const [follow, read, query, waiting, garbage, idle, insert, finish, census, loading] = [
    2, 3, 6, 7, 8, 9, 10, 11, 12, 13,
  ];
  const samples = [
    loading,
    garbage,
    idle,
    loading,
    follow,
    follow,
    read,
    loading,
    query,
    waiting,
    insert,
    finish,
    census,
  ];
  const { stages, functions } = stagesOf(profile(nodes, samples));

  it('counts what Node and SQLite did for the stage that called them', () => {
    expect(stages.get('track')).toBe(3000);
    expect(functions.get('track\tfollow flow/tracker.js:7')).toBe(3000);
  });

  it('counts the SQL of the summary for the summary', () => {
    expect(stages.get('summary')).toBe(1000);
    expect(stages.get('write')).toBe(1000);
  });

  it('tells what makes indexes and views, and the censuses, from what writes rows', () => {
    expect(stages.get('index')).toBe(1000);
    expect(stages.get('census')).toBe(1000);
  });

  it('has what nobody of ours called for the start, until the thread did its first work', () => {
    expect(stages.get('start')).toBe(2000);
    expect(stages.get('the rest')).toBe(1000);
  });

  it('has the code of a module, which runs once, for the start', () => {
    const module = profile([[0, '(root)', ''], [0, '', dist('flow/tracker.js')]], [1]); // prettier-ignore
    module.nodes[1]!.callFrame.lineNumber = 0;
    expect([...stagesOf(module).stages]).toEqual([['start', 1000]]);
  });

  it('tells waiting and garbage apart, and loses nothing', () => {
    expect(stages.get('wait')).toBe(2000);
    expect(stages.get('collect garbage')).toBe(1000);
    expect([...stages.values()].reduce((a, b) => a + b)).toBe(samples.length * 1000);
    expect([...stages.keys()].filter((stage) => !STAGES.includes(stage))).toEqual([]);
  });

  it('knows its thread by the code that it ran', () => {
    expect(threadOf(profile(nodes, []))).toBe('main');
    expect(threadOf(profile([[0, '', dist('store/writer-worker.js')]], []))).toBe('writer');
  });

  it('knows the functions by their names: those that wait and the one that makes the indexes are still there', () => {
    const source = (path: string) => readFileSync(new URL(`../../src/${path}`, import.meta.url), 'utf8');
    expect(source('store/new-database.ts')).toContain('#finish(');
    expect(source('store/writer.ts')).toContain('#wait(');
    expect(source('reading/reader-worker.ts')).toContain('#free(');
  });
});
