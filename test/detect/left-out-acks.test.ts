import { describe, expect, it } from 'vitest';
import { analyzeConversation } from '../support/run.js';
import type { Analysis, Row } from '../support/analysis.js';

const HOSTS = 'A = 192.0.2.1:40000   B = 198.51.100.7:443';
/** Captured with `tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) != 0`: 100 octets each way, and the server closes first. */
const CLOSED = `${HOSTS}
  0 A > B S 1000 <mss 1460, TS val 100 ecr 0>
  0.01 B > A S. 5000 ack 1001 <mss 1460, TS val 900 ecr 100>
  1.00 B > A F. 5101 ack 1101 <TS val 1900 ecr 1090>
  1.01 A > B F. 1101 ack 5102 <TS val 1110 ecr 1900>`;
const LATER = 'A = 192.0.2.9:9   B = 198.51.100.9:9';
const OTHER = CLOSED.replace('40000', '40001');

async function analyze(...lines: string[]): Promise<Analysis> {
  return analyzeConversation(lines.join('\n'));
}
async function first(...lines: string[]): Promise<Row> {
  return (await analyze(...lines)).connections[0]!;
}

describe('in a capture of SYNs, FINs and resets alone', () => {
  it('the second FIN that is not repeated was acknowledged: the end that closed first was in TIME_WAIT from then on', async () => {
    const row = await first(CLOSED);
    expect(row).toMatchObject({
      close: 'fin',
      closed_first: 'server',
      time_wait_at: 'server',
      server_state: 'TIME_WAIT',
    });
    expect(row).toMatchObject({ client_state: 'CLOSED', closed_first_confidence: 'strong' });
    expect(row['time_wait_ns']).toBe(row['client_fin_ns']);
  });

  it('nothing is said of what data and ACKs would have told: round trip, idle times, how long an end sat on the FIN', async () => {
    expect(await first(CLOSED)).toMatchObject({
      handshake: 'complete',
      handshake_rtt_s: null,
      handshake_ack_frame: null,
      idle_before_end_s: null,
      longest_idle_s: null,
      close_wait_s: null,
    });
  });

  it('a FIN that came again restarts TIME_WAIT', async () => {
    const syn = '61.2 A > B S 900000';
    const again = await analyze(CLOSED, '1.31 A > B F. 1101 ack 5102 <TS val 1410 ecr 1900>', syn);
    expect(again.timeWaitSyns).toHaveLength(1);
    expect((await analyze(CLOSED, syn)).timeWaitSyns).toEqual([]);
  });

  it('a SYN that comes half a second after the close meets TIME_WAIT, too', async () => {
    const { timeWaitSyns } = await analyze(CLOSED, '1.5 A > B S 900000', '1.51 B > A S. 7 ack 900001');
    expect(timeWaitSyns).toMatchObject([{ outcome: 'accepted', isn_relation: 'higher' }]);
  });

  it('a FIN that came again does not say that its ACK was lost: that may have come before', async () => {
    const { findings } = await analyze(
      CLOSED,
      '1.31 A > B F. 1101 ack 5102 <TS val 1410 ecr 1900>',
      '9 A > B S 900000',
    );
    expect(findings.map(({ kind }) => kind)).not.toContain('last-ack-lost');
  });

  it('a reset that answers the last FIN says that nobody waited for that any more, and nobody was in TIME_WAIT', async () => {
    const late = CLOSED.replace('1.01 A > B F.', '100 A > B F.');
    expect(await first(late, '100.01 B > A R 5102')).toMatchObject({
      close: 'fin-then-rst',
      closed_first: 'server',
      time_wait_at: null,
      reset_cause: 'unknown',
    });
  });

  it('FINs that crossed leave TIME_WAIT at both ends', async () => {
    const crossed = CLOSED.replace('1101 ack 5102', '1101 ack 5101');
    expect(await first(crossed)).toMatchObject({ closed_first: 'both', time_wait_at: 'both' });
  });

  it.each([
    ['the one', '1.02 A > B R 1101\n1.03 B > A R 5101'],
    ['the other', '1.02 B > A R 5101\n1.03 A > B R 1101'],
  ])(
    'resets of both, first of %s, that answer FINs which crossed say that neither was in TIME_WAIT',
    async (_, resets) => {
      const crossed = CLOSED.replace('1101 ack 5102', '1101 ack 5101');
      expect(await first(crossed, resets)).toMatchObject({
        close: 'fin-then-rst',
        closed_first: 'both',
        time_wait_at: null,
      });
    },
  );

  it('a SYN meets TIME_WAIT where the client uses its port again, likely at most', async () => {
    const { timeWaitSyns } = await analyze(
      CLOSED,
      '3 A > B S 900000 <TS val 3000 ecr 0>',
      '3.01 B > A S. 70639 ack 900001 <TS val 4000 ecr 3000>',
    );
    expect(timeWaitSyns).toMatchObject([{ outcome: 'accepted', isn_relation: 'higher', linux_reopened: 1 }]);
    const [other] = (await analyze(CLOSED, '3 A > B S 900000', '3.01 B > A S. 7 ack 900001')).timeWaitSyns;
    expect(other).toMatchObject({ outcome: 'accepted', confidence: 'likely' });
  });

  it('the reset that answers a challenge shows what the challenge was', async () => {
    const { timeWaitSyns } = await analyze(
      CLOSED,
      '3 A > B S 500',
      '3.01 A > B R 1102',
      '4 A > B S 500',
      '4.01 B > A S. 7 ack 501',
    );
    expect(timeWaitSyns).toMatchObject([{ outcome: 'accepted-after-rst' }]);
  });

  it('a SYN that nobody took up may have been challenged', async () => {
    const { timeWaitSyns, findings } = await analyze(CLOSED, '3 A > B S 500', '4 A > B S 500');
    expect(timeWaitSyns).toMatchObject([{ outcome: 'unanswered', confidence: 'weak' }]);
    expect(findings.find(({ kind }) => kind === 'syn-unanswered')!.summary).toContain('was left out of the capture');
  });

  it('a reset in the middle says that an end gave up, not why; and who closed first is likely', async () => {
    const reset = CLOSED.split('\n').slice(0, 3);
    expect(await first(...reset, '400 A > B R. 1101 ack 5101 <TS val 9000 ecr 900>', OTHER)).toMatchObject({
      close: 'rst',
      closed_first: 'client',
      closed_first_confidence: 'likely',
      reset_cause: 'abort',
      reset_confidence: 'weak',
      reset_acceptable: null,
    });
    expect(await first(...reset, '400 B > A R 5101', OTHER)).toMatchObject({ close: 'rst', reset_cause: 'unknown' });
  });

  it.each([
    ['at once with its number: nobody wanted the SYN-ACK', '0.02 A > B R 1001', 'synack_refused', 'likely'],
    ['long after: it may answer something else', '0.9 A > B R 1001', 'unknown_rst', 'unknown'],
    ['with another number: data were left out', '0.02 A > B R 1101', 'unknown_rst', 'unknown'],
  ])('a bare reset follows the SYN-ACK %s', async (_, reset, code, sure) => {
    const row = await first(...CLOSED.split('\n').slice(0, 3), reset, OTHER);
    expect(row).toMatchObject({ reset_by: 'client', reset_code: code, reset_confidence: sure });
  });

  it('a reset that ends TIME_WAIT does so likely: the close is assumed to have been complete', async () => {
    const empty = CLOSED.replaceAll('510', '500').replaceAll('110', '100').replace('TS val 1000', 'TS val 1100');
    const row = await first(empty, '5 A > B R 1002');
    expect(row).toMatchObject({ close: 'fin', reset_cause: 'time-wait', reset_confidence: 'likely' });
  });

  it('SYN-ACKs whose ACK was left out are no flood; those that came again are', async () => {
    const opened = (n: number, again: string): string =>
      `A = 192.0.2.${n % 200}:${1000 + n}   B = 198.51.100.7:443\n+0.001 A > B S 1\n+0.0001 B > A S. 5 ack 2\n${again}`;
    const all = (again: string): string => Array.from({ length: 1500 }, (_, n) => opened(n, again)).join('\n');
    const kinds = async (text: string): Promise<unknown[]> =>
      (await analyze(OTHER, text, `${LATER}\n+9 A > B S 1`)).findings.map(({ kind }) => kind);
    expect(await kinds(all(''))).toEqual([]);
    expect(await kinds(all('+0.0001 B > A S. 5 ack 2 id 7'))).toContain('syn-flood');
  });
});

describe('where any other segment was captured', () => {
  it('a last ACK that is missing stays unknown, whenever that segment came', async () => {
    const other = `${LATER}\n2 A > B . 1 ack 1`;
    expect(await first(CLOSED, other)).toMatchObject({ close: 'fin', time_wait_at: null, client_state: 'LAST_ACK' });
    expect((await analyze(CLOSED, other, `${HOSTS}\n3 A > B S 900000`)).timeWaitSyns).toEqual([]);
  });

  it('nothing is assumed where nobody closed: a scan has no ACKs either', async () => {
    const refused = `${HOSTS}\n0 A > B S 1000\n0.01 B > A S. 5000 ack 1001\n0.02 A > B R 1001`;
    expect(await first(refused)).toMatchObject({
      close: 'rst',
      reset_code: 'synack_refused',
      reset_confidence: 'strong',
    });
  });

  it('two FINs without a SYN are too few to tell', async () => {
    const fins = [HOSTS, ...CLOSED.split('\n').slice(3)];
    expect(await first(...fins)).toMatchObject({ close: 'fin', time_wait_at: null });
  });
});

const port = (n: number, text: string): string => text.replace('40000', `4000${n}`);

describe('in a capture of FINs and resets alone', () => {
  const FINS = [HOSTS, ...CLOSED.split('\n').slice(3)].join('\n');

  it('the last FIN counts as acknowledged once a second connection has closed without any ACK', async () => {
    const { connections } = await analyze(FINS, port(1, FINS));
    expect(connections).toMatchObject([{ time_wait_at: 'server' }, { time_wait_at: 'server' }]);
  });

  it('each pair of FINs on a four-tuple is a connection, closed by the end whose FIN came first', async () => {
    const pair = (n: number): string => `${n} B > A F. ${n}5101 ack ${n}1101\n${n}.01 A > B F. ${n}1101 ack ${n}5102`;
    const { connections } = await analyze(HOSTS, pair(1), pair(2), pair(3));
    expect(connections.map(({ incarnation, close }) => [incarnation, close])).toEqual([
      [1, 'fin'],
      [2, 'fin'],
      [3, 'fin'],
    ]);
    expect(new Set(connections.map((row) => row['server_fin_frame']))).toEqual(new Set([1, 3, 5]));
  });
});

describe('in a capture that holds data, but no bare ACKs', () => {
  const TALKED = `${HOSTS}
    0 A > B S 1000 <mss 1460, TS val 100 ecr 0>
    0.01 B > A S. 5000 ack 1001 <mss 1460, TS val 900 ecr 100>
    0.02 A > B P. 1001(100) ack 5001 <TS val 120 ecr 900>
    0.05 B > A P. 5001(100) ack 1101 <TS val 940 ecr 120>
    1.00 B > A F. 5101 ack 1101 <TS val 1900 ecr 120>
    1.01 A > B F. 1101 ack 5102 <TS val 1110 ecr 1900>`;

  it('the last FIN counts as acknowledged, and the end that closed first was in TIME_WAIT', async () => {
    const { connections } = await analyze(TALKED, port(1, TALKED));
    expect(connections).toMatchObject([
      { close: 'fin', closed_first: 'server', time_wait_at: 'server', closed_first_confidence: 'strong' },
      { close: 'fin', closed_first: 'server', time_wait_at: 'server', closed_first_confidence: 'strong' },
    ]);
  });

  it('a reset of the server after the data says not why', async () => {
    const reset = [...TALKED.split('\n').slice(0, 5), '0.5 B > A R. 5101 ack 1101'].join('\n');
    const { connections } = await analyze(TALKED, port(1, TALKED), port(2, reset));
    expect(connections.at(-1)).toMatchObject({ close: 'rst', reset_confidence: 'weak' });
  });

  it('data that arrived in another order were not sent again', async () => {
    const [, , , , ...end] = TALKED.replaceAll('1101', '1301').split('\n');
    const swapped = [
      ...TALKED.split('\n').slice(0, 4),
      '0.03 A > B P. 1201(100) ack 5001',
      '0.03 A > B P. 1101(100) ack 5001',
    ];
    const { connections } = await analyze(TALKED, port(1, TALKED), port(2, [...swapped, ...end].join('\n')));
    expect(connections.at(-1)).toMatchObject({ client_unique_bytes: 300, client_retransmissions: 0 });
  });

  it('whose clients were not captured, either, a server may have had no need of a bare ACK: none was left out', async () => {
    const answer = `${HOSTS}
      0.01 B > A S. 5000 ack 1001
      0.05 B > A P. 5001(100) ack 1101
      1.00 B > A F. 5101 ack 1102`;
    const { connections } = await analyze(...[1, 2, 3, 4].map((n) => port(n, answer)));
    expect(connections.map((row) => row['idle_before_end_s'])).toEqual([0.95, 0.95, 0.95, 0.95]);
  });

  it('one connection is too few to tell: its ACKs may have travelled with data', async () => {
    expect(await first(TALKED)).toMatchObject({ close: 'fin', time_wait_at: null, client_state: 'LAST_ACK' });
  });

  it('one bare ACK, of whatever connection, says that none were left out', async () => {
    const { connections } = await analyze(TALKED, port(1, TALKED), `${LATER}\n1 A > B . 1 ack 1`);
    expect(connections.filter((row) => row['time_wait_at'] !== null)).toEqual([]);
  });
});

describe('a reset after both FINs, whose ACKs were left out', () => {
  const closed = [
    HOSTS,
    '0.00 A > B S 1000',
    '0.01 B > A S. 5000 ack 1001',
    '1.00 A > B F. 1101 ack 5201',
    '1.01 B > A F. 5201 ack 1102',
  ];

  it('says that its sender had no TIME_WAIT left where it answers the second copy of a FIN', async () => {
    const row = await first(...closed, '2 B > A F. 5201 ack 1102', '3 A > B R 1102');
    expect(row).toMatchObject({ close: 'fin', time_wait_at: 'client', reset_code: 'fin_retx_rst' });
  });

  it('leaves the close complete where it has an ACK', async () => {
    const row = await first(...closed, '3 A > B R. 1102 ack 5202');
    expect(row).toMatchObject({ close: 'fin', time_wait_at: 'client', reset_cause: 'time-wait' });
  });

  it('and before them, took no effect where each end sends a FIN, with which it acknowledges the other', async () => {
    const row = await first(
      HOSTS,
      '0 A > B S 1000',
      '0.01 B > A S. 5000 ack 1001',
      '1 A > B R 1001',
      '2 B > A F. 5001 ack 1001',
      '3 A > B F. 1001 ack 5002',
    );
    expect(row).toMatchObject({ close: 'fin', reset_by: null });
  });
});
