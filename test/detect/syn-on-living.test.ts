import { describe, expect, it } from 'vitest';
import type { Row } from '../support/analysis.js';
import { established, Talk } from '../support/conversation.js';
import { analyzeConversation } from '../support/run.js';

const ISNS = { clientIsn: 1_000_000, serverIsn: 5_000_000 };

/** The incarnations; none of these SYNs meets TIME_WAIT, so none of them has a row there. */
async function incarnations(...lines: (Talk | string)[]): Promise<Row[]> {
  const { connections, timeWaitSyns } = await analyzeConversation(lines.join('\n'));
  expect(timeWaitSyns).toEqual([]);
  return connections;
}

describe('a second SYN while the first is in SYN_RECEIVED', () => {
  const offered = new Talk(ISNS).segment('client', 'S').segment('server', 'S.');

  it('A18 in the window of the first is refused, by a rule of its own', async () => {
    const [first, second] = await incarnations(offered, '0.5 A > B S 1000500', '0.501 B > A R. 0 ack 1000501');
    expect(first).toMatchObject({ close: 'open', reset_by: null, handshake: 'syn-syn-ack' });
    expect(second).toMatchObject({
      close: 'refused',
      reset_by: 'server',
      reset_cause: 'refused',
      reset_code: 'syn_rcvd_second_syn',
      reset_confidence: 'strong',
    });
  });

  it('A18 outside that window is answered with the numbers of the first, which goes on', async () => {
    const [first, second] = await incarnations(
      offered,
      '0.5 A > B S 500000',
      '0.501 B > A . 5000001 ack 1000001',
      '0.6 A > B . 1000001 ack 5000001',
    );
    expect(first).toMatchObject({ close: 'open', handshake: 'complete', server_packets: 2 });
    expect(second).toMatchObject({ close: 'unanswered', syn_count: 1 });
  });

  it.each([
    ['gets nothing', '', 1],
    ['gets the SYN-ACK once more', '1.31 B > A S. 5000000 ack 1000001', 2],
  ])('A18 with the same number is a copy of it: it %s', async (_, answer, synAcks) => {
    expect(await incarnations(offered, '1.3 A > B S 1000000', answer)).toMatchObject([
      { close: 'open', syn_count: 2, syn_ack_count: synAcks },
    ]);
  });

  it('that is refused where the port is closed is an ordinary refusal', async () => {
    const [, second] = await incarnations(established(ISNS), '0.5 A > B S 1000500', '0.501 B > A R. 0 ack 1000501');
    expect(second).toMatchObject({ close: 'refused', reset_code: 'refused', reset_confidence: 'certain' });
  });
});

describe('a SYN on FIN_WAIT_2, whose application is gone', () => {
  const half = established(ISNS).halfClosedBy('server');
  const { client, server } = half.next;

  it('A23 below the window is answered with the old numbers, and the reset to that ends the old connection', async () => {
    const [old, attempt] = await incarnations(
      half,
      `1.000 A > B S ${client - 1000}`,
      `1.001 B > A . ${server} ack ${client}`,
      `1.002 A > B R ${client}`,
    );
    expect(old).toMatchObject({ close: 'fin-then-rst', closed_first: 'server', reset_cause: 'challenge-ack' });
    expect(old).toMatchObject({ time_wait_at: null });
    expect(attempt).toMatchObject({ close: 'unanswered', closed_first: null });
  });

  it('A23 in the window is refused: it is not judged by the rules of TIME_WAIT', async () => {
    const [old, attempt] = await incarnations(
      half,
      `1 A > B S ${client + 1000}`,
      `+0.001 B > A R. 0 ack ${client + 1001}`,
    );
    expect(old).toMatchObject({ close: 'half-closed', closed_first: 'server', time_wait_at: null });
    expect(attempt).toMatchObject({ close: 'refused', reset_by: 'server' });
  });
});

describe('a SYN on LAST_ACK', () => {
  it('A28 is challenged, whatever its number; the FIN is sent again, and the client that closed first stays that', async () => {
    const talk = established({ ...ISNS, timestamps: true })
      .fin('client')
      .fin('server');
    const { client, server } = talk.next;
    const [old, attempt] = await incarnations(
      talk,
      `1.0 A > B S ${client + 9000} <TS val 101000 ecr 0>`,
      `+0.001 B > A . ${server} ack ${client} <TS val 901001 ecr 100030> id 777`,
      `1.3 B > A F. ${server - 1} ack ${client} <TS val 901300 ecr 100030>`,
    );
    expect(old).toMatchObject({ close: 'fin', closed_first: 'client', server_state: 'LAST_ACK' });
    expect(old).toMatchObject({ time_wait_at: null, server_retransmissions: 1 });
    expect(attempt).toMatchObject({ close: 'unanswered', syn_count: 1 });
  });
});

describe('a SYN on an established connection', () => {
  const open = established(ISNS).sends('client', 9);
  const { client, server } = open.next;

  it.each([
    ['below', client - 5000],
    ['inside', client + 5000],
    ['beyond', client + 1_000_000],
  ])('A17 %s the window is challenged, its copy gets nothing, and the reset ends the old one', async (_, isn) => {
    const [old, attempt] = await incarnations(
      open,
      `1.000 A > B S ${isn}`,
      `1.001 B > A . ${server} ack ${client}`,
      `1.200 A > B S ${isn}`,
      `1.300 A > B R ${client}`,
    );
    expect(old).toMatchObject({ close: 'rst', reset_by: 'client', reset_cause: 'challenge-ack' });
    expect(attempt).toMatchObject({ close: 'unanswered', syn_count: 2, reset_by: null });
  });
});
