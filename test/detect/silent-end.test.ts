import { describe, expect, it } from 'vitest';
import { established, midway } from '../support/conversation.js';
import type { Talk } from '../support/conversation.js';
import { analyzeConversation } from '../support/run.js';

async function kinds(text: Talk | string): Promise<unknown[]> {
  const { findings } = await analyzeConversation(`${text}`);
  return findings.filter((f) => f.detector === 'silent-end').map((f) => f.kind);
}

/** Another connection, so that the capture goes on. */
const LATER = '\nA = 192.0.2.9:9   B = 198.51.100.9:9\n+9 A > B . 1 ack 1';
const asked = `${established().sends('client', 9)}`; // client 1010, server 5001
const probes = (number: number): string => [100, 175, 250].map((s) => `${s} A > B . ${number} ack 5001`).join('\n');

describe('data that nobody answers', () => {
  const again = (seconds: number[]): string => seconds.map((s) => `${s} A > B P. 1010(10) ack 5001`).join('\n');

  it('for a hundred seconds and more: the other end has lost the connection', async () => {
    expect(await kinds(`${asked}\n${again([1, 2, 4, 8, 30, 62, 130])}`)).toEqual(['half-open']);
  });

  it.each([
    [
      'after repetitions that were acknowledged',
      `${again([1, 2, 4, 8])}\n8.1 B > A . 5001 ack 1020\n200 A > B P. 1020(10) ack 5001`,
    ],
    ['for a shorter time', again([1, 2, 4, 8, 30])],
    ['until it is acknowledged', `${again([1, 2, 4, 8, 130])}\n130.1 B > A . 5001 ack 1020`],
    ['and a reset tells the rest', `${again([1, 2, 4, 8, 130])}\n130.1 A > B R. 1020 ack 5001`],
  ])('says nothing %s', async (_, lines) => {
    expect(await kinds(`${asked}\n${lines}`)).toEqual([]);
  });

  it('says nothing where one direction only was captured', async () => {
    expect(await kinds(`${midway().segment('client', '.', 0)}\n${again([1, 2, 4, 8, 30, 62, 130])}`)).toEqual([]);
  });
});

describe('keepalive probes', () => {
  it('without an answer (A29)', async () => {
    expect(await kinds(`${asked}\n${probes(1009)}`)).toEqual(['keepalive-unanswered']);
  });

  it('that are answered are nothing to tell', async () => {
    const answered = probes(1009).replaceAll(/^(\d+) (.*)$/gm, '$1 $2\n$1.1 B > A . 5001 ack 1010');
    expect(await kinds(`${asked}\n${answered}`)).toEqual([]);
  });

  it('are not the probes of a window of zero, nor is the reset after them a keepalive timeout', async () => {
    const shut = `${asked}\n1 B > A . 5001 ack 1010 win 0\n${probes(1009)}`;
    expect(await kinds(shut)).toEqual([]);
    const { connection } = await analyzeConversation(`${shut}\n300 A > B R. 1010 ack 5001`);
    expect(connection.reset_cause).not.toBe('keepalive');
  });
});

describe('a FIN that was sent again', () => {
  it('has a timestamp of its own: one that comes twice with the same was copied on its way, and no ACK was lost', async () => {
    const closed = established({ timestamps: true }).sends('client', 10).waits(1).closedBy('server');
    const copy = (tsval: number): string =>
      `${closed}\n3 A > B F. 1011 ack 5002 <TS val ${tsval} ecr 901040>\n3.01 B > A . 5002 ack 1012 <TS val 903010 ecr ${tsval}>`;
    const sent = /F\. 1011:1011\(0\) ack 5002 <TS val (\d+)/.exec(String(closed))!;
    expect(await kinds(copy(Number(sent[1])))).toEqual([]);
    expect(await kinds(copy(103_000))).toEqual(['last-ack-lost']);
  });

  it('after its ACK had passed: the last ACK was lost (A11g), and nothing else changes', async () => {
    const text = `${established().closedBy('client')}\n1 B > A F. 5001 ack 1002\n1.01 A > B . 1002 ack 5002`;
    expect(await kinds(text)).toEqual(['last-ack-lost']);
    expect((await analyzeConversation(text)).connection).toMatchObject({ close: 'fin', closed_first: 'client' });
  });

  it('and never acknowledged', async () => {
    expect(
      await kinds(`${asked}\n1 A > B F. 1010 ack 5001\n1.4 A > B F. 1010 ack 5001\n2.1 A > B F. 1010 ack 5001${LATER}`),
    ).toEqual(['fin-unacknowledged']);
  });

  it('right before the capture ends may have been acknowledged after it', async () => {
    expect(await kinds(`${asked}\n1 A > B F. 1010 ack 5001\n1.4 A > B F. 1010 ack 5001`)).toEqual([]);
  });

  it('and then acknowledged is nothing to tell', async () => {
    expect(
      await kinds(`${asked}\n1 A > B F. 1010 ack 5001\n1.4 A > B F. 1010 ack 5001\n1.5 B > A . 5001 ack 1011`),
    ).toEqual([]);
  });

  it('as the second one, before its ACK was captured: it or the last ACK was lost or late', async () => {
    const text = `${established().fin('client').fin('server')}\n1 B > A F. 5001 ack 1002\n1.01 A > B . 1002 ack 5002`;
    expect(await kinds(text)).toEqual(['second-fin-repeated']);
  });

  it('as the second one, and never acknowledged, is not said to have been', async () => {
    const text = `${established().fin('client').fin('server')}\n1 B > A F. 5001 ack 1002${LATER}`;
    expect(await kinds(text)).toEqual(['fin-unacknowledged']);
  });

  it('that crossed the other one, and then acknowledged, is nothing to tell', async () => {
    const text = `${established().segment('client', 'F.', 0, { ack: 5001 }).segment('server', 'F.', 0, { ack: 1001 })}`;
    expect(
      await kinds(`${text}\n1 B > A F. 5001 ack 1001\n1.01 A > B . 1002 ack 5002\n1.02 B > A . 5002 ack 1002`),
    ).toEqual([]);
  });

  it('by the capture, as a copy of the frame, is none', async () => {
    const text = `${established().fin('client').fin('server')}\n+0.0001 copy\n1 A > B . 1002 ack 5002\n+0.0001 copy`;
    expect(await kinds(text)).toEqual([]);
  });

  it('by a file that holds the same records once more, with their old times, is none', async () => {
    const lines = `${established().closedBy('client')}`.split('\n');
    expect(await kinds([...lines, ...lines.slice(1)].join('\n'))).toEqual([]);
  });

  it('with another number is none', async () => {
    expect(await kinds(`${established().closedBy('client')}\n1 B > A F. 5002 ack 1002`)).toEqual([]);
  });
});
