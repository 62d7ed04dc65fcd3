import { describe, expect, it } from 'vitest';
import type { Row } from '../support/analysis.js';
import { established } from '../support/conversation.js';
import { analyzeConversation } from '../support/run.js';

/** Before all else: the recording's clock goes back. */
const STEP = `X = 192.0.2.200:1000     Y = 198.51.100.200:80
  500 X > Y . 1 ack 1
  0 Y > X . 1 ack 1
`;

describe('what close-rules 9.6 takes from a verdict that would be certain', () => {
  const late = (gap: string): string => {
    const talk = established().halfClosedBy('server');
    return `${talk}
      2.00 A > B P. 1001:1051(50) ack 5002
      ${gap}
      2.01 B > A R 5002`;
  };
  const reset = async (text: string): Promise<unknown[]> => {
    const { connection } = await analyzeConversation(text);
    return [connection.reset_cause, connection.reset_confidence];
  };

  it('a reset that answers late data is likely where segments are missing', async () => {
    expect(await reset(late(''))).toEqual(['data-after-close', 'strong']);
    const gap = established().sends('server', 9).line('A > B . 1001 ack 5100').toString();
    const text = `${gap}
      1.50 B > A F. 5100 ack 1001
      1.51 A > B . 1001 ack 5101
      2.00 A > B P. 1001:1051(50) ack 5101
      2.01 B > A R 5101`;
    expect(await reset(text)).toEqual(['data-after-close', 'likely']);
  });

  it('octets just before a FIN that were acknowledged and never seen are a gap', async () => {
    const close = async (from: number): Promise<Row> =>
      (
        await analyzeConversation(`${established()}
          1.00 A > B F. ${from} ack 5001
          1.01 B > A F. 5001 ack ${from + 1}
          1.02 A > B . ${from + 1} ack 5002`)
      ).connection;
    expect(await close(1001)).toMatchObject({ closed_first_confidence: 'certain', close_note: null });
    expect(await close(1101)).toMatchObject({
      closed_first: 'client',
      closed_first_confidence: 'strong',
      close_note: 'segments are missing from the capture near the close',
    });
  });

  const accepted = (before: string, fin: string): string => `${before}${established({ timestamps: true })}
    1.00 B > A F. 5001 ack 1001 <TS val 901000 ecr 100020>
    ${fin}
    1.02 B > A . 5002 ack 1002 <TS val 901020 ecr 101010>
    3.00 A > B S 90000 <TS val 103000 ecr 0>
    3.01 B > A S. 700000000 ack 90001 <TS val 903000 ecr 103000>`;
  const FIN = '1.01 A > B F. 1001 ack 5002 <TS val 101010 ecr 901000>';

  it('a SYN on TIME_WAIT is no surer than who closed first', async () => {
    const sure = async (text: string): Promise<unknown[]> =>
      (await analyzeConversation(text)).timeWaitSyns.map((s) => [s.outcome, s.confidence]);
    expect(await sure(accepted('', FIN))).toEqual([['accepted', 'certain']]);
    expect(await sure(accepted(STEP, FIN))).toEqual([['accepted', 'likely']]);
    const gap = `1.005 A > B . 1001 ack 5500 <TS val 101005 ecr 901000>`;
    expect(await sure(accepted('', `${gap}\n${FIN}`))).toEqual([['accepted', 'strong']]);
  });

  it('offsets of each connection are likely where the clock went back', async () => {
    const values = Array.from({ length: 16 }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 0);
    const syns = values.map(
      (v, i) => `A = 192.0.2.1:${40000 + i}   B = 198.51.100.7:443\n${i} A > B S 1 <TS val ${v} ecr 0>`,
    );
    const sure = async (before: string): Promise<unknown> =>
      (await analyzeConversation(before + syns.join('\n'))).natSources.map((s) => [s.verdict, s.confidence]);
    expect(await sure('')).toEqual([['random-offsets', 'certain']]);
    expect(await sure(STEP)).toEqual([['random-offsets', 'likely']]);
  });

  it('a PAWS rejection is strong where the clock went back, also with the tap at the receiver', async () => {
    const rejection = `A = 192.0.2.1:40000   B = 198.51.100.7:443
      0.0000 A > B S  1000 <TS val 100000 ecr 0> ttl 60
      0.0001 B > A S. 5000 ack 1001 <TS val 900000 ecr 100000>
      0.0400 A > B .  1001 ack 5001 <TS val 100040 ecr 900000> ttl 60
      0.5000 A > B P. 1001:1011(10) ack 5001 <TS val 100500 ecr 900000> ttl 60
      0.5001 B > A .  5001 ack 1011 <TS val 900500 ecr 100500>
      1.0000 A > B P. 1011:1021(10) ack 5001 <TS val 100100 ecr 900500> ttl 60
      1.0001 B > A .  5001 ack 1011 <TS val 901000 ecr 100500>
      1.3000 A > B P. 1011:1021(10) ack 5001 <TS val 101300 ecr 900500> ttl 60
      1.3001 B > A .  5001 ack 1021 <TS val 901300 ecr 101300>`;
    const sure = async (text: string): Promise<unknown> =>
      (await analyzeConversation(text)).pawsRejections.map((r) => [r.outcome, r.confidence]);
    expect(await sure(rejection)).toEqual([['rejected-dup-ack', 'certain']]);
    expect(await sure(STEP + rejection)).toEqual([['rejected-dup-ack', 'strong']]);
  });
});
