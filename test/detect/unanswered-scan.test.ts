import { describe, expect, it } from 'vitest';
import type { Row } from '../support/analysis.js';
import { analyzeConversation } from '../support/run.js';

/** Something else, long after: the others had time for an answer. */
const LATER = 'A = 192.0.2.9:9   B = 198.51.100.9:9\n+9 A > B . 1 ack 1';

async function told(...talks: readonly string[]): Promise<Row[]> {
  const { findings } = await analyzeConversation([...talks, LATER].join('\n'));
  return findings.filter((f) => f.detector === 'unfinished-handshake');
}

const evidenceOf = (finding: Row | undefined): unknown => JSON.parse(String(finding?.evidence));
/** SYNs of a client to as many ports of one server. */
const ports = (n: number, client = '192.0.2.1', first = 1): string[] =>
  Array.from({ length: n }, (_, i) => `A = ${client}:${50_000 + i}  B = 198.51.100.7:${first + i}\n+0.1 A > B S 1000`);
/** SYNs of a client to one port of as many servers. */
const servers = (n: number): string[] =>
  Array.from(
    { length: n },
    (_, i) => `A = 192.0.2.1:${50_000 + i}  B = 198.51.${i >> 8}.${i & 255}:22\n+0.1 A > B S 1000`,
  );

describe('SYNs of one address that many ports leave unanswered', () => {
  it('are told once, with the first of them', async () => {
    const findings = await told(...ports(25));
    expect(findings).toMatchObject([
      { kind: 'unanswered-scan', severity: 'notice', confidence: 'weak', frame: 1, connection_id: 1 },
    ]);
    expect(findings[0]!.summary).toMatch(
      /^192\.0\.2\.1 tried to connect to 25 ports of 1 address and got no answer from any, in 25 attempts and 2\.4 s: a scan, or a network that it cannot reach;/,
    );
    expect(evidenceOf(findings[0])).toMatchObject({ client: '192.0.2.1', ports: 25, servers: 1, connections: 25 });
  });

  it('are told by port and number of servers where the port is the same', async () => {
    const findings = await told(...servers(30));
    expect(findings).toMatchObject([{ kind: 'unanswered-scan' }]);
    expect(findings[0]!.summary).toContain('tried to connect to port 22 of 30 addresses and got');
    expect(evidenceOf(findings[0])).toMatchObject({ ports: 30, servers: 30 });
  });

  it('are told with IPv6 addresses as well', async () => {
    const talks = Array.from(
      { length: 40 },
      (_, i) =>
        `A = [2001:db8::1]:${50_000 + i}  B = [2001:db8::${(100 + (i >> 1)).toString(16)}]:${80 + (i & 1)}\n+0.1 A > B S 1000`,
    );
    const findings = await told(...talks);
    expect(findings).toMatchObject([{ kind: 'unanswered-scan' }]);
    expect(findings[0]!.summary).toContain('2001:db8::1 tried to connect to 40 ports of 20 addresses and got');
  });

  it('are told port by port where they are few', async () => {
    const findings = await told(...ports(24));
    expect(new Set(findings.map(({ kind }) => kind))).toEqual(new Set(['unanswered-syns']));
    expect(findings).toHaveLength(24);
  });

  it('are told for each address that sent them', async () => {
    const findings = await told(...ports(25), ...ports(25, '192.0.2.2', 100));
    expect(findings.map(({ kind, frame }) => [kind, frame])).toEqual([
      ['unanswered-scan', 1],
      ['unanswered-scan', 26],
    ]);
  });

  it('hide no port that somebody else got no answer from either', async () => {
    const findings = await told(...ports(26), ...ports(1, '192.0.2.2'));
    expect(findings.map(({ kind }) => kind)).toEqual(['unanswered-scan', 'unanswered-syns']);
    expect(findings[1]!.summary).toContain('2 attempts to connect to 198.51.100.7:1 from 2 addresses');
  });

  it('are none of the ports that refused', async () => {
    const refused = 'A = 192.0.2.1:60000  B = 198.51.100.7:9\n+0.1 A > B S 1\n+0.1 B > A R. 0 ack 2';
    const findings = await told(...ports(25, '192.0.2.1', 100), refused);
    expect(evidenceOf(findings[0])).toMatchObject({ ports: 25, connections: 25, two_way: true });
    expect(findings[0]!.summary).toMatch(/a network that it cannot reach\.$/);
  });

  it('are at least so many where there are more than are told apart', async () => {
    const findings = await told(...servers(4100));
    expect(findings).toMatchObject([{ kind: 'unanswered-scan' }]);
    expect(findings[0]!.summary).toContain(
      'tried to connect to at least 4,096 ports of at least 4,096 addresses and got no answer from any, in 4,100 attempts',
    );
    expect(evidenceOf(findings[0])).toMatchObject({ ports: 4096, servers: 4096, at_least: true });
  });
});
