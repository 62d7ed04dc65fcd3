import { describe, expect, it } from 'vitest';
import { established } from '../support/conversation.js';
import { analyzeConversation } from '../support/run.js';

const STAMPED = established({ timestamps: true });
const BARE = established();

/** Packets and retransmissions of the client after three segments of a handshake and what `lines` add. */
async function counted(lines: string, talk = BARE): Promise<(number | bigint | string | null)[]> {
  const { connection } = await analyzeConversation(`${talk}\n${lines}`);
  return [connection.client_packets!, connection.client_retransmissions!, connection.client_bytes!];
}

describe('a second record of one frame counts once', () => {
  it.each<[string, string, string?]>([
    ['with the same IP id within 5 ms', 'copy'],
    ['after another hop, with a lower TTL', 'copy ttl 63'],
    ['from a trunk, with a VLAN tag', 'copy @vlan 7'],
    ['with an IP id of zero and no timestamps, within 0.2 ms', 'copy', 'id 0'],
  ])('%s', async (_, copy, extra = '') => {
    expect(await counted(`1 A > B P. 1001:1101(100) ack 5001 ${extra}\n+0.0001 ${copy}`)).toEqual([3, 0, 100]);
  });

  it('with an IP id of zero and the same timestamp, within 1 ms', async () => {
    const line = '1 A > B P. 1001:1101(100) ack 5001 <TS val 101000 ecr 900010> id 0';
    expect(await counted(`${line}\n+0.0009 copy`, STAMPED)).toEqual([3, 0, 100]);
  });

  it('though other segments passed between', async () => {
    const lines = `1 A > B P. 1001:1101(100) ack 5001 id 700
      +0.001 A > B P. 1101:1201(100) ack 5001 id 701
      +0.001 A > B P. 1001:1101(100) ack 5001 id 700
      +0.001 A > B P. 1101:1201(100) ack 5001 id 701`;
    expect(await counted(lines)).toEqual([4, 0, 200]);
  });

  it('whatever it is: a whole conversation recorded twice is one conversation', async () => {
    const talk = `${established({ timestamps: true }).sends('client', 100).sends('server', 200).closedBy('server')}`;
    const twice = talk
      .split('\n')
      .flatMap((line) => (line.includes('>') ? [line, '+0.0001 copy'] : [line]))
      .join('\n');
    const [once, both] = [(await analyzeConversation(talk)).connection, (await analyzeConversation(twice)).connection];
    for (const same of ['close', 'closed_first', 'client_packets', 'server_packets', 'client_bytes', 'server_bytes']) {
      expect(both[same], same).toBe(once[same]);
    }
    expect([both.client_retransmissions, both.syn_count, both.syn_ack_count]).toEqual([0, 1, 1]);
  });

  it('and does not make a reset two', async () => {
    const { connection } = await analyzeConversation(`${established().resetBy('server')}\n+0.0001 copy`);
    expect(connection).toMatchObject({ close: 'rst', server_packets: 2 });
  });

  it.each([
    ['a reset beyond all that was sent', 'A > B R. 9000 ack 5001'],
    ['a segment far from all that was sent', 'A > B P. 2000000000:2000000010(10) ack 5001'],
    ['an ACK far from all that was sent', 'A > B . 1001 ack 2000000000'],
  ])('also %s', async (_, segment) => {
    const { connection } = await analyzeConversation(`${BARE}\n1 ${segment}\n+0.00005 copy`);
    expect(connection.client_packets).toBe(3);
  });

  it('also where a SYN of the other end waits for its answer, and would take the copy for one', async () => {
    const { connections } = await analyzeConversation(`
      A = 192.0.2.1:40000 B = 198.51.100.7:443
      0 A > B . 1 ack 1
      +0.01 B > A S 0 rawack 0
      +0.01 A > B FP 1:1(0) rawack 0
      +0.00005 copy`);
    expect(connections.map((c) => [Number(c.client_packets), Number(c.server_packets)])).toEqual([
      [2, 0],
      [1, 0],
    ]);
  });

  it('and does not make a SYN two attempts', async () => {
    const { connections } = await analyzeConversation(`
      A = 192.0.2.1:40000 B = 198.51.100.7:443
      0 A > B S 1000
      +0.0001 copy`);
    expect(connections).toMatchObject([{ syn_count: 1, client_packets: 1 }]);
  });
});

describe('a segment that was sent again counts twice', () => {
  it.each([
    ['with another IP id', '+0.001 A > B P. 1001:1101(100) ack 5001'],
    ['with the same IP id, but long after', '+0.2 copy'],
    ['with another window', '+0.001 copy win 1000'],
  ])('%s', async (_, again) => {
    expect(await counted(`1 A > B P. 1001:1101(100) ack 5001\n${again}`)).toEqual([4, 1, 200]);
  });

  it('with an IP id of zero and no timestamps, after more than 0.2 ms', async () => {
    expect(await counted('1 A > B P. 1001:1101(100) ack 5001 id 0\n+0.0003 copy')).toEqual([4, 1, 200]);
  });

  it('with an IP id of zero and a newer timestamp', async () => {
    const lines = `1 A > B P. 1001:1101(100) ack 5001 <TS val 101000 ecr 900010> id 0
      +0.0005 copy <TS val 101001 ecr 900010>`;
    expect(await counted(lines, STAMPED)).toEqual([4, 1, 200]);
  });

  it('when it is a FIN: its first copy counts, the second is a retransmission', async () => {
    const { connection } = await analyzeConversation(`${established().fin('client')}\n+0.2 A > B F. 1001 ack 5001`);
    expect(connection).toMatchObject({ client_fin_frame: 4, client_retransmissions: 1, close: 'half-closed' });
  });
});

it('three duplicate ACKs that report different blocks are three segments', async () => {
  const lines = `1.0 A > B . 1001 ack 5001 <sack 6000:7000> id 0
    +0.0001 A > B . 1001 ack 5001 <sack 6000:8000> id 0
    +0.0001 A > B . 1001 ack 5001 <sack 6000:9000> id 0`;
  expect(await counted(lines)).toEqual([5, 0, 0]);
});
