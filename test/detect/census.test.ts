import { describe, expect, it } from 'vitest';
import { Census } from '../../src/detect/census/census.js';
import { ListPool, SocketChanges } from '../../src/detect/census/socket-changes.js';
import { CONNECTION_ROW, OUTCOME_BITS } from '../../src/flow/row-layout.js';
import { SIDES } from '../../src/flow/vocabulary.js';
import type { Analysis } from '../support/analysis.js';
import { analyzeConversation } from '../support/run.js';

const ENDS = 'A = 192.0.2.1:40000  B = 198.51.100.7:443  C = 203.0.113.9:50000  D = 203.0.113.9:50001';

/** Samples of one address: seconds since the first packet, and what it had then. */
function census(analysis: Analysis, ip: string): [seconds: number, counts: string][] {
  const rows = analysis.query(
    `SELECT (at_ns - (SELECT first_ns FROM captures)) / 1e9 AS s, group_concat(state || ' ' || connections, ', ') AS counts
     FROM (SELECT * FROM state_census WHERE ip = ? ORDER BY at_ns, state) GROUP BY at_ns ORDER BY at_ns`,
    ip,
  );
  return rows.map((row) => [Number(row['s']), String(row['counts'])]);
}

const timeWait = (analysis: Analysis, ip: string): unknown[][] =>
  analysis
    .query(
      'SELECT (at_ns - (SELECT first_ns FROM captures)) / 1e9 AS s, time_wait FROM time_wait_census WHERE ip = ? ORDER BY at_ns',
      ip,
    )
    .map((row) => [row['s'], row['time_wait']]);

const WHOLE_LIFE = `${ENDS}
  0.0 A > B S 1000
  0.5 B > A S. 5000 ack 1001
  1.5 A > B . 1001 ack 5001
  3.5 B > A F. 5001 ack 1001
  4.5 A > B . 1001 ack 5002
  6.5 A > B F. 1001 ack 5002
  7.5 B > A . 5002 ack 1002
  9.0 C > B S 1
  9.0 B > C R. 0 ack 2`;

describe('what netstat would have shown', () => {
  it('both ends go through their states', async () => {
    const analysis = await analyzeConversation(WHOLE_LIFE);
    expect(census(analysis, '192.0.2.1')).toEqual([
      [0, 'SYN_SENT 1'],
      [1, 'SYN_SENT 1'],
      [2, 'ESTABLISHED 1'],
      [3, 'ESTABLISHED 1'],
      [4, 'ESTABLISHED 1'],
      [5, 'CLOSE_WAIT 1'],
      [6, 'CLOSE_WAIT 1'],
      [7, 'LAST_ACK 1'],
    ]);
    expect(census(analysis, '198.51.100.7')).toEqual([
      [0, 'SYN_RECEIVED 1'],
      [1, 'SYN_RECEIVED 1'],
      [2, 'ESTABLISHED 1'],
      [3, 'ESTABLISHED 1'],
      [4, 'FIN_WAIT_1 1'],
      [5, 'FIN_WAIT_2 1'],
      [6, 'FIN_WAIT_2 1'],
      [7, 'FIN_WAIT_2 1'],
      [8, 'TIME_WAIT 1'],
      [9, 'TIME_WAIT 1'],
    ]);
    expect(timeWait(analysis, '198.51.100.7')).toEqual([
      [8, 1],
      [9, 1],
    ]);
  });

  it('a refused and an unanswered SYN are no socket of the server', async () => {
    const analysis = await analyzeConversation(`${ENDS}
      0.0 A > B S 1000
      1.5 C > B S 1
      1.6 B > C R. 0 ack 2
      4.0 A > B S 1000`);
    expect(census(analysis, '198.51.100.7')).toEqual([]);
    expect(census(analysis, '203.0.113.9')).toEqual([]);
    expect(census(analysis, '192.0.2.1').at(-1)).toEqual([4, 'SYN_SENT 1']);
  });

  it('a SYN that nobody answers is given up after 131 s', async () => {
    const analysis = await analyzeConversation(`${ENDS}
      0.0 A > B S 1000
      140.0 C > B S 1`);
    expect(census(analysis, '192.0.2.1').at(-1)).toEqual([130, 'SYN_SENT 1']);
  });

  it('a reset ends both sockets at once, whatever comes behind it', async () => {
    const analysis = await analyzeConversation(`${ENDS}
      0.0 A > B S 1000
      0.1 B > A S. 5000 ack 1001
      0.2 A > B . 1001 ack 5001
      2.5 A > B R. 1001 ack 5001
      4.5 A > B R. 1001 ack 5001`);
    expect(census(analysis, '192.0.2.1').map(([s]) => s)).toEqual([0, 1, 2]);
    expect(census(analysis, '198.51.100.7').map(([s]) => s)).toEqual([0, 1, 2]);
  });

  it.each([
    ['refused: neither is there any more', 'B > A R. 0 ack 1901', [0, 1, 2]],
    ['taken: another connection is in their place', 'B > A S. 9000 ack 1901', [0, 1, 2, 6]],
    ['challenged: both are', 'B > A . 5002 ack 1001', [0, 1, 2, 3, 4, 5, 6]],
  ])('an end waits for the other’s FIN until the next SYN of that is %s', async (_, answer, samples) => {
    const analysis = await analyzeConversation(`${ENDS}
      0.0 A > B S 1000
      0.1 B > A S. 5000 ack 1001
      0.2 A > B . 1001 ack 5001
      2.1 B > A F. 5001 ack 1001
      3.0 A > B . 1001 ack 5002
      5.1 A > B S 1900
      5.2 ${answer}
      6.0 C > B S 1
      6.0 B > C R. 0 ack 2`);
    const waits = (ip: string): number[] => census(analysis, ip).map(([s]) => s);
    expect([waits('192.0.2.1'), waits('198.51.100.7')]).toEqual([samples, samples]);
  });

  it('where the SYN was sent again, it is open from the SYN-ACK on', async () => {
    const analysis = await analyzeConversation(`${ENDS}
      0.0 A > B S 1000
      1.0 A > B S 1000
      3.0 A > B S 1000
      3.5 B > A S. 5000 ack 1001
      3.6 A > B . 1001 ack 5001
      6.0 A > B P. 1001(5) ack 5001`);
    expect(census(analysis, '192.0.2.1').map(([, counts]) => counts)).toEqual([
      ...Array<string>(4).fill('SYN_SENT 1'),
      ...Array<string>(3).fill('ESTABLISHED 1'),
    ]);
    expect(census(analysis, '198.51.100.7').map(([s]) => s)).toEqual([4, 5, 6]);
  });

  it('a connection that was there before the capture is there from its first packet to the end', async () => {
    const analysis = await analyzeConversation(`${ENDS}
      0.0 A > B P. 1000(5) ack 5000
      0.1 B > A . 5000 ack 1005
      3.0 C > B S 1`);
    expect(census(analysis, '192.0.2.1').map(([, counts]) => counts)).toEqual(Array<string>(4).fill('ESTABLISHED 1'));
  });
});

describe('how long TIME_WAIT is held', () => {
  const closed = `${ENDS}
    0.0 A > B S 1000 <mss 1460, TS val 100 ecr 0>
    0.1 B > A S. 5000 ack 1001 <TS val 900 ecr 100>
    0.2 A > B . 1001 ack 5001 <TS val 110 ecr 900>
    0.3 B > A F. 5001 ack 1001 <TS val 910 ecr 110>
    0.4 A > B F. 1001 ack 5002 <TS val 120 ecr 910>
    0.5 B > A . 5002 ack 1002 <TS val 920 ecr 120>`;
  const held = async (...lines: string[]): Promise<unknown[]> =>
    timeWait(await analyzeConversation(`${closed}\n${lines.join('\n')}`, { timeWaitNs: 10e9 }), '198.51.100.7').map(
      ([s]) => s,
    );

  it('as long as --time-wait says, and no longer than the capture', async () => {
    expect(await held('5.0 C > B S 1')).toEqual([1, 2, 3, 4, 5]);
    expect(await held('15.0 C > B S 1')).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('a copy of the FIN starts it anew', async () => {
    expect(
      await held('4.5 A > B F. 1001 ack 5002 <TS val 520 ecr 910>', '4.6 B > A . 5002 ack 1002', '20.0 C > B S 1'),
    ).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
  });

  it('a new connection that is accepted on it ends it', async () => {
    expect(
      await held(
        '3.2 A > B S 90000 <mss 1460, TS val 400 ecr 0>',
        '3.3 B > A S. 70539 ack 90001 <TS val 1200 ecr 400>',
        '3.4 A > B . 90001 ack 70540 <TS val 410 ecr 1200>',
        '8.0 C > B S 1',
      ),
    ).toEqual([1, 2, 3]);
  });

  it('a challenge leaves it, the reset that answers the challenge ends it', async () => {
    const challenged = ['3.2 A > B S 10 <mss 1460>', '3.3 B > A . 5002 ack 1002 <TS val 1200 ecr 120>'];
    expect(await held(...challenged, '8.0 C > B S 1')).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(await held(...challenged, '3.4 A > B R 1002', '8.0 C > B S 1')).toEqual([1, 2, 3]);
  });

  it('a reset instead of a close leaves none', async () => {
    const analysis = await analyzeConversation(`${ENDS}
      0.0 A > B S 1000
      0.1 B > A S. 5000 ack 1001
      0.2 A > B R 1001
      9.0 C > B S 1`);
    expect(analysis.query('SELECT * FROM time_wait_census')).toEqual([]);
  });
});

describe('samples and hosts', () => {
  it('--census-hosts keeps the addresses with the highest peaks', async () => {
    const analysis = await analyzeConversation(
      `${ENDS}
      0.0 A > B S 1000
      0.5 C > B S 1
      0.6 D > B S 1
      2.0 A > B S 1000`,
      { censusHosts: 1 },
    );
    expect(analysis.query('SELECT DISTINCT ip FROM state_census')).toEqual([{ ip: '203.0.113.9' }]);
  });

  it('a long capture has samples 2, 4, 8 ... s apart, at most 1,000', async () => {
    const analysis = await analyzeConversation(`${ENDS}
      0.0 A > B P. 1000(5) ack 5000
      0.1 B > A . 5000 ack 1005
      2500.0 A > B P. 1005(5) ack 5000`);
    const times = census(analysis, '192.0.2.1').map(([s]) => s);
    expect(times).toEqual(Array.from({ length: 626 }, (_, i) => 4 * i));
  });

  it('the longest capture that has a sample a second, and the shortest that has not', async () => {
    const lasting = async (seconds: string): Promise<number[]> =>
      census(
        await analyzeConversation(`${ENDS}\n0.0 A > B P. 1000(5) ack 5000\n${seconds} A > B P. 1005(5) ack 5000`),
        '192.0.2.1',
      ).map(([s]) => s);
    expect((await lasting('999.9')).length).toBe(1000);
    expect((await lasting('1000.0')).length).toBe(501);
  });

  it('what is taken out again leaves nothing', () => {
    const row = new Float64Array(CONNECTION_ROW.columns.length).fill(-1);
    const set = (name: (typeof CONNECTION_ROW.columns)[number], value: number): void => {
      row[CONNECTION_ROW.columns.indexOf(name)] = value;
    };
    set('client_address', 1);
    set('server_address', 2);
    set('first_rel', 0);
    set('lasted_span', 5e9);
    set('time_wait_rel', 5e9);
    set('outcome', SIDES.indexOf('server') << OUTCOME_BITS.time_wait_at.shift);
    const it = new Census(60e9);
    it.add(row, 0);
    it.add(row, 0, -1);
    const runs: number[][] = [];
    it.finish(30e9).states(10, (...run) => runs.push(run));
    expect(runs).toEqual([]);
  });

  it('a row that later packets replace counts once', async () => {
    const analysis = await analyzeConversation(`${WHOLE_LIFE}
      9.5 A > B F. 1001 ack 5002
      9.6 B > A . 5002 ack 1002
      12.0 C > B S 1`);
    expect(timeWait(analysis, '198.51.100.7').map(([, n]) => n)).toEqual([1, 1, 1, 1, 1]);
  });

  it('a sample that long ago ended is packed, and what comes late is added all the same', () => {
    const changes = new SocketChanges(new ListPool());
    const sums = new Map<string, number>();
    for (let round = 0; round < 5; round++) {
      for (let address = 400 * (round + 1); address > 0; address--) {
        const by = ((address * 7 + round) % 5) - 2;
        const what = `${address} ${address % 11}`;
        changes.add(address, address % 11, by);
        sums.set(what, (sums.get(what) ?? 0) + by);
      }
      changes.pack();
      changes.pack();
    }
    const told: string[] = [];
    changes.each((address, state, by) => told.push(`${address} ${state} ${by}`));
    const expected = [...sums].filter(([, by]) => by !== 0).map(([what, by]) => `${what} ${by}`);
    expect(told.sort()).toEqual(expected.sort());
    expect(expected.length).toBeGreaterThan(1000);
  });
});
