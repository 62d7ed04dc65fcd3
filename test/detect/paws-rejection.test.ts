import { describe, expect, it } from 'vitest';
import { connectionFacts } from '../../src/store/connection-facts.js';
import type { Analysis, Row } from '../support/analysis.js';
import { capture, established, midway, swapAddresses } from '../support/conversation.js';
import type { TalkOptions, Talk } from '../support/conversation.js';
import { analyzeCaptures, analyzeConversation } from '../support/run.js';

// After the handshake and ten octets each way: client 1011, server 5011, TS.Recent of the server 100_050.
const T = 100_050;
const talk = (options: TalkOptions = {}): Talk =>
  established({ timestamps: true, ...options })
    .sends('server', 10)
    .sends('client', 10)
    .acks('server');
const BEFORE = talk();

async function analyze(...lines: string[]): Promise<Analysis> {
  return analyzeConversation(`${BEFORE}\n${lines.join('\n')}`);
}

async function row(...lines: string[]): Promise<Row> {
  const { pawsRejections } = await analyze(...lines);
  expect(pawsRejections).toHaveLength(1);
  return pawsRejections[0]!;
}

const data = (at: number, tsval: number, from = 1011, length = 100): string =>
  `${at.toFixed(4)} A > B P. ${from}:${from + length}(${length}) ack 5011 <TS val ${tsval} ecr 900050>`;
const ack = (at: number, number: number, echo: number): string =>
  `${at.toFixed(4)} B > A . 5011 ack ${number} <TS val ${900_000 + Math.round(at * 1000)} ecr ${echo}>`;

describe('a segment that fails PAWS', () => {
  it('A14 is answered with an unchanged ACK, and its octets are lost until they are sent again', async () => {
    const analysis = await analyze(data(1, T - 10), ack(1.01, 1011, T), data(1.3, T + 1250), ack(1.31, 1111, T + 1250));
    const [connection] = analysis.connections;
    expect(analysis.pawsRejections).toMatchObject([
      {
        connection_id: connection!.id,
        sender: 'client',
        frame: 9,
        seq: 1011,
        len: 100,
        tsval: T - 10,
        ts_recent: T,
        ts_delta: -10,
        state: 'ESTABLISHED',
        outcome: 'rejected-dup-ack',
        impact: 'lost-new-data',
        confidence: 'strong',
        evidence_frame: 10,
      },
    ]);
    expect(analysis.findings).toMatchObject([{ detector: 'paws-rejection', kind: 'segment-rejected', frame: 9 }]);
  });

  it('has the ACK that shows its fate in the file where that is', async () => {
    const { analysis } = await analyzeCaptures([
      capture(`${BEFORE}\n${data(1, T - 10)}`),
      capture(`${String(BEFORE).split('\n')[0]!}\n${ack(1.01, 1111, T - 10)}`),
    ]);
    const { connection_id: id } = analysis.pawsRejections[0]!;
    expect(connectionFacts(analysis.database, Number(id)).paws).toMatchObject([
      { outcome: 'accepted', captureId: 1, frame: 9, evidenceCaptureId: 2, evidenceFrame: 1 },
    ]);
  });

  it('is less sure where the capture does not show that it was sent again', async () => {
    expect(await row(data(1, T - 10), ack(1.01, 1011, T))).toMatchObject({
      outcome: 'rejected-dup-ack',
      confidence: 'likely',
    });
  });

  it('and that nobody answered: the capture does not show what became of it', async () => {
    expect(await row(data(1, T - 10))).toMatchObject({ outcome: 'would-reject', impact: 'lost-new-data' });
  });

  it('though the next ACK covers it: it was accepted', async () => {
    expect(await row(data(1, T - 10), ack(1.01, 1111, T))).toMatchObject({ outcome: 'accepted' });
  });

  it('though the next ACK covers it, not where that echoes a later timestamp: it was sent again, unseen', async () => {
    expect(await row(data(1, T - 10), ack(1.5, 1111, T + 1250))).toMatchObject({ outcome: 'would-reject' });
  });

  it('though its timestamp is echoed next: the receiver moved TS.Recent back', async () => {
    expect(await row(data(1, T - 10), ack(1.01, 1111, T - 10))).toMatchObject({ outcome: 'accepted' });
  });

  it('by one tick passes on Linux', async () => {
    expect(await row(data(1, T - 1), ack(1.01, 1111, T))).toMatchObject({ outcome: 'accepted', ts_delta: -1 });
    expect(await row(data(1, T - 1))).toMatchObject({ outcome: 'accepted' });
  });

  it('by one tick passes on Linux also where an ACK comes next, as it does for any old copy', async () => {
    const old = await row(data(1, T - 1, 1001, 10), ack(1.01, 1011, T));
    expect(old).toMatchObject({ outcome: 'accepted', confidence: 'weak', evidence_frame: null });
    expect(String(old.explanation)).toMatch(/Linux lets it pass, and nothing shows that the server did not\./);
  });

  it('by one tick was rejected where it had to be sent again', async () => {
    const again = await row(data(1, T - 1), ack(1.01, 1011, T), data(1.3, T + 300), ack(1.31, 1111, T + 300));
    expect(again).toMatchObject({ outcome: 'rejected-dup-ack', impact: 'lost-new-data' });
  });

  it.each([
    ['holds nothing new', 'harmless-old-duplicate', []],
    [
      'was needed where a later copy was: the first had been lost',
      'lost-new-data',
      [data(1.3, T + 1250), ack(1.31, 1111, T + 1250)],
    ],
  ])('with octets that had passed before %s', async (_, impact, more) => {
    const lines = [data(0.9, T + 850), data(1, T - 10), ack(1.01, 1011, T), ...more];
    expect(await row(...lines)).toMatchObject({ outcome: 'rejected-dup-ack', impact });
  });

  it('A14b is the one behind what the receiver echoed, not the one behind what was sent (C7)', async () => {
    const tw = await row(
      data(1.0, T + 50, 1016, 20), // beyond a hole of five octets: does not become TS.Recent
      ack(1.01, 1011, T),
      data(1.02, T + 20, 1011, 5), // fills it, with a timestamp from before
      ack(1.03, 1036, T + 20),
      data(1.04, T + 10, 1036, 20),
      ack(1.05, 1036, T + 20),
    );
    expect(tw).toMatchObject({ frame: 13, ts_recent: T + 20, ts_delta: -10, outcome: 'rejected-dup-ack' });
  });

  it('with octets that had been acknowledged is a harmless old duplicate', async () => {
    const analysis = await analyze(data(1, T - 20, 1001, 10), ack(1.01, 1011, T));
    expect(analysis.pawsRejections).toMatchObject([{ outcome: 'rejected-dup-ack', impact: 'harmless-old-duplicate' }]);
    expect(analysis.findings).toEqual([]);
  });

  it('with a FIN loses the FIN', async () => {
    const tw = await row(`1 A > B F. 1011 ack 5011 <TS val ${T - 10} ecr 900050>`, ack(1.01, 1011, T));
    expect(tw).toMatchObject({ outcome: 'rejected-dup-ack', impact: 'lost-new-data', len: 0 });
    expect(String(tw.flags)).toMatch(/F/);
  });

  const pureAck = (at: number, tsval: number, win = ''): string =>
    `${at} A > B . 1011 ack 5011 <TS val ${tsval} ecr 900050> ${win}`;
  const echo =
    '0.92 B > A P. 5011(9) ack 1011 <TS val 900920 ecr 100900>\n0.93 A > B . 1011 ack 5020 <TS val 100930 ecr 900920>';

  it('with nothing new, a little late, is a disordered ACK that Linux lets pass', async () => {
    const late = `1 A > B . 1011 ack 5020 <TS val 100870 ecr 900050>`;
    expect(await row(pureAck(0.9, 100_900), echo, late)).toMatchObject({
      outcome: 'accepted',
      impact: 'harmless-old-duplicate',
    });
  });

  it.each([
    ['acknowledges less than another before', `1 A > B . 1011 ack 5011 <TS val 100870 ecr 900050>`],
    ['is later than any disorder', `1 A > B . 1011 ack 5020 <TS val 100600 ecr 900050>`],
  ])('with nothing new is no disordered ACK where it %s', async (_, late) => {
    expect(await row(pureAck(0.9, 100_900), echo, late)).toMatchObject({ outcome: 'would-reject' });
  });

  it.each([
    ['its sender’s last octets came just before: that window is newer than theirs', '', ''],
    ['it offers more than the ACK before', pureAck(0.9, T, 'win 500'), 'win 600'],
    ['it closes the window', pureAck(0.9, T), 'win 0'],
  ])('with nothing new is no disordered ACK where %s', async (_, before, win) => {
    expect(await row(before, pureAck(1, T - 30, win))).toMatchObject({ outcome: 'would-reject' });
  });

  it('leaves no window behind that the next one is measured by', async () => {
    const ofWindow = (at: number, win: number): string => pureAck(at, T - 30, `win ${win}`);
    const { pawsRejections } = await analyze(pureAck(0.9, T, 'win 500'), ofWindow(1, 600), ofWindow(2, 500));
    expect(pawsRejections.map((r) => r.outcome)).toEqual(['would-reject', 'accepted']);
    const twice = await analyze(pureAck(0.9, T, 'win 500'), ofWindow(1, 600), ofWindow(2, 600));
    expect(twice.pawsRejections.map((r) => r.outcome)).toEqual(['would-reject', 'would-reject']);
  });

  it('with nothing but an ACK is not acknowledged: the next ACK of its receiver says nothing about it', async () => {
    const old = `1 A > B . 1111 ack 5011 <TS val ${T - 5000} ecr 900050>`;
    const { pawsRejections } = await analyze(old, ack(1.5, 1111, T));
    expect(pawsRejections.map((r) => r.outcome)).not.toContain('accepted');
  });

  it('and the next, and the next, for more than a second: the connection stalls', async () => {
    const { pawsRejections } = await analyze(
      data(1.0, T - 5000),
      ack(1.01, 1011, T),
      data(1.3, T - 4700),
      ack(1.31, 1011, T),
      data(2.5, T - 3500),
      ack(2.51, 1011, T),
    );
    expect(pawsRejections.map((r) => r.impact)).toEqual(['stall', 'stall', 'stall']);
    expect(pawsRejections.map((r) => r.outcome)).toEqual(Array(3).fill('rejected-dup-ack'));
  });

  it('is told once, though the capture holds it twice', async () => {
    const tw = await row(
      '0.9 B > A P. 5011:5021(10) ack 1011 <TS val 900900 ecr 100050>',
      `1.0 A > B P. 1031:1041(10) ack 5021 <TS val ${T - 500} ecr 900900>`,
      '+0.0001 copy',
      '+0.0001 copy ttl 63',
    );
    expect(tw.frame).toBe(10);
  });

  it('of the server is told of the server', async () => {
    const { pawsRejections } = await analyzeConversation(swapAddresses(`${BEFORE}\n${data(1, T - 10)}`));
    expect(pawsRejections).toMatchObject([{ sender: 'client' }]); // with the ends exchanged, B is the client
    const line = `1 B > A P. 5011:5021(10) ack 1011 <TS val 899000 ecr ${T}>`;
    expect(await row(line)).toMatchObject({ sender: 'server', ts_recent: 900_030, state: 'ESTABLISHED' });
  });

  it('on a connection whose handshake was not captured', async () => {
    const midst = midway({ timestamps: true }).sends('client', 10).sends('server', 10);
    const { client, server } = midst.next;
    const { pawsRejections } = await analyzeConversation(`${midst}
      1 A > B P. ${client}:${client + 5}(5) ack ${server} <TS val 99000 ecr 900020>`);
    expect(pawsRejections).toMatchObject([{ ts_delta: 99_000 - 100_000 }]);
  });

  it('in the ACK that completes the handshake hurts the handshake; no slack is given there', async () => {
    const { pawsRejections } = await analyzeConversation(`A = 192.0.2.1:40000 B = 198.51.100.7:443
      0.00 A > B S  1000 <TS val 100000 ecr 0>
      0.01 B > A S. 5000 ack 1001 <TS val 900010 ecr 100000>
      0.02 A > B .  1001 ack 5001 <TS val 99990 ecr 900010>
      0.03 B > A .  5001 ack 1001 <TS val 900030 ecr 100000>`);
    expect(pawsRejections).toMatchObject([
      { state: 'SYN_RECEIVED', impact: 'handshake', outcome: 'rejected-dup-ack', ts_delta: -10 },
    ]);
  });
});

describe('where the tap is at the receiver', () => {
  const atServer = `A = 192.0.2.1:40000 B = 198.51.100.7:443
    0.0000 A > B S  1000 <TS val 100000 ecr 0>
    0.0001 B > A S. 5000 ack 1001 <TS val 900000 ecr 100000>
    0.0300 A > B .  1001 ack 5001 <TS val 100030 ecr 900000>
    0.0400 A > B P. 1001:1011(10) ack 5001 <TS val 100040 ecr 900000>
    0.0401 B > A .  5001 ack 1011 <TS val 900040 ecr 100040>
    1.0000 A > B P. 1011:1021(10) ack 5001 <TS val 100010 ecr 900040>`;

  it('silence, and the same octets accepted later, say that it was rejected silently', async () => {
    const { pawsRejections } = await analyzeConversation(`${atServer}
      1.3000 A > B P. 1011:1021(10) ack 5001 <TS val 101300 ecr 900040>
      1.3001 B > A .  5001 ack 1021 <TS val 901300 ecr 101300>`);
    expect(pawsRejections).toMatchObject([{ outcome: 'rejected-silent', impact: 'lost-new-data' }]);
  });

  it('an unchanged ACK and the same octets later make it certain', async () => {
    const { pawsRejections } = await analyzeConversation(`${atServer}
      1.0001 B > A .  5001 ack 1011 <TS val 901000 ecr 100040>
      1.3000 A > B P. 1011:1021(10) ack 5001 <TS val 101300 ecr 900040>
      1.3001 B > A .  5001 ack 1021 <TS val 901300 ecr 101300>`);
    expect(pawsRejections).toMatchObject([{ outcome: 'rejected-dup-ack', confidence: 'certain' }]);
  });

  it('elsewhere the same silence shows nothing: the answer may have been lost', async () => {
    expect(await row(data(1, T - 10), data(1.3, T + 1250), ack(1.31, 1111, T + 1250))).toMatchObject({
      outcome: 'would-reject',
    });
  });
});

describe('a SYN that fails PAWS on TIME_WAIT', () => {
  it('has a row for each of its copies, under the connection in TIME_WAIT', async () => {
    const closed = established({ timestamps: true }).closedBy('server');
    const { connections, pawsRejections } = await analyzeConversation(`${closed}
      2 A > B S 900000 <TS val 90000 ecr 0>
      2.01 B > A . 5002 ack 1002 <TS val 902000 ecr 100040>
      3 A > B S 900000 <TS val 91000 ecr 0>`);
    expect(pawsRejections).toMatchObject([
      {
        connection_id: connections[0]!.id,
        frame: 7,
        state: 'TIME_WAIT',
        impact: 'handshake',
        outcome: 'rejected-dup-ack',
      },
      { connection_id: connections[0]!.id, frame: 9, state: 'TIME_WAIT', impact: 'handshake', outcome: 'would-reject' },
    ]);
  });

  it('has none for the copy that came when a reset had cleared TIME_WAIT', async () => {
    const closed = established({ timestamps: true }).closedBy('server');
    const { pawsRejections } = await analyzeConversation(`${closed}
      2    A > B S 900000 <TS val 90000 ecr 0>
      2.01 B > A . 5002 ack 1002 <TS val 902000 ecr 100040>
      2.02 A > B R 1002
      2.03 A > B S 900000 <TS val 90030 ecr 0>
      2.04 B > A S. 7000000 ack 900001 <TS val 902040 ecr 90030>`);
    expect(pawsRejections).toMatchObject([{ frame: 7, outcome: 'rejected-dup-ack' }]);
  });

  it('and was taken without a reset: likely by its higher number; with a lower one TIME_WAIT may have been gone', async () => {
    const closed = established({ timestamps: true }).closedBy('server');
    const took = async (isn: number): Promise<Row> => {
      const { pawsRejections } = await analyzeConversation(`${closed}
        2    A > B S ${isn} <TS val 90000 ecr 0>
        2.01 B > A S. 7000000 ack ${isn + 1} <TS val 902040 ecr 90000>`);
      return pawsRejections[0]!;
    };
    expect(await took(900_000)).toMatchObject({ outcome: 'accepted', confidence: 'likely' });
    const lower = await took(500);
    expect(lower).toMatchObject({ outcome: 'accepted', confidence: 'weak' });
    expect(lower.explanation).toMatch(/TIME_WAIT may have been gone/);
  });

  it('fails by one tick already', async () => {
    const closed = established({ timestamps: true }).closedBy('server');
    const { pawsRejections } = await analyzeConversation(`${closed}\n2 A > B S 900000 <TS val 100039 ecr 0>`);
    expect(pawsRejections).toMatchObject([{ ts_delta: -1, outcome: 'would-reject' }]);
  });
});

describe('a SYN on a living connection', () => {
  it('has no row however old its timestamp: it draws a challenge ACK in any case', async () => {
    const challenged = (tsval: number): string => `${established({ timestamps: true }).sends('client', 9)}
      2.00 A > B S  700000 <TS val ${tsval} ecr 0>
      2.01 B > A .  5001 ack 1010 <TS val 902000 ecr 100030>`;
    for (const tsval of [102_000, 5]) {
      const { pawsRejections, connections } = await analyzeConversation(challenged(tsval));
      expect(pawsRejections).toEqual([]);
      expect(connections).toMatchObject([{ close: 'open' }, { close: 'unanswered' }]);
    }
  });
});

describe('how sure a rejection is', () => {
  const AT_RECEIVER = `A = 192.0.2.1:40000  B = 198.51.100.7:443
    0      A > B S 1000 <TS val 1000 ecr 0>
    0.0001 B > A S. 5000 ack 1001 <TS val 900 ecr 1000>
    0.02   A > B . 1001 ack 5001 <TS val 1020 ecr 900>
    0.03   A > B P. 1001(100) ack 5001 <TS val 1030 ecr 900>
    0.0301 B > A P. 5001(200) ack 1101 <TS val 930 ecr 1030>
    0.05   A > B . 1101 ack 5201 <TS val 1050 ecr 930>
    0.5    A > B P. 1101(50) ack 5201 <TS val 700 ecr 930>
    0.5001 B > A . 5201 ack 1101 <TS val 1200 ecr 1030>
    0.9    A > B P. 1101(50) ack 5201 <TS val 1900 ecr 930>`;

  it.each([
    ['strong where its copy came to nothing, either, in what was captured', '', 'strong'],
    ['certain where its copy was acknowledged', '0.9001 B > A . 5201 ack 1151 <TS val 1600 ecr 1900>', 'certain'],
  ])('%s', async (_, more, confidence) => {
    const { pawsRejections } = await analyzeConversation(`${AT_RECEIVER}\n${more}`);
    expect(pawsRejections).toMatchObject([{ outcome: 'rejected-dup-ack', impact: 'lost-new-data', confidence }]);
  });
});

describe('of many segments that fail', () => {
  it('no more than 32 have rows while nothing tells their fate', async () => {
    const failing = Array.from(
      { length: 40 },
      (_, i) => `+0.01 A > B P. ${1011 + 10 * i}(10) ack 5011 <TS val 90000 ecr 900040>`,
    );
    expect(
      (await analyze('0.2 A > B . 1011 ack 5011 <TS val 100200 ecr 900040>', ...failing)).pawsRejections,
    ).toHaveLength(32);
  });

  it('ACKs without new data make no stall, however long the others have failed', async () => {
    const { pawsRejections } = await analyzeConversation(`${established({ timestamps: true }).sends('client', 10)}
      1.0 A > B P. 1011(10) ack 5001 <TS val 99000 ecr 900040>
      1.5 A > B P. 1011(10) ack 5001 <TS val 99500 ecr 900040>
      2.2 A > B . 1001 ack 5001 <TS val 99900 ecr 900040>
      3.0 B > A . 5001 ack 1011 <TS val 903000 ecr 100040>`);
    expect(pawsRejections.map(({ impact }) => impact)).not.toContain('stall');
  });
});

it('the echo in a segment without ACK tells nothing of TS.Recent (RFC 7323 §3.2)', async () => {
  const { pawsRejections } = await analyzeConversation(`A = 192.0.2.1:40000     B = 198.51.100.7:443
    0.00 A > B S 1000 <TS val 100 ecr 0>
    0.01 B > A S. 5000 ack 1001 <TS val 900 ecr 100>
    0.02 A > B P 1001(10) <TS val 110 ecr 900>
    0.03 B > A P. 5001(10) ack 1001 <TS val 800 ecr 100>`);
  expect(pawsRejections).toEqual([]);
});

it('a D-SACK answers the segment that it names, also where only the octets that had been acknowledged are named', async () => {
  const { pawsRejections } =
    await analyzeConversation(`${established({ timestamps: true }).sends('client', 10).sends('client', 10)}
    1.100 A > B P. 1011(20) ack 5001 <TS val 90010 ecr 900040>
    1.105 A > B P. 1001(10) ack 5001 <TS val 90010 ecr 900040>
    1.110 B > A . 5001 ack 1021 <sack 1011:1021, TS val 901110 ecr 100050>
    1.120 B > A . 5001 ack 1021 <sack 1001:1011, TS val 901110 ecr 100050>`);
  expect(pawsRejections.find(({ seq }) => seq === 1011)).toMatchObject({
    outcome: 'rejected-dup-ack',
    confidence: 'likely',
    evidence_frame: 10,
  });
});
