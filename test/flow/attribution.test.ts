import { describe, expect, it } from 'vitest';
import type { Analysis, Row } from '../support/analysis.js';
import { established, midway, swapAddresses } from '../support/conversation.js';
import { analyzeConversation } from '../support/run.js';

const ENDS = 'A = 192.0.2.1:40000     B = 198.51.100.7:443';

/** Of each incarnation: client's ISN, how it closed, and how many segments it holds. */
function story(analysis: Analysis): unknown[] {
  return analysis.connections.map((c) => [c.client_isn, c.close, Number(c.client_packets) + Number(c.server_packets)]);
}

describe('one incarnation', () => {
  it('holds the copies of its SYN, which have the same number', async () => {
    const { connection } = await analyzeConversation(`${ENDS}
      0 A > B S 1000
      1 A > B S 1000
      3 A > B S 1000
      3.01 B > A S. 5000 ack 1001
      3.02 A > B . 1001 ack 5001`);
    expect(connection).toMatchObject({ incarnation: 1, syn_count: 3, syn_ack_count: 1, handshake: 'complete' });
    expect(connection.handshake_rtt_s).toBeNull();
  });

  it('holds a refused SYN and its repetition soon after', async () => {
    const { connection } = await analyzeConversation(`${ENDS}
      0 A > B S 1000
      +0.01 B > A R. 0 ack 1001
      +0.5 A > B S 1000
      +0.01 B > A R. 0 ack 1001`);
    expect(connection).toMatchObject({ close: 'refused', syn_count: 2, incarnation: 1 });
  });

  it('holds both SYNs of a simultaneous open, and closes as any other', async () => {
    const { connection } = await analyzeConversation(`${ENDS}
      0.00 A > B S 1000
      0.01 B > A S 5000
      0.02 A > B S. 1000 ack 5001
      0.02 B > A S. 5000 ack 1001
      1.00 B > A F. 5001 ack 1001
      1.01 A > B F. 1001 ack 5002
      1.02 B > A . 5002 ack 1002`);
    expect(connection).toMatchObject({ close: 'fin', closed_first: 'server', client_ip: '192.0.2.1' });
  });

  it('begins with the SYN-ACK where the SYN was captured after it', async () => {
    const { connection } = await analyzeConversation(`${ENDS}
      0.0100 B > A S. 5000 ack 1001
      0.0099 A > B S 1000
      0.0200 A > B . 1001 ack 5001`);
    expect(connection).toMatchObject({ client_ip: '192.0.2.1', handshake: 'complete', client_isn: 1000 });
  });

  it('begins with the SYN-ACK where all of one direction stands later in the capture, as two taps have it', async () => {
    const { connection } = await analyzeConversation(`${ENDS}
      0.001 B > A S. 5000 ack 1001
      0.002 B > A . 5001 ack 1101
      0.003 B > A FP. 5001(50) ack 1101
      0.004 B > A . 5052 ack 1102
      0.010 A > B S 1000
      0.011 A > B . 1001 ack 5001
      0.012 A > B P. 1001(100) ack 5001
      0.013 A > B F. 1101 ack 5052`);
    expect(connection).toMatchObject({ client_isn: 1000, close: 'fin', closed_first: 'server', incarnation: 1 });
  });

  it('begins with the SYN that was captured after all of the handshake', async () => {
    const { connection } = await analyzeConversation(`${ENDS}
      0.010 B > A S. 5000 ack 1001
      0.010 A > B . 1001 ack 5001
      0.010 A > B P. 1001(100) ack 5001
      0.009 A > B S 1000
      0.020 B > A . 5001 ack 1101`);
    expect(connection).toMatchObject({
      client_isn: 1000,
      client_bytes: 100,
      client_retransmissions: 0,
      incarnation: 1,
    });
  });

  it('counts and measures the steps back of time that such a capture has', async () => {
    const { captures } = await analyzeConversation(`${ENDS}
      0.010 B > A S. 5000 ack 1001
      0.009 A > B S 1000
      0.020 A > B . 1001 ack 5001
      0.016 B > A . 5001 ack 1001`);
    expect(captures).toMatchObject([{ backward_steps: 2, largest_backward_step_ns: 4_000_000 }]);
  });

  it('begins with the SYN that was captured after the ACK of its sender, and before the SYN-ACK', async () => {
    const { connection } = await analyzeConversation(`${ENDS}
      0.010 A > B . 1001 ack 5001
      0.010 A > B S 1000
      0.010 B > A S. 5000 ack 1001`);
    expect(connection).toMatchObject({ client_ip: '192.0.2.1', client_isn: 1000, server_isn: 5000 });
  });

  it('has the numbers of its SYN-ACK, whatever refused or challenged its SYN before', async () => {
    const after = async (answer: string): Promise<Row> =>
      (
        await analyzeConversation(`${ENDS}
      0.00 A > B S 1000
      0.01 B > A ${answer}
      1.00 A > B S 1000
      1.01 B > A S. 3000000000 ack 1001
      1.02 A > B . 1001 ack 3000000001
      1.03 B > A P. 3000000001(500) ack 1001`)
      ).connection;
    for (const answer of ['R. 0 ack 1001', '. 3200000000 ack 77'])
      expect(await after(answer)).toMatchObject({ server_unique_bytes: 500, server_retransmissions: 0 });
  });

  it('is one refused attempt where the refusal was captured before the SYN', async () => {
    const { connection } = await analyzeConversation(`${ENDS}
      0.010 B > A R. 0 ack 1001
      0.009 A > B S 1000`);
    expect(connection).toMatchObject({ close: 'refused', client_isn: 1000, reset_by: 'server', reset_frame: 1 });
  });

  it('is no refused one where the reset turned down a SYN-ACK of the end whose SYN comes later', async () => {
    const { connection } = await analyzeConversation(`${ENDS}
      0.000 B > A S. 5000 ack 1001
      0.001 A > B R 1001
      1.000 B > A S 5000`);
    expect(connection).toMatchObject({ close: 'rst', reset_code: 'handshake_bad_ack' });
  });

  it('is another where that reset refuses another SYN, or came long before', async () => {
    const after = async (syn: string): Promise<unknown[]> =>
      (await analyzeConversation(`${ENDS}\n0.01 B > A R. 0 ack 1001\n${syn}`)).connections.map((row) => row.close);
    expect(await after('0.009 A > B S 1002')).toEqual(['rst', 'unanswered']);
    expect(await after('3 A > B S 1000')).toEqual(['rst', 'unanswered']);
  });

  it('met TIME_WAIT also where its SYN was captured after its SYN-ACK', async () => {
    const { timeWaitSyns } = await analyzeConversation(`${ENDS}
      0.00 A > B S 1000
      0.01 B > A S. 5000 ack 1001
      0.02 A > B . 1001 ack 5001
      0.10 B > A F. 5001 ack 1001
      0.11 A > B F. 1001 ack 5002
      0.12 B > A . 5002 ack 1002
      2.01 B > A S. 70539 ack 9001
      2.01 A > B . 9001 ack 70540
      2.00 A > B S 9000`);
    expect(timeWaitSyns).toMatchObject([
      { outcome: 'accepted', isn: 9000, isn_relation: 'higher', frame: 9, answer_frame: 7, linux_reopened: 1 },
    ]);
  });

  it('ends where a SYN-ACK has another number and answers more than was sent: the close and the next SYN were missed', async () => {
    const { connections } = await analyzeConversation(`${ENDS}
      0.00 A > B S 1000
      0.01 B > A S. 5000 ack 1001
      0.02 A > B . 1001 ack 5001
      0.03 A > B P. 1001(100) ack 5001
      0.50 B > A S. 70537 ack 90001
      0.51 A > B P. 90001(10) ack 70538
      0.52 A > B F. 90011 ack 70538
      0.53 B > A F. 70538 ack 90012`);
    expect(connections).toMatchObject([
      { close: 'replaced', closed_first: null, server_isn: 5000 },
      { close: 'fin', closed_first: 'client', server_isn: 70_537 },
    ]);
  });

  it('does not begin with a SYN that says nothing of what passed a moment before', async () => {
    const { connections } = await analyzeConversation(`${ENDS}
      0.010 A > B . 5000001 ack 5001
      0.020 B > A P. 5001(10) ack 5000001
      0.030 A > B S 1000`);
    expect(connections).toHaveLength(2);
  });

  it('does not begin with a SYN that meets it a moment after its SYN-ACK, with a number somewhat lower', async () => {
    const { connections } = await analyzeConversation(`${ENDS}
      0.00 B > A S. 5000 ack 1001
      0.01 A > B P. 1001(10) ack 5001
      0.02 B > A . 5001 ack 1011
      0.50 A > B S 900
      0.51 B > A . 5001 ack 1011
      0.52 A > B R 1011
      1.50 A > B S 900
      1.51 B > A S. 99000 ack 901
      1.52 A > B . 901 ack 99001`);
    expect(connections).toMatchObject([
      { close: 'rst', reset_cause: 'challenge-ack', server_isn: 5000 },
      { close: 'open', client_isn: 900, server_isn: 99_000 },
    ]);
  });

  it('does not begin with the SYN-ACK of long ago', async () => {
    const { connections } = await analyzeConversation(`${ENDS}
      0.00 B > A S. 5000 ack 1001
      0.01 B > A P. 5001(50) ack 1101
      9.00 A > B S 1000
      9.01 B > A S. 9000000 ack 1001`);
    expect(connections).toHaveLength(2);
  });

  it('of one address and port with itself is a simultaneous open', async () => {
    const { connections } = await analyzeConversation(`A = 192.0.2.1:40000     B = 192.0.2.1:40000
      0.00 A > B S 1000
      0.01 A > B S. 1000 ack 1001
      0.02 A > B . 1001 ack 1001
      1.00 A > B P. 1001:1011(10) ack 1001
      1.01 A > B . 1011 ack 1011`);
    expect(connections).toHaveLength(1);
  });

  it('holds a late copy of its FIN that comes after a new one has begun', async () => {
    const old = established().closedBy('server');
    const analysis = await analyzeConversation(`${old}
      ${established({ at: 10, clientIsn: 90_000_000, serverIsn: 70_000_000 })}
      11 A > B F. 1001 ack 5002
      12 A > B P. 90000001:90000011(10) ack 70000001`);
    expect(story(analysis)).toEqual([
      [1000, 'fin', 7],
      [90_000_000, 'open', 4],
    ]);
  });

  it('holds the RST that answers a challenge ACK, and the new one begins with its SYN (A12, C10)', async () => {
    const talk = established({ timestamps: true }).sends('client', 10).halfClosedBy('client');
    const { client, server } = talk.next;
    const analysis = await analyzeConversation(`${talk}
      2.000 A > B S ${client}+65537 <TS val 102000 ecr 900060>
      2.001 B > A . ${server} ack ${client} <TS val 902001 ecr 100050>
      2.002 A > B R ${client}
      2.011 A > B S ${client}+65537 <TS val 102011 ecr 900060>
      2.012 B > A S. 77777 ack ${client}+65538 <TS val 902012 ecr 102011>
      2.013 A > B . ${client}+65538 ack 77778 <TS val 102013 ecr 902012>`);
    expect(analysis.connections).toMatchObject([
      { close: 'fin-then-rst', closed_first: 'client', reset_by: 'client', reset_cause: 'challenge-ack' },
      { incarnation: 2, close: 'open', syn_count: 2, handshake: 'complete', client_state: 'ESTABLISHED' },
    ]);
    expect(analysis.timeWaitSyns).toEqual([]);
  });

  it('goes on where a SYN in its name was challenged, and the RST that should answer never came', async () => {
    const analysis = await analyzeConversation(`${established()}
      1.0 A > B S 800000
      1.1 B > A . 5001 ack 1001
      2.0 A > B P. 1001:1011(10) ack 5001
      2.1 B > A . 5001 ack 1011`);
    expect(story(analysis)).toEqual([
      [1000, 'open', 6],
      [800_000, 'unanswered', 1],
    ]);
  });

  it('goes on where a SYN with other numbers was refused', async () => {
    const analysis = await analyzeConversation(`${established()}
      1.0 A > B S 800000
      1.1 B > A R. 0 ack 800001
      2.0 A > B P. 1001:1011(10) ack 5001
      2.1 B > A . 5001 ack 1011`);
    expect(story(analysis)).toEqual([
      [1000, 'open', 5],
      [800_000, 'refused', 2],
    ]);
  });

  it('goes on where nobody answered a SYN with other numbers', async () => {
    const analysis = await analyzeConversation(`${established()}
      1.0 A > B S 800000
      2.0 A > B P. 1001:1011(10) ack 5001
      2.1 B > A . 5001 ack 1011`);
    expect(story(analysis)).toEqual([
      [1000, 'open', 5],
      [800_000, 'unanswered', 1],
    ]);
  });

  it('takes the copy of its own SYN that comes less than a second after its close', async () => {
    const analysis = await analyzeConversation(`${established().closedBy('client')}\n0.5 A > B S 1000`);
    expect(story(analysis)).toEqual([[1000, 'fin', 7]]);
  });
});

describe('a new incarnation begins', () => {
  it('with a SYN of the same number a second or more after the close (C10)', async () => {
    const analysis = await analyzeConversation(`${established().closedBy('client')}\n3 A > B S 1000`);
    expect(story(analysis)).toEqual([
      [1000, 'fin', 6],
      [1000, 'unanswered', 1],
    ]);
  });

  it('with a SYN of the same number a second or more after a reset (C10)', async () => {
    const analysis = await analyzeConversation(`${established().sends('client', 9).resetBy('server')}
      3.00 A > B S 1000
      3.01 B > A S. 70000 ack 1001
      3.02 A > B . 1001 ack 70001`);
    expect(story(analysis)).toEqual([
      [1000, 'rst', 6],
      [1000, 'open', 3],
    ]);
  });

  it('with a SYN of the same number at once, when its timestamp is newer', async () => {
    const closed = established({ timestamps: true }).closedBy('client');
    const analysis = await analyzeConversation(`${closed}\n0.3 A > B S 1000 <TS val 100300 ecr 0>`);
    expect(story(analysis)).toEqual([
      [1000, 'fin', 6],
      [1000, 'unanswered', 1],
    ]);
  });

  it('with a SYN of another number while the one before is unanswered', async () => {
    const analysis = await analyzeConversation(`${ENDS}
      0 A > B S 1000
      1 A > B S 900000
      1.01 B > A S. 5000 ack 900001
      1.02 A > B . 900001 ack 5001`);
    expect(analysis.connections).toMatchObject([
      { client_isn: 1000, close: 'unanswered', incarnation: 1 },
      { client_isn: 900_000, close: 'open', incarnation: 2, handshake: 'complete' },
    ]);
  });

  it('with a SYN that is accepted while the one before never closed: that one is replaced', async () => {
    const analysis = await analyzeConversation(`${established().sends('client', 5)}
      ${established({ at: 30, clientIsn: 400_000_000, serverIsn: 300_000_000 })}`);
    expect(story(analysis)).toEqual([
      [1000, 'replaced', 5],
      [400_000_000, 'open', 3],
    ]);
    expect(analysis.connections[0]!.closed_first).toBeNull();
  });

  it('with the port used again by the other end: the roles are swapped', async () => {
    const again = swapAddresses(`${established({ at: 90, clientIsn: 600_000, serverIsn: 700_000 })}`);
    const { connections } = await analyzeConversation(`${established().closedBy('client')}\n${again}`);
    expect(connections).toMatchObject([
      { client_ip: '192.0.2.1', server_ip: '198.51.100.7', incarnation: 1 },
      { client_ip: '198.51.100.7', client_port: 443, server_ip: '192.0.2.1', server_port: 40000, incarnation: 2 },
    ]);
  });

  it('with the SYN-ACK, where its SYN was not captured', async () => {
    const { connections } = await analyzeConversation(`${established().closedBy('client')}
      5 B > A S. 800000000 ack 600000001
      +0.01 A > B . 600000001 ack 800000001`);
    expect(connections).toMatchObject([
      { incarnation: 1, close: 'fin' },
      { incarnation: 2, roles: 'syn-ack', handshake: 'none', client_ip: '192.0.2.1', server_isn: 800_000_000 },
    ]);
  });

  it('with data far from the old numbers, where the whole handshake was not captured', async () => {
    const { connections } = await analyzeConversation(`${established().closedBy('client')}
      5 B > A P. 800000001:800000011(10) ack 600000001
      +0.01 A > B . 600000001 ack 800000011`);
    expect(connections).toMatchObject([
      { incarnation: 1, close: 'fin' },
      { incarnation: 2, roles: 'guessed', handshake: 'none' },
    ]);
  });

  it('with a SYN after a silence of hours', async () => {
    const analysis = await analyzeConversation(`${established()}
      9000 A > B S 2000
      9000.01 B > A S. 600000 ack 2001
      9000.02 A > B . 2001 ack 600001`);
    expect(analysis.connections.map((c) => [c.client_isn, c.handshake])).toEqual([
      [1000, 'complete'],
      [2000, 'complete'],
    ]);
  });
});

describe('where TIME_WAIT was reopened and old and new numbers lie 65537 apart', () => {
  const old = established({ timestamps: true }).sends('client', 100).closedBy('server');
  const { client, server } = old.next;
  const reopened = `${old}
    5.00 A > B S ${client}+65537 <TS val 105000 ecr 0>
    5.01 B > A S. ${server}+65537 ack ${client}+65538 <TS val 905010 ecr 105000>
    5.02 A > B . ${client}+65538 ack ${server}+65538 <TS val 105020 ecr 905010>`;

  it('new data goes to the new incarnation', async () => {
    const { connections } = await analyzeConversation(`${reopened}
      6.00 A > B P. ${client}+65538(500) ack ${server}+65538 <TS val 106000 ecr 905010>
      6.01 B > A . ${server}+65538 ack ${client}+66038 <TS val 906010 ecr 106000>`);
    expect(connections.map((c) => c.client_bytes)).toEqual([100, 500]);
  });

  it('a late copy of the old FIN goes to the old one', async () => {
    const { connections } = await analyzeConversation(`${reopened}
      6.00 A > B F. ${client}-1 ack ${server} <TS val 100060 ecr 900050>`);
    expect(connections.map((c) => [c.close, c.client_retransmissions])).toEqual([
      ['fin', 1],
      ['open', 0],
    ]);
  });
});

describe('the client is', () => {
  it.each([
    ['who sent the SYN', `${established()}`, 'syn', '192.0.2.1'],
    ['whom the SYN-ACK went to', `${ENDS}\n0 B > A S. 5000 ack 1001`, 'syn-ack', '192.0.2.1'],
    ['guessed by the lower port', `${midway().sends('server', 9)}`, 'guessed', '192.0.2.1'],
    [
      'guessed by who spoke first, where the ports say nothing',
      'A = 192.0.2.1:50000 B = 198.51.100.7:50001\n0 B > A P. 5001(4) ack 1001\n1 A > B . 1001 ack 5005',
      'guessed',
      '198.51.100.7',
    ],
  ])('%s', async (_, text, roles, client) => {
    const { connection } = await analyzeConversation(text);
    expect([connection.roles, connection.client_ip]).toEqual([roles, client]);
  });
});

describe('where the handshake of a later incarnation was not captured', () => {
  const ends = { client: '192.0.2.1:50000', server: '198.51.100.7:50001' };
  const roles = async (text: string): Promise<unknown> =>
    (await analyzeConversation(text)).connections.map((c) => [c.incarnation, c.roles, c.client_ip]);
  const far = (at: number, n: number): string =>
    `${at} B > A P. ${n}:${n + 10}(10) ack ${n - 200_000_000}\n+0.01 A > B . ${n - 200_000_000} ack ${n + 10}`;

  it('the client is guessed to be that of the one before, where ports and the first word say otherwise', async () => {
    expect(await roles(`${established(ends).closedBy('client')}\n${far(5, 800_000_000)}`)).toEqual([
      [1, 'syn', '192.0.2.1'],
      [2, 'guessed', '192.0.2.1'],
    ]);
    const odd = { client: '192.0.2.1:443', server: '198.51.100.7:40000' };
    expect(await roles(`${established(odd).closedBy('client')}\n${far(5, 800_000_000)}`)).toEqual([
      [1, 'syn', '192.0.2.1'],
      [2, 'guessed', '192.0.2.1'],
    ]);
  });

  it('also that of the one before that', async () => {
    const closed = `${far(5, 800_000_000)}
      6 B > A F. 800000010 ack 600000000\n+0.01 A > B F. 600000000 ack 800000011\n+0.01 B > A . 800000011 ack 600000001`;
    expect(await roles(`${established(ends).closedBy('client')}\n${closed}\n${far(9, 1_600_000_000)}`)).toEqual([
      [1, 'syn', '192.0.2.1'],
      [2, 'guessed', '192.0.2.1'],
      [3, 'guessed', '192.0.2.1'],
    ]);
  });

  it('a guess is not handed on, and a SYN-ACK of its own is better than any', async () => {
    const first = `${midway(ends).sends('client', 9).closedBy('server')}`;
    expect(await roles(`${first}\n${far(5, 800_000_000)}`)).toEqual([
      [1, 'guessed', '192.0.2.1'],
      [2, 'guessed', '198.51.100.7'],
    ]);
    expect(
      await roles(`${established(ends).closedBy('client')}
        5 B > A . 800000000 ack 600000000
        5.1 A > B S. 600000000 ack 800000001`),
    ).toEqual([
      [1, 'syn', '192.0.2.1'],
      [2, 'syn-ack', '198.51.100.7'],
    ]);
  });
});

describe('a connection whose SYN was not captured, on a four-tuple that was used before', () => {
  const before = `${established()}
      1.00 A > B F. 1001 ack 5001
      1.01 B > A F. 5001 ack 1002`;
  const next = `
      2.03 A > B P. 9001(100) ack 70001
      2.04 B > A F. 70001 ack 9101
      2.05 A > B F. 9101 ack 70002
      2.06 B > A . 70002 ack 9102`;

  it.each([
    ['a SYN-ACK with another number, though the last ACK before is missing, too', '2.02 B > A S. 70000 ack 9001'],
    ['numbers after both FINs, where nothing of the handshake was captured', ''],
    ['the same where the close before was complete', '1.02 A > B . 1002 ack 5002'],
  ])('is known by %s', async (_, between) => {
    const analysis = await analyzeConversation(`${before}\n${between}${next}`);
    expect(analysis.connections).toMatchObject([
      { incarnation: 1, close: 'fin', closed_first: 'client' },
      { incarnation: 2, close: 'fin', closed_first: 'server', client_fin_frame: expect.any(Number) as number },
    ]);
    expect(analysis.connections[1]!.first_frame).toBeGreaterThan(analysis.connections[0]!.last_frame as number);
  });

  it('is known by a SYN-ACK after the FIN of its sender, though the SYN-ACK before is missing', async () => {
    const analysis = await analyzeConversation(`${ENDS}
      0.00 A > B S 1000
      0.02 A > B . 1001 ack 5001
      0.03 B > A F. 5001 ack 1001
      0.04 A > B . 1001 ack 5002
      2.02 B > A S. 70000 ack 9001${next}`);
    expect(analysis.connections).toMatchObject([
      { incarnation: 1, close: 'half-closed' },
      { incarnation: 2, close: 'fin' },
    ]);
  });

  it('does not go to one that was closed before the last', async () => {
    const reused = `
      1.10 A > B S 3000
      1.11 B > A S. 30000 ack 3001
      1.12 A > B . 3001 ack 30001
      1.20 B > A F. 30001 ack 3001
      1.21 A > B F. 3001 ack 30002
      1.22 B > A . 30002 ack 3002`;
    const halfSeen = `${established()}\n1.00 A > B F. 1001 ack 5001`;
    const analysis = await analyzeConversation(`${halfSeen}${reused}${next}`);
    expect(analysis.connections).toMatchObject([
      { incarnation: 1, close: 'half-closed' },
      { incarnation: 2, close: 'fin' },
      { incarnation: 3, close: 'fin' },
    ]);
  });

  it('is not made of copies, late ACKs and a reset of the one before', async () => {
    const analysis = await analyzeConversation(`${before}
      1.02 A > B . 1002 ack 5002
      1.50 B > A F. 5001 ack 1002
      1.51 A > B . 1002 ack 5002
      1.60 A > B P. 901(100) ack 5001
      1.70 B > A R 5002`);
    expect(analysis.connections).toHaveLength(1);
  });

  it('is missed in the gap after a SYN-ACK alone: a number of its client that was not seen may be a FIN', async () => {
    const { connection } = await analyzeConversation(`${ENDS}
      0.01 B > A S. 5000 ack 1001
      1.00 B > A F. 5001 ack 1002
      1.01 A > B . 1002 ack 5002`);
    expect(connection).toMatchObject({ closed_first: 'client', closed_first_confidence: 'likely' });
  });
});

describe('a SYN that was captured after its SYN-ACK', () => {
  it('belongs to that also two seconds later, where the SYN-ACK acknowledges just that SYN', async () => {
    const { connection } = await analyzeConversation(`${ENDS}
      0.00 B > A S. 5000 ack 1001
      2.00 A > B S 1000
      2.01 A > B . 1001 ack 5001`);
    expect(connection).toMatchObject({ client_isn: 1000, handshake: 'complete', incarnation: 1 });
  });

  it('belongs to it where the other end had acknowledged more by then, a moment after the last copy of the SYN-ACK', async () => {
    const { connection } = await analyzeConversation(`${ENDS}
      0.0 B > A S. 5000 ack 1001
      1.0 B > A S. 5000 ack 1001
      1.4 B > A . 5001 ack 1101
      1.5 A > B S 1000`);
    expect(connection).toMatchObject({ client_isn: 1000, syn_count: 1, syn_ack_count: 2 });
  });

  it('is another where its number lies a megabyte or more below what was acknowledged', async () => {
    const analysis = await analyzeConversation(`${ENDS}
      0.0 B > A S. 5000 ack 3000001
      0.1 B > A . 5001 ack 3000101
      0.2 A > B S 1000`);
    expect(story(analysis)).toEqual([
      [null, 'open', 2],
      [1000, 'unanswered', 1],
    ]);
  });
});

describe('an attempt', () => {
  it('is over where its SYN comes again more than five seconds after it was refused: that is another', async () => {
    const analysis = await analyzeConversation(`${ENDS}
      0.00 A > B S 1000
      0.01 B > A R. 0 ack 1001
      6.00 A > B S 1000
      6.01 B > A R. 0 ack 1001`);
    expect(story(analysis)).toEqual([
      [1000, 'refused', 2],
      [1000, 'refused', 2],
    ]);
  });

  it('makes no simultaneous open with a SYN of the other end that comes more than 75 s after it', async () => {
    const analysis = await analyzeConversation(`${ENDS}
      0.00 A > B S 1000
      80.00 B > A S 5000
      80.01 A > B S. 7000 ack 5001
      80.02 B > A . 5001 ack 7001`);
    expect(story(analysis)).toEqual([
      [1000, 'unanswered', 1],
      [5000, 'open', 3],
    ]);
  });

  it('holds a SYN-ACK that answers something else, however far its numbers are', async () => {
    const { connection } = await analyzeConversation(`${ENDS}
      0.00 A > B S 3000000000
      0.01 B > A S. 2000000000 ack 0`);
    expect(connection).toMatchObject({ close: 'unanswered', client_packets: 1, server_packets: 1 });
  });
});

describe('after a complete close', () => {
  const closed = established({ clientIsn: 2_000_000_000, serverIsn: 2_100_000_000 }).closedBy('server');

  it('data with far lower numbers are of the next connection, whose handshake was not captured', async () => {
    const analysis = await analyzeConversation(`${closed}
      5.00 A > B P. 1000(10) ack 7000
      5.01 B > A . 7000 ack 1010`);
    expect(story(analysis)).toEqual([
      [2_000_000_000, 'fin', 6],
      [null, 'open', 2],
    ]);
  });

  it('a reset with a far number opens nothing, and nobody is told of it', async () => {
    const analysis = await analyzeConversation(`${closed}\n5 A > B R 1000`);
    expect(story(analysis)).toEqual([[2_000_000_000, 'fin', 7]]);
    expect(analysis.findings).toEqual([]);
  });
});
