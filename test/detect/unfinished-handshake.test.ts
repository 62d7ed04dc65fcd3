import { describe, expect, it } from 'vitest';
import type { Row } from '../support/analysis.js';
import { established } from '../support/conversation.js';
import { analyzeConversation } from '../support/run.js';

async function told(text: string): Promise<Row[]> {
  const { findings } = await analyzeConversation(text);
  return findings.filter((f) => f.detector === 'unfinished-handshake');
}

/** Something else, long after. */
const LATER = 'A = 192.0.2.9:9   B = 198.51.100.9:9\n+9 A > B . 1 ack 1';
const tuple = (port: number): string => `A = 192.0.2.${port % 9}:${port}   B = 198.51.100.7:443`;

describe('SYNs without an answer', () => {
  it('are told once for each port that they went to', async () => {
    const syns = [40001, 40002, 40003].map((port) => `${tuple(port)}\n+0.1 A > B S 1000\n+1 A > B S 1000`);
    const other = 'A = 192.0.2.1:5   B = 198.51.100.8:80\n+0.1 A > B S 1';
    const findings = await told(
      ['A = 192.0.2.1:1   B = 198.51.100.7:443', '0 A > B . 1 ack 1', ...syns, other, LATER].join('\n'),
    );
    expect(findings).toMatchObject([
      { kind: 'unanswered-syns', severity: 'notice', confidence: 'weak', frame: 2 },
      { kind: 'unanswered-syns' },
    ]);
    expect(JSON.parse(String(findings[0]!.evidence))).toMatchObject({ connections: 3, copies: 3, clients: 3 });
  });

  it('arrived where the tap was at their server, and nobody knows that of another, whom this one asked', async () => {
    const taken = [2, 3, 4].map(
      (port) => `${tuple(port)}\n+0.1 A > B S 1\n+0.0001 B > A S. 5 ack 2\n+0.02 A > B . 2 ack 6`,
    );
    const toServer = `${tuple(7)}\n+1 A > B S 1000\n+1 A > B S 1000`;
    const fromServer = 'A = 198.51.100.7:40000   B = 203.0.113.9:5432\n+1 A > B S 1000\n+1 A > B S 1000';
    const findings = await told([...taken, toServer, fromServer, LATER].join('\n'));
    expect(findings.map(({ summary, confidence }) => [/ they arrived, /.test(String(summary)), confidence])).toEqual([
      [true, 'likely'],
      [false, 'weak'],
    ]);
  });

  it('that are one and no more tell of no span', async () => {
    const findings = await told(`${tuple(40000)}\n0 A > B S 1\n${LATER}`);
    expect(String(findings[0]!.summary)).toMatch(/ got no answer; but the capture/);
  });

  it.each([
    ['was refused', '0 A > B S 1\n0.1 B > A R. 0 ack 2\n9 A > B . 5 ack 5'],
    ['is the last segment of the capture', '0 A > B S 1'],
    ['was taken', `0 A > B S 1\n0.1 B > A S. 5 ack 2\n0.2 A > B . 2 ack 6\n9 A > B . 2 ack 6`],
  ])('not where it %s', async (_, lines) => {
    expect(await told(`${tuple(40000)}\n${lines}`)).toEqual([]);
  });
});

describe('SYNs without an answer in a capture of one direction', () => {
  const syn = `${tuple(1)}\n0 A > B S 1000\n1 A > B S 1000`;
  /** Its SYN-ACK was not captured. */
  const oneWay = (server: string): string =>
    `A = 192.0.2.1:50000  B = ${server}\n+0.1 A > B S 1\n+0.1 A > B . 2 ack 6\n+0.1 A > B P. 2(9) ack 6`;
  const twoWay = `A = 192.0.2.1:50001  B = 203.0.113.9:9\n+0.1 A > B S 1\n+0.1 B > A R. 0 ack 2`;
  const closed = `${established({ client: '192.0.2.3:5000', server: '203.0.113.5:80', at: 3 }).closedBy('client')}`;
  const HEDGE = /may have been made of one direction only/;

  it.each([
    ['a client of that port acts on a SYN-ACK that was not captured', [oneWay('198.51.100.7:443'), closed]],
    ['clients of any port do, and nobody is heard to answer', [oneWay('203.0.113.5:80')]],
  ])('are not told where %s', async (_, others) => {
    expect(await told([syn, ...others, LATER].join('\n'))).toEqual([]);
  });

  it('are told with a caveat where nothing says whether answers would be there', async () => {
    const findings = await told(`${syn}\n${LATER}`);
    expect(findings).toMatchObject([{ kind: 'unanswered-syns', confidence: 'weak' }]);
    expect(findings[0]!.summary).toMatch(HEDGE);
  });

  it.each([
    ['refused', [twoWay]],
    ['closed', [closed]],
    ['closed, though answers of another port take another way', [closed, oneWay('203.0.113.5:81')]],
  ])('are told flatly where another connection was %s', async (_, others) => {
    const findings = await told([syn, ...others, LATER].join('\n'));
    expect(findings).toMatchObject([{ kind: 'unanswered-syns', confidence: 'weak' }]);
    expect(findings[0]!.summary).not.toMatch(HEDGE);
  });
});

describe('a full accept queue', () => {
  it('has the SYN-ACK sent again after its ACK (A30)', async () => {
    const findings = await told(`${established()}
      1.03 B > A S. 5000 ack 1001
      1.04 A > B .  1001 ack 5001
      3.03 B > A S. 5000 ack 1001
      3.04 A > B .  1001 ack 5001`);
    expect(findings).toMatchObject([{ kind: 'accept-queue-full', severity: 'warning', confidence: 'likely' }]);
  });

  it('is one of two reasons where a SYN-ACK was sent again once', async () => {
    const findings = await told(`${established()}
      1.03 B > A S. 5000 ack 1001
      1.04 A > B .  1001 ack 5001`);
    expect(findings).toMatchObject([{ kind: 'accept-queue-full', severity: 'notice', confidence: 'weak' }]);
    expect(String(findings[0]!.summary)).toMatch(/or the ACK was lost behind the tap\.$/);
  });

  it('is one of two where the tap was at the server: with TCP_DEFER_ACCEPT it waits for data, which end that at once', async () => {
    const deferred = (port: number): string => `${tuple(port)}
      +1 A > B S 1 ttl 60\n+0.0001 B > A S. 5 ack 2\n+0.02 A > B . 2 ack 6 ttl 60
      +1 B > A S. 5 ack 2\n+0.02 A > B . 2 ack 6 ttl 60\n+1 A > B P. 2(9) ack 6 ttl 60\n+0.0001 B > A . 6 ack 11`;
    const findings = await told(`${deferred(2)}\n${deferred(3)}`);
    expect(findings).toMatchObject([{ kind: 'accept-queue-full', severity: 'notice', confidence: 'weak' }]);
    expect(String(findings[0]!.summary)).toMatch(/\(TCP_DEFER_ACCEPT\)\.$/);
  });

  it.each([
    [
      'that had been sent when the ACK was on its way',
      '0 A > B S 1\n0.6 B > A S. 5 ack 2\n0.61 A > B . 2 ack 6\n1.2 B > A S. 5 ack 2\n1.21 A > B . 2 ack 6',
    ],
    [
      'that answers a copy of the SYN',
      '0 A > B S 1\n0.1 B > A S. 5 ack 2\n0.11 A > B . 2 ack 6\n1 A > B S 1\n1.1 B > A S. 5 ack 2\n1.11 A > B . 2 ack 6',
    ],
  ])('is not known by a SYN-ACK %s', async (_, lines) => {
    expect(await told(`${tuple(2)}\n${lines}\n${LATER}`)).toEqual([]);
  });

  it('is told of with the frame of the SYN-ACK that was sent again', async () => {
    const lines = '0 A > B S 1\n0.1 B > A S. 5 ack 2\n0.11 A > B . 2 ack 6\n1.1 B > A S. 5 ack 2';
    expect(await told(`${tuple(2)}\n${lines}`)).toMatchObject([{ kind: 'accept-queue-full', frame: 4 }]);
  });

  it('is a guess where few of many servers insist: ACKs may have been lost', async () => {
    const once = (port: number): string =>
      `${tuple(port)}\n+0.1 A > B S 1\n+0.1 B > A S. 5 ack 2\n+0.01 A > B . 2 ack 6\n+1 B > A S. 5 ack 2\n+0.01 A > B . 2 ack 6`;
    const findings = await told(`${[2, 3, 4, 5].map(once).join('\n')}\n+2 B > A S. 5 ack 2`);
    expect(findings).toMatchObject([{ kind: 'accept-queue-full', confidence: 'weak' }]);
  });

  it('ignores data as well, and has the SYN-ACK sent again after them', async () => {
    const findings = await told(`${established()}
      0.50 A > B P. 1001(9) ack 5001
      1.03 B > A S. 5000 ack 1001
      1.04 A > B . 1010 ack 5001`);
    expect(findings).toMatchObject([{ kind: 'accept-queue-full', severity: 'warning', confidence: 'likely' }]);
  });

  it('is not known by a SYN-ACK that crossed data', async () => {
    const findings = await told(`${tuple(2)}\n1.00 A > B S 1000\n1.50 B > A S. 5000 ack 1001\n1.51 A > B . 1001 ack 5001
      2.00 A > B P. 1001(9) ack 5001
      2.49 B > A S. 5000 ack 1001
      2.51 B > A . 5001 ack 1010`);
    expect(findings).toMatchObject([{ kind: 'accept-queue-full', severity: 'notice', confidence: 'weak' }]);
  });

  it('is not known by a copy of the SYN-ACK that the network made', async () => {
    expect(await told(`${established()}\n0.15 B > A S. 5000 ack 1001\n0.16 A > B .  1001 ack 5001`)).toEqual([]);
  });

  it.each([
    ['that was not taken', 70000, 5000],
    ['that was taken', 5000, 70000],
    ['that comes later', 5000, 5000],
  ])(
    'is not known where SYN-ACKs with two numbers came, as of two servers behind an address: one %s',
    async (_, first, taken) => {
      const findings = await told(`${tuple(2)}
      1.00 A > B S 1000
      1.01 B > A S. ${first} ack 1001
      1.02 B > A S. ${first === taken ? first : first === 5000 ? 70000 : 5000} ack 1001
      1.03 A > B . 1001 ack ${taken + 1}
      1.50 A > B P. 1001(9) ack ${taken + 1}
      2.03 B > A S. 70000 ack 1001
      2.04 B > A S. 5000 ack 1001
      4.03 B > A S. ${taken} ack 1001
      4.04 A > B . 1010 ack ${taken + 1}`);
      expect(findings).toEqual([]);
    },
  );

  it('is not known by a SYN-ACK repeated before any ACK for it', async () => {
    expect(
      await told(`${tuple(40000)}\n0 A > B S 1\n0.1 B > A S. 5 ack 2\n1.1 B > A S. 5 ack 2\n1.2 A > B . 2 ack 6`),
    ).toEqual([]);
  });
});

describe('a flood of SYNs', () => {
  const flood = (n: number): string =>
    Array.from({ length: n }, (_, i) => `${tuple(20000 + i)}\n+0.001 A > B S 1\n+0.001 B > A S. 5 ack 2`).join('\n');

  it('is told where a hundred SYN-ACKs in a moment stay without their ACK', async () => {
    const findings = await told(`${tuple(1)}\n0 A > B . 1 ack 1\n${flood(100)}\n${LATER}`);
    expect(findings).toMatchObject([{ kind: 'syn-flood', severity: 'warning', confidence: 'likely' }]);
  });

  const synAcksAgain = Array.from({ length: 100 }, (_, i) => `${tuple(20000 + i)}\n+0.1 B > A S. 5 ack 2`).join('\n');
  it.each([
    ['whose SYN-ACKs are sent again for a minute', `${flood(100)}\n60 A > B . 1 ack 1\n${synAcksAgain}`, 100],
    ['minutes after somebody else left one', `${flood(1)}\n300 A > B . 1 ack 1\n${flood(101)}`, 100],
    ['between others that come one a second', `${flood(50).replaceAll('+0.001 A', '+1 A')}\n${flood(150)}`, 110],
  ])('is told %s', async (_, lines, busiest) => {
    const findings = await told(`${tuple(1)}\n0 A > B . 1 ack 1\n${lines}\n${LATER}`);
    const floods = findings.filter((finding) => finding.kind === 'syn-flood');
    expect(floods.map(({ evidence }) => (JSON.parse(String(evidence)) as Row).busiest_10_s)).toEqual([busiest]);
  });

  it.each([
    ['of fewer', `${flood(99)}\n${LATER}`],
    [
      'where each client turns its SYN-ACK down, as a scan does',
      `${flood(100).replaceAll('ack 2', 'ack 2\n+0.001 A > B R 2')}\n${LATER}`,
    ],
    ['where there was no time for the ACKs before the capture ended', flood(100)],
    ['where a hundred took minutes', `${flood(100).replaceAll('+0.001 A', '+2 A')}\n${LATER}`],
  ])('is not told %s', async (_, lines) => {
    const findings = await told(`${tuple(1)}\n0 A > B . 1 ack 1\n${lines}`);
    expect(findings.filter((finding) => finding.kind === 'syn-flood')).toEqual([]);
  });
});

describe('a full SYN queue', () => {
  const halfOpen = (n: number): string[] =>
    Array.from({ length: n }, (_, i) => `${tuple(20000 + i)}\n+0.01 A > B S 1 ttl 60\n+0.0001 B > A S. 5 ack 2`);
  const unanswered = (n: number): string[] =>
    Array.from({ length: n }, (_, i) => `${tuple(30000 + i)}\n+0.01 A > B S 1 ttl 60`);
  /** A handshake of 20 ms that says where the tap was: the server's answer comes after `synAck` seconds. */
  const tap = (synAck: number, [client, server]: readonly [number, number]): string =>
    `${tuple(1)}\n0 A > B S 1 ttl ${client}\n+${synAck} B > A S. 5 ack 2 ttl ${server}\n+${(0.02 - synAck).toFixed(4)} A > B . 2 ack 6 ttl ${client}`;
  const atServer = tap(0.0001, [60, 64]);
  const hints = async (...parts: readonly string[]): Promise<Row[]> =>
    (await told([...parts, LATER].join('\n'))).filter((f) => f.kind === 'syn-queue-full');

  it('is hinted at, weakly, by SYNs unanswered while others are half-open, where the tap is at the server', async () => {
    const findings = await hints(atServer, ...halfOpen(8), ...unanswered(8));
    expect(findings).toMatchObject([{ severity: 'warning', confidence: 'weak' }]);
    expect(JSON.parse(String(findings[0]!.evidence))).toMatchObject({ connections: 8, half_open: 8, tap: 'server' });
  });

  it('is likely in a flood', async () => {
    expect(await hints(atServer, ...halfOpen(100), ...unanswered(8))).toMatchObject([{ confidence: 'likely' }]);
  });

  const again = `${tuple(2)}
    +0.01 A > B S 1 ttl 60\n+0.0001 B > A S. 5 ack 2\n+0.02 A > B . 2 ack 6 ttl 60
    +1 B > A S. 5 ack 2\n+0.02 A > B . 2 ack 6 ttl 60`;
  it.each([
    [
      'the tap is at the clients, for the SYNs may be lost behind it',
      [tap(0.0199, [64, 60])],
      halfOpen(8),
      unanswered(8),
    ],
    ['nothing says where the tap is', [], halfOpen(8), unanswered(8)],
    ['the accept queue was full, for then SYNs go unanswered as well', [atServer, again], halfOpen(8), unanswered(8)],
    ['few connections are half-open', [atServer], halfOpen(7), unanswered(8)],
    ['few SYNs are unanswered', [atServer], halfOpen(8), unanswered(7)],
    ['the SYNs went unanswered before anything was half-open', [atServer], unanswered(8), halfOpen(8)],
    ['the half-open ones had long been given up', [atServer], halfOpen(8), ['+100 A > B . 9 ack 9', ...unanswered(8)]],
  ])('is not hinted at where %s', async (_, before, first, then) => {
    expect(await hints(...before, ...first, ...then)).toEqual([]);
  });
});

describe('a SYN-ACK that comes again after the FIN of the client', () => {
  const again = (fin: number, synAck: number): string => `${tuple(40000)}
    0.000 A > B S 1000
    0.300 B > A S. 5000 ack 1001
    0.301 A > B . 1001 ack 5001
    ${fin} A > B F. 1001 ack 5001
    ${synAck} B > A S. 5000 ack 1001`;

  it('long enough for that to have arrived, shows a full accept queue', async () => {
    expect(await told(again(0.31, 0.9))).toMatchObject([{ kind: 'accept-queue-full', confidence: 'likely' }]);
  });

  it('sooner, may wait for data as well', async () => {
    expect(await told(again(0.5, 0.7))).toMatchObject([{ kind: 'accept-queue-full', confidence: 'weak' }]);
  });
});
