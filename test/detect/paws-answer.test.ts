import { describe, expect, it } from 'vitest';
import type { Row } from '../support/analysis.js';
import { analyzeConversation } from '../support/run.js';

const ENDS = 'A = 192.0.2.1:40000     B = 198.51.100.7:443\n';

/** After a handshake and 200 octets; an answer of B comes after `toServer` seconds. TS.Recent of B is 100 090. */
const open = (toServer: number): string => {
  const at = (s: number): string => s.toFixed(4);
  return `${ENDS}
  0.0000                 A > B S  1000            <TS val 100000 ecr 0>
  ${at(toServer)}        B > A S. 5000      ack 1001 <TS val 900000 ecr 100000>
  0.0400                 A > B .  1001      ack 5001 <TS val 100040 ecr 900000>
  0.0500                 A > B P. 1001(100) ack 5001 <TS val 100050 ecr 900000>
  0.0900                 A > B P. 1101(100) ack 5001 <TS val 100090 ecr 900000>
  ${at(0.09 + toServer)} B > A .  5001      ack 1201 <TS val 900090 ecr 100090>`;
};
const AT_RECEIVER = open(0.0001);
const AT_SENDER = open(0.0399);
const oldAck = (at: number): string => `${at} A > B . 1001 ack 5001 <TS val 100040 ecr 900000>`;
const oldData = (at: number, length = 100): string =>
  `${at} A > B P. 1001(${length}) ack 5001 <TS val 100050 ecr 900000>`;
const answer = (at: number, block = ''): string =>
  `${at} B > A . 5001 ack 1201 <TS val ${900_000 + Math.round(at * 1000)} ecr 100090${block}>`;

async function rows(...lines: string[]): Promise<Row[]> {
  return (await analyzeConversation(lines.join('\n'))).pawsRejections;
}

describe('of two old segments before one answer', () => {
  it('the nearer one has it where the tap is at the receiver', async () => {
    expect(await rows(AT_RECEIVER, oldAck(1), oldAck(1.022), answer(1.0221))).toMatchObject([
      { frame: 8, outcome: 'rejected-dup-ack', confidence: 'likely', evidence_frame: 9 },
      { frame: 7, outcome: 'would-reject', evidence_frame: null },
    ]);
  });

  it('the one has it whose answer is due where the tap is at the sender, weakly: a host may be faster than its SYN-ACK', async () => {
    expect(await rows(AT_SENDER, oldAck(1), oldAck(1.0398), answer(1.04))).toMatchObject([
      { frame: 7, outcome: 'rejected-dup-ack', confidence: 'weak' },
      { frame: 8, outcome: 'would-reject' },
    ]);
  });

  it('either may have it where they are too near: the row says so', async () => {
    const [first, second] = await rows(AT_SENDER, oldAck(1), oldAck(1.005), answer(1.043));
    expect([first, second].map((r) => r!.outcome).sort()).toEqual(['rejected-dup-ack', 'would-reject']);
    const answered = [first, second].find((r) => r!.outcome === 'rejected-dup-ack')!;
    expect(answered).toMatchObject({ confidence: 'weak' });
    expect(answered.explanation).toMatch(/may as well be the answer to another segment/);
  });

  it('data comes before an ACK: there is no limit for answers to data', async () => {
    expect(await rows(AT_RECEIVER, oldData(1), oldAck(1.0003), answer(1.0004))).toMatchObject([
      { frame: 7, outcome: 'rejected-dup-ack', confidence: 'likely' },
      { frame: 8, outcome: 'would-reject' },
    ]);
  });

  it('a D-SACK names the one', async () => {
    const lines = [oldData(1, 100), oldData(1.001, 50), answer(1.04, ', sack 1001:1051')];
    expect(await rows(AT_SENDER, ...lines)).toMatchObject([
      { frame: 8, outcome: 'rejected-dup-ack', confidence: 'likely' },
      { frame: 7, outcome: 'would-reject' },
    ]);
  });

  it('a host that was slow to answer the SYN may answer at once', async () => {
    const slow = AT_RECEIVER.replace('0.0001 ', '0.0160 ');
    expect(await rows(slow, oldData(1), answer(1.0001))).toMatchObject([
      { outcome: 'rejected-dup-ack', confidence: 'likely' },
    ]);
  });

  it('and each has its own where there are two', async () => {
    const lines = [oldData(1), oldData(1.01, 50), answer(1.04), answer(1.05)];
    expect(await rows(AT_SENDER, ...lines)).toMatchObject([
      { frame: 7, outcome: 'rejected-dup-ack', confidence: 'likely', evidence_frame: 9 },
      { frame: 8, outcome: 'rejected-dup-ack', confidence: 'likely', evidence_frame: 10 },
    ]);
  });
});

describe('the answer belongs to another segment than the old one before it', () => {
  it.each([
    ['a SYN on the living connection, which is challenged', '1.07 A > B S 900000 <TS val 101070 ecr 0>'],
    ['a keepalive probe', '1.07 A > B . 1200 ack 5001 <TS val 101070 ecr 900090>'],
    ['octets that are sent again', '1.07 A > B P. 1101(100) ack 5001 <TS val 101070 ecr 900090>'],
  ])('%s', async (_, line) => {
    expect(await rows(AT_RECEIVER, oldAck(1), line, answer(1.0701))).toMatchObject([
      { frame: 7, outcome: 'would-reject' },
    ]);
  });

  it('one that failed for a timestamp which nobody had echoed yet: then that has a row, too', async () => {
    // Frame 8 makes TS.Recent 100 200, as the answer to frame 9 shows.
    const lines = [
      oldAck(1),
      '1.022 A > B P. 1201(100) ack 5001 <TS val 100200 ecr 900090>',
      '1.0221 A > B . 1201 ack 5001 <TS val 100150 ecr 900090>',
      '1.0222 B > A . 5001 ack 1201 <TS val 901000 ecr 100200>',
    ];
    expect(await rows(AT_RECEIVER, ...lines)).toMatchObject([
      { frame: 9, ts_recent: 100_200, outcome: 'rejected-dup-ack', evidence_frame: 10 },
      { frame: 7, ts_recent: 100_090, outcome: 'would-reject' },
    ]);
  });
});

describe('what shows nothing of an old segment', () => {
  it('a copy of an earlier ACK, which was made on its way, is no answer', async () => {
    const before = '0.9 B > A . 5001 ack 1201 <TS val 900900 ecr 100090> id 700';
    const copy = (at: number): string => before.replace('0.9', String(at));
    for (const at of [1.0001, 1.03])
      expect(await rows(AT_RECEIVER, before, oldData(1), copy(at))).toMatchObject([{ outcome: 'would-reject' }]);
  });

  it('an answer long after it was due is weak evidence', async () => {
    expect(await rows(AT_RECEIVER, oldAck(1), answer(1.15))).toMatchObject([
      { outcome: 'rejected-dup-ack', confidence: 'weak' },
    ]);
  });

  it('an ACK of octets that had passed before it, in a newer segment: that may be what was taken', async () => {
    const lines = [
      '1.000 A > B P. 1201(100) ack 5001 <TS val 100200 ecr 900090>',
      '1.001 A > B P. 1201(100) ack 5001 <TS val 100010 ecr 900090>',
      '1.042 B > A . 5001 ack 1301 <TS val 901042 ecr 100200>',
    ];
    expect(await rows(AT_SENDER, ...lines)).toMatchObject([
      { frame: 8, outcome: 'would-reject', impact: 'harmless-old-duplicate' },
    ]);
    expect(
      await rows(AT_SENDER, ...lines.slice(1).map((line) => line.replace('ecr 100200', 'ecr 100090'))),
    ).toMatchObject([{ frame: 7, outcome: 'accepted' }]);
  });
});

describe('none of these is a row where no segment fails', () => {
  it.each([
    ['a challenge', ['1 A > B S 900000 <TS val 101070 ecr 0>', answer(1.0001)]],
    ['a keepalive', ['1 A > B . 1200 ack 5001 <TS val 101070 ecr 900090>', answer(1.0001)]],
    ['a retransmission', ['1 A > B P. 1101(100) ack 5001 <TS val 101070 ecr 900090>', answer(1.0001)]],
    ['data beyond a hole', ['1 A > B P. 1301(100) ack 5001 <TS val 101070 ecr 900090>', answer(1.0001)]],
    ['a window update', [answer(1)]],
  ])('%s', async (_, lines) => {
    expect(await rows(AT_RECEIVER, ...lines)).toEqual([]);
  });
});

describe('where the capture began after the handshake, nobody knows how long an answer takes', () => {
  const midway = AT_RECEIVER.split('\n').filter(
    (line) => !/> [AB] S/.test(line) && !/ack 5001 <TS val 100040/.test(line),
  );

  it.each([
    ['what comes after 150 ms may be the answer to anything', 1.15, '', 'weak', true],
    ['what comes at once is its answer', 1.0005, '', 'likely', false],
    ['so is what names it (D-SACK)', 1.15, ', sack 1001:1101', 'likely', false],
  ])('%s', async (_, at, block, confidence, isSaid) => {
    const [row] = await rows(...midway, oldData(1), answer(at, block));
    expect(row).toMatchObject({ outcome: 'rejected-dup-ack', confidence });
    expect(/may be the answer to something else/.test(String(row!.explanation))).toBe(isSaid);
  });

  it('but with the handshake what comes in that time is likely', async () => {
    const [row] = await rows(AT_SENDER, oldData(1), answer(1.041));
    expect(row).toMatchObject({ outcome: 'rejected-dup-ack', confidence: 'likely' });
    expect(row!.explanation).not.toMatch(/may be the answer to something else/);
  });
});
