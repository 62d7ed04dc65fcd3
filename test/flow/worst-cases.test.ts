import { describe, expect, it } from 'vitest';
import { MOST_ATTEMPTS } from '../../src/flow/limits.js';
import { established } from '../support/conversation.js';
import { analyzeConversation } from '../support/run.js';

const times = (n: number, line: (i: number) => string): string =>
  Array.from({ length: n }, (_, i) => line(i)).join('\n');

describe('what an attacker may send keeps time and memory within bounds', () => {
  it('a storm of resets has no history, for it would have more letters than can be kept for each, but a state', async () => {
    const storm = (resets: number): string =>
      `${established()}\n${times(resets, (i) => `+0.0001 B > A R ${5001 + (i % 3)}`)}`;
    const told = async (resets: number): Promise<unknown[]> =>
      (await analyzeConversation(storm(resets))).query('SELECT conn_state, length(history) AS letters FROM zeek_conn');
    expect(await told(900)).toEqual([{ conn_state: 'RSTR', letters: 903 }]);
    expect(await told(1100)).toEqual([{ conn_state: 'RSTR', letters: null }]);
  });

  it('a SYN is held to the TIME_WAIT before it past hundreds of others, not past any number of them', async () => {
    const talk = established({ clientIsn: 3_000_000_000 }).closedBy('server');
    const syns = times(MOST_ATTEMPTS + 10, (i) => `+0.01 A > B S ${1000 + 100_000 * i}`);
    const analysis = await analyzeConversation(`${talk}\n${syns}`);
    expect(analysis.query('SELECT count(*) AS n FROM connections')).toEqual([{ n: MOST_ATTEMPTS + 11 }]);
    expect(analysis.query('SELECT count(*) AS n FROM time_wait_syns')).toEqual([{ n: MOST_ATTEMPTS + 1 }]);
    expect(analysis.query('SELECT count(*) AS n FROM tuple_reuse_row')).toEqual([{ n: MOST_ATTEMPTS + 1 }]);
  });

  it('one connection of Zeek’s goes on through hundreds of incarnations, not through any number of them', async () => {
    const many = times(3 * MOST_ATTEMPTS, (i) => {
      const [seq, ack] = [5000 + 70_000 * i, 1001 + 3000 * i];
      return `+0.001 B > A S. ${seq} ack ${ack}${i % 7 === 6 ? `\n+0.001 A > B . ${ack} ack ${seq}` : ''}`;
    });
    const analysis = await analyzeConversation(`A = 192.0.2.1:40000   B = 198.51.100.7:443\n${many}`);
    expect(analysis.query('SELECT count(*) AS n FROM connections')).toEqual([{ n: 3 * MOST_ATTEMPTS }]);
    const ids = 'SELECT CAST(substr(uid, 2) AS INTEGER) AS id FROM zeek_conn';
    const gaps = `SELECT id - lag(id) OVER (ORDER BY id) AS gap FROM (${ids})`;
    expect(analysis.query(`SELECT max(gap) AS most FROM (${gaps})`)).toEqual([{ most: MOST_ATTEMPTS + 2 }]);
  });

  it('segments in any order are new octets, each of them once', async () => {
    const order = Array.from({ length: 200 }, (_, i) => (i * 77) % 200);
    const data = order.map((k) => `+0.001 B > A . ${5001 + 100 * k}(100) ack 1001`);
    const analysis = await analyzeConversation(`${established()}\n${data.join('\n')}`);
    expect(analysis.query('SELECT server_bytes, server_retransmissions FROM connections')).toEqual([
      { server_bytes: 20_000, server_retransmissions: 0 },
    ]);
  });
});
