import { describe, expect, it } from 'vitest';
import { STACKS, chooseRules, type OtherRules, type StackName } from '../../src/detect/what-if.js';
import { plainStyle } from '../../src/report/color.js';
import { whatIfText } from '../../src/report/what-if/text.js';
import { describeWhatIf, type WhatIf } from '../../src/report/what-if/what-if.js';
import { recordedTimeWait } from '../../src/store/recorded-time-wait.js';
import { whatIf } from '../../src/store/what-if/what-if.js';
import type { Analysis } from '../support/analysis.js';
import { established, parseConversation } from '../support/conversation.js';
import { analyzeConversation, type RunOptions } from '../support/run.js';

interface Asked extends Partial<Omit<OtherRules, 'timeWaitNs'>> {
  readonly timeWaitS?: number;
}

/** What the command says of a database under these rules. */
function ask(analysis: Analysis, { timeWaitS, ...asked }: Asked): WhatIf {
  const db = analysis.database.defaultSafeIntegers(false);
  const timeWaitNs = timeWaitS === undefined ? recordedTimeWait(db) : timeWaitS * 1e9;
  const none = { stack: null, twRecycle: false, twReuse: false, noTimestamps: false };
  const rules = chooseRules({ ...none, ...asked, timeWaitNs });
  const stack = rules.stack === null ? null : STACKS[rules.stack];
  return describeWhatIf('web.db', whatIf(db, rules), {
    ...rules,
    timeWaitS: timeWaitNs / 1e9,
    stackTitle: stack?.title ?? null,
    stackTimeWaitS: stack?.timeWaitS ?? null,
    stackGiven: asked.stack !== undefined,
  });
}

/** The fates that some SYN has. */
const fates = (counts: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));

const ISNS = { clientIsn: 1_000_000, serverIsn: 5_000_000 };
const STAMPED = established({ ...ISNS, timestamps: true }).closedBy('server');
const BARE = established(ISNS).closedBy('server');
const { client: Fc, server: Fs } = STAMPED.next;
const T = 100_040;

const syn = (at: number, isn: number, tsval?: number): string =>
  `${at.toFixed(3)} A > B S ${isn >>> 0} ${tsval === undefined ? '' : `<mss 1460, sackOK, TS val ${tsval} ecr 0>`}`;
const synAck = (at: number, isn: number): string => `${at.toFixed(3)} B > A S. ${Fs + 65_537} ack ${(isn + 1) >>> 0}`;
const challenge = (at: number): string => `${at.toFixed(3)} B > A . ${Fs} ack ${Fc} <TS val 902000 ecr ${T}> id 0`;

/** A SYN on TIME_WAIT that Linux took for its timestamp: its number is lower. */
const lower = (at: number, options?: RunOptions): Promise<Analysis> =>
  analyzeConversation(`${STAMPED}\n${syn(at, Fc - 1000, T + 10)}\n${synAck(at + 0.01, Fc - 1000)}`, options);

describe('another stack', () => {
  it.each<[StackName, string]>([
    ['linux', 'accepted'],
    ['freebsd', 'dropped'],
    ['openbsd', 'accepted'],
    ['macos', 'challenged'],
    ['gvisor', 'dropped'],
    ['windows', 'dropped'],
    ['rfc1122', 'challenged'],
    ['rfc6191', 'accepted'],
  ])('%s: a SYN with a lower number and a newer timestamp is %s', async (stack, fate) => {
    const { syns } = ask(await lower(2), { stack });
    expect(fates(syns.seen)).toEqual({ accepted: 1 });
    expect(fates(syns.then)).toEqual({ [fate]: 1 });
    expect(syns.changed).toBe(fate === 'accepted' ? 0 : 1);
  });

  it('names the SYNs that would fare otherwise, and why', async () => {
    const what = ask(await lower(2), { stack: 'freebsd' });
    expect(what.summary).toBe('Of 1 SYN on TIME_WAIT 0 were refused or delayed; with the rules of FreeBSD 1 would be.');
    expect(what.syns.changes).toMatchObject([
      { connectionId: 2, previousConnectionId: 1, seen: 'accepted', then: 'dropped', isnDelta: -1000, tsDelta: 10 },
    ]);
    const text = whatIfText(what, 80, plainStyle);
    expect(text).toContain('accepted at once; would be dropped (1.95 s after');
    expect(text).toContain('tcpclose show web.db 2');
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('says the same as the columns of time_wait_syns', async () => {
    const analysis = await lower(2);
    const [row] = analysis.timeWaitSyns;
    const said = { accept: 'accepted', challenge: 'challenged', drop: 'dropped' } as const;
    const { stacks } = ask(analysis, {}).syns;
    for (const name of Object.keys(STACKS) as StackName[])
      expect(fates(stacks[name]), name).toEqual({ [said[row![name] as keyof typeof said]]: 1 });
  });

  it('cannot be told where nobody knows which of two timestamps the holder of TIME_WAIT remembered, as in those columns', async () => {
    const ahead = `0.2 A > B F. ${Fc - 1} ack ${Fs} <TS val ${T + 50} ecr 901000>`;
    const analysis = await analyzeConversation(`${STAMPED}\n${ahead}\n${syn(2, Fc - 1000, T + 10)}`);
    expect(analysis.timeWaitSyns[0]).toMatchObject({ linux: null, rfc6191: null, freebsd: 'drop' });
    expect(fates(ask(analysis, { stack: 'linux' }).syns.then)).toEqual({ untraced: 1 });
    expect(fates(ask(analysis, { stack: 'freebsd' }).syns.then)).toEqual({ dropped: 1 });
  });

  it('cannot be told where OpenBSD goes on beyond its TIME_WAIT rule', async () => {
    const analysis = await analyzeConversation(`${STAMPED}\n${syn(2, Fc - 1000, T)}\n${challenge(2.01)}`);
    const what = ask(analysis, { stack: 'openbsd' });
    expect(fates(what.syns.then)).toEqual({ untraced: 1 });
    expect(what.summary).toMatch(/of 1 nobody can tell\.$/);
    expect(what.notes.join(' ')).toContain('is not known here');
  });

  it('cannot be told where timestamps were cut off, unless the rule does not look at them', async () => {
    const cut = `2.000 A > B S ${Fc + 1000} <mss 1460, sackOK, TS val ${T} ecr 0> cut 56`;
    const analysis = await analyzeConversation(`${STAMPED}\n${cut}\n${synAck(2.01, Fc + 1000)}`);
    expect(fates(ask(analysis, { stack: 'linux' }).syns.then)).toEqual({ cut: 1 });
    expect(fates(ask(analysis, { stack: 'freebsd' }).syns.then)).toEqual({ accepted: 1 });
  });
});

describe('another length of TIME_WAIT', () => {
  it('frees SYNs that came after it, and leaves the others as they were seen', async () => {
    const analysis = await analyzeConversation(
      `${STAMPED}\n${syn(2, Fc - 1000, T)}\n${challenge(2.01)}\n${syn(40, Fc - 900, T)}\n${challenge(40.01)}`,
    );
    const { syns, summary } = ask(analysis, { timeWaitS: 30 });
    expect(fates(syns.seen)).toEqual({ challenged: 2 });
    expect(fates(syns.then)).toEqual({ challenged: 1, free: 1 });
    expect(summary).toContain('with TIME_WAIT of 30 s 1 would be (1 would meet it)');
  });

  it('judges as Linux would the SYNs that meet it only now', async () => {
    const analysis = await analyzeConversation(
      `${STAMPED}\n${syn(100, Fc - 1000, T - 5)}\n${synAck(100.01, Fc - 1000)}`,
    );
    expect(analysis.timeWaitSyns).toEqual([]);
    const what = ask(analysis, { timeWaitS: 120 });
    expect(fates(what.syns.seen)).toEqual({ free: 1 });
    expect(fates(what.syns.then)).toEqual({ challenged: 1 });
    expect(what.notes.join(' ')).toContain('judged as Linux would');
    expect(fates(ask(analysis, { timeWaitS: 120, stack: 'freebsd' }).syns.then)).toEqual({ dropped: 1 });
    expect(fates(ask(analysis, { timeWaitS: 99 }).syns.then)).toEqual({});
  });

  it('says beyond which gap nothing is known', async () => {
    const unknown = (what: WhatIf): boolean => what.notes.some((note) => note.startsWith('Unknown: '));
    expect(unknown(ask(await lower(2), { timeWaitS: 300 }))).toBe(true);
    expect(unknown(ask(await lower(2), { timeWaitS: 240 }))).toBe(false);
    expect(unknown(ask(await lower(2, { timeWaitNs: 400e9 }), { timeWaitS: 300 }))).toBe(false);
  });

  it('changes how many sockets hosts hold, and how many ports clients keep busy', async () => {
    const talks = [0, 10, 20, 30].map((at, i) =>
      established({ client: `192.0.2.1:${40_000 + i}`, at, timestamps: true }).closedBy('client'),
    );
    const analysis = await analyzeConversation(talks.join('\n'));
    const held = (asked: Asked): unknown => {
      const { timeWaitPeaks, portPressure } = ask(analysis, asked);
      return [timeWaitPeaks.map((peak) => peak.then), portPressure.map((peak) => peak.then)];
    };
    expect(held({})).toEqual([[4], [4]]);
    expect(held({ timeWaitS: 15 })).toEqual([[2], [2]]);
    expect(held({ timeWaitS: 1 })).toEqual([[1], [1]]);
    expect(held({ twRecycle: true })).toEqual([[1], [1]]);
    expect(held({ twReuse: true })).toEqual([[4], [1]]);
    expect(held({ twReuse: true, noTimestamps: true })).toEqual([[4], [4]]);
    expect(ask(analysis, { timeWaitS: 15 }).timeWaitPeaks).toMatchObject([{ ip: '192.0.2.1', recorded: 4 }]);
  });

  it('counts a TIME_WAIT that ended early as ended early', async () => {
    const { timeWaitPeaks } = ask(await lower(2), { timeWaitS: 30 });
    expect(timeWaitPeaks).toMatchObject([{ recorded: 1, then: 1 }]);
  });
});

describe('one direction only', () => {
  it('is said, for no TIME_WAIT can be seen in it', async () => {
    const sent = parseConversation(`${STAMPED}`).filter((frame) => 'from' in frame && frame.from.ip === '192.0.2.1');
    const what = ask(await analyzeConversation(sent), {});
    expect(what.summary).toMatch(/^No SYN is seen to have met TIME_WAIT/);
    expect(what.notes.join(' ')).toContain('Of 1 of 1 connection one direction only was captured');
  });

  it('is not spoken of where both were captured', async () => {
    const what = ask(await analyzeConversation(`${STAMPED}`), {});
    expect(what.summary).toMatch(/^No SYN met TIME_WAIT/);
    expect(what.notes.join(' ')).not.toContain('direction');
  });
});

describe('no timestamps', () => {
  it('leaves the number alone to judge by', async () => {
    const { syns, notes } = ask(await lower(2), { noTimestamps: true });
    expect(fates(syns.then)).toEqual({ challenged: 1 });
    expect(notes.join(' ')).toContain('no --stack was given');
  });

  it('takes a SYN that PAWS refused', async () => {
    const analysis = await analyzeConversation(`${STAMPED}\n${syn(2, Fc + 1000, T - 5)}\n${challenge(2.01)}`);
    const { syns, notes } = ask(analysis, { noTimestamps: true });
    expect(fates(syns.then)).toEqual({ accepted: 1 });
    expect(notes.join(' ')).toContain('1 segment failed PAWS');
  });

  it('makes tcp_tw_recycle and tcp_tw_reuse do nothing, and says so', async () => {
    const what = ask(await lower(30), { noTimestamps: true, twRecycle: true, twReuse: true });
    expect(fates(what.syns.then)).toEqual({ challenged: 1 });
    expect(what.notes.join(' ')).toContain('tcp_tw_recycle and tcp_tw_reuse without timestamps does nothing');
  });
});

describe('tcp_tw_recycle', () => {
  const other = (at: number, tsval: number): string =>
    `A = 192.0.2.1:50000  B = 198.51.100.7:443\n${syn(at, 77, tsval)}`;

  it('drops SYNs that are behind what the server remembers, also those that met no TIME_WAIT', async () => {
    const analysis = await analyzeConversation(`${STAMPED}\n${syn(5, Fc + 1000, T - 50)}\n${other(10, T - 5000)}`);
    const { syns, summary } = ask(analysis, { twRecycle: true });
    expect(fates(syns.seen)).toEqual({ unanswered: 1, free: 1 });
    expect(fates(syns.then)).toEqual({ recycled: 2 });
    expect(summary).toContain('2 would be (0 would meet it), 2 of them by tcp_tw_recycle');
  });

  it('leaves a SYN to TIME_WAIT as long as that lasts', async () => {
    const analysis = await analyzeConversation(`${STAMPED}\n${syn(0.5, Fc + 1000, T - 50)}\n${challenge(0.51)}`);
    expect(fates(ask(analysis, { twRecycle: true }).syns.then)).toEqual({ challenged: 1 });
  });

  it('does nothing to connections without timestamps', async () => {
    const analysis = await analyzeConversation(`${BARE}\n${syn(30, Fc - 1000)}`);
    expect(fates(ask(analysis, { twRecycle: true }).syns.then)).toEqual({ challenged: 1 });
  });

  it('does nothing where it was not asked for', async () => {
    const analysis = await analyzeConversation(`${STAMPED}\n${other(10, T - 5000)}`);
    expect(ask(analysis, {}).summary).toContain('No SYN met TIME_WAIT');
    expect(ask(analysis, { twRecycle: true }).summary).toBe(
      'No SYN met TIME_WAIT at the end it went to; with tcp_tw_recycle 1 would be refused, 1 of them by tcp_tw_recycle.',
    );
  });
});

describe('what must stay quiet', () => {
  it('the rules as recorded change nothing, and show what could be asked', async () => {
    for (const asked of [{}, { timeWaitS: 60 }]) {
      const what = ask(await lower(2), asked);
      expect(what.summary).toMatch(/with the rules as recorded nothing would change\.$/);
      expect(what.syns).toMatchObject({ changed: 0, changes: [] });
      for (const peak of [...what.timeWaitPeaks, ...what.portPressure]) expect(peak.then).toBe(peak.recorded);
      expect(whatIfText(what, 80, plainStyle)).toMatch(
        /^--stack +accept +challenge +drop +unknown\n {2}linux +1 +0 +0 +0$/m,
      );
    }
  });

  it('a SYN that was challenged and got in after a reset fares no worse with the rule that challenges it', async () => {
    const analysis = await analyzeConversation(`${STAMPED}
      ${syn(2, Fc - 1000, T)}
      ${challenge(2.01)}
      2.020 A > B R ${Fc}
      ${syn(3, Fc - 1000, T)}
      3.010 B > A S. 7000000 ack ${Fc - 999}`);
    const { syns } = ask(analysis, { stack: 'linux' });
    expect([fates(syns.seen), fates(syns.then), syns.changed]).toEqual([{ late: 1 }, { late: 1 }, 0]);
  });

  it('without a SYN on TIME_WAIT there is nothing to judge', async () => {
    const what = ask(await analyzeConversation(STAMPED.toString()), { stack: 'freebsd' });
    expect(what.summary).toBe(
      'No SYN met TIME_WAIT at the end it went to, and with the rules of FreeBSD none would: there is nothing to judge.',
    );
    expect(what.syns.changed).toBe(0);
  });

  it('a capture without connections has nothing', async () => {
    const what = ask(await analyzeConversation('A = 192.0.2.1:1\n0.0 raw 00'), { timeWaitS: 5 });
    expect([what.timeWaitPeaks, what.portPressure, what.syns.changed]).toEqual([[], [], 0]);
    expect(whatIfText(what, 80, plainStyle)).toContain('none');
  });

  it('a SYN from a port that its sender held is judged by no rule of the receiver', async () => {
    const closed = established({ ...ISNS, timestamps: true }).closedBy('client');
    const isn = closed.next.client + 65_537;
    const analysis = await analyzeConversation(
      `${closed}\n5.000 A > B S ${isn} <mss 1460, TS val ${T + 5000} ecr 900000>\n5.010 B > A S. 7000000 ack ${isn + 1}`,
    );
    expect(analysis.timeWaitSyns).toMatchObject([{ holder: 'client' }]);
    const what = ask(analysis, { stack: 'freebsd' });
    expect(what.syns).toMatchObject({ ownPort: 1, changed: 0 });
    expect(what.notes.join(' ')).toContain('their own sender held');
  });
});
