import { describe, expect, it } from 'vitest';
import type { Row } from '../support/analysis.js';
import { analyzeConversation } from '../support/run.js';

async function told(text: string): Promise<Row[]> {
  const { findings } = await analyzeConversation(text);
  return findings.filter((f) => f.detector === 'untranslated');
}

/** A client talks to a service address; `lines` go on, P being the host that serves it. */
function behindService(lines: string): string {
  return `A = 10.1.0.11:33002     V = 10.1.0.100:80     P = 10.2.0.21:7000     Q = 10.2.0.22:7000
    0     A > V S  1000 <mss 1460>
    0.01  V > A S. 5000 ack 1001 <mss 1460>
    0.011 A > V .  1001 ack 5001
    0.02  A > V P. 1001(100) ack 5001
    0.03  V > A P. 5001(3000) ack 1101
    0.031 A > V .  1101 ack 8001
    ${lines}`;
}

const STRAY = '1 P > A . 8001(200) ack 1101\n1.0001 A > P R 1101';

describe('segments that a translator let through as they were', () => {
  it('are told with the connection that their numbers are of', async () => {
    const lines = `${STRAY}\n2 A > V P. 1101(50) ack 8001\n2.01 V > A R 8001`;
    const { connections, findings } = await analyzeConversation(behindService(lines));
    const found = findings.filter((f) => f.detector === 'untranslated');
    expect(found).toMatchObject([
      { kind: 'untranslated-segment', severity: 'warning', confidence: 'strong', connection_id: 1, frame: 7 },
    ]);
    expect(found[0]!.summary).toContain(
      '10.2.0.21:7000 sent 10.1.0.11:33002 a segment of its connection with 10.1.0.100:80',
    );
    expect(JSON.parse(String(found[0]!.evidence))).toMatchObject({
      reset_frame: 8,
      from: '10.2.0.21:7000',
      instead_of: '10.1.0.100:80',
      ack: 1101,
      stray_connection_id: connections[1]!.id,
    });
  });

  it('are told where their own number is far outside the window, for that is why nobody translated them', async () => {
    const far =
      '1 P > A . 300008001(200) ack 1101\n1.0001 A > P R 1101\n2 A > V P. 1101(50) ack 8001\n2.01 V > A R 8001';
    expect(await told(behindService(far))).toMatchObject([{ kind: 'untranslated-segment', confidence: 'strong' }]);
  });

  it('are likely ones where the client has sent much since and their own number is far', async () => {
    const much = Array.from({ length: 5 }, (_, i) => `${2 + i} A > V P. ${1101 + 1000 * i}(1000) ack 8001`).join('\n');
    const far = `1 P > A . 300008001(200) ack 1101\n1.0001 A > P R 1101\n${much}\n9 V > A R 8001`;
    expect(await told(behindService(far))).toMatchObject([{ kind: 'untranslated-segment', confidence: 'likely' }]);
  });

  it('are told of a server, too, that gets them from behind a masquerading router', async () => {
    const masqueraded = `N = 198.51.100.1:50000     S = 203.0.113.9:443     A = 192.168.1.5:41000
      0     N > S S  1000 <mss 1460>
      0.01  S > N S. 5000 ack 1001 <mss 1460>
      0.02  N > S .  1001 ack 5001
      0.03  N > S P. 1001(100) ack 5001
      0.04  S > N P. 5001(700) ack 1101
      0.5   A > S F. 1101 ack 5701
      0.5001 S > A R 5701`;
    const findings = await told(masqueraded);
    expect(findings).toMatchObject([{ kind: 'untranslated-segment', connection_id: 1 }]);
    expect(findings[0]!.summary).toContain(
      '192.168.1.5:41000 sent 203.0.113.9:443 a segment of its connection with 198.51.100.1:50000',
    );
  });

  it('are told of a SYN-ACK from the address of a pod, whose SYN went to the service', async () => {
    const synAck = `A = 10.1.0.11:33002     V = 10.1.0.100:80     P = 10.2.0.21:7000
      0      A > V S  1000 <mss 1460>
      0.01   P > A S. 5000 ack 1001 <mss 1460>
      0.0101 A > P R  1001
      1      A > V S  1000 <mss 1460>
      1.01   P > A S. 6000 ack 1001 <mss 1460>
      1.0101 A > P R  1001`;
    const findings = await told(synAck);
    expect(findings).toMatchObject([
      { kind: 'untranslated-syn-ack', confidence: 'strong', connection_id: 1, frame: 2 },
    ]);
    expect(findings[0]!.summary).toContain(
      'The SYN of 10.1.0.11:33002 to 10.1.0.100:80 was answered by 10.2.0.21:7000',
    );
    expect(findings[0]!.summary).toContain('So it went 2 times.');
  });

  it('are told of a SYN that was never repeated, long after it left the table', async () => {
    const once = `A = 10.1.0.11:33002     V = 10.1.0.100:80     P = 10.2.0.21:7000     X = 10.1.0.12:9     Y = 10.1.0.13:9
      0      A > V S  1000 <mss 1460>
      0.01   P > A S. 5000 ack 1001 <mss 1460>
      0.0101 A > P R  1001
      300    X > Y S  1
      600    X > Y S  1`;
    expect(await told(once)).toMatchObject([{ kind: 'untranslated-syn-ack' }]);
  });
});

describe('nothing is said of an address that was not translated', () => {
  it.each([
    ['nobody reset the segment', '1 P > A . 8001(200) ack 1101'],
    [
      'its receiver answered as one that knows the connection',
      '1 P > A . 8001(200) ack 1101\n1.0001 A > P . 1101 ack 8201',
    ],
    ['it acknowledges what was never sent', '1 P > A . 8001(200) ack 1102\n1.0001 A > P R 1102'],
    ['it acknowledges what was long before', '1 P > A . 8001(200) ack 990\n1.0001 A > P R 990'],
    ['it came from the peer itself', '1 V > A . 8001(200) ack 1101\n1.0001 A > V R 1101'],
    ['it was reset with an ACK flag', '1 P > A . 8001(200) ack 1101\n1.0001 A > P R. 1101 ack 8201'],
    ['it went to another port of the client', 'A = 10.1.0.11:33003\n1 P > A . 8001(200) ack 1101\n1.0001 A > P R 1101'],
  ])('where %s', async (_, lines) => {
    expect(await told(behindService(`${lines}\n2 V > A R 8001`))).toEqual([]);
  });

  it('where a scanner uses one port and number for many hosts, and the SYN to one was not captured', async () => {
    const scan = `A = 10.1.0.11:33002     V = 10.1.0.100:80     W = 10.1.0.101:80     P = 10.2.0.21:80
      0      A > V S  1000
      0      A > W S  1000
      0.01   P > A S. 5000 ack 1001 <mss 1460>
      0.0101 A > P R  1001`;
    expect(await told(scan)).toEqual([]);
  });

  it('where both sides of the translator were captured: the segment and its reset passed with the right addresses, too', async () => {
    const sides =
      '90 V > A P. 8001(200) ack 1101\n90.0001 P > A P. 8001(200) ack 1101\n90.001 A > V R 1101\n90.0011 A > P R 1101';
    expect(await told(behindService(sides))).toEqual([]);
  });

  it('where the SYN was answered by whom it went to', async () => {
    const scan = `A = 10.1.0.11:33002     V = 10.1.0.100:80     P = 10.2.0.21:80
      0      A > V S  1000
      0.01   V > A S. 7000 ack 1001 <mss 1460>
      0.011  A > V R  1001
      0.02   P > A S. 5000 ack 1001 <mss 1460>
      0.0201 A > P R  1001`;
    expect(await told(scan)).toEqual([]);
  });
});
