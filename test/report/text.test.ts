import { describe, expect, it } from 'vitest';
import { fitted, grouped, printable, spokenSeconds, wrapped } from '../../src/report/plain.js';
import type { Summary } from '../../src/report/summary.js';
import { summaryText } from '../../src/report/text.js';
import { table } from '../../src/report/rows/table.js';

const at = (frame: number) => ({ frame, path: 'ring/web.pcap1' });
const EXAMPLE = {
  id: 5, clientIp: '192.0.2.1', clientPort: 1, serverIp: '2001:db8::1', serverPort: 443, synCount: 6, capturedS: 9, closedFirst: 'client', inNameOnly: false,
  confidence: 'likely', closeNote: 'the capture began mid-connection', resetBy: 'client', resetConfidence: 'strong',
  begin: at(33), close: at(44), reset: at(77),
} as const; // prettier-ignore

/** A capture in which everything happened. */
const FULL = {
  database: 'my web.db',
  meta: {},
  input: {
    captures: 3, firstPath: 'web.pcap', packets: 4_950_000, tcpPackets: 4_949_000, undecodedPackets: 7, bytes: 1e9, dropsReported: 12, cutFrames: 0, backwardSteps: 0, largestBackwardStepS: 0, vantage: 'server',
    firstSeen: '2023-11-14 22:13:20', lastSeen: '2023-11-14 22:13:35', durationS: 14.9,
    evictions: { unended: 0, ended: 0 }, withoutAcks: { count: 0, all: 1 }, leftOutPackets: 1000, filters: [{ expression: 'src port 80', cutsConnections: true }],
    unread: ['c.pcap: there is no such file. Check the name.'],
    damages: [{ path: 'web.pcap', damage: 'the last record is cut (octet 7, frame 8, cut-record)' }, { path: 'b', damage: 'x' }],
    repeated: { count: 2, path: 'c.pcap', repeats: 'b.pcap' },
    undecoded: [{ reason: 'snap-length', meaning: 'that the snap length cut before its protocol could be seen', packets: 7 }],
  },
  connections: { count: 500_000, byClose: [{ word: 'fin', count: 475_000, exampleId: 1 }, { word: 'unanswered', count: 24_999, exampleId: 2 }, { word: 'rst', count: 1, exampleId: 5 }], unanswered: EXAMPLE,
    oneSided: 7, repeatedSyns: { connections: 3, mostSyns: 4, connectionId: 11 },
    halfClosed: { connectionId: 12, holderIp: '2001:db8::1', holderPort: 443, holderState: 'CLOSE_WAIT', peerIp: '2001:db8::2', peerPort: 50_000, heldS: 350, frame: 88, path: 'web.pcap' } },
  closers: {
    byClosedFirst: [{ word: 'server', count: 291_668, exampleId: 1 }, { word: 'client', count: 183_333, exampleId: 2 }, { word: 'nobody', count: 24_999, exampleId: 3 }],
    inName: [],
    byCloseOfNobody: [{ word: 'unanswered', count: 24_999, exampleId: 3 }],
    byConfidence: [{ word: 'likely', count: 1, exampleId: 2 }, { word: 'certain', count: 475_000, exampleId: 1 }],
    busiest: { serverIp: '2001:db8::1', serverPort: 443, connections: 400_000, serverFirst: 316_667, clientFirst: 183_333 },
    leastSure: EXAMPLE,
  },
  resets: {
    byCause: [{ word: 'abort', count: 24_000, exampleId: 5 }, { word: 'half-open', count: 1000, exampleId: 6 }],
    worst: [{ cause: 'half-open', count: 1000, example: EXAMPLE }, { cause: 'abort', count: 24_000, example: EXAMPLE }],
  },
  timeWaitSyns: {
    byOutcome: [{ outcome: 'accepted', count: 300 }, { outcome: 'accepted-after-rst', count: 12 }],
    byHolder: [{ holder: 'server', count: 300 }, { holder: 'client', count: 12 }],
    worst: [{ connectionId: 9, frame: 99, path: 'web.pcap', outcome: 'accepted-after-rst', elapsedS: 2.1, isnRelation: 'lower', isnDelta: -12_345_678, tsRelation: 'lower', tsDelta: -200, retryDelayS: 1.01, attempts: 2 }],
  },
  paws: {
    byOutcome: [{ outcome: 'rejected-dup-ack', count: 3, connections: 2 }],
    worst: [{ connectionId: 3, frame: 55, path: 'web.pcap', sender: 'client', flags: 'P.', tsDelta: -500, marginS: 0.5, outcome: 'rejected-dup-ack', impact: 'lost-new-data', evidenceFrame: 56 }],
  },
  clocks: {
    sources: 20, singleClock: 10, severalHosts: 5, randomOffsets: 3, tooFew: 2, regressions: 40, recycleDrops: 4,
    worst: [{ sourceIp: '198.51.100.9', syns: 900, estimatedHosts: 4, verdict: 'several-hosts', regressions: 33, recycleDrops: 2, frame: 66, path: 'b.pcap' }],
  },
  findings: {
    bySeverity: [{ severity: 'critical', count: 1 }, { severity: 'warning', count: 30 }],
    gravest: [
      { severity: 'critical', detector: 'd', kind: 'k', count: 1, summary: 'a sentence that is far too long to stand in one line of a terminal, so it is wrapped or cut', connectionId: 1, frame: 4, path: 'web.pcap' },
      { severity: 'warning', detector: 'd', kind: 'l', count: 30, summary: 'short \u001b[31m', connectionId: 1, frame: null, path: null },
    ],
  },
} as const satisfies Partial<Record<keyof Summary, unknown>> as unknown as Summary; // prettier-ignore

const QUIET = {
  ...FULL,
  input: {
    ...FULL.input,
    captures: 1,
    dropsReported: null,
    undecodedPackets: 0,
    leftOutPackets: 0,
    filters: [],
    unread: [],
    damages: [],
    repeated: null,
  },
  resets: { byCause: [], worst: [] },
  timeWaitSyns: { byOutcome: [], byHolder: [], worst: [] },
  paws: { byOutcome: [], worst: [] },
  clocks: { ...FULL.clocks, sources: 0, worst: [] },
};

describe('the summary', () => {
  it.each([80, 60, 200])('fits a screen of 24 lines and %d columns when everything happened', (width) => {
    const lines = summaryText(FULL, { width }).trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(24);
    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(width);
  });

  it('breaks a command that is longer than the terminal so that a shell takes it for one', () => {
    const database = `/captures/${'long '.repeat(6)}'s.db`;
    const commands = (width: number): string[] =>
      summaryText({ ...FULL, database }, { width, height: Infinity })
        .replaceAll(/ \\\n +/g, ' ')
        .split('\n')
        .filter((line) => line.includes('more: '))
        .map((line) => line.trim());
    expect(commands(60)).toEqual(commands(200));
    expect(commands(60)).toHaveLength(6);
    const text = summaryText({ ...FULL, database }, { width: 60 });
    expect(text).toMatch(/more: tcpclose query \\\n +'\/captures\/long .*\n +--named closers\n/);
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(60);
  });

  it('says how far time steps back, and what to do: reordering, or a clock that was set', () => {
    const text = (backwardSteps: number, largestBackwardStepS: number): string =>
      summaryText({ ...QUIET, input: { ...QUIET.input, backwardSteps, largestBackwardStepS } }, { width: 300 });
    expect(text(96, 0.0004)).toContain(
      'time steps back 96 times, by up to 0.4 ms: packets do not stand in the order in which they passed; reordercap (of Wireshark) sorts them',
    );
    expect(text(1, 3600)).toContain('time steps back 1 time, by up to 60 min 0 s: a clock was set');
    expect(text(1000, 1e-6)).not.toContain('time steps back');
    expect(text(0, 0)).not.toContain('time steps back');
  });

  it('cuts nothing where there is no screen', () => {
    const text = summaryText(FULL, { height: Infinity });
    expect(text).not.toContain(' ...\n');
    expect(text).toContain('frame 77: abort');
    expect(text.split('\n').length).toBeGreaterThan(24);
  });

  it('names the frame of the worst case of each kind, and the command that shows more', () => {
    const text = summaryText(FULL, { width: 200, height: 50 });
    for (const frame of [33, 44, 77, 99, 55, 66, 4]) expect(text).toMatch(new RegExp(`frame ${frame}\\b`));
    for (const name of ['closers', 'resets', 'time-wait', 'paws', 'nat', 'findings'])
      expect(text).toContain(`tcpclose query 'my web.db' --named ${name}`);
    expect(text).toContain('[2001:db8::1]:443');
  });

  it('says which capture holds a frame where there are several, and only there', () => {
    expect(summaryText(FULL, { width: 200 })).toContain('web.pcap1 frame 77: half-open (strong)');
    expect(summaryText(QUIET, { width: 200 })).not.toContain('web.pcap1');
  });

  it('says who has not closed, whose SYN was repeated, and at whose TIME_WAIT SYNs came', () => {
    const text = summaryText(FULL, { width: 200, height: 60 });
    expect(text).toContain(
      'frame 88: [2001:db8::1]:443 did not close after this FIN of [2001:db8::2]:50000 (CLOSE_WAIT, for 5 min 50 s), connection 12',
    );
    expect(text).toContain('only one direction was captured of 7: what the other side did is not known');
    expect(text).toContain('3 opened with their SYN seen more than once: connection 11, 4 times');
    expect(text).toContain('312 SYNs met it (at the server 300, at the client 12):');
  });

  it('points at the ACK that tells of a segment which the capture does not hold', () => {
    const worst = [{ ...FULL.paws.worst[0]!, frame: null }];
    const text = summaryText({ ...FULL, paws: { ...FULL.paws, worst } }, { width: 200 });
    expect(text).toContain('frame 56 tells of one not captured: rejected-dup-ack');
  });

  it('speaks of both sides where they closed at once', () => {
    const leastSure = { ...FULL.closers.leastSure!, closedFirst: 'both' };
    expect(summaryText({ ...FULL, closers: { ...FULL.closers, leastSure } }, { width: 200 })).toContain(
      'by both sides in',
    );
  });

  it('tells the gravest finding whole before anything else is', () => {
    expect(summaryText(QUIET)).toMatch(/so it is\s+wrapped or cut\n/);
  });

  it('has a line for the second finding before anything else has more than one', () => {
    const [first, second] = FULL.findings.gravest;
    const gravest = [first!, { ...second!, summary: 'short words '.repeat(60) }];
    const text = summaryText({ ...QUIET, findings: { ...FULL.findings, gravest } });
    expect(text).toMatch(/ l \(1 of 30\): short words .* \.\.\.\n/);
  });

  it('says in that one line what happened rather than to whom, with the frame where there is room', () => {
    const [first, second] = FULL.findings.gravest;
    const textOf = (happened: string) => {
      const summary = `${'An end of a connection '.repeat(60)}(frame 7): ${happened}`;
      const gravest = [first!, { ...second!, summary, frame: 7 }];
      return summaryText({ ...QUIET, findings: { ...FULL.findings, gravest } });
    };
    expect(textOf('it was reset.')).toContain(' l (1 of 30): frame 7: it was reset.\n');
    expect(textOf(`it was reset ${'x'.repeat(36)}.`)).toMatch(/ l \(1 of 30\): it was reset x{36}\.\n/);
    expect(textOf('it was reset '.repeat(9))).toMatch(/ l \(1 of 30\): (it was reset )+it was \.\.\.\n/);
  });

  it('tells more cases where the terminal is taller', () => {
    expect(summaryText(FULL, { width: 80 })).not.toContain('frame 77: abort');
    expect(summaryText(FULL, { width: 80, height: 50 })).toContain('frame 77: abort');
  });

  it('counts those that left memory, on a screen that still fits', () => {
    const evictions = { unended: 1234, ended: 56 };
    const summary = { ...FULL, input: { ...FULL.input, evictions } };
    expect(summaryText(summary, { width: 200, height: 50 })).toContain(
      'left memory (--max-memory): 1,234 before the end, 56 soon after it',
    );
    expect(summaryText(summary, { width: 80 }).trimEnd().split('\n').length).toBeLessThanOrEqual(24);
  });

  it('does not say that an end sent what was injected in its name, nor "the both"', () => {
    const worst = [{ cause: 'injected', count: 1, example: EXAMPLE }];
    const leastSure = { ...EXAMPLE, closedFirst: 'both' };
    const summary = { ...FULL, resets: { ...FULL.resets, worst }, closers: { ...FULL.closers, leastSure } };
    const text = summaryText(summary, { width: 200, height: 50 });
    expect(text).toContain('injected (strong), in the name of the client 192.0.2.1:1');
    expect(text).toContain('least sure connection 5, by both sides in');
  });

  it('does not say that a side closed in whose name a device did', () => {
    const leastSure = { ...EXAMPLE, inNameOnly: true };
    const textOf = (count: number) =>
      summaryText(
        { ...FULL, closers: { ...FULL.closers, inName: [{ word: 'client', count, exampleId: 5 }], leastSure } },
        { width: 200, height: 50 },
      );
    expect(textOf(183_333)).toContain('client 183,333 (in name only, by a reset from elsewhere), nobody');
    expect(textOf(3)).toContain('client 183,333 (3 in name only, by a reset from elsewhere), nobody');
    expect(textOf(3)).toContain('least sure connection 5, in the name of the client in');
  });

  it('ends no line between a word and its count', () => {
    for (let width = 60; width < 100; width++) expect(summaryText(FULL, { width })).not.toMatch(/^ +\d[\d,]*,? /m);
  });

  it('lets no control character of the input reach the terminal', () => {
    expect(summaryText(FULL, { height: 50 })).not.toContain('\u001b');
  });
});

describe('text for people', () => {
  it.each([
    [0, '0 s'],
    [2.5e-8, '25 ns'],
    [0.000034, '34 µs'],
    [0.0123, '12.3 ms'],
    [5, '5.00 s'],
    [99.95, '100.0 s'],
    [320, '5 min 20 s'],
    [11_040, '3 h 4 min'],
    [190_800, '2 d 5 h'],
    [-2, '-2.00 s'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(spokenSeconds(seconds)).toBe(text);
  });
  it('is broken at spaces, a word that is too long on a line of its own', () => {
    expect(wrapped('ab cd efghij k', 5)).toEqual(['ab cd', 'efghij', 'k']);
    expect(wrapped('', 5)).toEqual(['']);
  });
  it.each([
    '100 B',
    '12.3 ms',
    '34 h 13 min',
    'frame 12',
    'connection 7',
    'RFC 9293 §3.6',
    'tcpclose explain first-closer',
    'a\u00a0b',
  ])('is not broken inside "%s"', (together) => {
    expect(wrapped(`word ${together}, word`, together.length + 1)).toEqual([
      'word',
      `${together.replace('\u00a0', ' ')},`,
      'word',
    ]);
  });
  it('groups thousands, cuts what is too long, and shows what a terminal would obey', () => {
    expect([grouped(1), grouped(1000), grouped(1234567)]).toEqual(['1', '1,000', '1,234,567']);
    expect(fitted('abcdefgh', 6)).toBe('abc...');
    expect(printable('a\u001b[2J\u202eb')).toBe('a\\u001b[2J\\u202eb');
  });
});

describe('a table', () => {
  const rows = [
    [1n, 'short', 'a sentence that is longer than the terminal is wide by far'],
    [22n, 'x', 'y'],
  ] as const;
  const drawn = (width: number | null): string[] =>
    [...table(['id', 'word', 'sentence'], rows, { width })].join('').trimEnd().split('\n');

  it('writes the longest text on as many lines as it takes in a terminal, and loses nothing of it', () => {
    expect(drawn(40)).toEqual([
      'id  word   sentence',
      '--  -----  -----------------------------',
      ' 1  short  a sentence that is longer',
      '           than the terminal is wide by',
      '           far',
      '22  x      y',
    ]);
  });
  it('breaks a word that is longer than its column', () => {
    const lines = [...table(['a', 'b'], [['x'.repeat(40), '']], { width: 20 })].join('').split('\n');
    expect(lines.slice(2, 5).map((line) => line.length)).toEqual([17, 17, 6]);
  });
  it('cuts nothing where it goes to a file', () => {
    expect(drawn(null)[2]).toContain('by far');
  });
  it('becomes a block a row where the columns cannot fit', () => {
    expect(drawn(15)[0]).toBe('row 1');
  });
});
