import { describe, expect, it } from 'vitest';
import { ForgottenTuples } from '../../src/flow/forgotten-tuples.js';
import { capture, parseConversation } from '../support/conversation.js';
import { analyzeCaptures } from '../support/run.js';

/** One whole connection of A with the server, ISN of the client given, that begins at `at` seconds. */
function connection(at: number, isn: number): string {
  return `
${at}.000 A > B S   ${isn}:${isn}(0) win 65535
${at}.001 B > A S.  5000:5000(0) ack ${isn + 1}
${at}.002 A > B .   ${isn + 1}:${isn + 1}(0) ack 5001
${at}.100 A > B F.  ${isn + 1}:${isn + 1}(0) ack 5001
${at}.101 B > A F.  5001:5001(0) ack ${isn + 2}
${at}.102 A > B .   ${isn + 2}:${isn + 2}(0) ack 5002
`;
}
const ENDS = 'A = 192.0.2.1:40000     B = 198.51.100.7:443\n';
const OTHERS = 'A = 192.0.2.2:40001     B = 198.51.100.7:443\n';

describe('a four-tuple that comes back after its connection has left memory', () => {
  it('has its next incarnation, not a first one again', async () => {
    const { analysis } = await analyzeCaptures([
      capture(parseConversation(ENDS + connection(0, 1000))),
      // Time goes on far enough for the first one to be forgotten, and a batch ends.
      capture(parseConversation(OTHERS + connection(600, 2000))),
      capture(parseConversation(ENDS + connection(601, 3000))),
    ]);
    const rows = analysis.connections.filter((c) => c.client_ip === '192.0.2.1');
    expect(rows.map((c) => [c.client_isn, c.incarnation, c.close])).toEqual([
      [1000, 1, 'fin'],
      [3000, 2, 'fin'],
    ]);
    expect(rows.map((c) => [c.syn_count, c.syn_ack_count])).toEqual([
      [1, 1],
      [1, 1],
    ]);
    expect(analysis.connections.find((c) => c.client_ip === '192.0.2.2')?.incarnation).toBe(1);
  });

  it.each([1000, 600_000, 1_500_000])('is told after %i others have left, and seldom one that never was', (count) => {
    const tuples = new ForgottenTuples();
    const add = (n: number): void => tuples.add(n, Math.imul(n, 7), n >>> 3);
    const isBack = (n: number): boolean => tuples.opened(n, n, Math.imul(n, 7), n >>> 3);
    for (let n = 0; n < count; n++) add(Math.imul(n, 2_654_435_761));
    const step = Math.ceil(count / 1000);
    for (let n = 0; n < count; n += step) expect(isBack(Math.imul(n, 2_654_435_761))).toBe(true);
    let wrong = 0;
    for (let n = count; n < count + 20_000; n++) if (isBack(Math.imul(n, 2_654_435_761))) wrong++;
    expect(wrong).toBeLessThan(60);
  });
});
