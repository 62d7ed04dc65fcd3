import { describe, expect, it } from 'vitest';
import type { Row } from '../support/analysis.js';
import { established } from '../support/conversation.js';
import { analyzeConversation } from '../support/run.js';

const served = established().sends('client', 9).sends('server', 9);

async function connections(text: string): Promise<Row[]> {
  return (await analyzeConversation(text)).connections;
}

it('an abort with a number that its end had not come to says nothing of why a segment is reset a minute later', async () => {
  const [row] = await connections(`${served}
    1.00 B > A R. 90000000 ack 1010
    60.0 A > B P. 1010(9) ack 5010
    60.1 B > A R  5010`);
  expect(row).toMatchObject({ reset_by: 'server', reset_cause: 'half-open', reset_code: 'half_open_peer_gone' });
});

describe('the answer to a challenge ACK', () => {
  it.each([30, 60])(
    'after a silence of %d s is that, whatever its time to live: another host behind a NAT',
    async (s) => {
      const [row] = await connections(`${served}
      ${s}.00 A > B S 900000 ttl 58
      ${s}.01 B > A . 5010 ack 1010
      ${s}.02 A > B R 1010 ttl 58
      ${s + 1}.00 A > B S 900000 ttl 58
      ${s + 1}.01 B > A S. 80000 ack 900001
      ${s + 1}.02 A > B . 900001 ack 80001 ttl 58`);
      expect(row).toMatchObject({ reset_cause: 'challenge-ack', reset_code: 'syn_sent_rst_to_stale_ack' });
    },
  );
});

describe('a reset behind data that were lost', () => {
  const lost = `${served}
    1.00 A > B P. 1010(50) ack 5010
    1.01 A > B R. 1060 ack 5010
    1.02 B > A .  5010 ack 1010`;

  it.each([
    ['that was challenged', lost],
    ['that comes again after the challenge', `${lost}\n1.03 A > B R. 1060 ack 5010`],
  ])('%s has ended nothing as far as can be seen', async (_, text) => {
    const [row] = await connections(text);
    expect(row).toMatchObject({ server_state: 'ESTABLISHED', closed_first_confidence: 'likely' });
    expect(row!.reset_acceptable).not.toBe(1);
  });

  it('that comes again with the number of the challenge has', async () => {
    const [row] = await connections(`${lost}\n1.03 A > B R 1010`);
    expect(row).toMatchObject({ server_state: 'CLOSED', closed_first: 'client', reset_acceptable: 1 });
  });
});

describe('a reset with the number of a FIN', () => {
  it.each([
    ['was acknowledged', `${established().closedBy('server')}\n0.80 B > A F. 5001 ack 1001\n0.81 A > B R 1001`],
    ['crossed the other', `${established().closedByBoth()}\n0.1 B > A R 5001`],
  ])('that %s does nothing to TIME_WAIT: that takes the next number only', async (_, text) => {
    const [row] = await connections(text);
    expect(row).toMatchObject({ close: 'fin', reset_cause: null, reset_by: null });
  });
});
