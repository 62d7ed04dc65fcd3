import { describe, expect, it } from 'vitest';
import { established, type Talk } from '../support/conversation.js';
import { analyzeConversation } from '../support/run.js';

/** Each row in short: the second of the sample since the capture began, host, what, how many. */
async function census(talk: Talk, sql: string): Promise<string[]> {
  const run = await analyzeConversation(`${talk}`);
  return run.query(sql).map((row) => Object.values(row).join(' '));
}

const SECOND = '(at_ns - (SELECT min(first_ns) FROM captures)) / 1000000000';
const STATES = `SELECT ${SECOND} AS s, ip, state, connections FROM state_census ORDER BY 1, 2, 3`;
const TIME_WAITS = `SELECT ${SECOND} AS s, ip, time_wait FROM time_wait_census ORDER BY 1, 2`;

const halfClosed = (): Talk => established().fin('client').acks('server').waits(2).sends('server', 10);

describe('the state census', () => {
  it('counts what netstat would have shown at each end, a second apart', async () => {
    expect(await census(halfClosed().waits(1.5), STATES)).toEqual([
      '0 192.0.2.1 SYN_SENT 1',
      '0 198.51.100.7 SYN_RECEIVED 1',
      '1 192.0.2.1 FIN_WAIT_2 1',
      '1 198.51.100.7 CLOSE_WAIT 1',
      '2 192.0.2.1 FIN_WAIT_2 1',
      '2 198.51.100.7 CLOSE_WAIT 1',
    ]);
  });

  it('has nobody in ESTABLISHED once both have closed', async () => {
    const closed = halfClosed().fin('server').acks('client').waits(3).sends('server', 0);
    const rows = await census(closed, `SELECT DISTINCT state FROM state_census WHERE ${SECOND} > 0 ORDER BY 1`);
    expect(rows).toEqual(['CLOSE_WAIT', 'FIN_WAIT_2', 'TIME_WAIT']);
  });
});

describe('the TIME_WAIT census', () => {
  it('counts sockets at the end that closed first, and none where nobody is in TIME_WAIT', async () => {
    expect(await census(halfClosed(), TIME_WAITS)).toEqual([]);
    const closed = halfClosed().fin('server').acks('client').waits(2).sends('server', 0);
    expect(await census(closed, TIME_WAITS)).toEqual(['3 192.0.2.1 1', '4 192.0.2.1 1']);
  });
});
