import { describe, expect, it } from 'vitest';
import { closingState } from '../../src/flow/state.js';
import { established, midway, Talk } from '../support/conversation.js';
import { analyzeConversation } from '../support/run.js';

describe('the closing half of an end, row by row (close-rules 2.1)', () => {
  it.each([
    // FIN sent, its FIN acknowledged, it acknowledged the other's FIN, its own FIN already did
    [false, false, false, false, 'ESTABLISHED'],
    [false, false, true, false, 'CLOSE_WAIT'],
    [true, false, false, false, 'FIN_WAIT_1'],
    [true, true, false, false, 'FIN_WAIT_2'],
    [true, false, true, true, 'LAST_ACK'],
    [true, false, true, false, 'CLOSING'],
    [true, true, true, true, 'CLOSED'],
    [true, true, true, false, 'TIME_WAIT'],
  ] as const)('FIN %s, acknowledged %s, acknowledges %s, covers %s: %s', (fin, acked, acks, covers, state) => {
    expect(closingState({ fin, finAcked: acked, ackedPeerFin: acks, finCoversPeerFin: covers })).toBe(state);
  });
});

/** What the server sent, from its SYN-ACK on. */
const ONE_SIDED = (...segments: readonly string[]): string =>
  ['A = 192.0.2.1:40000 B = 198.51.100.7:443', '0 B > A S. 5000 ack 1001']
    .concat(segments.map((segment, i) => `${(i + 1) / 10} B > A ${segment}`))
    .join('\n');

describe('both ends when last seen', () => {
  const closing = established().fin('client');
  const answered = established().halfClosedBy('client');

  it.each<[string, Talk | string, string | null, string | null]>([
    ['a SYN without answer', `${new Talk().segment('client', 'S')}`, 'SYN_SENT', null],
    [
      'a SYN-ACK without its ACK',
      `${new Talk().segment('client', 'S').segment('server', 'S.')}`,
      'SYN_SENT',
      'SYN_RECEIVED',
    ],
    ['a handshake', established(), 'ESTABLISHED', 'ESTABLISHED'],
    ['data, the handshake not captured', midway().sends('client', 10), 'ESTABLISHED', 'ESTABLISHED'],
    ['one FIN', closing, 'FIN_WAIT_1', 'ESTABLISHED'],
    ['one FIN and its ACK', answered, 'FIN_WAIT_2', 'CLOSE_WAIT'],
    ['a FIN that acknowledges a FIN', established().fin('client').fin('server'), 'FIN_WAIT_2', 'LAST_ACK'],
    ['a whole close', established().closedBy('client'), 'TIME_WAIT', 'CLOSED'],
    [
      'crossed FINs',
      established().segment('client', 'F.').segment('server', 'F.', 0, { ack: 1001 }),
      'FIN_WAIT_1',
      'FIN_WAIT_1',
    ],
    [
      'crossed FINs, one of them acknowledged (A26)',
      established().segment('client', 'F.').segment('server', 'F.', 0, { ack: 1001 }).acks('client'),
      'CLOSING',
      'FIN_WAIT_2',
    ],
    ['a simultaneous close', established().closedByBoth(), 'TIME_WAIT', 'TIME_WAIT'],
    ['a reset', established().resetBy('server'), 'CLOSED', 'CLOSED'],
    ['a SYN-ACK alone', ONE_SIDED(), null, 'SYN_RECEIVED'],
    ['an ACK behind a SYN-ACK, no segment of the client', ONE_SIDED('. 5001 ack 1301'), null, 'ESTABLISHED'],
    [
      'a FIN of which nobody knows whether it was the first',
      ONE_SIDED('. 5001 ack 1301', 'F. 5001 ack 1301'),
      null,
      null,
    ],
    ['a reset in the one direction that was captured', ONE_SIDED('R. 5001 ack 1301'), 'CLOSED', 'CLOSED'],
    [
      'a refusal',
      'A = 192.0.2.1:40000 B = 198.51.100.7:443\n0 A > B S 1000\n0.01 B > A R. 0 ack 1001',
      'CLOSED',
      'CLOSED',
    ],
  ])('after %s', async (_, talk, client, server) => {
    const { connection } = await analyzeConversation(`${talk}`);
    expect([connection.client_state, connection.server_state]).toEqual([client, server]);
  });
});

describe('a close of which both FINs were acknowledged', () => {
  it('is complete with a FIN that was captured after the ACK for it', async () => {
    const { connection } = await analyzeConversation(`${established().fin('server')}
      0.10 A > B . 1001 ack 5002
      0.11 B > A . 5002 ack 1002
      0.12 A > B F. 1001 ack 5002`);
    expect(connection).toMatchObject({ close: 'fin', time_wait_at: 'server', server_state: 'TIME_WAIT' });
    expect(connection.time_wait_ns).not.toBeNull();
  });

  it('has no FIN a gigabyte away from all that its sender had said', async () => {
    const { connection } = await analyzeConversation(`A = 192.0.2.1:40000  B = 198.51.100.7:443
      0 A > B P. 1000(10) ack 5001
      1 A > B F. 1200000000 ack 5001`);
    expect(connection).toMatchObject({ close: 'open', client_fin_frame: null });
  });
});

describe('a handshake', () => {
  it('is not complete with an ACK that fits neither of two SYN-ACKs', async () => {
    const { connection } = await analyzeConversation(`A = 192.0.2.1:40000  B = 198.51.100.7:443
      0.00 A > B S 1000
      0.01 B > A S. 5000 ack 1001
      0.02 B > A S. 7000 ack 1001
      0.03 A > B . 1001 ack 6001`);
    expect(connection).toMatchObject({ handshake: 'syn-syn-ack', handshake_ack_frame: null });
  });

  it('has the SYN-ACK that acknowledges its SYN, not a copy with another ACK', async () => {
    const { connection } = await analyzeConversation(`A = 192.0.2.1:40000  B = 198.51.100.7:443
      0.00 A > B S 1000
      0.01 B > A S. 5000 ack 1001
      0.03 B > A S. 5000 ack 2001
      0.04 A > B . 1001 ack 5001`);
    expect(connection).toMatchObject({ handshake: 'complete', syn_ack_frame: 2 });
  });

  it('whose server does not take Fast Open data has no retransmission when they are sent again (RFC 7413 §4.2.2)', async () => {
    const { connection } = await analyzeConversation(`A = 192.0.2.1:40000  B = 198.51.100.7:443
      0.00 A > B S 1000(100) <fastopen 0102030405060708>
      0.01 B > A S. 5000 ack 1001
      0.02 A > B P. 1001(100) ack 5001`);
    expect(connection).toMatchObject({ client_retransmissions: 0, client_bytes: 200, client_unique_bytes: 100 });
  });
});
