import { describe, expect, it } from 'vitest';
import type { Row } from '../support/analysis.js';
import { established, Talk } from '../support/conversation.js';
import { analyzeConversation } from '../support/run.js';

async function connection(text: Talk | string): Promise<Row> {
  return (await analyzeConversation(`${text}`)).connection;
}

/** Cause, code, and how sure. */
function why(row: Row): unknown[] {
  return [row.reset_cause, row.reset_code, row.reset_confidence];
}

describe('an abort whose sender sent a FIN', () => {
  it('after it has no other number than before: the FIN was not sent first', async () => {
    const row = await connection(`${established().sends('client', 9).sends('server', 9)}
      1.00 A > B R. 1010 ack 5010
      1.01 A > B F. 1010 ack 5010`);
    expect(row.reset_code).toBe('abort_unread_or_linger0');
  });

  it.each([
    ['with no window, as Windows and the BSDs do', 'R. 5002 ack 1051 win 0'],
    ['with a window', 'R. 5002 ack 1051'],
  ])('and that acknowledges data which came since answers those: %s', async (_, reset) => {
    const row = await connection(`${established()}
      1.00 B > A F. 5001 ack 1001
      1.01 A > B . 1001 ack 5002
      3.00 A > B P. 1001(50) ack 5002
      3.01 B > A ${reset}`);
    expect(why(row)).toEqual(['data-after-close', 'data_after_close', 'likely']);
  });

  it.each([
    ['no window: what drew it may be missing', 0, ['abort', 'fin_then_abort', 'weak']],
    ['a window, as no answer has', 64, ['unread-data', 'fin_then_abort', 'weak']],
  ])('and had taken the data which came since, when it is bare, with %s', async (_, window, expected) => {
    // Beyond 2^31, where the 0 in its ACK field would be more than what was acknowledged.
    const row = await connection(`${established({ clientIsn: 3e9 }).halfClosedBy('server').sends('client', 50)}
      1 B > A R 5002 win ${window}`);
    expect(why(row)).toEqual(expected);
  });

  it('when more is on its way than it acknowledges is weak: perhaps nobody was there to read it', async () => {
    const row = await connection(`${established().sends('client', 80)}
      0.100 B > A . 5001(1448) ack 1081
      0.101 B > A . 6449(1448) ack 1081
      0.102 B > A . 7897(1448) ack 1081
      0.103 A > B F. 1081 ack 6449
      0.104 A > B R. 1082 ack 6449`);
    expect(why(row)).toEqual(['unread-data', 'fin_then_abort', 'weak']);
  });
});

describe('gVisor as a client, which does not acknowledge the data that it resets after close()', () => {
  // The tap is beside the server, 20 ms from the client.
  const opened = `A = 192.0.2.1:40000     B = 198.51.100.7:443
    0.0000 A > B S 1000
    0.0001 B > A S. 5000 ack 1001
    0.0201 A > B . 1001 ack 5001`;
  const closed = `${opened}\n0.1000 A > B F. 1001 ack 5001\n0.1001 B > A . 5001 ack 1002`;

  it('tells of data after close', async () => {
    const row = await connection(`${closed}\n0.5 B > A P. 5001(50) ack 1002\n0.5202 A > B R. 1002 ack 5001 win 0`);
    expect(why(row)).toEqual(['data-after-close', 'data_after_close', 'likely']);
  });

  it.each([
    ['comes long after them', `${closed}\n0.5 B > A P. 5001(50) ack 1002\n1.5 A > B R. 1002 ack 5001 win 0`],
    [
      'follows a FIN that they came before',
      `${opened}\n0.1 B > A P. 5001(50) ack 1001\n0.115 A > B F. 1001 ack 5001\n0.1202 A > B R. 1002 ack 5001 win 0`,
    ],
  ])('is not meant where the reset %s', async (_, text) => {
    expect(await connection(text)).toMatchObject({ reset_cause: 'abort', reset_code: 'fin_then_abort' });
  });
});

describe('a client that aborts in the middle of a download', () => {
  it('leaves data unread, likely, though several segments were on their way', async () => {
    const row = await connection(`${established().sends('client', 80)}
      0.100 B > A . 5001(1448) ack 1081
      0.101 B > A . 6449(1448) ack 1081
      0.102 B > A . 7897(1448) ack 1081
      0.103 A > B R. 1081 ack 6449`);
    expect(why(row)).toEqual(['unread-data', 'abort_unread_or_linger0', 'likely']);
  });
});

describe('a client that wants no TIME_WAIT', () => {
  it('may reset with a bare segment, which has a window, when it has the answer and the FIN', async () => {
    const talk = established({ rtt: 0.001 }).sends('client', 80).segment('server', 'P.', 500);
    const row = await connection(`${talk.fin('server').acks('client').segment('client', 'R', 0, { extra: 'win 64' })}`);
    expect(why(row)).toEqual(['abort', 'abort_after_peer_fin', 'likely']);
  });
});

describe('who repeats data without an answer gives up', () => {
  const times = (copies: number): string => {
    const sent = ['1.0', '1.2', '1.6', '2.4', '4.0'].slice(0, copies + 1);
    return sent.map((s) => `${s} A > B P. 1001(10) ack 5001`).join('\n');
  };
  const recovered = `${established()}\n${times(3)}\n2.41 B > A . 5001 ack 1011`;

  it('after several copies', async () => {
    expect(await connection(`${established()}\n${times(4)}\n9 A > B R. 1011 ack 5001`)).toMatchObject({
      reset_code: 'retx_timeout_abort',
    });
  });

  it.each([
    ['one copy', `${established()}\n${times(1)}\n4.5 A > B R. 1011 ack 5001`],
    [
      'copies that were acknowledged: more was on its way when it aborted',
      `${recovered}\n2.50 A > B P. 1011(10) ack 5001\n2.51 A > B R. 1021 ack 5001`,
    ],
    [
      'one segment of new data, some time after the copies that were acknowledged',
      `${recovered}\n5.0 A > B P. 1011(10) ack 5001\n6.1 A > B R. 1021 ack 5001`,
    ],
    [
      'new data, some time after the copies that were acknowledged',
      `${recovered}\n5.0 A > B P. 1011(10) ack 5001\n6.0 A > B P. 1021(10) ack 5001\n6.1 A > B R. 1031 ack 5001`,
    ],
  ])('not after %s', async (_, text) => {
    expect((await connection(text)).reset_code).toBe('abort_unread_or_linger0');
  });
});

describe('keepalive probes whose answers were lost behind the tap', () => {
  const served = established().sends('client', 9).sends('server', 9);

  it('are told by the data that the reset does not acknowledge', async () => {
    const row = await connection(`${served}
      10.00 B > A P. 5010(9) ack 1010
      70.00 A > B . 1009 ack 5010
      70.01 B > A . 5019 ack 1010
      80.00 A > B R. 1010 ack 5010`);
    expect(why(row)).toEqual(['keepalive', 'keepalive_timeout', 'likely']);
  });

  it.each([
    [
      'a keystroke that crossed an answer',
      `${served}\n1.00 A > B P. 1010(1) ack 5010\n1.01 B > A P. 5010(9) ack 1010\n1.015 A > B R. 1011 ack 5010`,
    ],
    [
      'a SYN, the ACK after it being missing, of a client that the greeting of the server crossed',
      `${new Talk().segment('client', 'S').segment('server', 'S.')}\n0.03 B > A P. 5001(30) ack 1001
      0.031 A > B R. 1001 ack 5001`,
    ],
  ])('are no such thing as %s', async (_, text) => {
    expect((await connection(text)).reset_code).toBe('abort_unread_or_linger0');
  });
});
