import { describe, expect, it } from 'vitest';
import type { Row } from '../support/analysis.js';
import { capture, established, parseConversation } from '../support/conversation.js';
import type { Talk } from '../support/conversation.js';
import { analyzeCaptures, analyzeConversation } from '../support/run.js';

/** Something else, long after. */
const later = (seconds: number): string => `A = 192.0.2.9:9   B = 198.51.100.9:9\n${seconds} A > B . 1 ack 1`;

async function told(text: Talk | string): Promise<Row[]> {
  const { findings } = await analyzeConversation(`${text}`);
  return findings.filter((f) => f.detector === 'first-closer');
}

const halfClosed = (): Talk => established().sends('client', 9).halfClosedBy('client');

describe('an end that has not closed', () => {
  it('for a minute after it acknowledged the FIN of the other is in CLOSE_WAIT', async () => {
    const findings = await told(`${halfClosed()}\n${later(100)}`);
    expect(findings).toMatchObject([{ kind: 'close-wait', severity: 'warning', confidence: 'strong' }]);
    expect(findings[0]!.summary).toContain('198.51.100.7:443 had not closed 99.9 s after');
  });

  it('is no leak while it goes on sending: the other half-closed', async () => {
    const talk = halfClosed().waits(50).sends('server', 500).waits(50).sends('server', 500);
    expect(await told(`${talk}\n${later(110)}`)).toEqual([]);
  });

  it('leaves the other in FIN_WAIT_2 where it has sent data and then falls silent', async () => {
    const findings = await told(`${halfClosed().waits(5).sends('server', 500)}\n${later(110)}`);
    expect(findings).toMatchObject([{ kind: 'fin-wait-2', severity: 'notice' }]);
    expect(findings[0]!.summary).toContain('192.0.2.1:40000 stays in FIN_WAIT_2');
  });

  it('says nothing of FIN_WAIT_2 where nobody acknowledged that data: close() or shutdown() cannot be told', async () => {
    expect(await told(`${halfClosed().waits(5).segment('server', 'P.', 500)}\n${later(110)}`)).toEqual([]);
  });

  it('says nothing in the first minute', async () => {
    expect(await told(`${halfClosed()}\n${later(50)}`)).toEqual([]);
  });
});

describe('an end that closed late', () => {
  it('is told with the time that it sat on the FIN', async () => {
    const findings = await told(halfClosed().waits(75).fin('server').acks('client'));
    expect(findings).toMatchObject([{ kind: 'long-close-wait', severity: 'notice' }]);
    expect(findings[0]!.summary).toContain('198.51.100.7:443 was in CLOSE_WAIT');
    expect(findings[0]!.summary).toContain('it closed, and it sent nothing between');
  });

  it('is told once, also where a reset that took no effect had been written as the end before', async () => {
    const frames = parseConversation(`${established()}
      0.03 A > B F. 1001 ack 5001
      0.04 B > A . 5001 ack 1002
      0.05 A > B R. 1002 ack 5001
      70.06 A > B F. 1001 ack 5001
      70.07 B > A F. 5001 ack 1002
      70.08 A > B . 1002 ack 5002
      70.09 B > A . 5002 ack 1002`);
    const { analysis } = await analyzeCaptures([capture(frames.slice(0, 7)), capture(frames.slice(7))]);
    expect(analysis.findings.filter(({ kind }) => kind === 'long-close-wait')).toHaveLength(1);
  });

  it('is told so where a reset ended it', async () => {
    const findings = await told(halfClosed().waits(75).resetBy('server'));
    expect(findings.map((f) => f.kind)).toEqual(['long-close-wait']);
  });

  it.each([
    ['sooner than that', halfClosed().waits(30).fin('server').acks('client')],
    ['after data of its own', halfClosed().waits(75).sends('server', 500).fin('server').acks('client')],
    ['when the other closed late, and it at once', established().waits(75).closedBy('client')],
    ['first, at both ends', established().waits(75).closedByBoth()],
  ])('is not told of one that closed %s', async (_, talk) => {
    expect(await told(talk)).toEqual([]);
  });
});
