import { describe, expect, it } from 'vitest';
import type { Row } from '../support/analysis.js';
import { established, midway } from '../support/conversation.js';
import type { Talk, TalkOptions } from '../support/conversation.js';
import { analyzeConversation } from '../support/run.js';

async function told(...talks: readonly (Talk | string)[]): Promise<Row[]> {
  const { findings } = await analyzeConversation(talks.map(String).join('\n'));
  return findings.filter((f) => f.detector === 'port-reuse');
}

/** A connection that is not closed; the last segment stands 50 ms after its beginning. */
const unclosed = (options: TalkOptions = {}): Talk => established(options).sends('client', 9).acks('client');
/** A later one on the same four-tuple, with numbers of its own. */
const later = (at: number, options: TalkOptions = {}): Talk =>
  established({ at, clientIsn: 3_000_000_000, serverIsn: 2_000_000_000, ...options }).sends('client', 9);

describe('a four-tuple that a new connection took over without a close', () => {
  it('is told with the gap, the SYN and both connections', async () => {
    const [finding, ...rest] = await told(unclosed(), later(2.05));
    expect(rest).toEqual([]);
    expect(finding).toMatchObject({
      kind: 'port-reuse-no-close',
      severity: 'notice',
      confidence: 'likely',
      connection_id: 2,
      frame: 7,
      summary:
        '198.51.100.7:443 accepted a SYN on the four-tuple of a connection that no FIN or reset had closed, 2.0 s after its last segment: neither end had it any more, or its close was not captured.',
    });
    expect(JSON.parse(String(finding!.evidence))).toMatchObject({
      connections: 1,
      challenged: 0,
      within_time_wait: 1,
      worst: [{ connection_id: 2, previous_connection_id: 1, capture_id: 1, syn_frame: 7, challenged: false }],
    });
  });

  it('is for information where TIME_WAIT would have been over by then', async () => {
    expect(await told(unclosed(), later(61))).toMatchObject([{ severity: 'info' }]);
  });

  it('is told once for each server port, the soonest first', async () => {
    const other = { client: '192.0.2.9:40000' };
    const third = { server: '198.51.100.7:80' };
    const findings = await told(
      unclosed(),
      later(1),
      unclosed({ ...other, at: 2 }),
      later(2.5, other),
      unclosed({ ...third, at: 4 }),
      later(100, third),
    );
    expect(findings).toMatchObject([
      { severity: 'notice', connection_id: 4, frame: 18 },
      { severity: 'info', connection_id: 6 },
    ]);
    expect(findings[0]!.summary).toBe(
      '198.51.100.7:443 accepted SYNs on the four-tuples of 2 connections (2 clients) that no FIN or reset had closed, the soonest 0.45 s after its last segment: neither end had it any more, or its close was not captured.',
    );
  });

  it('and was challenged first: the server still had the connection', async () => {
    const syn = 3_000_000_000;
    const [finding] = await told(
      unclosed(),
      `100 A > B S ${syn} <mss 1460>
       100.01 B > A . 5001 ack 1010
       101 A > B S ${syn} <mss 1460>
       101.01 B > A S. 2000000000 ack ${syn + 1} <mss 1460>
       101.02 A > B . ${syn + 1} ack 2000000001`,
    );
    expect(finding).toMatchObject({ severity: 'notice' });
    expect(finding!.summary).toContain('a challenge ACK came first, so the server still had it and the client had not');
  });

  it('may have seen segments of the old connection still', async () => {
    const [finding] = await told(unclosed(), later(2.05), '2.2 B > A . 5001 ack 1010');
    expect(finding!.summary).toContain('while segments of it still came');
  });

  it('is told with little confidence where the clock of the recording went back', async () => {
    const [finding] = await told(established({ server: '203.0.113.1:1', at: 100 }), unclosed(), later(2.05));
    expect(finding).toMatchObject({ confidence: 'weak' });
  });
});

describe('nothing is told', () => {
  it.each([
    ['of a connection that a FIN closed', [established().closedBy('client'), later(2)]],
    ['of one that a reset ended', [established().resetBy('server'), later(2)]],
    ['of one that is half-closed', [established().halfClosedBy('client'), later(2)]],
    ['of an attempt that nobody answered', ['A = 192.0.2.1:40000 B = 198.51.100.7:443\n0 A > B S 1000', later(2)]],
    ['where the new SYN is refused', [unclosed(), '2 A > B S 9000\n2.01 B > A R. 0 ack 9001']],
    ['where nobody answers the new SYN', [unclosed(), '2 A > B S 9000\n5 A > B S 9000']],
    ['where the SYN is challenged, and a reset ends the old connection', [unclosed(), challengedAndReset()]],
    ['where the capture began in the middle of the old connection', [midway().sends('client', 9), later(2)]],
    ['where the handshake of the new one was not captured', [unclosed(), midwayLater()]],
    ['where only what the client sent was captured', [oneWay(unclosed()), oneWay(later(2))]],
    ['where only what the server sent was captured', [otherWay(unclosed()), otherWay(later(2))]],
    ['where an end acknowledged what was not captured', [unclosed(), '0.2 B > A . 5001 ack 1110', later(2)]],
    [
      'where segments of the new connection are missing',
      [unclosed(), later(2), '+0.1 A > B P. 3000000110(10) ack 2000000001'],
    ],
    ['where segments of the old connection are missing', [unclosed(), '0.2 A > B P. 1110(10) ack 5001', later(2)]],
    ['where the new connection lacks segments', [unclosed(), later(2), '2.2 B > A . 2000000001 ack 3000000100']],
    ['of a connection that goes on', [unclosed(), '300 A > B P. 1010(10) ack 5001\n300.01 B > A . 5001 ack 1020']],
    ['of the same records once more', [unclosed(), `${unclosed()}`.split('\n').slice(1).join('\n')]],
  ])('%s', async (_, talks) => {
    expect(await told(...talks)).toEqual([]);
  });
});

function challengedAndReset(): string {
  return `2 A > B S 9000
    2.01 B > A . 5001 ack 1010
    2.02 A > B R 1010
    3 A > B S 9000
    3.01 B > A S. 70000 ack 9001
    3.02 A > B . 9001 ack 70001`;
}

function midwayLater(): string {
  return `${midway({ at: 300, clientIsn: 3_000_000_000, serverIsn: 2_000_000_000 }).sends('client', 9)}`;
}

function oneWay(talk: Talk): string {
  return `${talk}`.replaceAll(/^.*B > A.*$/gm, '');
}

function otherWay(talk: Talk): string {
  return `${talk}`.replaceAll(/^.*A > B.*$/gm, '');
}
