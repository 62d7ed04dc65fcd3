import { describe, expect, it } from 'vitest';
import type { Row } from '../support/analysis.js';
import { established, midway } from '../support/conversation.js';
import { analyzeConversation } from '../support/run.js';

async function connection(text: string): Promise<Row> {
  return (await analyzeConversation(text)).connection;
}

const served = `${established().sends('client', 9).sends('server', 9)}`;

describe('signs that a reset does not come from the end in whose name it was sent', () => {
  it('are an IP id out of its sequence and a number that nobody has acknowledged', async () => {
    const row = await connection(`${served}\n1 B > A R 5050 id 5`);
    expect(row).toMatchObject({ reset_cause: 'injected', reset_confidence: 'likely' });
  });

  it.each([
    [
      'a TTL that differs by one, which a path may make, beside an IP id',
      `${served}\n1 B > A R. 5010 ack 1010 ttl 63 id 5`,
    ],
    [
      'the want of a timestamp where the snap length cut the options off',
      `${established({ timestamps: true }).sends('client', 9).sends('server', 9)}
      1 B > A R. 5010 ack 1010 <TS val 901000 ecr 100050> ttl 58 cut 54`,
    ],
    [
      'a window of 0 where its sender had told that before',
      `${served}\n0.5 B > A . 5010 ack 1010 win 0\n1 B > A R. 5010 ack 1010 win 0 ttl 58`,
    ],
    ['one to the other end in another moment', `${served}\n1 B > A R. 5010 ack 1010 ttl 58\n4 A > B R 1010 ttl 58`],
    [
      'lateness where nobody knows the round trip',
      `${midway().sends('client', 9).sends('server', 9)}\n1.0 A > B P. 1009(9) ack 5009\n1.5 B > A R 5009 ttl 128`,
    ],
    [
      'haste where the way is as short as in one building',
      `${established({ rtt: 0.004 }).sends('client', 9).sends('server', 9)}
      9.000 A > B P. 1010(9) ack 5010\n9.001 B > A R 5010 ttl 63`,
    ],
  ])('are not two with %s', async (_, text) => {
    expect((await connection(text)).reset_cause).not.toBe('injected');
  });
});

describe('the abort behind a bare reset', () => {
  // B answers the last data as one that knows no such connection.
  const disowned = '2.00 A > B P. 1010(9) ack 5010\n2.01 B > A R 5010';

  it.each([
    [
      'that both ends outlived',
      '1.0 B > A R. 90000000 ack 1010\n1.1 B > A P. 5010(9) ack 1010\n1.2 A > B P. 1010(9) ack 5019\n1.3 B > A P. 5019(9) ack 1019\n1.4 A > B . 1019 ack 5028\n2 A > B P. 1019(9) ack 5028\n2.01 B > A R 5028',
    ],
    ['with a lower number', `1 B > A R. 5001 ack 1010\n${disowned}`],
  ])('is not one %s', async (_, lines) => {
    expect(await connection(`${served}\n${lines}`)).toMatchObject({
      reset_by: 'server',
      reset_cause: 'half-open',
      reset_code: 'half_open_peer_gone',
    });
  });

  it('is not one of the other end, whose numbers are higher', async () => {
    const row = await connection(`${established({ clientIsn: 9000 }).sends('client', 9).sends('server', 9)}
      2.000 A > B P. 9010(9) ack 5010
      2.010 B > A R 5010
      2.015 A > B R. 9019 ack 5010`);
    expect(row).toMatchObject({ reset_by: 'server', reset_cause: 'half-open' });
  });
});

describe('a closed window', () => {
  it('of an end that got no data says nothing of unread data', async () => {
    const row = await connection(`${established()}\n1 B > A . 5001 ack 1001 win 0\n2 B > A R. 5001 ack 1001`);
    expect(row).toMatchObject({ reset_cause: 'abort', reset_confidence: 'likely' });
  });
});

describe('a device that drops connections after silence, and resets both ends', () => {
  const both = (header: string, after: number): string => `${served}
    60.06 B > A R. 5010 ack 1010 ${header}
    ${(60.06 + after).toFixed(3)} A > B R. 1010 ack 5010 ${header}`;

  it.each([
    ['strongly, by another TTL', 'ttl 58', 'strong'],
    ['likely, by an IP id alone', 'id 5', 'likely'],
  ])('is told %s', async (_, header, sure) => {
    expect(await connection(both(header, 0.001))).toMatchObject({
      reset_code: 'mb_idle_timeout',
      reset_confidence: sure,
    });
  });

  it.each([
    ['the headers are those of the ends, which have timers, too', '', 0.001],
    ['the second comes long after the first', 'ttl 58', 3],
  ])('is not told where %s', async (_, header, after) => {
    const row = await connection(both(header, after));
    expect(row).toMatchObject({ reset_cause: 'idle-timeout', reset_code: 'abort_unread_or_linger0' });
  });
});

describe('times to live of an end that its path changes', () => {
  it('make a range, and a reset within it may come from that end', async () => {
    const row = await connection(`A = 192.0.2.1:40000     B = 198.51.100.7:443
      0.00 A > B S 1000 ttl 60
      0.01 B > A S. 5000 ack 1001
      0.02 A > B . 1001 ack 5001 ttl 50
      0.03 A > B P. 1001(10) ack 5001 ttl 70
      0.04 A > B P. 1011(10) ack 5001 ttl 61
      0.05 A > B R 1021 ttl 55`);
    expect(row.reset_cause).toBe('abort');
  });

  it.each([
    ['the lowest', [60, 50, 60], 55],
    ['the highest', [60, 70, 60], 65],
  ])('are remembered by %s, too, that came after the first', async (_, [first, second, third], reset) => {
    const row = await connection(`A = 192.0.2.1:40000     B = 198.51.100.7:443
      0.00 A > B S 1000 ttl ${first}
      0.01 B > A S. 5000 ack 1001
      0.02 A > B . 1001 ack 5001 ttl ${second}
      0.03 A > B P. 1001(10) ack 5001 ttl ${third}
      0.04 B > A . 5001 ack 1011
      0.05 A > B R 1011 ttl ${reset}`);
    expect(row.reset_origin).toBe('endpoint');
  });
});
