import { describe, expect, it } from 'vitest';
import type { Row } from '../support/analysis.js';
import { established } from '../support/conversation.js';
import { analyzeConversation } from '../support/run.js';

async function connection(text: string): Promise<Row> {
  return (await analyzeConversation(text)).connection;
}

describe('a reset with the first number of the server', () => {
  it('is one of a full accept queue, also where a reset of the client missed before', async () => {
    const row = await connection(`${established()}\n0.025 A > B R. 9000000 ack 5001\n0.030 B > A R 5001`);
    expect(row).toMatchObject({ reset_code: 'accept_overflow', reset_confidence: 'strong' });
  });

  it.each([
    ['a FIN, and the ACK before that drew none', '0.03 A > B F. 1001 ack 5001\n0.04 B > A R 5001'],
    ['an ACK long after the handshake', '30.00 A > B . 1001 ack 5001 win 9000\n30.01 B > A R 5001'],
    [
      'an ACK behind the data of the server, though the network brought its SYN-ACK twice',
      `0.03 B > A P. 5001(9) ack 1001\n0.04 B > A S. 5000 ack 1001\n0.05 A > B . 1001 ack 5001\n0.06 B > A R 5001`,
    ],
  ])('is none where it answers %s', async (_, lines) => {
    expect(await connection(`${established()}\n${lines}`)).toMatchObject({ reset_code: 'half_open_peer_gone' });
  });

  it.each([
    ['comes at once', '0.021 B > A R 5001'],
    ['comes behind data', '0.021 A > B P. 1001(9) ack 5001\n0.022 B > A R 5001'],
  ])('is none where two hosts answered the SYN, and it %s', async (_, lines) => {
    const row = await connection(`A = 192.0.2.1:40000     B = 198.51.100.7:443
      0.000 A > B S 1000
      0.010 B > A S. 5000 ack 1001
      0.011 B > A S. 7000 ack 1001
      0.020 A > B . 1001 ack 5001
      ${lines}`);
    expect(row).toMatchObject({ reset_cause: 'half-open', reset_code: 'half_open_peer_gone' });
  });

  it('is none where two hosts answered the SYN: the other knows nothing of what the first got', async () => {
    const row = await connection(`A = 192.0.2.1:40000     B = 198.51.100.7:443
      0.000 A > B S 1000
      0.010 B > A S. 5000 ack 1001
      0.011 B > A S. 7000 ack 1001
      0.020 A > B . 1001 ack 5001
      0.500 A > B P. 1001(9) ack 5001
      1.000 B > A S. 5000 ack 1001
      1.010 A > B . 1010 ack 5001
      9.000 A > B P. 1001(9) ack 5001
      9.010 B > A R 5001`);
    expect(row.reset_code).not.toBe('accept_overflow');
  });
});
