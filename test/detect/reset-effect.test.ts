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

describe('a reset with a number in the window that its receiver did not obey', () => {
  const open = established({ rtt: 0.02 }).sends('client', 10);

  it('but moved on, ends nothing, though that end knows the connection no more half a minute later', async () => {
    const [row] = await connections(`${open}
      1.00 A > B R 1511
      1.02 B > A . 5001 ack 1011
      1.50 A > B P. 1011(10) ack 5001
      1.52 B > A . 5001 ack 1021
      30.0 B > A R 5001`);
    expect(row).toMatchObject({ close: 'rst', reset_by: 'server', reset_frame: 10 });
  });

  it('but which aborted later, as a socket does, ends nothing', async () => {
    const [row] = await connections(`${open}
      1.00 A > B R 1511
      30.0 B > A R. 5001 ack 1011`);
    expect(row).toMatchObject({ close: 'rst', closed_first: 'server', reset_by: 'server', reset_frame: 7 });
  });

  it('as far as is known, may have ended the connection where nobody said anything more', async () => {
    const [row] = await connections(`${open}\n1.00 A > B R 1511`);
    expect(row).toMatchObject({ close: 'rst', reset_by: 'client', reset_frame: 6 });
  });
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

it('a reset took effect though data come after it that its sender had stamped before: they were overtaken', async () => {
  const [row] = await connections(`${established({ timestamps: true }).sends('client', 10)}
    0.10 A > B R. 1011 ack 5001 <TS val 100100 ecr 900040>
    0.11 A > B P. 1011(10) ack 5001 <TS val 100090 ecr 900040>
    0.12 A > B P. 1021(10) ack 5001 <TS val 100091 ecr 900040>
    0.13 B > A . 5001 ack 1031 <TS val 900130 ecr 100091>
    0.14 B > A P. 5001(10) ack 1031 <TS val 900140 ecr 100091>`);
  expect(row).toMatchObject({ close: 'rst', reset_by: 'client', reset_frame: 6 });
});

it('a reset with a number between what was acknowledged and what was sent may have been the next: the rest may be lost', async () => {
  const [row] = await connections(`${established().sends('client', 10)}
    0.10 A > B P. 1011(100) ack 5001
    0.11 A > B P. 1111(100) ack 5001
    0.12 A > B R 1111`);
  expect(row).toMatchObject({ close: 'rst', reset_acceptable: null, client_state: 'CLOSED', server_state: 'CLOSED' });
});

it('a reset has the number that its receiver waits for, though one with that number was challenged when it waited for less', async () => {
  const [row] = await connections(`${established({ rtt: 0.02 }).sends('client', 10)}
    1.00 A > B R 1511
    1.02 B > A . 5001 ack 1011
    1.20 A > B P. 1011(500) ack 5001
    1.22 B > A . 5001 ack 1511
    1.50 A > B R 1511`);
  expect(row).toMatchObject({ reset_by: 'client', reset_frame: 10, reset_acceptable: 1 });
});

it('the right reset ends the connection also among dozens with numbers that nobody obeys', async () => {
  const wrong = Array.from({ length: 40 }, (_, i) => `+0.01 A > B R ${(i % 2 === 0 ? 99_999_999 : 1500) + i}`);
  const [row] = await connections(`${established().sends('client', 10)}
    ${wrong.join('\n')}
    2.0 A > B R 1011
    2.1 A > B P. 1011(10) ack 5001
    2.2 B > A . 5001 ack 1021`);
  expect(row).toMatchObject({ close: 'rst', reset_by: 'client', reset_frame: 46 });
});

it('a copy of its SYN does not bring a connection back that was established and reset', async () => {
  const [row] = await connections(`${established()}\n0.1 A > B R 1001\n0.5 A > B S 1000`);
  expect(row).toMatchObject({ close: 'rst', reset_by: 'client', reset_frame: 4 });
});

it('a reset that answers the ACK of a connection before the capture does not end the attempt', async () => {
  const [row] = await connections(`A = 192.0.2.1:40000  B = 198.51.100.7:443
    0.00 A > B S 1000
    0.01 B > A . 5001 ack 1041
    0.02 A > B R 1041`);
  expect(row).toMatchObject({ close: 'unanswered', client_state: 'SYN_SENT', server_state: null });
});

it('a reset behind a SYN-ACK that counts answers no ACK before it, though it has the number of that', async () => {
  const [row] = await connections(`A = 192.0.2.1:40000  B = 198.51.100.7:443
    0.00 A > B S 1000
    0.01 B > A . 5001 ack 1041
    0.02 B > A S. 7000 ack 1001
    0.03 A > B R 1041`);
  expect(row).toMatchObject({ reset_cause: 'unknown', reset_code: 'unknown_rst', reset_acceptable: 0 });
});

describe('a reset after a complete close', () => {
  it('ends TIME_WAIT with a timestamp that is not old, too', async () => {
    const [row] = await connections(`${established({ timestamps: true }).closedBy('server')}
      1 A > B R. 1002 ack 5002 <TS val 101000 ecr 900040>`);
    expect(row).toMatchObject({ close: 'fin', reset_by: 'client', reset_cause: 'time-wait', reset_acceptable: 1 });
  });

  it('does not say that its sender had no TIME_WAIT where it has an ACK, as one of a socket has', async () => {
    const [row] = await connections(`${established().closedByBoth()}\n1 B > A R. 5002 ack 1002`);
    expect(row).toMatchObject({ time_wait_at: 'both', server_state: 'TIME_WAIT' });
  });
});

describe('a reset after the FINs of both ends', () => {
  const closing = established().fin('server').fin('client');

  it('that stands after all their numbers opens no other connection', async () => {
    const rows = await connections(`${closing}\n1.0 A > B R. 1050 ack 5050\n1.1 B > A . 5002 ack 1002`);
    expect(rows).toMatchObject([{ close: 'fin', time_wait_at: 'server', reset_by: null }]);
  });

  it('leaves no TIME_WAIT, though the last ACK comes after it', async () => {
    const [row] = await connections(`${closing}\n0.05 A > B R 1002\n0.06 B > A . 5002 ack 1002`);
    expect(row).toMatchObject({ close: 'fin-then-rst', reset_by: 'client', time_wait_at: null, time_wait_ns: null });
  });
});

describe('a refused SYN', () => {
  it('says nothing of a connection before it whose ends have both sent a FIN: it is not in FIN_WAIT_2', async () => {
    const [row] = await connections(`${established().fin('server').acks('client').fin('client')}
      1.00 A > B S 3000
      1.01 B > A R. 0 ack 3001
      1.20 A > B F. 1001 ack 5002`);
    expect(row).toMatchObject({ close: 'fin', client_state: 'LAST_ACK', server_state: 'FIN_WAIT_2' });
  });

  const opening = `A = 192.0.2.1:40000  B = 198.51.100.7:443
    0.000 A > B S 1000
    0.010 B > A S. 5000 ack 1001 win 1000`;
  it.each([
    ['in the window', [1500], 'syn_rcvd_second_syn', 'strong'],
    ['above the window', [9000], 'refused', 'certain'],
    ['below it', [900], 'refused', 'certain'],
    ['in the window of one that was reset', [1500, '0.015 A > B R 1001'], 'refused', 'certain'],
  ] as const)(
    'was the second in SYN_RECEIVED only with a number in the window of one that waits there: %s (A18)',
    async (_, [isn, before = ''], code, confidence) => {
      const [, row] = await connections(`${opening}\n${before}
        0.020 A > B S ${isn}
        0.030 B > A R. 0 ack ${isn + 1}`);
      expect(row).toMatchObject({ reset_code: code, reset_confidence: confidence });
    },
  );
});

describe('a reset right after the handshake', () => {
  const opening = `A = 192.0.2.1:40000  B = 198.51.100.7:443
    0.00 A > B S 1000
    0.01 B > A S. 5000 ack 1001`;

  it.each([
    [
      'its sender had said more than the SYN-ACK',
      `0.02 B > A . 5001 ack 1001\n0.03 A > B F. 1001 ack 5002\n0.04 B > A R 5002`,
      'half_open_peer_gone',
    ],
    ['it has another number', `0.02 A > B . 1001 ack 5001\n0.03 B > A R 5002`, 'abort_unread_or_linger0'],
    ['it has an ACK itself', `0.02 A > B . 1001 ack 7001\n0.03 B > A R. 7001 ack 1001`, 'abort_unread_or_linger0'],
  ])('does not turn down the ACK that completed it where %s', async (_, lines, code) => {
    const [row] = await connections(`${opening}\n${lines}`);
    expect(row).toMatchObject({ handshake: 'complete', reset_code: code });
  });
});
