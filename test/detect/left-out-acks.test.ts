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

  it('FINs that crossed leave TIME_WAIT at both ends', async () => {
    const crossed = CLOSED.replace('1101 ack 5102', '1101 ack 5101');
    expect(await first(crossed)).toMatchObject({ closed_first: 'both', time_wait_at: 'both' });
  });

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

  it('a capture without a SYN is none of SYNs, FINs and resets alone: it is too short to tell', async () => {
    const fins = [HOSTS, ...CLOSED.split('\n').slice(3)];
    expect(await first(...fins)).toMatchObject({ close: 'fin', time_wait_at: null });
  });
});
