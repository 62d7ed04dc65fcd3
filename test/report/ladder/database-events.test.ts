import { describe, expect, it } from 'vitest';
import { databaseEvents } from '../../../src/report/ladder/database-events.js';
import { explainConnection } from '../../../src/report/ladder/explained-connection.js';
import type { LadderEvent } from '../../../src/report/ladder/ladder.js';
import { extractCommand, ladderFilter } from '../../../src/report/ladder/look-up.js';
import { ladderVerdicts } from '../../../src/report/ladder/verdicts.js';
import { connectionFacts } from '../../../src/store/connection-facts.js';
import type { Analysis } from '../../support/analysis.js';
import { established } from '../../support/conversation.js';
import { sample } from '../../cli/support/program.js';
import { analyzeConversation, analyzeFiles } from '../../support/run.js';

/** Arrows as `frame sender>flags [of connection] notes`, marks in brackets, folds as their count. */
function told(analysis: Analysis, id = 1): string[] {
  return databaseEvents(connectionFacts(analysis.database, id)).map(line);
}

function line(event: LadderEvent): string {
  if (event.kind === 'fold') return `... ${event.segments}`;
  const frame = event.frame ?? '?';
  if (event.kind === 'mark') return `${frame} [${event.text}]`;
  const of = event.ofConnection === null ? '' : ` of ${event.ofConnection}`;
  return [`${frame} ${event.from} ${event.flags}${of}`, ...event.notes].join('; ');
}

const verdicts = (analysis: Analysis, id = 1) => ladderVerdicts(connectionFacts(analysis.database, id));

const ISNS = { clientIsn: 1_000_000, serverIsn: 5_000_000 };
const CLOSED = established(ISNS).closedBy('server');

describe('the ladder from the database alone', () => {
  it('draws handshake and close, and folds what it has no frame for', async () => {
    const analysis = await analyzeConversation(`${CLOSED}`);
    const [c] = analysis.connections;
    const count = Number(c!.client_packets) + Number(c!.server_packets) - 5;
    expect(told(analysis)).toEqual([
      '1 client SYN',
      '2 server SYN ACK',
      '3 client ACK',
      `... ${count}`,
      `${c!.server_fin_frame} server FIN; closed first (certain)`,
      `${c!.client_fin_frame} client FIN`,
      '? [TIME_WAIT at the server]',
      `${c!.last_frame} [the last packet]`,
    ]);
  });

  it('draws a FIN that completed the handshake once', async () => {
    const analysis = await analyzeConversation(`A = 192.0.2.1:40000  B = 198.51.100.7:443
0.000 A > B S 1000
0.001 B > A S. 5000 ack 1001
0.002 A > B F. 1001 ack 5001`);
    expect(told(analysis)).toEqual([
      '1 client SYN',
      '2 server SYN ACK',
      `3 client FIN; closed first (${String(analysis.connection.closed_first_confidence)})`,
      '? [as last seen]',
    ]);
  });

  it('has every arrow in the order of its frame, also where the SYN was challenged before it was accepted', async () => {
    const { client, server } = CLOSED.next;
    const analysis = await analyzeConversation(`${CLOSED}
2.000 A > B S ${client - 1000}
2.010 B > A . ${server} ack ${client}
2.011 A > B R ${client}
3.000 A > B S ${client - 1000}
3.010 B > A S. 9000 ack ${client - 999}
3.011 A > B . ${client - 999} ack 9001`);
    const first = Number(analysis.timeWaitSyns[0]!.frame);
    const frames = databaseEvents(connectionFacts(analysis.database, 2)).flatMap((e) =>
      e.kind === 'segment' ? [[e.frame, e.flags]] : [],
    );
    expect(frames).toEqual([
      [first, 'SYN'],
      [first + 4, 'SYN ACK'],
      [first + 5, 'ACK'],
    ]);
  });

  it('tells a filter and a command that reach to its last arrow, of another connection as it may be', async () => {
    const { client, server } = CLOSED.next;
    const analysis = await analyzeConversation(`${CLOSED}
2.000 A > B S ${client + 1000}
2.010 B > A S. ${server + 70_000} ack ${client + 1001}`);
    const explained = explainConnection(connectionFacts(analysis.database, 1));
    const answer = Number(analysis.connections[1]!.syn_ack_frame);
    expect(explained.connection.lastFrame).toBeLessThan(answer);
    expect(ladderFilter(explained)).toMatch(new RegExp(`frame\\.number>=1 && frame\\.number<=${answer}$`));
    expect(extractCommand(explained, 'a.db')).toBe('tcpclose extract a.db 1 2 -w connection-1.pcapng');
    const second = explainConnection(connectionFacts(analysis.database, 2));
    expect(ladderFilter(second)).toBe(second.connection.wiresharkFilter);
    expect(extractCommand(second, 'a.db')).toBe('tcpclose extract a.db 2 -w connection-2.pcapng');
  });

  it('says of whose connection the SYN is that met TIME_WAIT, and of whose the answer', async () => {
    const { client, server } = CLOSED.next;
    const analysis = await analyzeConversation(
      `${CLOSED}\n2.000 A > B S ${client - 1000}\n2.010 B > A . ${server} ack ${client} id 0`,
    );
    const frames = analysis.timeWaitSyns[0]!;
    const syn = Number(frames.frame);
    expect(told(analysis, 1)).toContain(`${syn} client SYN of 2; met this TIME_WAIT after 1.95 s: challenged`);
    // the last packet: its time is known, and the states after it stand last
    const [answer, last] = databaseEvents(connectionFacts(analysis.database, 1)).slice(-2);
    expect(line(answer!)).toBe(`${syn + 1} server ACK; challenge ACK: the numbers of the old connection`);
    expect(line(last!)).toBe('? [as last seen]');
    expect(answer).toMatchObject({ seen: '2023-11-14T22:13:22.010000000Z' });
    expect(told(analysis, 2)).toEqual([
      `${syn} client SYN; met TIME_WAIT of connection 1 after 1.95 s: challenged`,
      '? [as last seen]',
      `${syn + 1} server ACK of 1; challenge ACK: the numbers of the old connection`,
    ]);
  });

  it('tells the states of both ends, and only those that follow', async () => {
    const analysis = await analyzeConversation(`${CLOSED}`);
    const states = databaseEvents(connectionFacts(analysis.database, 1)).map((e) =>
      e.kind === 'fold' ? null : e.states,
    );
    expect(states).toEqual([
      { client: 'SYN_SENT', server: null },
      { client: null, server: 'SYN_RECEIVED' },
      { client: 'ESTABLISHED', server: 'ESTABLISHED' },
      null,
      { client: null, server: 'FIN_WAIT_1' },
      { client: 'LAST_ACK', server: null },
      { client: null, server: 'TIME_WAIT' },
      { client: 'CLOSED', server: 'TIME_WAIT' },
    ]);
  });

  it('does not draw a handshake that was not captured', async () => {
    const midway = `A = 192.0.2.1:40000  B = 198.51.100.7:443
0.000 A > B P. 1000:1100(100) ack 5000
0.010 B > A . 5000 ack 1100
0.020 A > B R 1100`;
    const lines = told(await analyzeConversation(midway));
    expect(lines[0]).toBe('1 [the first packet]');
    expect(lines.join('\n')).not.toContain('SYN');
  });

  it('takes no frame for a SYN that its SYN-ACK overtook', async () => {
    const analysis = await analyzeConversation(`A = 192.0.2.1:40000  B = 198.51.100.7:443
0.000 B > A S. 5000 ack 1001
0.001 A > B S 1000
0.002 A > B . 1001 ack 5001`);
    const [event] = databaseEvents(connectionFacts(analysis.database, 1));
    expect(event).toMatchObject({ kind: 'mark', frame: 1, notes: ['the handshake is out of order in the capture'] });
    expect(told(analysis).join('\n')).not.toContain('SYN');
  });

  it('counts the SYNs of both ends where both sent one', async () => {
    const analysis = await analyzeConversation(`A = 192.0.2.1:40000  B = 198.51.100.7:443
0.000 A > B S 1000
0.001 B > A S 5000
0.002 B > A S. 5000 ack 1001
0.003 A > B . 1001 ack 5001`);
    expect(told(analysis)[0]).toBe('1 client SYN; the first of 2 SYNs');
  });

  it('draws a SYN that nobody answered once, with its copies', async () => {
    const analysis = await analyzeConversation(`A = 192.0.2.1:40000  B = 198.51.100.7:443
0.000 A > B S 1000
1.000 A > B S 1000
3.000 A > B S 1000`);
    expect(told(analysis)).toEqual([
      '1 client SYN; the first of 3 SYNs; notice: unanswered-syns',
      '3 [the last packet]',
    ]);
    expect(verdicts(analysis)).toMatchObject([
      { text: 'Nobody: no SYN was taken up while the capture lasted.', confidence: null },
      { about: 'unanswered-syns', severity: 'notice' },
    ]);
  });

  it('says what ends TIME_WAIT sooner where a reset hit it', async () => {
    const hit = await analyzeConversation(`${CLOSED}\n5 A > B R ${CLOSED.next.client}`);
    expect(verdicts(hit).map(({ text }) => text)).toContainEqual(
      expect.stringMatching(
        /it is taken to last 60\.0 s\. The reset in frame \d+ ends it there, unless tcp_rfc1337 is set/,
      ),
    );
  });

  it('draws no SYN-ACK where only what came after it was captured', async () => {
    const { client, server } = CLOSED.next;
    const analysis = await analyzeConversation(`${CLOSED}
2.000 A > B S ${client + 1000}
2.020 A > B P. ${client + 1001}:${client + 1011}(10) ack ${server + 70_000}`);
    const frame = Number(analysis.timeWaitSyns[0]!.frame);
    const last = databaseEvents(connectionFacts(analysis.database, 2)).at(-1);
    expect(last).toMatchObject({ frame: frame + 1, notes: ['shows that the SYN was accepted'] });
    expect(told(analysis, 2).join('\n')).not.toContain('SYN ACK');
  });

  it('has a time at every arrow, also at those that answer a SYN or a segment that PAWS rejects', async () => {
    const { analysis } = await analyzeFiles([sample('time-wait-challenged.pcap')]);
    const paws = (await analyzeFiles([sample('paws-rejected.pcap')])).analysis;
    const arrows = [analysis, paws].flatMap((of) =>
      of.connections.flatMap((c) => databaseEvents(connectionFacts(of.database, Number(c.id)))),
    );
    expect(arrows.length).toBeGreaterThan(20);
    expect(arrows.filter((e) => e.kind === 'segment' && e.atS === null)).toEqual([]);
  });

  it('draws the answer to a late copy that the capture does not hold, and no segment in its place', async () => {
    const facts = connectionFacts((await analyzeConversation(`${CLOSED}`)).database, 1);
    const row = {
      id: 1, captureId: 1, frame: null, atNs: facts.connection.firstNs + 20_000_000n, sender: 'client', seq: null, len: null,
      flags: 'none', tsval: 90, tsRecent: 100, tsDelta: -10, outcome: 'rejected-dup-ack', impact: 'harmless-old-duplicate',
      confidence: 'strong', evidenceCaptureId: 1, evidenceFrame: 5, evidenceNs: facts.connection.firstNs + 20_000_000n, echoFrame: null, explanation: 'The client ...',
    } as const; // prettier-ignore
    const lines = databaseEvents({ ...facts, paws: [row] }).map(line);
    expect(lines).toContain('5 server ACK; answers a copy that is not in the capture');
    expect(lines.filter((text) => text.includes('PAWS'))).toEqual([]);
    expect(ladderVerdicts({ ...facts, paws: [row] })).toContainEqual(
      expect.objectContaining({ about: 'PAWS', text: 'rejected-dup-ack (not in the capture). The client ...' }),
    );
  });
});

describe('verdicts under the ladder', () => {
  it('say who closed first by which frames', async () => {
    const analysis = await analyzeConversation(`${CLOSED}`);
    const { server_fin_frame: mine, client_fin_frame: theirs } = analysis.connection;
    expect(verdicts(analysis)[0]).toMatchObject({
      text: `The server: by their ACK fields, its FIN (frame ${mine}) came before that of the client (frame ${theirs}).`,
      confidence: 'certain',
      evidence: { client_fin_frame: theirs, server_fin_frame: mine },
    });
  });
  it('do not say that an end closed in whose name another sent the reset', async () => {
    const { analysis } = await analyzeFiles([sample('reset-injected.pcapng')]);
    const { closed_first: name, reset_frame: frame } = analysis.connections[0]!;
    const arrow = told(analysis).find((text) => text.startsWith(`${frame} `));
    expect(arrow).toBe(
      `${frame} ${name} RST; in the name of the ${name}, which may not have sent it; reset: injected (strong)`,
    );
    expect(verdicts(analysis)[0]!.text).toMatch(/^The server, in name only: /);
  });
  it('take no finding on a frame of another file of the ring for that on the frame with this number', async () => {
    const analysis = await analyzeConversation(`${established().sends('client', 9)}\n1 B > A R. 5001 ack 1000 win 9`);
    const facts = connectionFacts(analysis.database, 1);
    const [finding] = facts.findings;
    expect(finding).toMatchObject({ detector: 'rst-termination', frame: facts.connection.resetFrame });
    const resets = (captureId: number): string[] =>
      ladderVerdicts({ ...facts, findings: [{ ...finding!, captureId }] })
        .filter(({ detector }) => detector === 'rst-termination')
        .map(({ about }) => about);
    expect(resets(1)).toEqual(['reset']);
    expect(resets(2)).toEqual(['reset', finding!.kind]);
  });
  it('name no reset of the one end as that by which the other closed first', async () => {
    // The reset acknowledges one number more than was seen of the server: its FIN, most likely.
    const analysis = await analyzeConversation(`${established().sends('client', 9).sends('server', 9)}
1 A > B R. 1010 ack 5011`);
    expect(analysis.connection).toMatchObject({ closed_first: 'server', reset_by: 'client', reset_frame: 8 });
    expect(told(analysis).find((text) => text.startsWith('8 '))).not.toMatch(/closed first/);
    expect(verdicts(analysis)[0]!.text).toMatch(
      /^The server: its own FIN was not captured, but the reset of the client \(frame 8\) tells of it\./,
    );
  });
  it('do not say that nobody closed where that cannot be told', async () => {
    const analysis = await analyzeConversation(`A = 192.0.2.1:40000  B = 198.51.100.7:443
0.000 A > B R 1100`);
    expect(analysis.connection.closed_first).toBeNull();
    expect(verdicts(analysis)[0]!.text).toMatch(/^Cannot be told/);
  });
  it('tell a finding once: with its row, or alone', async () => {
    const analysis = await analyzeConversation(`A = 192.0.2.1:40000  B = 198.51.100.7:443
0.000 A > B S 1000
0.010 B > A R. 0 ack 1001`);
    expect(verdicts(analysis).map(({ about }) => about)).toEqual(['closed first', 'reset']);
  });
});
