import { describe, expect, it } from 'vitest';
import type { Analysis, Row } from '../support/analysis.js';
import { established } from '../support/conversation.js';
import { analyzeConversation } from '../support/run.js';

interface Syn {
  readonly at: number;
  readonly tsval: number;
  readonly port?: number;
  readonly to?: string;
  readonly from?: string;
}

/** SYNs of 192.0.2.1 to 198.51.100.7:443, each from a port of its own unless told. */
function syns(list: readonly Syn[]): string {
  return list
    .map(({ at, tsval, port, to = '198.51.100.7', from = '192.0.2.1' }, i) => {
      const wrapped = ((Math.round(tsval) % 2 ** 32) + 2 ** 32) % 2 ** 32;
      return `A = ${from}:${port ?? 20_000 + i}     B = ${to}:443
        ${at.toFixed(6)} A > B S ${1000 + i} <mss 1460, sackOK, TS val ${wrapped} ecr 0>`;
    })
    .join('\n');
}

/** SYNs of one clock: `count` of them, one each `step` seconds. */
function clock(base: number, count: number, { hz = 1000, step = 1, from = 0, port = 20_000 } = {}): Syn[] {
  return Array.from({ length: count }, (_, i) => {
    const at = from + i * step;
    return { at, tsval: base + at * hz, port: port + i };
  });
}

const inOrder = (...lists: Syn[][]): Syn[] => lists.flat().sort((a, b) => a.at - b.at);

async function source(list: readonly Syn[]): Promise<Row> {
  const { natSources } = await analyzeConversation(syns(list));
  expect(natSources).toHaveLength(1);
  return natSources[0]!;
}

/** Numbers without pattern, the same each time. */
function scattered(count: number): number[] {
  let x = 12345;
  return Array.from({ length: count }, () => (x = (Math.imul(x, 1664525) + 1013904223) >>> 0));
}

describe('one clock', () => {
  it.each([
    ['of 1000 Hz', 1000, 5_000_000],
    ['of 250 Hz', 250, 5_000_000],
    ['of 100 Hz', 100, 5_000_000],
    ['of 1 MHz', 1_000_000, 5_000_000],
    ['that wraps', 1000, 2 ** 32 - 4000],
    ['that passes 2^31', 1000, 2 ** 31 - 4000],
    ['that began at zero', 1000, 0],
  ])('%s is one host', async (_, hz, base) => {
    expect(await source(clock(base, 12, { hz }))).toMatchObject({
      source_ip: '192.0.2.1',
      verdict: 'single-clock',
      estimated_hosts: 1,
      clock_hz: hz,
      syns: 12,
      regressions: 0,
      tw_recycle_drops: 0,
      confidence: 'strong',
    });
  });

  it('is one clock though SYNs were held up by some milliseconds', async () => {
    const late = clock(5_000_000, 12).map((syn, i) => ({ ...syn, at: syn.at + (i % 3) * 0.012 }));
    expect(await source(late)).toMatchObject({ verdict: 'single-clock', regressions: 0 });
  });

  it('is one clock whatever the copies of its SYNs say: they are not counted', async () => {
    const list = clock(5_000_000, 6);
    const text = list.map((syn) => `${syns([syn])}\n+0.9 A > B S 1000 <mss 1460, sackOK, TS val 1 ecr 0>`).join('\n');
    const { natSources, regressions } = await analyzeConversation(text);
    expect(natSources).toMatchObject([{ syns: 6, verdict: 'single-clock' }]);
    expect(regressions).toEqual([]);
  });

  it('and SYNs without the option say nothing', async () => {
    const list = `${syns(clock(5_000_000, 6))}\nA = 192.0.2.1:9     B = 198.51.100.7:443\n9 A > B S 1`;
    expect((await analyzeConversation(list)).natSources).toMatchObject([{ syns: 6 }]);
    const none = await analyzeConversation('A = 192.0.2.1:9     B = 198.51.100.7:443\n9 A > B S 1');
    expect([none.natSources, none.regressions]).toEqual([[], []]);
  });

  it('for each destination, with an offset for each, is still one host: nothing to tell', async () => {
    const to = (address: string, base: number, from: number): Syn[] =>
      clock(base, 8, { from, port: 20_000 + from * 100 }).map((syn) => ({ ...syn, to: address }));
    const { natSources, findings, regressions } = await analyzeConversation(
      syns(inOrder(to('198.51.100.7', 9_000_000, 0), to('198.51.100.8', 3_000_000_000, 0.5))),
    );
    expect(natSources.map((s) => [s.destination_ip, s.verdict, s.syns, s.regressions])).toEqual([
      [null, 'single-clock', 16, 0],
      ['198.51.100.7', 'single-clock', 8, 0],
      ['198.51.100.8', 'single-clock', 8, 0],
    ]);
    expect([findings.filter((f) => f.detector === 'nat-timestamps'), regressions]).toEqual([[], []]);
  });
});

describe('clocks and values that fit none of them', () => {
  const lone = (count: number): Syn[] => scattered(count).map((tsval, i) => ({ at: 0.5 + i, tsval, port: 30_000 + i }));
  const two = inOrder(clock(5_000_000, 10), clock(900_000_000, 10, { from: 0.3, port: 21_000 }));

  it.each([
    ['one clock and one value beside it', inOrder(clock(5_000_000, 12), lone(1)), 'too-few'],
    ['one clock and half as many values beside it', inOrder(clock(5_000_000, 18), lone(9)), 'too-few'],
    ['two clocks and a few values beside them', inOrder(two, lone(5)), 'several-hosts'],
    ['two clocks and too many values beside them', inOrder(two, lone(9)), 'too-few'],
  ])('%s', async (_, list, verdict) => {
    expect(await source(list)).toMatchObject({ verdict });
  });

  it('are told less surely where the clock of the recording was set back', async () => {
    const before = clock(5_000_000, 6, { from: 10 });
    const after = inOrder(clock(900_000_000, 8), clock(2_000_000_000, 8, { from: 0.3, port: 21_000 }));
    const { natSources } = await analyzeConversation(`${syns(before)}\n${syns(after)}`);
    expect(natSources).toMatchObject([{ verdict: 'several-hosts', confidence: 'weak' }]);
  });
});

describe('several clocks', () => {
  it.each([
    ['two', [5_000_000, 900_000_000]],
    ['three', [5_000_000, 900_000_000, 3_000_000_000]],
  ])('that take turns are %s hosts behind one address', async (_, bases) => {
    const lists = bases.map((base, i) => clock(base, 10, { from: i * 0.3, port: 20_000 + i * 100 }));
    const { natSources, findings } = await analyzeConversation(syns(inOrder(...lists)));
    expect(natSources).toMatchObject([
      { verdict: 'several-hosts', estimated_hosts: bases.length, clock_hz: 1000, syns: bases.length * 10 },
    ]);
    expect(findings.filter((f) => f.detector === 'nat-timestamps')).toMatchObject([
      { kind: 'several-hosts', severity: 'notice' },
    ]);
  });

  it('are told with the SYNs that lie on them: those to one destination of several', async () => {
    const other = clock(5_000_000, 3, { from: 0.6, port: 22_000 }).map((one) => ({ ...one, to: '198.51.100.9' }));
    const lists = [clock(5_000_000, 10), clock(900_000_000, 10, { from: 0.3, port: 21_000 }), other];
    const { findings } = await analyzeConversation(syns(inOrder(...lists)));
    expect(findings.map(({ summary }) => summary)).toContainEqual(
      expect.stringContaining('the timestamps of its 20 SYNs to 198.51.100.7 lie on 2 clocks'),
    );
  });

  it('of different rates have no common rate', async () => {
    const slow = clock(900_000_000, 10, { hz: 100, from: 0.3, port: 21_000 });
    expect(await source(inOrder(clock(5_000_000, 10), slow))).toMatchObject({
      verdict: 'several-hosts',
      estimated_hosts: 2,
      clock_hz: null,
    });
  });

  it('close to each other are still two', async () => {
    const other = clock(5_010_000, 10, { from: 0.3, port: 21_000 }); // ten seconds ahead
    expect(await source(inOrder(clock(5_000_000, 10), other))).toMatchObject({ estimated_hosts: 2 });
  });
});

describe('one clock after another', () => {
  const ticks = (of: (i: number) => Syn): Syn[] => Array.from({ length: 20 }, (_, i) => of(i));
  const found = async (list: readonly Syn[]): Promise<unknown[]> =>
    (await analyzeConversation(syns(list))).findings.filter((f) => f.detector === 'nat-timestamps');

  it('may be one host that was started again: two clocks, weakly, and no finding', async () => {
    const list = ticks((i) => (i < 10 ? { at: i, tsval: 5_000_000 + i * 1000 } : { at: 50 + i, tsval: i * 1000 }));
    expect(await source(list)).toMatchObject({ verdict: 'several-hosts', estimated_hosts: 2, confidence: 'weak' });
    expect((await source(list)).explanation).toContain('or one that was started again');
    expect(await found(list)).toEqual([]);
  });

  it.each([
    ['that stood still for a minute', ticks((i) => ({ at: i < 10 ? i : i + 60, tsval: 5_000_000 + i * 1000 }))],
    ['whose rate changed', ticks((i) => ({ at: i, tsval: 5_000_000 + (i < 10 ? i * 250 : 2500 + (i - 10) * 1000) }))],
  ])('clock rate change on the same host: a clock %s is one host', async (_, list) => {
    expect(await source(list)).toMatchObject({ verdict: 'single-clock', estimated_hosts: 1 });
    expect(await found(list)).toEqual([]);
  });
});

describe('an offset for each connection', () => {
  it('cannot be counted, and is no NAT: one host or many (C8)', async () => {
    const list = scattered(16).map((tsval, i) => ({ at: i, tsval }));
    const { natSources, findings } = await analyzeConversation(syns(list));
    expect(natSources).toMatchObject([
      { verdict: 'random-offsets', estimated_hosts: null, clock_hz: null, confidence: 'certain', syns: 16 },
    ]);
    expect(findings.filter((f) => f.detector === 'nat-timestamps')).toEqual([]);
  });

  it('is the same each time that a port is used again: a line of one port is no host', async () => {
    const offsets = scattered(10);
    const list = [0, 1, 2].flatMap((round) =>
      offsets.map((offset, i) => {
        const at = round * 100 + i;
        return { at, tsval: offset + at * 1000, port: 20_000 + i };
      }),
    );
    expect(await source(list)).toMatchObject({ verdict: 'random-offsets', estimated_hosts: null });
  });
});

describe('too few SYNs say nothing', () => {
  it.each([
    ['one', clock(5_000_000, 1)],
    ['four on one line', clock(5_000_000, 4)],
  ])('%s', async (_, list) => {
    expect(await source(list)).toMatchObject({ verdict: 'too-few', estimated_hosts: null, confidence: 'unknown' });
  });
});

describe('a timestamp that runs backwards', () => {
  it('is told with both values, both connections and the time between', async () => {
    const { regressions } = await analyzeConversation(
      syns([
        { at: 0, tsval: 500_000 },
        { at: 2.5, tsval: 499_000 },
        { at: 3, tsval: 499_500 },
      ]),
    );
    expect(regressions).toMatchObject([
      {
        source_ip: '192.0.2.1',
        destination_ip: '198.51.100.7',
        connection_id: 2,
        previous_connection_id: 1,
        frame: 2,
        tsval: 499_000,
        previous_tsval: 500_000,
        ts_delta: -1000,
        elapsed_s: 2.5,
        tw_recycle_drop: 0,
      },
    ]);
  });

  it.each<[string, Syn[]]>([
    [
      'when it is equal',
      [
        { at: 0, tsval: 7 },
        { at: 1, tsval: 7 },
      ],
    ],
    [
      'when it wraps',
      [
        { at: 0, tsval: 2 ** 32 - 5 },
        { at: 1, tsval: 995 },
      ],
    ],
    [
      'towards another destination',
      [
        { at: 0, tsval: 900 },
        { at: 1, tsval: 7, to: '198.51.100.8' },
      ],
    ],
    [
      'from another source',
      [
        { at: 0, tsval: 900 },
        { at: 1, tsval: 7, from: '192.0.2.2' },
      ],
    ],
  ])('is not told %s', async (_, list) => {
    expect((await analyzeConversation(syns(list))).regressions).toEqual([]);
  });
});

describe('tcp_tw_recycle of Linux before 4.12 (close-rules 6.2)', () => {
  /** A connection of 192.0.2.1 that one side closes, and later SYNs of the same address. */
  const after = async (side: 'client' | 'server', list: readonly Syn[], options = {}): Promise<Analysis> =>
    analyzeConversation(
      `${established({ timestamps: { client: 500_000, server: 900_000 }, ...options }).closedBy(side)}\n${syns(list)}`,
    );
  const drops = (analysis: Analysis): unknown[] => analysis.natSources.map((s) => s.tw_recycle_drops);

  it('drops a SYN that is behind what the server had when it went into TIME_WAIT', async () => {
    const analysis = await after('server', [{ at: 10, tsval: 400_000 }]);
    expect(drops(analysis)).toEqual([1]);
    expect(analysis.regressions).toMatchObject([{ tw_recycle_drop: 1 }]);
    expect(analysis.findings).toMatchObject([{ kind: 'tw-recycle-drops' }]);
    expect(analysis.query('SELECT * FROM tw_recycle_drops')).toMatchObject([
      { connection_id: 2, client_ip: '192.0.2.1', tsval: 400_000, remembered_tsval: 500_040, ts_delta: -100_040 },
    ]);
  });

  it('drops a SYN on a tuple whose own TIME_WAIT began long ago, for that would be over by then', async () => {
    expect(drops(await after('server', [{ at: 30, tsval: 400_000, port: 40_000 }]))).toEqual([1]);
  });

  it.each<[string, 'client' | 'server', Syn[]]>([
    ['where the client closed first: nothing is remembered', 'client', [{ at: 10, tsval: 400_000 }]],
    ['60 s later', 'server', [{ at: 61, tsval: 400_000 }]],
    ['that is one tick behind', 'server', [{ at: 10, tsval: 500_039 }]],
    ['that is ahead', 'server', [{ at: 10, tsval: 510_000 }]],
    ['of another address', 'server', [{ at: 10, tsval: 400_000, from: '192.0.2.2' }]],
    ['to another server', 'server', [{ at: 10, tsval: 400_000, to: '198.51.100.8' }]],
    [
      'on the tuple that is in TIME_WAIT itself: that comes first',
      'server',
      [{ at: 0.5, tsval: 400_000, port: 40_000 }],
    ],
  ])('lets a SYN pass %s', async (_, side, list) => {
    const analysis = await after(side, list);
    expect(analysis.natSources.map((s) => Number(s.tw_recycle_drops)).every((n) => n === 0)).toBe(true);
    expect(analysis.findings.filter((f) => f.kind === 'tw-recycle-drops')).toEqual([]);
    expect(analysis.query('SELECT * FROM tw_recycle_drops')).toEqual([]);
  });

  it('looks at SYNs only: an older timestamp in a connection that was open already is dropped by nobody', async () => {
    const open = established({ client: '192.0.2.1:41000', timestamps: { client: 100_000, server: 900_000 } });
    const first = established({ at: 1, timestamps: { client: 500_000, server: 900_000 } }).closedBy('server');
    const analysis = await analyzeConversation(`${open}\n${first}\n${open.waits(5).sends('client', 100)}`);
    expect(analysis.natSources).toMatchObject([{ tw_recycle_drops: 0 }]);
  });

  it('remembers nothing of a connection without timestamps', async () => {
    const bare = established().closedBy('server');
    const analysis = await analyzeConversation(
      `${bare}\n${syns([
        { at: 10, tsval: 1 },
        { at: 11, tsval: 9 },
      ])}`,
    );
    expect(analysis.natSources).toMatchObject([{ tw_recycle_drops: 0, syns: 2 }]);
  });

  it('drops where it is two ticks behind', async () => {
    expect(drops(await after('server', [{ at: 10, tsval: 500_038 }]))).toEqual([1]);
  });

  it('remembers the later timestamp of two closes, not the later close', async () => {
    const second = established({
      client: '192.0.2.1:40001',
      at: 5,
      timestamps: { client: 400_000, server: 900_000 },
    }).closedBy('server');
    const first = established({ timestamps: { client: 500_000, server: 900_000 } }).closedBy('server');
    const analysis = await analyzeConversation(`${first}\n${second}\n${syns([{ at: 20, tsval: 450_000 }])}`);
    // The second SYN (405 000) and the third are both behind 500 040.
    expect(analysis.natSources).toMatchObject([{ tw_recycle_drops: 2, syns: 3 }]);
  });

  it('forgets the earlier one after 60 s, and remembers the next close', async () => {
    const second = established({
      client: '192.0.2.1:40001',
      at: 70,
      timestamps: { client: 300_000, server: 900_000 },
    }).closedBy('server');
    const first = established({ timestamps: { client: 500_000, server: 900_000 } }).closedBy('server');
    const analysis = await analyzeConversation(`${first}\n${second}
      ${syns([
        { at: 80, tsval: 350_000 }, // behind 370 040
        { at: 81, tsval: 450_000, port: 30_000 }, // behind 500 040 only
      ])}`);
    expect(analysis.natSources).toMatchObject([{ tw_recycle_drops: 1, syns: 4 }]);
  });
});

describe('the samples behind a verdict', () => {
  it('name the clock of each SYN where several hosts share an address', async () => {
    const list = inOrder(clock(5_000_000, 6), clock(900_000_000, 4, { from: 0.5, port: 30_000 }));
    const samples = (await analyzeConversation(syns(list))).query('SELECT * FROM clock_samples ORDER BY at_ns');
    expect(samples.map(({ clock: number }) => number)).toEqual([1, 2, 1, 2, 1, 2, 1, 2, 1, 1]);
    expect(samples.map(({ tsval }) => tsval)).toEqual(list.map(({ tsval }) => tsval));
    expect(samples[0]).toMatchObject({ source_ip: '192.0.2.1', destination_ip: '198.51.100.7' });
  });
  it('lie on no clock where each connection has an offset of its own', async () => {
    const list = scattered(12).map((tsval, i) => ({ at: i, tsval }));
    const samples = (await analyzeConversation(syns(list))).query('SELECT * FROM clock_samples');
    expect(samples.map(({ clock: number }) => number)).toEqual(list.map(() => null));
  });
  it('are not kept for a source with one clock', async () => {
    expect((await analyzeConversation(syns(clock(5_000_000, 12)))).query('SELECT * FROM clock_samples')).toEqual([]);
  });

  it('of the first SYNs do not make one clock of many later ones that run back', async () => {
    const first = clock(5_000_000, 130);
    const later = inOrder(clock(7_000_000, 60, { from: 200 }), clock(900_000_000, 60, { from: 200.5, port: 30_000 }));
    const { natSources } = await analyzeConversation(syns([...first, ...later]));
    expect(natSources[0]).toMatchObject({ syns: 250, verdict: 'too-few' });
  });

  it('of many connections with an offset each are so whatever came later', async () => {
    const list = scattered(200).map((tsval, i) => ({ at: i, tsval, port: 30_000 + i }));
    const { natSources } = await analyzeConversation(syns(list));
    expect(natSources[0]).toMatchObject({ syns: 200, verdict: 'random-offsets' });
  });

  it('are those of several hosts first, for not all have room', async () => {
    const offsets = scattered(12).map((tsval, i) => ({ at: i, tsval, from: '192.0.2.9', port: 40_000 + i }));
    const hosts = inOrder(clock(5_000_000, 6, { from: 20 }), clock(900_000_000, 4, { from: 20.5, port: 30_000 }));
    const analysis = await analyzeConversation(syns([...offsets, ...hosts]));
    const drawn = analysis.query(
      'SELECT ip, count(*) AS syns FROM clock_sample_row AS s JOIN address AS a ON a.id = source_address GROUP BY ip ORDER BY min(s.id)',
    );
    expect(drawn).toEqual([
      { ip: '192.0.2.1', syns: 10 },
      { ip: '192.0.2.9', syns: 12 },
    ]);
  });
});

describe('the rows of timestamp_regressions', () => {
  it.each([3, 64, 65, 100, 200])('are all there, of %i SYNs each behind the one before', async (count) => {
    const analysis = await analyzeConversation(
      syns(Array.from({ length: count }, (_, i) => ({ at: i / 10, tsval: 1_000_000 - 1000 * i }))),
    );
    expect(analysis.natSources).toMatchObject([{ regressions: count - 1 }]);
    const ids = analysis.regressions.map((row) => row.id);
    expect(ids).toEqual(Array.from({ length: count - 1 }, (_, i) => i + 1));
    expect(analysis.query('PRAGMA foreign_key_check')).toEqual([]);
  });
});
