import { describe, expect, it } from 'vitest';
import type { Analysis, Row } from '../support/analysis.js';
import { capture, established, parseConversation, Talk } from '../support/conversation.js';
import { analyzeCaptures, analyzeConversation } from '../support/run.js';

const ISNS = { clientIsn: 1_000_000, serverIsn: 5_000_000 };

// The server closes first and is in TIME_WAIT from 0.05 s on, with RCV.NXT Fc, SND.NXT Fs and TS.Recent T.
const STAMPED = established({ ...ISNS, timestamps: true }).closedBy('server');
const BARE = established(ISNS).closedBy('server');
const Fc = STAMPED.next.client;
const Fs = STAMPED.next.server;
const T = 100_040;

/** What the server says with the old numbers; what it says to a SYN that it accepts; what a client then says. */
const challenge = (at: number): string => `${at.toFixed(3)} B > A . ${Fs} ack ${Fc} <TS val 902000 ecr ${T}> id 0`;
const synAck = (at: number, isn: number, seq = Fs + 65537): string =>
  `${at.toFixed(3)} B > A S. ${seq} ack ${(isn + 1) >>> 0}`;
const syn = (at: number, isn: number, tsval?: number): string =>
  `${at.toFixed(3)} A > B S ${isn >>> 0} ${tsval === undefined ? '' : `<mss 1460, sackOK, TS val ${tsval} ecr 0>`}`;

async function analyze(before: Talk | string, ...lines: string[]): Promise<Analysis> {
  return analyzeConversation(`${before}\n${lines.join('\n')}`);
}

/** The one row that there is. */
async function row(before: Talk | string, ...lines: string[]): Promise<Row> {
  const { timeWaitSyns } = await analyze(before, ...lines);
  expect(timeWaitSyns).toHaveLength(1);
  return timeWaitSyns[0]!;
}

describe('a SYN that TIME_WAIT takes at once (close-rules appendix A)', () => {
  it.each<[string, Talk, number, number | undefined, string, string]>([
    ['A1 higher and newer', STAMPED, 1000, T + 10, 'higher', 'higher'],
    ['A2 lower but newer', STAMPED, -1000, T + 10, 'lower', 'higher'],
    ['A5 higher, without a timestamp', STAMPED, 1000, undefined, 'higher', 'absent'],
    ['A7 equal, a tick newer', STAMPED, 0, T + 1, 'equal', 'higher'],
    ['A8 one above, timestamp equal', STAMPED, 1, T, 'higher', 'equal'],
    ['A9 2^31 - 1 above', STAMPED, 2 ** 31 - 1, undefined, 'higher', 'absent'],
    ['A9 2^31 away', STAMPED, 2 ** 31, undefined, 'ambiguous', 'absent'],
    ['A10b higher, timestamps only now', BARE, 1000, 7, 'higher', 'absent'],
  ])('%s', async (_, before, offset, tsval, isnRelation, tsRelation) => {
    const isn = (Fc + offset) >>> 0;
    const analysis = await analyze(
      before,
      syn(2, isn, tsval),
      synAck(2.01, isn),
      `2.02 A > B . ${isn + 1} ack ${Fs + 65538}`,
    );
    expect(analysis.timeWaitSyns).toMatchObject([
      {
        outcome: 'accepted',
        confidence: 'certain',
        linux: 'accept',
        linux_reopened: 1,
        isn,
        isn_relation: isnRelation,
        isn_delta: offset | 0,
        ts_relation: tsRelation,
        tsval: tsval ?? null,
        previous_final_seq: Fc,
        attempts: 1,
      },
    ]);
    expect(analysis.timeWaitSyns[0]!.retry_delay_s).toBeCloseTo(0.01, 6);
    expect(analysis.connections.map((c) => c.close)).toEqual(['fin', 'open']);
    expect(analysis.findings).toEqual([]);
  });
});

describe('a SYN that TIME_WAIT challenges', () => {
  it.each<[string, Talk, number, number | undefined, string, string]>([
    ['A3 lower, timestamp equal', STAMPED, -1000, T, 'lower', 'equal'],
    ['A4 lower, without a timestamp', STAMPED, -1000, undefined, 'lower', 'absent'],
    ['A6 higher, a tick older', STAMPED, 1000, T - 1, 'higher', 'lower'],
    ['A6 higher, 5000 ticks older', STAMPED, 1000, T - 5000, 'higher', 'lower'],
    ['A6 higher, timestamp zero', STAMPED, 1000, 0, 'higher', 'lower'],
    ['A7 equal, timestamp equal', STAMPED, 0, T, 'equal', 'equal'],
    ['A7 equal, without a timestamp', STAMPED, 0, undefined, 'equal', 'absent'],
    ['A10 lower, timestamps only now', BARE, -1000, 7, 'lower', 'absent'],
  ])('%s', async (_, before, offset, tsval, isnRelation, tsRelation) => {
    const analysis = await analyze(before, syn(2, Fc + offset, tsval), challenge(2.01));
    expect(analysis.timeWaitSyns).toMatchObject([
      {
        outcome: 'challenged',
        confidence: 'strong',
        linux: 'challenge',
        isn_relation: isnRelation,
        ts_relation: tsRelation,
        retry_delay_s: null,
        attempts: 1,
      },
    ]);
    expect(analysis.connections).toMatchObject([
      { close: 'fin', incarnation: 1 },
      { close: 'unanswered', incarnation: 2, closed_first: null },
    ]);
    expect(analysis.findings.filter((f) => f.detector === 'time-wait-syn')).toMatchObject([
      { kind: 'syn-challenged', severity: 'warning', connection_id: analysis.connections[1]!.id },
    ]);
  });

  it.each([
    ['an ACK with another number', `B > A . ${Fs - 1} ack ${Fc}`],
    ['a copy of the FIN', `B > A F. ${Fs - 1} ack ${Fc - 1}`],
    ['an old segment with data', `B > A P. ${Fs - 2}(1) ack ${Fc}`],
    ['a late ACK of its own sender', `A > B . ${Fc} ack ${Fs}`],
  ])('is not one that is followed by %s: that answers nothing', async (_, line) => {
    expect(await row(BARE, syn(2, Fc - 1000), `2.01 ${line}`)).toMatchObject({ outcome: 'unanswered' });
  });

  it('A11e though its number is good: no listener is there. The row says what the rule would have been', async () => {
    expect(await row(STAMPED, syn(2, Fc + 1000, T + 10), challenge(2.01))).toMatchObject({
      outcome: 'challenged',
      linux: 'accept',
    });
  });

  it('A11c once in half a second: a copy in between gets no answer, and it is one SYN', async () => {
    const analysis = await analyze(
      STAMPED,
      syn(2, Fc - 1000),
      challenge(2.001),
      syn(2.2, Fc - 1000),
      syn(2.6, Fc - 1000),
      challenge(2.601),
    );
    expect(analysis.timeWaitSyns).toMatchObject([{ outcome: 'challenged', attempts: 3 }]);
    expect(analysis.connections[1]).toMatchObject({ syn_count: 3 });
  });

  it.each([
    ['the wrong number', `R ${Fc + 1}`],
    ['the right number and an old timestamp', `R. ${Fc} ack ${Fs} <TS val ${T - 10} ecr 902000>`],
  ])('A11b after a reset with %s, which leaves TIME_WAIT alone', async (_, reset) => {
    const analysis = await analyze(STAMPED, `1 A > B ${reset}`, syn(2, Fc - 1000), challenge(2.01));
    expect(analysis.timeWaitSyns).toMatchObject([{ outcome: 'challenged', attempts: 1 }]);
    expect(analysis.connections[0]).toMatchObject({ close: 'fin', reset_by: null, reset_cause: null });
    const accepted = await analyze(STAMPED, `1 A > B ${reset}`, syn(2, Fc + 1000), synAck(2.01, Fc + 1000, 99_000_000));
    expect(accepted.timeWaitSyns).toMatchObject([{ outcome: 'accepted' }]);
  });

  it('and whose right reset did not arrive is challenged again and again', async () => {
    const round = (at: number): string[] => [
      syn(at, Fc - 1000),
      challenge(at + 0.01),
      `${(at + 0.02).toFixed(3)} A > B R ${Fc}`,
    ];
    expect(await row(STAMPED, ...round(2), ...round(3), ...round(5))).toMatchObject({
      outcome: 'challenged',
      attempts: 3,
    });
  });
});

describe('a SYN that is accepted late', () => {
  const CLEARED = [
    syn(2, Fc - 1000),
    challenge(2.01),
    `2.02 A > B R ${Fc}`,
    syn(2.029, Fc - 1000),
    synAck(2.039, Fc - 1000, 99_000_000),
    `2.049 A > B . ${Fc - 999} ack 99000001`,
  ];

  it('A11 after the reset that its challenge drew had cleared TIME_WAIT: that reset is no failure (C4)', async () => {
    const analysis = await analyze(STAMPED, ...CLEARED);
    const [tw] = analysis.timeWaitSyns;
    expect(analysis.timeWaitSyns).toMatchObject([
      { outcome: 'accepted-after-rst', attempts: 2, confidence: 'certain', linux_reopened: 0 },
    ]);
    expect(tw!.retry_delay_s).toBeCloseTo(0.039, 6);
    // The reset is the recovery, not a failure: it belongs to the old connection, which stays closed in order.
    expect(analysis.connections).toMatchObject([
      {
        close: 'fin',
        closed_first: 'server',
        reset_by: 'client',
        reset_cause: 'time-wait',
        reset_code: 'syn_sent_rst_to_stale_ack',
      },
      { close: 'open', handshake: 'complete', syn_count: 2, reset_by: null },
    ]);
    expect(analysis.findings).toMatchObject([{ kind: 'syn-delayed' }]);
  });

  it('is likely no more once the connection before has left memory: nobody can look again who closed it', async () => {
    const opened = [STAMPED, ...CLEARED].join('\n');
    const ends = STAMPED.toString().split('\n')[0]!;
    const later = `${ends}\n600 A > B P. ${Fc - 999}(10) ack 99000001`;
    const last = `${ends}\n601 B > A . 99000001 ack ${Fc - 989}`;
    const { analysis } = await analyzeCaptures([opened, later, last].map((text) => capture(parseConversation(text))));
    expect(analysis.timeWaitSyns).toMatchObject([{ outcome: 'accepted-after-rst', confidence: 'likely' }]);
  });

  it('is likely no more where the reset between the challenge and the SYN-ACK was not captured', async () => {
    const tw = await row(
      STAMPED,
      syn(2, Fc - 1000),
      challenge(2.01),
      syn(2.029, Fc - 1000),
      synAck(2.039, Fc - 1000, 99_000_000),
    );
    expect(tw).toMatchObject({ outcome: 'accepted', confidence: 'likely' });
  });

  it('though the SYN-ACK was not captured, as what its sender says next shows', async () => {
    const lines = [syn(2, Fc - 1000), challenge(2.01), `2.02 A > B R ${Fc}`, syn(2.029, Fc - 1000)];
    const taken = `2.049 A > B P. ${Fc - 999}(10) ack 99000001 <TS val 102049 ecr 902039>`;
    const analysis = await analyze(STAMPED, ...lines, taken);
    expect(analysis.timeWaitSyns).toMatchObject([
      { outcome: 'accepted-after-rst', confidence: 'likely', answer_frame: 11, retry_delay_s: null },
    ]);
    expect(analysis.findings[0]!.summary).toMatch(/accepted, though the SYN-ACK was not captured/);
  });

  it('after a reset that had cleared TIME_WAIT before it came', async () => {
    expect(await row(STAMPED, `1 A > B R ${Fc}`, syn(2, Fc - 1000), synAck(2.01, Fc - 1000, 99_000_000))).toMatchObject(
      { outcome: 'accepted-after-rst', attempts: 1 },
    );
  });

  it('which cost that SYN nothing, as its first copy was taken: nobody is told, and no row says that it failed PAWS', async () => {
    const older = `2 A > B S ${Fc - 1000} <TS val 5 ecr 0>`;
    const analysis = await analyze(STAMPED, `1 A > B R ${Fc}`, older, synAck(2.01, Fc - 1000, 99_000_000));
    expect(analysis.timeWaitSyns).toMatchObject([{ outcome: 'accepted-after-rst', attempts: 1, linux: 'challenge' }]);
    expect(analysis.findings.filter((f) => f.detector === 'time-wait-syn')).toEqual([]);
    expect(analysis.pawsRejections).toEqual([]);
  });

  it('also where the copy that was taken was not captured: it was late all the same', async () => {
    const lines = [syn(2, Fc - 1000), challenge(2.01), `2.02 A > B R ${Fc}`, synAck(2.039, Fc - 1000, 99_000_000)];
    const { findings } = await analyze(STAMPED, ...lines);
    expect(findings).toMatchObject([{ kind: 'syn-delayed' }]);
  });

  it('after such a reset is likely no more where its number alone might have reopened TIME_WAIT', async () => {
    expect(await row(BARE, `1 A > B R ${Fc}`, syn(2, Fc + 1000), synAck(2.01, Fc + 1000, 99_000_000))).toMatchObject({
      outcome: 'accepted-after-rst',
      confidence: 'likely',
    });
  });

  it('is likely no more where no stack would accept it on TIME_WAIT: that was gone, or something was missed', async () => {
    expect(await row(BARE, syn(2, Fc - 1000), synAck(2.01, Fc - 1000, 99_000_000))).toMatchObject({
      outcome: 'accepted',
      confidence: 'likely',
    });
    expect(await row(BARE, syn(2, Fc + 1000), synAck(2.01, Fc + 1000, 99_000_000))).toMatchObject({
      outcome: 'accepted',
      confidence: 'certain',
    });
  });

  it('no reset had cleared TIME_WAIT where it was that of its holder, who had none', async () => {
    const lines = [`1 A > B F. ${Fc - 1} ack ${Fs}`, `1.01 B > A R ${Fs}`];
    const isn = Fc + 90_000;
    expect(await row(BARE, ...lines, syn(2, isn), synAck(2.01, isn, 99_000_000))).toMatchObject({
      outcome: 'accepted',
    });
  });

  it('no reset had cleared TIME_WAIT where the one that came had a number that nobody obeys', async () => {
    const copies = [syn(2, Fc - 1000), `2.02 A > B R ${Fc + 1}`, syn(3, Fc - 1000)];
    expect(await row(BARE, ...copies, synAck(3.01, Fc - 1000, 99_000_000))).toMatchObject({ outcome: 'accepted' });
  });

  it('was accepted before the reset that it sent to a late ACK of the old numbers, where it came once only', async () => {
    const isn = Fc + 90_000;
    const lines = [syn(2, isn), challenge(2.005), `2.006 A > B R ${Fc}`, synAck(2.01, isn, 99_000_000)];
    expect(await row(BARE, ...lines)).toMatchObject({ outcome: 'accepted', attempts: 1, confidence: 'likely' });
  });

  it.each([Fc, Fc + 1])(
    '65537 above the old numbers was accepted by TIME_WAIT itself, though a reset with %s came before',
    async (number) => {
      const lines = [`1 A > B R ${number}`, syn(2, Fc + 1000, T + 2000), synAck(2.01, Fc + 1000)];
      expect(await row(STAMPED, ...lines)).toMatchObject({
        outcome: 'accepted',
        confidence: 'certain',
        linux_reopened: 1,
      });
    },
  );

  it('after a reset that had cleared TIME_WAIT, though the SYN-ACK was not captured', async () => {
    const taken = `2.02 A > B P. ${Fc - 999}(9) ack 99000001`;
    expect(await row(BARE, `1 A > B R ${Fc}`, syn(2, Fc - 1000), taken)).toMatchObject({
      outcome: 'accepted-after-rst',
    });
  });

  it.each([
    [
      'its number might have reopened TIME_WAIT, but it was challenged: a reset was missed, perhaps',
      BARE,
      [syn(2, Fc + 1000), challenge(2.01), syn(3, Fc + 1000)],
      Fc + 1000,
      'likely',
    ],
    [
      'its number might have reopened TIME_WAIT, but its sender reset something',
      BARE,
      [syn(2, Fc + 1000), `2.02 A > B R ${Fc}`],
      Fc + 1000,
      'likely',
    ],
    ['its timestamp might have reopened TIME_WAIT', STAMPED, [syn(2, Fc - 1000, T + 10)], Fc - 1000, 'certain'],
  ])('is as sure as what may have been missed: %s', async (_, before, lines, isn, confidence) => {
    expect(await row(before, ...lines, synAck(3.01, isn, 99_000_000))).toMatchObject({
      outcome: 'accepted',
      confidence,
    });
  });

  it('A11d because its timestamp overtakes while its number stays', async () => {
    const isn = Fc - 500_000;
    const copy = (at: number, behind: number): string[] => [syn(at, isn, T - behind), challenge(at + 0.001)];
    const analysis = await analyze(
      STAMPED,
      ...copy(2, 2500),
      ...copy(3, 1500),
      ...copy(4, 500),
      syn(5, isn, T + 500),
      synAck(5.001, isn),
    );
    const [tw] = analysis.timeWaitSyns;
    expect(analysis.timeWaitSyns).toMatchObject([
      { outcome: 'accepted', attempts: 4, tsval: T - 2500, ts_relation: 'lower', ts_delta: -2500, linux: 'challenge' },
    ]);
    expect(tw!.retry_delay_s).toBeCloseTo(3.001, 6);
    expect(analysis.pawsRejections.map((p) => p.ts_delta)).toEqual([-2500, -1500, -500]);
  });

  it('A33 as reported from production: lifetime 169 s, ISN lower by the clock, timestamp equal (C5)', async () => {
    const long = established({ clientIsn: 1_892_994_276, serverIsn: 40_000, timestamps: true })
      .waits(132)
      .halfClosedBy('server');
    long.waits(37).fin('client').acks('server');
    const { client, server } = long.next;
    const tsval = long.clock('client', long.time - 0.02);
    const analysis = await analyzeConversation(`${long}
      +0.001 A > B S 239034613 <TS val ${tsval} ecr 0>
      +0.001 B > A . ${server} ack ${client} <TS val 1100000 ecr ${tsval}> id 0
      +0.001 A > B R ${client}
      +0.010 A > B S 239034613 <TS val ${tsval + 12} ecr 0>
      +0.001 B > A S. 777777 ack 239034614 <TS val 1100010 ecr ${tsval + 12}>
      +0.001 A > B . 239034614 ack 777778 <TS val ${tsval + 14} ecr 1100010>`);
    expect(analysis.timeWaitSyns).toMatchObject([
      {
        outcome: 'accepted-after-rst',
        isn_relation: 'lower',
        isn_delta: -1_653_959_665,
        ts_relation: 'equal',
        linux: 'challenge',
        rfc6191: 'drop',
      },
    ]);
  });
});

describe('a SYN that gets nothing', () => {
  it.each([
    ['A11f the accept queue is full', syn(2, Fc + 1000, T + 10)],
    ['A11i it has a FIN, too', `2 A > B SF ${Fc + 50} <TS val ${T + 9} ecr 0>`],
  ])('%s', async (_, line) => {
    const analysis = await analyze(STAMPED, line);
    expect(analysis.timeWaitSyns).toMatchObject([{ outcome: 'unanswered', retry_delay_s: null }]);
    expect(analysis.connections[1]).toMatchObject({ close: 'unanswered' });
  });

  it('at first, and is accepted with its second copy: no challenge, no reset', async () => {
    const tw = await row(STAMPED, syn(2, Fc + 1000), syn(3, Fc + 1000), synAck(3.01, Fc + 1000));
    expect(tw).toMatchObject({ outcome: 'accepted', attempts: 2 });
    expect(tw.retry_delay_s).toBeCloseTo(1.01, 6);
  });
});

describe('resets that answer the challenge', () => {
  const challenged = `${established().closedBy('server')}
    1.00 A > B S  900
    1.01 B > A .  5002 ack 1002
    1.02 A > B R  1002`;
  const again = `2.00 A > B S  900
    2.01 B > A .  5002 ack 1002
    2.02 A > B R  1002`;

  it('and do not end TIME_WAIT are counted: it challenges the next copy, too', async () => {
    const { timeWaitSyns, findings } = await analyzeConversation(
      `${challenged}\n${again}\n${again.replaceAll(/^( *)2/gm, '$14')}`,
    );
    expect(timeWaitSyns).toMatchObject([{ outcome: 'challenged', outlived_resets: 2 }]);
    expect(timeWaitSyns[0]!.explanation).toContain(
      '2 resets with the right number had not ended TIME_WAIT: tcp_rfc1337, or they were lost.',
    );
    expect(findings[0]!.summary).toContain(
      '2 resets had not ended TIME_WAIT (challenged again in frame 11): tcp_rfc1337, or lost.',
    );
  });

  it.each([
    ['another reset, perhaps', '', 'likely'],
    ['there was no other reset, and TIME_WAIT may have ended by itself', '2.02 A > B R  1002', 'weak'],
  ])('that TIME_WAIT outlived leave it unsure what let the SYN in at last: %s', async (_, without, sure) => {
    const last = '62 A > B S 900\n62.01 B > A S. 70000 ack 901';
    const { timeWaitSyns } = await analyzeConversation(`${challenged}\n${again.replace(without, '')}\n${last}`);
    expect(timeWaitSyns).toMatchObject([{ outcome: 'accepted-after-rst', confidence: sure, outlived_resets: 1 }]);
  });

  it.each([
    ['where no copy of the SYN followed: nobody knows', challenged],
    ['where the copy was accepted', `${challenged}\n2 A > B S 900\n2.01 B > A S. 70000 ack 901`],
    ['where the copy got no answer', `${challenged}\n2 A > B S 900`],
  ])('are not told to have been outlived %s', async (_, text) => {
    const { timeWaitSyns } = await analyzeConversation(text);
    expect(timeWaitSyns).toMatchObject([{ outlived_resets: 0 }]);
    expect(timeWaitSyns[0]!.explanation).not.toContain('tcp_rfc1337');
  });
});

it('a SYN that is challenged after a reset: TIME_WAIT had outlived it, as RFC 1337 wants', async () => {
  const { findings } = await analyze(STAMPED, `1 A > B R ${Fc}`, syn(2, Fc - 1000), challenge(2.01));
  expect(findings).toMatchObject([{ kind: 'syn-challenged' }]);
  expect(findings[0]!.summary).toContain('never accepted; 1 reset had not ended TIME_WAIT: tcp_rfc1337, or lost.');
});

it('a SYN that is answered with a reset', async () => {
  const analysis = await analyze(STAMPED, syn(2, Fc + 1000), `2.01 B > A R. 0 ack ${Fc + 1001}`);
  expect(analysis.timeWaitSyns).toMatchObject([{ outcome: 'reset', confidence: 'certain' }]);
  expect(analysis.connections).toMatchObject([{ close: 'fin', reset_by: null }, { close: 'refused' }]);
});

it('an ACK that comes when TIME_WAIT is over does not begin it again', async () => {
  const { timeWaitSyns, findings } = await analyze(STAMPED, `100 A > B . ${Fc} ack 5002`, syn(120, Fc - 1000));
  expect(timeWaitSyns).toEqual([]);
  expect(findings.map(({ detector }) => detector)).not.toContain('time-wait-syn');
});

describe('the row names', () => {
  it('both connections, the frame, and the time since TIME_WAIT began', async () => {
    const analysis = await analyze(STAMPED, syn(2, Fc + 1000, T + 10), synAck(2.01, Fc + 1000));
    const [tw] = analysis.timeWaitSyns;
    const [old, attempt] = analysis.connections;
    expect(tw).toMatchObject({
      connection_id: attempt!.id,
      previous_connection_id: old!.id,
      client_ip: '192.0.2.1',
      client_port: 40000,
      server_ip: '198.51.100.7',
      server_port: 443,
      frame: 7,
      previous_tsval: T,
      ts_delta: 10,
    });
    expect(tw!.elapsed_s).toBeCloseTo(1.95, 6);
  });

  it('what the same sender had used last, data included', async () => {
    const talk = established({ ...ISNS, timestamps: true })
      .sends('client', 700)
      .closedBy('server');
    const tw = await row(talk, syn(2, 2_000_000, 101_000));
    expect(tw).toMatchObject({
      previous_final_seq: 1_000_702,
      isn_delta: 2_000_000 - 1_000_702,
      previous_tsval: 100_060,
    });
  });

  it('numbers that wrap as what they are: higher', async () => {
    const talk = established({ clientIsn: 0xfffffff0, serverIsn: 9, timestamps: { client: 0xffffff00, server: 5 } });
    const tw = await row(talk.closedBy('server'), syn(2, 1000, 40));
    expect(tw).toMatchObject({ isn_relation: 'higher', isn_delta: 1000 + 14, ts_relation: 'higher' });
  });

  it('what each stack would do', async () => {
    expect(await row(STAMPED, syn(2, Fc + 1000, T - 1))).toMatchObject({
      rfc1122: 'accept',
      rfc6191: 'drop',
      linux: 'challenge',
      freebsd: 'accept',
      openbsd: 'accept',
      macos: 'challenge',
      gvisor: 'accept',
      windows: 'accept',
    });
    expect(await row(STAMPED, syn(2, Fc - 1000, T))).toMatchObject({
      rfc1122: 'challenge',
      rfc6191: 'drop',
      linux: 'challenge',
      freebsd: 'drop',
      openbsd: null,
      macos: 'challenge',
      gvisor: 'drop',
      windows: 'drop',
    });
  });
});

describe('TIME_WAIT is over', () => {
  const late = [syn(61, Fc + 1000, T + 60_000), synAck(61.01, Fc + 1000, 99_000_000)];

  it('after 60 s: a SYN then is like any other', async () => {
    const analysis = await analyze(STAMPED, ...late);
    expect(analysis.timeWaitSyns).toEqual([]);
    expect(analysis.connections).toHaveLength(2);
  });

  it('but not 59.9 s after it began', async () => {
    const tw = await row(STAMPED, syn(59.95, Fc + 1000, T + 59_910), synAck(59.96, Fc + 1000));
    expect(tw.elapsed_s).toBeCloseTo(59.9, 6);
  });

  it('later or earlier where the user says so', async () => {
    const text = `${STAMPED}\n${late.join('\n')}`;
    expect((await analyzeConversation(text, { timeWaitNs: 120e9 })).timeWaitSyns).toHaveLength(1);
    const early = `${STAMPED}\n${syn(40, Fc + 1000, T + 40_000)}`;
    expect((await analyzeConversation(early, { timeWaitNs: 30e9 })).timeWaitSyns).toEqual([]);
  });

  it.each<[string, string[]]>([
    ['A11g a copy of the FIN', [`40 A > B F. ${Fc - 1} ack ${Fs} <TS val ${T} ecr 900030>`, challenge(40.01)]],
    ['A11h a pure ACK', [`40 A > B . ${Fc} ack ${Fs} <TS val ${T + 40_000} ecr 900050>`]],
    ['A11j a SYN-ACK', [`40 A > B S. ${Fc + 9} ack ${Fs}`, challenge(40.01)]],
    ['A6 a SYN that PAWS rejects', [syn(40, Fc + 9000, T - 50), challenge(40.01)]],
  ])('60 s after %s, which restarts it; it began when it began', async (_, lines) => {
    const { timeWaitSyns } = await analyze(STAMPED, ...lines, syn(80, Fc + 1000, T + 80_000), synAck(80.01, Fc + 1000));
    const tw = timeWaitSyns.find(({ isn }) => isn === Fc + 1000);
    expect(tw).toBeDefined();
    expect(tw!.elapsed_s).toBeCloseTo(79.95, 6);
    const at90 = await analyze(STAMPED, ...lines, syn(101, Fc + 1000, T + 80_000));
    expect(at90.timeWaitSyns.filter(({ isn }) => isn === Fc + 1000)).toEqual([]);
  });

  it('60 s after it began where a SYN was rejected by its number alone: that does not restart it', async () => {
    const { timeWaitSyns } = await analyze(
      STAMPED,
      syn(40, Fc - 9000, T),
      challenge(40.01),
      syn(80, Fc + 1000, T + 80_000),
    );
    expect(timeWaitSyns.map(({ isn }) => isn)).toEqual([Fc - 9000]);
  });
});

describe('whoever holds TIME_WAIT', () => {
  const byClient = established({ ...ISNS, timestamps: true }).closedBy('client');

  it('may be the sender of the SYN itself (A13, tcp_tw_reuse): no stack has to decide anything', async () => {
    const { client, server } = byClient.next;
    const analysis = await analyze(
      byClient,
      `1.060 A > B S ${client}+65537 <TS val 101060 ecr 900040>`,
      `1.070 B > A S. 99000000 ack ${client}+65538 <TS val 901070 ecr 101060>`,
      `1.080 A > B . ${client}+65538 ack 99000001 <TS val 101080 ecr 901070>`,
    );
    expect(server).toBe(Fs);
    expect(analysis.timeWaitSyns).toMatchObject([
      {
        outcome: 'accepted',
        isn_delta: 65537,
        client_reuse: 1,
        linux: null,
        freebsd: null,
        rfc1122: null,
        rfc6191: null,
        windows: null,
      },
    ]);
    expect(analysis.connections[0]).toMatchObject({ time_wait_at: 'client' });
  });

  it.each([
    ['65537 above its old number', 65_537, '', 1],
    ['that carries an echo, as no first SYN does', 1000, '<TS val 101060 ecr 900040>', 1],
    ['like any other', 1000, '<TS val 101060 ecr 0>', 0],
  ])('may be the sender of the SYN itself, which shows by a SYN %s', async (_, step, stamp, reuse) => {
    expect(await row(byClient, `1.06 A > B S ${byClient.next.client + step} ${stamp}`)).toMatchObject({
      client_reuse: reuse,
    });
  });

  it('may be the old client, when the old server opens to it', async () => {
    const { client, server } = byClient.next;
    const analysis = await analyze(
      byClient,
      `2 B > A S ${server}+1000 <TS val 902000 ecr 0>`,
      `2.01 A > B S. ${client}+65537 ack ${server}+1001 <TS val 102010 ecr 902000>`,
    );
    expect(analysis.timeWaitSyns).toMatchObject([
      {
        client_ip: '198.51.100.7',
        client_port: 443,
        server_ip: '192.0.2.1',
        outcome: 'accepted',
        isn_relation: 'higher',
        isn_delta: 1000,
        previous_final_seq: server,
        linux: 'accept',
      },
    ]);
  });

  it('may be the old server, when it opens to the old client: the sender holds it', async () => {
    const tw = await row(STAMPED, `2 B > A S ${Fs}+65537 <TS val 902000 ecr ${T}>`);
    expect(tw).toMatchObject({ client_ip: '198.51.100.7', linux: null, previous_final_seq: Fs });
  });

  it('may be both ends, after a simultaneous close: then the receiver decides', async () => {
    const both = established({ ...ISNS, timestamps: true }).closedByBoth();
    const isn = both.next.client + 70_000;
    expect(await row(both, syn(2, isn, T + 5000), synAck(2.01, isn, both.next.server + 65537))).toMatchObject({
      outcome: 'accepted',
      linux: 'accept',
      isn_delta: 70_000,
    });
  });
});

describe('no row is made', () => {
  const answer = (talk: Talk, at: number): string => `${at} B > A . ${talk.next.server} ack ${talk.next.client}`;
  const open = established(ISNS).sends('client', 5);
  const half = established(ISNS).halfClosedBy('client');
  const lastAck = established(ISNS).fin('client').fin('server');
  const reset = established(ISNS).sends('client', 5).resetBy('server');

  it.each<[string, Talk, string[]]>([
    ['A17 an established connection challenges the SYN', open, [answer(open, 2.01)]],
    ['A12 the server is in CLOSE_WAIT', half, [answer(half, 2.01)]],
    ['A28 the server is in LAST_ACK', lastAck, [answer(lastAck, 2.01)]],
    ['a reset ended the connection before', reset, [synAck(2.01, 2_000_000, 99_000_000)]],
  ])('where %s (C3)', async (_, talk, lines) => {
    const analysis = await analyze(talk, syn(2, 2_000_000), ...lines);
    expect(analysis.timeWaitSyns).toEqual([]);
    expect(analysis.connections).toHaveLength(2);
  });

  it('A18 for a second SYN while the first is in SYN_RECEIVED', async () => {
    const analysis = await analyze(
      `${new Talk().segment('client', 'S').segment('server', 'S.')}`,
      '0.5 A > B S 1500',
      '0.501 B > A R. 0 ack 1501',
    );
    expect(analysis.timeWaitSyns).toEqual([]);
    expect(analysis.connections[1]).toMatchObject({ close: 'refused', reset_cause: 'refused' });
  });

  it('A11j for a SYN-ACK', async () => {
    const analysis = await analyze(STAMPED, `2 A > B S. ${Fc + 9} ack ${Fs}`, challenge(2.001));
    expect(analysis.timeWaitSyns).toEqual([]);
    expect(analysis.connections).toMatchObject([{ close: 'fin', time_wait_at: 'server', syn_ack_count: 1 }]);
  });

  it('for a SYN of another port', async () => {
    const analysis = await analyze(STAMPED, 'A = 192.0.2.1:40001', syn(2, Fc + 1000, T + 10));
    expect(analysis.timeWaitSyns).toEqual([]);
  });

  it('for the copies of a SYN that the capture made', async () => {
    const analysis = await analyze(STAMPED, syn(2, Fc + 1000, T + 10), '+0.0001 copy', '+0.0001 copy ttl 63');
    expect(analysis.timeWaitSyns).toMatchObject([{ attempts: 1 }]);
  });
});

describe('a SYN that left right behind the FIN', () => {
  it('passes the tap before the ACK that shows TIME_WAIT, and met it all the same', async () => {
    // A33 as it is at the tap: the FIN puts the server into TIME_WAIT on arrival, and the SYN arrives after it.
    const talk = established({ ...ISNS, timestamps: true })
      .halfClosedBy('server')
      .waits(1);
    const { server } = talk.next;
    const isn = Fc - 50_000;
    const analysis = await analyzeConversation(`${talk}
      2.0000 A > B F. ${Fc}-1 ack ${server} <TS val 102000 ecr 900030>
      2.0001 A > B S ${isn} <TS val 102000 ecr 0>
      2.0100 B > A . ${server} ack ${Fc} <TS val 902010 ecr 102000>
      2.0101 B > A . ${server} ack ${Fc} <TS val 902010 ecr 102000> id 0
      2.0102 A > B R ${Fc}
      2.0200 A > B S ${isn} <TS val 102020 ecr 0>
      2.0300 B > A S. 99000000 ack ${isn + 1} <TS val 902030 ecr 102020>`);
    expect(analysis.connections).toMatchObject([
      { close: 'fin', time_wait_at: 'server' },
      { handshake: 'syn-syn-ack' },
    ]);
    expect(analysis.timeWaitSyns).toMatchObject([
      { outcome: 'accepted-after-rst', isn_relation: 'lower', ts_relation: 'equal', elapsed_s: 0, attempts: 2 },
    ]);
  });
});

describe('a reset of an attempt whose SYN-ACK was not captured', () => {
  it('shows by a number of its own that TIME_WAIT had accepted the SYN', async () => {
    const isn = Fc + 1000;
    const tw = await row(BARE, syn(2, isn), `2.2 B > A R. ${Fs + 70_000} ack ${isn + 1}`);
    expect(tw.outcome).toBe('accepted');
  });

  it('but not by the number 0, nor by that of the connection before', async () => {
    const isn = Fc + 1000;
    for (const seq of [0, Fs])
      expect((await row(BARE, syn(2, isn), `2.2 B > A R. ${seq} ack ${isn + 1}`)).outcome).toBe('reset');
  });
});

describe('TIME_WAIT whose first ACK was not captured', () => {
  const talk = established(ISNS).halfClosedBy('server').waits(1);
  const { server } = talk.next;
  const close = `${talk}
      2.000 A > B F. ${Fc}-1 ack ${server}`;
  const challenged = `${close}
      23.000 A > B S ${Fc - 4000}
      23.001 B > A . ${server} ack ${Fc}`;

  it('began with the FIN all the same: a FIN without its ACK would have been sent again', async () => {
    const { connections, timeWaitSyns } = await analyzeConversation(challenged);
    expect(connections[0]).toMatchObject({ close: 'fin', time_wait_at: 'server' });
    expect(BigInt(connections[0]!.time_wait_ns!)).toBe(BigInt(connections[0]!.client_fin_ns!));
    expect(timeWaitSyns).toMatchObject([{ outcome: 'challenged', isn_relation: 'lower', elapsed_s: 21 }]);
  });

  it('so that it is over a minute after the FIN, and not after the ACK that was seen', async () => {
    const { timeWaitSyns } = await analyzeConversation(`${challenged}
      62.500 A > B S ${Fc - 90_000}
      62.501 B > A S. 99000000 ack ${Fc - 89_999}`);
    expect(timeWaitSyns).toHaveLength(1);
  });

  it('but where the FIN was sent again, its ACK says when', async () => {
    const { connections } = await analyzeConversation(`${close}
      4.000 A > B F. ${Fc}-1 ack ${server}
      13.000 B > A . ${server} ack ${Fc}`);
    expect(Number(BigInt(connections[0]!.time_wait_ns!) - BigInt(connections[0]!.client_fin_ns!))).toBe(11e9);
  });
});

describe('a SYN whose options the snap length cut off', () => {
  it('has no timestamp relation, and no verdict of a stack that looks at timestamps', async () => {
    const tw = await row(STAMPED, `${syn(2, Fc + 1000, T + 10)} cut 54`, synAck(2.01, Fc + 1000));
    expect(tw).toMatchObject({ isn_relation: 'higher', ts_relation: null, tsval: null, outcome: 'accepted' });
    expect(tw).toMatchObject({ rfc6191: null, linux: null, openbsd: null, macos: null });
    expect(tw).toMatchObject({ rfc1122: 'accept', freebsd: 'accept', gvisor: 'accept', windows: 'accept' });
    expect(tw.explanation).toContain('the snap length cut off the timestamps');
  });
});

describe('a SYN without an answer, soon after another was challenged', () => {
  const unanswered = async (...lines: string[]): Promise<unknown> => {
    const { findings } = await analyze(STAMPED, ...lines);
    return findings.find((finding) => finding.kind === 'syn-unanswered')?.summary;
  };
  const challenged = [syn(1, Fc - 1000), challenge(1.01)];

  it('may have met the limit that Linux sets to its answers', async () => {
    expect(await unanswered(...challenged, syn(1.11, Fc - 5000))).toContain(
      'no answer was captured; another SYN was challenged 100 ms before, and Linux answers one in 500 ms.',
    );
  });

  it('has not where it was challenged itself; and is told of no reset where none came', async () => {
    const { findings } = await analyze(STAMPED, ...challenged, syn(1.3, Fc - 5000), challenge(1.31));
    expect(findings.map(({ summary }) => summary)).toEqual(
      Array(2).fill(expect.stringMatching(/an ACK of the old connection and never accepted\.$/)),
    );
  });

  it('nor is one without an answer told of a reset before it, which proves nothing', async () => {
    expect(await unanswered(`1 A > B R ${Fc}`, syn(2, Fc + 1000))).toMatch(/no answer was captured\.$/);
  });

  it.each([
    ['half a second later', [...challenged, syn(1.6, Fc - 5000)]],
    ['where the one before had no answer either', [syn(1, Fc - 1000), syn(1.1, Fc - 5000)]],
  ])('has not, %s', async (_, lines) => {
    expect(await unanswered(...lines)).toMatch(/no answer was captured\.$/);
  });
});

describe('what stacks would do where TS.Recent is not quite known', () => {
  // The last FIN comes again with a later timestamp: Linux answers it in TIME_WAIT and keeps the timestamp of the first.
  const again = `0.30 A > B F. ${Fc - 1} ack ${Fs} <TS val ${T + 250} ecr 900030>
    0.31 B > A . ${Fs} ack ${Fc} <TS val 900310 ecr ${T}>`;

  it.each([
    ['is between the timestamp that was echoed and the last that was sent: nobody knows', T + 100, null],
    ['is newer than both', T + 260, 'accept'],
    ['is older than both', T - 10, 'challenge'],
  ])('a SYN whose timestamp %s', async (_, tsval, linux) => {
    const isn = Fc + 1000;
    const tw = await row(STAMPED, again, syn(2, isn, tsval), synAck(2.01, isn));
    expect(tw).toMatchObject({ linux, previous_tsval: T + 250, freebsd: 'accept' });
  });
});

describe('the explanation', () => {
  /** What each sentence about rules says of Linux, RFC 6191 and FreeBSD. */
  const SENTENCES: readonly [RegExp, string][] = [
    [/every stack that reopens TIME_WAIT may take it/, 'accept accept accept'],
    [/A later timestamp is enough/, 'accept accept drop'],
    [/Linux refuses a SYN with an earlier timestamp/, 'challenge drop accept'],
    [/Linux refuses a SYN with an earlier timestamp/, 'challenge drop drop'],
    [/A higher number is enough/, 'accept accept accept'],
    [/half the space away .* the timestamp is enough/, 'accept accept accept'],
    [/half the space away .* it is not greater/, 'accept drop accept'],
    [/RFC 6191 §2 takes it, for (its number is|it has a timestamp)/, 'challenge accept drop'],
    [/To RFC 6191 §2 its timestamp is earlier/, 'accept drop accept'],
    [/To RFC 6191 §2 its timestamp is earlier/, 'accept drop drop'],
    [/Nothing proves that it is not an old duplicate/, 'challenge drop drop'],
    [/which one that was is not known/, 'null null accept'],
    [/which one that was is not known/, 'null null drop'],
    [/which one that was is not known/, 'accept null accept'],
    [/which one that was is not known/, 'null accept drop'],
  ];
  const ISN_OFFSETS = [-1000, 0, 1, 1000, 2 ** 31];
  /** A client whose timestamp jumped ahead in its last segment, which the server may not have remembered. */
  const AHEAD = `${STAMPED}\n0.2 A > B F. ${Fc - 1} ack ${Fs} <TS val ${T + 50} ecr 901000>`;

  /** A client that offers timestamps to a server that has none. */
  const ONE_SIDED = `A = 192.0.2.1:40000     B = 198.51.100.7:443
    0.00 A > B S ${Fc - 2} <TS val 500 ecr 0>
    0.01 B > A S. ${Fs - 2} ack ${Fc - 1}
    0.02 A > B . ${Fc - 1} ack ${Fs - 1}
    0.03 B > A F. ${Fs - 1} ack ${Fc - 1}
    0.04 A > B F. ${Fc - 1} ack ${Fs}
    0.05 B > A . ${Fs} ack ${Fc}`;

  it.each<[string, Talk | string, (number | undefined)[]]>([
    ['timestamps on both', STAMPED, [T - 10, T, T + 10]],
    ['timestamps half the space apart', STAMPED, [(T + 2 ** 31) >>> 0]],
    ['timestamps before that the other end did not answer', ONE_SIDED, [490, 500, 510]],
    ['timestamps only before', STAMPED, [undefined]],
    ['timestamps only now', BARE, [T]],
    ['no timestamps', BARE, [undefined]],
    ['a timestamp between those that the holder may remember', AHEAD, [T + 10, T + 50]],
  ])('says of no stack what its column denies: %s', async (_, before, tsvals) => {
    for (const tsval of tsvals)
      for (const offset of ISN_OFFSETS) {
        const told = await row(before, syn(2, Fc + offset, tsval));
        const said = SENTENCES.filter(([sentence]) => sentence.test(String(told.explanation))).map(([, of]) => of);
        expect(said, `${offset} ${tsval}: ${told.explanation}`).toContain(
          `${told.linux} ${told.rfc6191} ${told.freebsd}`,
        );
      }
  });
});

describe('a SYN that meets nobody who decides', () => {
  it('fails PAWS nowhere where its sender alone holds TIME_WAIT, however old its timestamp', async () => {
    const before = established({ ...ISNS, timestamps: true }).closedBy('client');
    const { timeWaitSyns, pawsRejections } = await analyze(before, syn(1, before.next.client + 9, 100));
    expect(timeWaitSyns).toHaveLength(1);
    expect(pawsRejections).toEqual([]);
  });

  it.each([
    [
      'only its own end was in TIME_WAIT when the ACK after it shows that the close was complete',
      established().fin('client').fin('server'),
      ['0.1 A > B S 9000', '0.2 A > B . 1002 ack 5002'],
    ],
    [
      'it came before the FIN of its sender',
      established().fin('server').acks('client'),
      ['0.10 A > B S 9000', '0.11 A > B F. 1001 ack 5002', '0.12 B > A . 5002 ack 1002'],
    ],
  ])('is no SYN on TIME_WAIT where %s', async (_, before, lines) => {
    const { connections, timeWaitSyns } = await analyze(before, ...lines, '0.30 B > A S. 7000 ack 9001');
    expect(connections).toHaveLength(2);
    expect(timeWaitSyns).toEqual([]);
  });

  it('fails PAWS nowhere where a reset had ended TIME_WAIT and nothing shows the contrary in time', async () => {
    const { pawsRejections } = await analyze(
      STAMPED,
      `1 A > B R ${Fc}`,
      syn(1.1, Fc + 8000, T - 10_000),
      challenge(100),
    );
    expect(pawsRejections).toEqual([]);
  });
});

describe('the row of a SYN that met TIME_WAIT', () => {
  it('scales the window of its holder only where both ends had agreed to', async () => {
    const { timeWaitSyns } = await analyzeConversation(`A = 192.0.2.1:40000  B = 198.51.100.7:443
      0.00 A > B S 1000 <mss 1460>
      0.01 B > A S. 5000 ack 1001 <mss 1460, wscale 7>
      0.02 A > B . 1001 ack 5001
      0.03 B > A F. 5001 ack 1001 win 100
      0.04 A > B F. 1001 ack 5002
      0.05 B > A . 5002 ack 1002 win 100
      1.00 A > B S 6002`);
    expect(timeWaitSyns).toMatchObject([{ macos: 'accept' }]);
  });

  it('has the first SYN-ACK, not its copy', async () => {
    const analysis = await analyze(BARE, syn(1, Fc + 8000), synAck(1.01, Fc + 8000), synAck(2.02, Fc + 8000));
    expect(analysis.timeWaitSyns).toMatchObject([{ outcome: 'accepted', retry_delay_s: 0.01 }]);
  });

  it('does not count a SYN of the other end among its copies', async () => {
    const { timeWaitSyns } = await analyze(BARE, syn(1, Fc - 100), '1.01 B > A S 7000');
    expect(timeWaitSyns).toMatchObject([{ attempts: 1 }]);
  });
});
