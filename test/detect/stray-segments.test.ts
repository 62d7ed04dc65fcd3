import { describe, expect, it } from 'vitest';
import type { Row } from '../support/analysis.js';
import { established } from '../support/conversation.js';
import { analyzeConversation } from '../support/run.js';

async function told(text: string): Promise<Row[]> {
  const { findings } = await analyzeConversation(text);
  return findings.filter((f) => f.detector === 'stray-segments');
}

/** A capture that begins with something else and goes on after `lines`. */
function during(lines: string): string {
  return `X = 192.0.2.200:1000     Y = 198.51.100.200:80
    0 X > Y . 1 ack 1
    0.01 Y > X . 1 ack 1
    A = 192.0.2.1:40000     B = 198.51.100.7:443
    ${lines}
    +10 X > Y . 1 ack 1
    +0.01 Y > X . 1 ack 1`;
}

describe('segments without a connection', () => {
  it('are likely strays where a host resets what comes long after the capture began', async () => {
    const findings = await told(during('90 A > B P. 1000(20) ack 5000\n90.01 B > A R 5000'));
    expect(findings).toMatchObject([{ kind: 'stray', severity: 'info', confidence: 'likely', frame: 3 }]);
    expect(JSON.parse(String(findings[0]!.evidence))).toMatchObject({
      server: '198.51.100.7:443',
      connections: 1,
      segments: 1,
      answered_by_reset: 1,
      first_s: 90,
    });
  });

  it('are weakly so where they are alone, and their copies are no conversation', async () => {
    const copies = '90 A > B F. 1000 ack 5000\n91 A > B F. 1000 ack 5000\n93 A > B F. 1000 ack 5000';
    const findings = await told(during(copies));
    expect(findings).toMatchObject([{ kind: 'stray', confidence: 'weak' }]);
    expect(findings[0]!.summary).toContain('3 segments of 1 address');
  });

  it.each([8, 9, 20])('are told where a segment comes %d times and each copy is reset', async (copies) => {
    const lines = Array.from({ length: copies }, (_, n) => `${90 + n} A > B F. 1000 ack 5000\n+0.01 B > A R 5000`);
    const findings = await told(during(lines.join('\n')));
    expect(JSON.parse(String(findings[0]!.evidence))).toMatchObject({ segments: copies, answered_by_reset: 1 });
  });

  it('are told from the first of them on, though another was settled sooner', async () => {
    const second = 'A = 192.0.2.1:41000\n200 A > B F. 1000 ack 5000\n200.01 B > A R 5000';
    const findings = await told(during(`100 A > B F. 1000 ack 5000\n${second}`));
    expect(findings).toMatchObject([{ frame: 3 }]);
    expect(JSON.parse(String(findings[0]!.evidence))).toMatchObject({ first_s: 100 });
  });

  it('are told once for each port', async () => {
    const from = (port: number): string =>
      `A = 192.0.2.${port % 9}:${port}\n+1 A > B . 1000 ack 5000\n+0.01 B > A R 5000`;
    const findings = await told(during(`90 A > B . 1 ack 1\n${[40001, 40002, 40003].map(from).join('\n')}`));
    expect(findings).toHaveLength(1);
    expect(JSON.parse(String(findings[0]!.evidence))).toMatchObject({ connections: 4, answered_by_reset: 3 });
  });

  it('are weakly so where the clock went back, for then nobody knows how late they came', async () => {
    const stepped = `X = 192.0.2.200:1000     Y = 198.51.100.200:80
      100 X > Y . 1 ack 1
      50 Y > X . 1 ack 1
      A = 192.0.2.1:40000     B = 198.51.100.7:443
      190 A > B . 1000 ack 5000
      190.01 B > A R 5000`;
    expect(await told(stepped)).toMatchObject([{ confidence: 'weak' }]);
  });

  it.each([
    ['come in the first minute, for connections from before are heard then', '30 A > B . 1 ack 1\n30.01 B > A R 1'],
    ['are answered, as on a connection that was idle', '90 A > B . 1 ack 1\n90.01 B > A . 1 ack 1'],
    ['are one direction of a conversation', [90, 91, 92].map((t, i) => `${t} A > B P. ${i * 9}(9) ack 1`).join('\n')],
    ['are nothing but resets', '90 A > B R 1'],
    ['are a SYN-ACK to nobody', '90 B > A S. 1 ack 2'],
    ['came on a connection of the capture', `${established({ at: 90 })}\n91 B > A R. 5001 ack 1001`],
  ])('are not told where they %s', async (_, lines) => {
    expect(await told(during(lines))).toEqual([]);
  });

  it('are not told where the capture ends before an answer could come', async () => {
    const last = `X = 192.0.2.200:1000     Y = 198.51.100.200:80
      0 X > Y . 1 ack 1
      A = 192.0.2.1:40000     B = 198.51.100.7:443
      90 A > B . 1000 ack 5000`;
    expect(await told(last)).toEqual([]);
  });
});
