import { describe, expect, it } from 'vitest';
import type { Analysis, Row } from '../support/analysis.js';
import { capture, established, parseConversation, Talk } from '../support/conversation.js';
import { analyzeCaptures, analyzeConversation } from '../support/run.js';

const ENDS = 'A = 192.0.2.1:40000     B = 198.51.100.7:443';

async function connection(text: Talk | string): Promise<Row> {
  return (await analyzeConversation(`${text}`)).connection;
}

/** Side, cause, code, and how the connection closed. */
function why(row: Row): unknown[] {
  return [row.reset_by, row.reset_cause, row.reset_code, row.close];
}

const served = established({ timestamps: true }).sends('client', 100).sends('server', 500);
const { client: C, server: S } = served.next;

describe('a reset that was told of, and then outlived', () => {
  it('leaves nothing of itself in the row', async () => {
    const frames = parseConversation(
      `${established().waits(0.1).resetBy('client').waits(70).sends('client', 100).sends('client', 100)}`,
    );
    // Between the captures its row is written: only one end has gone on by then.
    const cut = 5;
    const { analysis } = await analyzeCaptures([capture(frames.slice(0, cut)), capture(frames.slice(cut))]);
    expect(analysis.connection).toMatchObject({ close: 'open', reset_by: null, reset_frame: null, reset_ns: null });
  });
});

describe('many resets of one connection', () => {
  // Each ACK of a bulk sender's data draws one from a host that has closed it, and most are overtaken by later ACKs.
  const talk = established();
  for (let i = 0; i < 12; i++) talk.sends('server', 100);
  const resets = (count: number): string =>
    Array.from({ length: count }, (_, i) => `${1 + i / 1000} B > A R ${5001 + 100 * i}`).join('\n');

  it.each([7, 8, 12])('that came too late, %s of them, do not hide the one with the right number', async (count) => {
    const row = await connection(`${talk}\n${resets(count)}\n2 B > A R 6201\n2.01 B > A R 6201`);
    expect(row).toMatchObject({ close: 'rst', closed_first: 'server', reset_acceptable: 1 });
    expect(row).toMatchObject({ client_state: 'CLOSED', server_state: 'CLOSED' });
    expect(row.reset_frame).toBe(27 + count + 1);
  });

  it.each([7, 8, 12])('that all came too late, %s of them, end nothing', async (count) => {
    const row = await connection(`${talk}\n${resets(count)}`);
    expect(row).toMatchObject({ close: 'open', reset_by: null, reset_frame: null });
  });

  it('after the one that ended it do not hide that', async () => {
    const row = await connection(`${talk}\n${resets(8)}\n2 B > A R 6201\n${resets(12).replaceAll(/^1/gm, '3')}`);
    expect(row).toMatchObject({ close: 'rst', reset_frame: 27 + 9 });
  });
});

describe('a SYN is refused', () => {
  it.each([
    ['by a closed port', '0 A > B S 1000\n0.01 B > A R. 0 ack 1001'],
    ['with its data', '0 A > B S 1000:1003(3)\n0.01 B > A R. 0 ack 1004'],
    ['again and again', '0 A > B S 1000\n0.01 B > A R. 0 ack 1001\n0.5 A > B S 1000\n0.51 B > A R. 0 ack 1001'],
  ])('%s', async (_, lines) => {
    const row = await connection(`${ENDS}\n${lines}`);
    expect(why(row)).toEqual(['server', 'refused', 'refused', 'refused']);
    expect(row).toMatchObject({ closed_first: null, reset_confidence: 'certain', reset_acceptable: 1, reset_frame: 2 });
  });

  it('but its copy is accepted: then the connection ends as others do, and nothing was refused', async () => {
    const tried = '0 A > B S 1000\n0.01 B > A R. 0 ack 1001\n0.5 A > B S 1000\n0.51 B > A S. 5000 ack 1001';
    const taken = `${ENDS}\n${tried}\n0.52 A > B . 1001 ack 5001\n1 A > B P. 1001(9) ack 5001`;
    expect(await connection(taken)).toMatchObject({ close: 'open', reset_by: null, handshake: 'complete' });
    const reset = await connection(`${taken}\n1.01 B > A . 5001 ack 1010\n1.02 B > A R. 5001 ack 1010`);
    expect(why(reset)).toEqual(['server', 'unread-data', 'abort_unread_or_linger0', 'rst']);
    expect(reset).toMatchObject({ closed_first: 'server', reset_frame: 8 });
    const closed = await connection(`${taken}\n2 B > A F. 5001 ack 1010\n2.01 A > B F. 1010 ack 5002
      2.02 B > A . 5002 ack 1011`);
    expect(closed).toMatchObject({ close: 'fin', closed_first: 'server', time_wait_at: 'server', reset_by: null });
  });

  it('only by a reset without a number of its own: with one, its sender had answered before, and that was missed', async () => {
    const row = await connection(`${ENDS}\n0 A > B S 1000\n0.2 B > A R. 5001 ack 1001 win 64`);
    expect(why(row)).toEqual(['server', 'abort', 'abort_unread_or_linger0', 'rst']);
    expect(row).toMatchObject({
      closed_first: 'server',
      closed_first_confidence: 'likely',
      close_note: 'segments are missing from the capture near the close',
      reset_confidence: 'likely',
    });
  });

  it('and stays so where the SYN-ACK that comes after it is reset: somebody else had refused it', async () => {
    const row = await connection(`${ENDS}
      0.00 A > B S 1000
      0.01 B > A R. 0 ack 1001
      0.02 B > A S. 5000 ack 1001
      0.03 A > B R 1001`);
    expect(row).toMatchObject({ close: 'refused', reset_cause: 'refused' });
  });

  it('not by a reset that acknowledges something else: SYN_SENT ignores it', async () => {
    const row = await connection(`${ENDS}\n0 A > B S 1000\n0.01 B > A R. 0 ack 777\n1 A > B S 1000`);
    expect(row).toMatchObject({ close: 'unanswered', reset_by: null });
  });

  it.each([
    ['a bare reset', 'R 0'],
    ['a bare reset with the right number where the ACK field would be', 'R 0 rawack 1001'],
    ['a reset that acknowledges more than was sent', 'R. 0 ack 1005'],
  ])('not by %s', async (_, reset) => {
    expect(await connection(`${ENDS}\n0 A > B S 1000\n0.01 B > A ${reset}`)).toMatchObject({ close: 'unanswered' });
  });
});

describe('a reset that does not acknowledge the SYN before it', () => {
  const ENDS_AND_SYN = 'A = 192.0.2.1:40000     B = 198.51.100.7:443\n0 A > B S 1000';
  const ignored = (n: number): string =>
    Array.from({ length: n }, (_, i) => `0.1${i} B > A R ${7000 + i} id ${i + 1}`).join('\n');

  it.each([1, 8, 9])('is not what refused it: %s of them before the one that did', async (n) => {
    const { connection: row, findings } = await analyzeConversation(
      `${ENDS_AND_SYN}\n${ignored(n)}\n0.2 B > A R. 0 ack 1001`,
    );
    expect(row).toMatchObject({ close: 'refused', reset_frame: n + 2, reset_confidence: 'certain' });
    expect(findings).toMatchObject([{ kind: 'refused', frame: n + 2 }]);
  });

  it('ends nothing where a SYN-ACK comes', async () => {
    const text = `${ENDS_AND_SYN}\n${ignored(2)}\n0.2 B > A S. 5000 ack 1001\n0.21 A > B . 1001 ack 5001`;
    expect(await connection(text)).toMatchObject({ close: 'open', reset_by: null, handshake: 'complete' });
    const { findings } = await analyzeConversation(`${text}
      0.3 A > B P. 1001(9) ack 5001\n0.4 B > A P. 5001(9) ack 1010\n0.5 A > B . 1010 ack 5010\n0.6 B > A P. 5010(9) ack 1010`);
    expect(findings).toMatchObject([{ kind: 'reset-without-effect', severity: 'info', confidence: 'strong' }]);
    expect(findings[0]!.summary).toMatch(/it did not acknowledge the SYN/);
  });

  it('leaves it unanswered where nothing else comes', async () => {
    expect(await connection(`${ENDS_AND_SYN}\n${ignored(2)}`)).toMatchObject({ close: 'unanswered', reset_by: null });
  });

  it('is told, too, where nothing else ever answered: the SYN was sent again, for its sender waited still', async () => {
    const syns = [0, 1, 3].map((t) => `${t} A > B S 1000\n${t}.001 B > A R ${7000 + t * 999}`).join('\n');
    const { connection: row, findings } = await analyzeConversation(
      `A = 192.0.2.1:40000  B = 198.51.100.7:81\n${syns}`,
    );
    expect(row).toMatchObject({ close: 'unanswered', reset_by: null });
    expect(findings).toMatchObject([{ kind: 'reset-without-effect', frame: 2 }]);
    expect(findings[0]!.summary).toMatch(
      /took no effect in frame 2 \(the first of 2\): it did not acknowledge the SYN/,
    );
  });

  it('is not told where the SYN was not sent again: perhaps its sender obeyed', async () => {
    const { findings } = await analyzeConversation(
      'A = 192.0.2.1:40000  B = 198.51.100.7:81\n0 A > B S 1000\n1 B > A R 7000',
    );
    expect(findings).toEqual([]);
  });
});

describe('during the handshake', () => {
  const offered = new Talk().segment('client', 'S').segment('server', 'S.');

  it('a client that has gone away refuses the SYN-ACK', async () => {
    expect(why(await connection(`${offered}\n1 A > B R 1001`))).toEqual(['client', 'abort', 'synack_refused', 'rst']);
  });

  it.each([
    [0.1, 'strong'],
    [1, 'likely'],
  ])('and is as sure as the reset is prompt: after %s s', async (seconds, confidence) => {
    const { findings } = await analyzeConversation(`${offered}\n${0.01 + seconds} A > B R 1001`);
    expect(findings).toMatchObject([{ kind: 'reset', confidence }]);
    expect(findings[0]!.summary).toMatch(/no use for the SYN-ACK/);
  });

  it('a client that aborts has taken the SYN-ACK, though its ACK was not captured', async () => {
    const row = await connection(`${offered}\n0.05 A > B R. 1001 ack 5001`);
    expect(why(row)).toEqual(['client', 'abort', 'abort_unread_or_linger0', 'rst']);
  });

  it('is over where a server that aborts has sent data, though the last ACK was not captured', async () => {
    const row = await connection(`${offered}\n0.05 B > A P. 5001(99) ack 1001\n0.06 B > A R. 5100 ack 1001`);
    expect(why(row)).toEqual(['server', 'abort', 'abort_unread_or_linger0', 'rst']);
  });

  it('is over where the server has sent data, though the last ACK was not captured', async () => {
    const row = await connection(`${offered}
      0.05 B > A P. 5001(99) ack 1041
      0.06 A > B R 1041`);
    expect(row.reset_code).not.toBe('synack_refused');
  });

  it('a SYN-ACK that acknowledges another SYN draws a reset, and the client tries on', async () => {
    const row = await connection(`${ENDS}
      0.00 A > B S 1000
      0.01 B > A S. 70000 ack 555
      0.02 A > B R 555
      1.00 A > B S 1000
      1.01 B > A S. 5000 ack 1001
      1.02 A > B . 1001 ack 5001`);
    expect(row).toMatchObject({ close: 'open', handshake: 'complete', syn_count: 2, server_isn: 5000, reset_by: null });
  });

  it('a SYN-ACK whose echo the client never sent draws a reset, and the client tries on', async () => {
    const row = await connection(`${ENDS}
      0.00 A > B S 1000 <TS val 100 ecr 0>
      0.01 B > A S. 5000 ack 1001 <TS val 900 ecr 7777777>
      0.02 A > B R 1001
      1.00 A > B S 1000 <TS val 1100 ecr 0>
      1.01 B > A S. 6000 ack 1001 <TS val 1900 ecr 1100>
      1.02 A > B . 1001 ack 6001 <TS val 1120 ecr 1900>`);
    expect(row).toMatchObject({ close: 'open', handshake: 'complete', reset_by: null });
  });

  it('a second SYN inside the window is refused, and so is what it would have replaced (A18)', async () => {
    const { connections } = await analyzeConversation(`${offered}\n0.5 A > B S 1500\n0.51 B > A R. 0 ack 1501`);
    expect(connections[1]).toMatchObject({ close: 'refused', reset_by: 'server', reset_cause: 'refused' });
  });

  it('a full accept queue answers the last ACK with a reset (A30)', async () => {
    const row = await connection(`${established()}\n0.03 B > A R 5001`);
    expect(why(row)).toEqual(['server', 'listen-overflow', 'accept_overflow', 'rst']);
  });

  it('a full accept queue answers at once: a later reset with that number may be somebody else’s', async () => {
    const prompt = await connection(`${established()}\n0.03 B > A R 5001`);
    expect(prompt.reset_confidence).toBe('strong');
    const late = await connection(`${established()}\n0.5 B > A R 5001`);
    expect(late).toMatchObject({ reset_confidence: 'weak', closed_first_confidence: 'likely' });
  });

  it('a full accept queue may answer the first data so, too', async () => {
    const row = await connection(`${established()}\n0.03 A > B P. 1001:1011(10) ack 5001\n0.04 B > A R 5001`);
    expect(why(row)).toEqual(['server', 'listen-overflow', 'accept_overflow', 'rst']);
    expect(row).toMatchObject({ reset_confidence: 'likely' });
  });

  describe('a full accept queue ignores the last ACK, and the request is forgotten', () => {
    const ignored = `${established()}\n0.3 A > B P. 1001:1011(10) ack 5001\n0.7 A > B P. 1001:1011(10) ack 5001`;
    const again = '1.01 B > A S. 5000 ack 1001\n1.02 A > B . 1011 ack 5001';

    it('the data that comes then is reset', async () => {
      const row = await connection(`${ignored}\n${again}\n70 A > B P. 1001:1011(10) ack 5001\n70.01 B > A R 5001`);
      expect(why(row)).toEqual(['server', 'listen-overflow', 'accept_overflow', 'rst']);
      expect(row).toMatchObject({ reset_confidence: 'likely', closed_first_confidence: 'likely' });
    });

    it('so is the FIN of a client that had waited for the server to speak; it may have waited for data, too', async () => {
      const row = await connection(`${established()}\n${again.replaceAll('1011', '1001')}
        9 A > B F. 1001 ack 5001\n9.01 B > A R 5001`);
      expect(why(row)).toEqual(['server', 'listen-overflow', 'accept_overflow', 'fin-then-rst']);
      expect(row).toMatchObject({ reset_confidence: 'weak', closed_first: 'client' });
    });

    it.each([
      ['the SYN-ACK did not come again', '70 A > B P. 1001:1011(10) ack 5001\n70.01 B > A R 5001'],
      [
        'the server took the connection in the end',
        `${again}\n1.3 A > B P. 1001:1011(10) ack 5001\n1.31 B > A . 5001 ack 1011
        70 A > B P. 1011:1021(10) ack 5001\n70.01 B > A R 5001`,
      ],
    ])('which is not told where %s', async (_, lines) => {
      expect(await connection(`${ignored}\n${lines}`)).toMatchObject({ reset_code: 'half_open_peer_gone' });
    });
  });

  it.each([
    ['data long after that ACK were', '0.2 A > B P. 1001:1011(10) ack 5001\n0.21 B > A R 5001'],
    [
      'the server took those data later',
      `0.03 A > B P. 1001:1011(10) ack 5001\n0.04 B > A R 5001
      0.24 A > B P. 1001:1011(10) ack 5001\n0.25 B > A . 5001 ack 1011`,
    ],
    ['the client has had more of the server, which was missed', '0.03 B > A R 5001\n0.035 A > B . 1001 ack 5002'],
    ['the server aborts with a higher number', '0.03 B > A R 5001\n0.035 B > A R. 5002 ack 1001'],
  ])('no full accept queue is told of where not the last ACK was answered: %s', async (_, lines) => {
    const row = await connection(`${established()}\n${lines}`);
    expect(row).toMatchObject({ reset_by: 'server', close: 'rst', closed_first_confidence: 'likely' });
    expect(row.reset_code).not.toBe('accept_overflow');
  });

  it('an ACK of something else than the SYN-ACK is answered with its own number', async () => {
    const row = await connection(`${offered}\n0.05 A > B . 1001 ack 4000\n0.06 B > A R 4000`);
    expect(why(row)).toEqual(['server', 'half-open', 'handshake_bad_ack', 'rst']);
  });

  it('an ACK of more than the SYN-ACK is answered so, too, and completes nothing', async () => {
    const { connection: row, findings } = await analyzeConversation(`${offered}
      0.05 A > B . 1001 ack 5077
      0.06 B > A R 5077
      1.06 B > A S. 5000 ack 1001
      3.06 B > A S. 5000 ack 1001`);
    expect(why(row)).toEqual(['server', 'half-open', 'handshake_bad_ack', 'rst']);
    expect(row).toMatchObject({ handshake: 'syn-syn-ack', handshake_rtt_s: null, closed_first_confidence: 'likely' });
    expect(findings.map((f) => f.kind)).toEqual(['reset']); // and no full accept queue
  });

  it('an ACK after data of the server that was not captured completes it: more of both ends follows', async () => {
    const row = await connection(`${offered}
      0.05 A > B . 1001 ack 5077
      0.06 A > B P. 1001(9) ack 5077
      0.07 B > A R 5077`);
    expect(row).toMatchObject({ handshake: 'complete', reset_code: 'half_open_peer_gone' });
  });

  it('with numbers beyond the handshake says nothing of itself: what came between was not captured', async () => {
    const { connection: row } = await analyzeConversation(`${ENDS}
      0.00 A > B S 1000
      0.01 B > A S. 5000 ack 1001
      1.00 A > B R 1101`);
    expect(why(row)).toEqual(['client', 'unknown', 'unknown_rst', 'rst']);
    expect(row).toMatchObject({ reset_confidence: 'unknown', closed_first: 'client', closed_first_confidence: 'weak' });
  });

  it('with numbers beyond the handshake says no more than that an end gave up, where it is one of an abort', async () => {
    const row = await connection(`${offered}\n1 B > A R. 5001 ack 1101`);
    expect(why(row)).toEqual(['server', 'abort', 'abort_unread_or_linger0', 'rst']);
    expect(row).toMatchObject({ reset_confidence: 'weak' });
  });

  it('refuses the SYN-ACK also where the numbers are beyond 2^31', async () => {
    const high = new Talk({ clientIsn: 3e9 }).segment('client', 'S').segment('server', 'S.');
    expect((await connection(`${high}\n0.1 A > B R 3000000001`)).reset_code).toBe('synack_refused');
  });

  it('is over where the client has sent data, though its ACK stands before the SYN-ACK in the capture', async () => {
    const { connection: row } = await analyzeConversation(`${ENDS}
      0.000 A > B S 1000
      0.001 A > B . 1001 ack 5001
      0.001 A > B P. 1001(60) ack 5001
      0.001 A > B F. 1061 ack 5001
      0.001 B > A S. 5000 ack 1001
      0.001 B > A . 5001 ack 1062
      0.090 A > B R 1062`);
    expect(row['reset_code']).not.toBe('synack_refused');
  });

  it('is no answer to a challenge where a SYN-ACK has come since', async () => {
    const { connection: row } = await analyzeConversation(`${ENDS}
      0.000 A > B S 1000
      0.001 B > A . 5001 ack 1101
      0.001 B > A S. 5000 ack 1001
      0.002 A > B P. 1001(100) ack 5001
      1.000 B > A . 5000 ack 1101
      1.001 A > B R 1101`);
    expect(row['reset_cause']).not.toBe('challenge-ack');
  });

  it('a server that aborts before the last ACK says not why', async () => {
    const row = await connection(`${offered}\n0.05 B > A R. 5001 ack 1001`);
    expect(why(row)).toEqual(['server', 'abort', 'abort_unread_or_linger0', 'rst']);
    expect(row).toMatchObject({ reset_confidence: 'weak' });
  });
});

describe('an end aborts a living connection', () => {
  it('with its answer given and nothing to read: SO_LINGER 0 or the like', async () => {
    const row = await connection(
      established({ timestamps: true }).sends('client', 100).sends('server', 500).resetBy('client'),
    );
    expect(row.reset_cause).not.toBe('idle-timeout');
    const answered = await connection(established().sends('client', 100).sends('server', 500).resetBy('server'));
    expect(why(answered)).toEqual(['server', 'abort', 'abort_unread_or_linger0', 'rst']);
    expect(answered).toMatchObject({ reset_origin: 'endpoint', reset_acceptable: 1, reset_confidence: 'likely' });
  });

  it('with data that it has just acknowledged and never answered: unread', async () => {
    const row = await connection(established().sends('client', 100).resetBy('server'));
    expect(why(row)).toEqual(['server', 'unread-data', 'abort_unread_or_linger0', 'rst']);
  });

  it('right after the answer to its own request: a client that wants no TIME_WAIT', async () => {
    const row = await connection(
      established({ rtt: 0.001 }).sends('client', 100).sends('server', 500).resetBy('client'),
    );
    expect(why(row)).toEqual(['client', 'abort', 'abort_unread_or_linger0', 'rst']);
  });

  it('so soon that the reset is the first to acknowledge the answer, as a health check does', async () => {
    const talk = established({ rtt: 0.001 }).sends('client', 18).segment('server', 'P.', 77);
    expect(why(await connection(talk.resetBy('client')))).toEqual([
      'client',
      'abort',
      'abort_unread_or_linger0',
      'rst',
    ]);
  });

  it('a round trip after it, for the tap is beside the server', async () => {
    const talk = `A = 192.0.2.1:40000     B = 198.51.100.7:443
      0.0000 A > B S 1000 <mss 1460>
      0.0001 B > A S. 5000 ack 1001 <mss 1460>
      0.0300 A > B . 1001 ack 5001
      0.0301 A > B P. 1001(18) ack 5001
      0.0310 B > A P. 5001(77) ack 1019
      0.0610 A > B R. 1019 ack 5078`;
    expect(why(await connection(talk))[1]).toBe('abort');
  });

  it.each([
    [
      'in the middle of an answer',
      established({ rtt: 0.001 }).sends('client', 9).segment('server', '.', 1460).acks('client'),
    ],
    ['a while after an answer', established().sends('client', 9).sends('server', 9).waits(0.06)],
    ['after data that it had not asked for', established({ rtt: 0.001 }).sends('server', 9)],
  ])('but %s: unread', async (_, talk) => {
    expect(why(await connection(talk.resetBy('client')))[1]).toBe('unread-data');
  });

  it.each([
    ['beside the client', '+0.001', '+0.003', '+0.001', '+0.001'],
    ['beside the server', '+0.001', '+0.001', '+0.001', '+0.003'],
  ])('with an early answer, while the request was still coming: unread, for a tap %s', async (_, a, b, d, e) => {
    const early = (tail: string): string => `${established()}
      ${a} A > B . 1001(1448) ack 5001
      ${a} A > B . 2449(1448) ack 5001
      ${b} B > A . 5001 ack 3897
      ${tail}`;
    const request = `${d} A > B . 3897(1448) ack 5001`;
    const answer = `${e} B > A P. 5001(138) ack 3897
      +0.0001 B > A R. 5139 ack 3897`;
    const seen = early(_ === 'beside the client' ? `${request}\n${answer}` : `${answer}\n${request}`);
    expect(why(await connection(seen))).toEqual(['server', 'unread-data', 'abort_unread_or_linger0', 'rst']);
  });

  it('in the middle of a download, whatever its last segment looked like: unread', async () => {
    const row = await connection(`${established().sends('client', 80)}
      +0.001 B > A . 5001(1448) ack 1081
      +0.001 B > A P. 6449(1448) ack 1081
      +0.001 A > B . 1081 ack 7897
      +0.001 A > B R. 1081 ack 7897
      +0.001 B > A . 7897(1448) ack 1081
      +0.001 A > B R 1081`);
    expect(why(row)).toEqual(['client', 'unread-data', 'abort_unread_or_linger0', 'rst']);
  });

  it('after a silence, while a new request was on its way: a timer, perhaps', async () => {
    const { connection: row, findings } =
      await analyzeConversation(`${established().sends('client', 80).sends('server', 9)}
      +5.000 A > B P. 1081(80) ack 5010
      +0.001 B > A R. 5010 ack 1081`);
    expect(row).toMatchObject({ reset_cause: 'idle-timeout', reset_confidence: 'weak' });
    expect(findings[0]!.summary).toContain('while data for it was on its way: perhaps a timer');
  });

  it.each([
    [0.001, 'abort', 'likely'],
    [0.3, 'unread-data', 'weak'],
    [40, 'unread-data', 'weak'],
  ])('%d s after an answer that came with a FIN: %s', async (wait, cause, sure) => {
    // The close_notify of TLS is such an answer, which clients leave unread; no timer ends what the other has closed.
    const talk = established({ rtt: 0.001 }).sends('client', 80).sends('server', 500).segment('server', 'P.', 24);
    const row = await connection(talk.fin('server').acks('client').waits(wait).resetBy('client'));
    expect(row).toMatchObject({ reset_cause: cause, reset_confidence: sure, reset_code: 'abort_after_peer_fin' });
  });

  it.each([0.1, 30])('with its window closed for %d s: its receive queue was full', async (silence) => {
    const row = await connection(`${established().sends('client', 80)}
      +0.001 B > A P. 5001(1448) ack 1081
      +0.001 A > B . 1081 ack 6449 win 0
      +${silence.toFixed(3)} A > B R. 1081 ack 6449 win 78`);
    expect(row).toMatchObject({ reset_cause: 'unread-data', reset_confidence: 'strong' });
  });

  it('of an end that sent nothing but resets no window is known, and so no full queue', async () => {
    const row = await connection(`${ENDS}
      0.0 A > B P. 1000(10) ack 5000
      0.1 B > A R. 1 ack 1010
      0.2 B > A R. 5000 ack 1010`);
    expect(row['reset_frame']).toBe(3);
    expect(row['reset_confidence']).not.toBe('strong');
  });

  it('and resets what the other still sends: one event, told once (A20)', async () => {
    const { connection: row, findings } = await analyzeConversation(`${established().sends('client', 9)}
      1.00 B > A R. 5001 ack 1010
      1.01 A > B P. 1010(9) ack 5001
      1.02 B > A R  5001
      1.03 B > A R  99000001`);
    expect([row.reset_frame, row.close]).toEqual([6, 'rst']);
    expect(findings.map((f) => f.kind)).toEqual(['reset']);
    expect(JSON.parse(String(findings[0]!.evidence))).toMatchObject({
      more_resets: [
        { frame: 8, code: 'write_after_rst', seq_step: 0 },
        { frame: 9, code: 'rst_out_of_window', seq_step: 98_995_000 },
      ],
    });
  });

  it('after a long silence: most likely a timer', async () => {
    const row = await connection(established().sends('client', 9).sends('server', 9).waits(60).resetBy('server'));
    expect(why(row)).toEqual(['server', 'idle-timeout', 'abort_unread_or_linger0', 'rst']);
    expect(row.idle_before_end_s).toBeCloseTo(60.01, 6);
  });

  it('after its own FIN', async () => {
    const row = await connection(established().sends('client', 9).halfClosedBy('server').resetBy('server'));
    expect([row.reset_by, row.reset_code, row.close]).toEqual(['server', 'fin_then_abort', 'fin-then-rst']);
    expect(row.closed_first).toBe('server');
  });

  it('after the FIN of the other', async () => {
    const row = await connection(established().sends('server', 9).halfClosedBy('client').resetBy('server'));
    expect([row.reset_by, row.reset_code, row.close]).toEqual(['server', 'abort_after_peer_fin', 'fin-then-rst']);
    expect(row.closed_first).toBe('client');
  });

  it('after sending the same data many times without an answer', async () => {
    const again = [0.2, 0.6, 1.4, 3, 6.2, 12.6].map((s) => `${(1 + s).toFixed(1)} A > B P. 1001:1011(10) ack 5001`);
    const row = await connection(
      `${established()}\n1 A > B P. 1001:1011(10) ack 5001\n${again.join('\n')}\n26 A > B R. 1011 ack 5001`,
    );
    expect([row.reset_by, row.reset_code, row.close]).toEqual(['client', 'retx_timeout_abort', 'rst']);
  });
});

describe('an end has no such connection any more', () => {
  it('and answers data with a bare reset', async () => {
    const row = await connection(
      established().sends('client', 9).waits(100).segment('client', 'P.', 9).line('B > A R 5001'),
    );
    expect(why(row)).toEqual(['server', 'half-open', 'half_open_peer_gone', 'rst']);
  });

  it('and answers a keepalive probe so', async () => {
    const row = await connection(`${established().sends('client', 9).sends('server', 9)}
      7200 A > B . 1009 ack 5010
      7200.01 B > A R 5010`);
    expect([row.reset_by, row.reset_cause, row.close]).toEqual(['server', 'keepalive', 'rst']);
  });

  it.each([
    ['strongly', 'with the time to live that it always had', 'ttl 64'],
    ['likely', 'with one more: a firewall one step before it may reject in its name', 'ttl 65'],
  ])('%s so, where it answers %s', async (word, _, ttl) => {
    const row = await connection(`${established().sends('client', 9).sends('server', 9)}
      7200 A > B . 1009 ack 5010
      7200.01 B > A R 5010 ${ttl}`);
    expect(row).toMatchObject({ reset_cause: 'keepalive', reset_confidence: word === 'likely' ? 'likely' : 'strong' });
  });

  it('likely so, where the IP id of the answer is out of its sequence', async () => {
    const row = await connection(`${established().sends('client', 9).sends('server', 9)}
      30 A > B . 1009 ack 5010
      30.01 B > A R 5010 id 5`);
    expect(row).toMatchObject({ reset_cause: 'keepalive', reset_confidence: 'likely', reset_origin: 'unknown' });
  });

  it('and answers the FIN of an end that closed long after it (A24)', async () => {
    const talk = established().halfClosedBy('server').waits(90).fin('client');
    const row = await connection(talk.line('B > A R 5002'));
    expect([row.reset_by, row.reset_cause, row.reset_code]).toEqual(['server', 'half-open', 'late_fin_rst']);
    expect(row).toMatchObject({ closed_first: 'server' });
  });

  it('since it closed for good, and the other sends data (A21)', async () => {
    const talk = established().halfClosedBy('server').segment('client', 'P.', 50).line('B > A R 5002');
    const row = await connection(talk);
    expect(why(row)).toEqual(['server', 'data-after-close', 'data_after_close', 'fin-then-rst']);
    expect(row).toMatchObject({ closed_first: 'server', reset_confidence: 'strong' });
  });

  it('since it closed for good: of data and FIN that crossed its own FIN, each draws a reset', async () => {
    const crossed = `${established()}
      1.00 B > A P. 5001(24) ack 1001
      1.00 B > A F. 5025 ack 1001
      1.01 A > B F. 1001 ack 5001
      1.02 A > B R 1001
      1.02 A > B R 1001 id 7`;
    expect(await connection(crossed)).toMatchObject({ reset_code: 'data_after_close', reset_confidence: 'strong' });
    const captured = `${established()}
      1.00 A > B F. 1001 ack 5001
      1.02 B > A P. 5001(24) ack 1001
      1.02 B > A F. 5025 ack 1001
      1.02 B > A . 5026 ack 1002
      1.03 A > B R 1001
      1.03 A > B R 1002`;
    expect(await connection(captured)).toMatchObject({ reset_code: 'data_after_close', reset_confidence: 'likely' });
  });

  it.each([
    [0.001, 'data-after-close', 'weak'],
    [20, 'half-open', 'likely'],
  ])(
    'perhaps with a FIN behind data that it had still to send: %s s after the last of them',
    async (wait, cause, sure) => {
      const talk = established().segment('server', 'P.', 900).segment('server', 'P.', 900).waits(wait);
      const row = await connection(talk.segment('client', 'P.', 50, { ack: 5901 }).line('B > A R 5901'));
      expect(row).toMatchObject({ reset_by: 'server', reset_cause: cause, reset_confidence: sure, close: 'rst' });
    },
  );

  it('or since it aborted after its FIN, with a reset that overtook that', async () => {
    const overtaken = `${established()}
      1.000 A > B R. 1002 ack 5001
      1.002 A > B F. 1001 ack 5001
      1.010 B > A P. 5001(50) ack 1002`;
    const row = await connection(`${overtaken}\n1.020 A > B R 1002`);
    expect([row.reset_cause, row.reset_code, row.reset_confidence]).toEqual(['abort', 'fin_then_abort', 'likely']);
    // Without that reset, nothing tells of an abort.
    const without = await connection(`${overtaken.replace(/\n.*R\. 1002.*/, '')}\n1.020 A > B R 1002`);
    expect(without).toMatchObject({ reset_code: 'data_after_close', reset_confidence: 'strong' });
  });

  it('but an abort long after it is another matter', async () => {
    const row = await connection(`${established()}
      1.000 A > B F. 1001 ack 5001
      1.010 B > A P. 5001(50) ack 1002
      1.020 A > B R 1002
      9.000 A > B R. 1002 ack 5001`);
    expect(row).toMatchObject({ reset_code: 'data_after_close', reset_confidence: 'strong' });
  });

  it('and where the last segment was a FIN, for the data before it were answered first', async () => {
    const row = await connection(`${established()}
      1.000 B > A F. 5001 ack 1001
      1.001 A > B P. 1001(50) ack 5001
      1.010 A > B F. 1051 ack 5002
      1.020 B > A R 5002`);
    expect(row).toMatchObject({ reset_code: 'data_after_close', reset_confidence: 'strong' });
  });

  it('but not data from before its FIN, where the number of the reset says that the FIN had arrived', async () => {
    const row = await connection(`${established()}
      1.0 B > A P. 5001(300) ack 1001
      2.0 A > B F. 1001 ack 5001
      2.1 B > A . 5001 ack 1002
      3.2 B > A F. 5001 ack 1002
      3.3 A > B R 1002`);
    expect(row).toMatchObject({ reset_by: 'client', reset_code: 'late_fin_rst', reset_confidence: 'likely' });
  });

  it('not where it half-closed: data after its FIN is acknowledged (A22)', async () => {
    const row = await connection(established().halfClosedBy('server').sends('client', 50));
    expect(row).toMatchObject({ close: 'half-closed', reset_by: null });
  });
});

describe('an end that closed is gone sooner than FIN_WAIT_2 ends', () => {
  it.each([
    ['with the ACK of its FIN (Linux: TCP_LINGER2 below 0)', '2.01 A > B . 1001 ack 5002', 1, 'weak'],
    ['with a FIN that acknowledges its own', '2.01 A > B F. 1001 ack 5002', 1, 'weak'],
    [
      'with the ACK, and the FIN right behind it',
      '2.01 A > B . 1001 ack 5002\n2.0101 A > B F. 1001 ack 5002',
      1,
      'weak',
    ],
    ['with the ACK, and the FIN behind it', '2.01 A > B . 1001 ack 5002\n2.01 A > B F. 1001 ack 5002', 2, 'likely'],
  ])('%s: it gave up at once, or knows nothing since', async (_, answer, resets, sure) => {
    const answers = Array.from({ length: resets }, (__, i) => `2.02${i} B > A R 5002 id 0`).join('\n');
    const row = await connection(`${established()}\n2 B > A F. 5001 ack 1001\n${answer}\n${answers}`);
    expect(why(row)).toEqual(['server', 'abort', 'fin_then_abort', 'fin-then-rst']);
    expect(row).toMatchObject({ closed_first: 'server', time_wait_at: null, reset_confidence: sure });
  });

  it('after its FIN had waited for an ACK too long: it gave up while it waited', async () => {
    const row = await connection(`${established()}\n2 B > A F. 5001 ack 1001\n4 B > A F. 5001 ack 1001
      15 A > B F. 1001 ack 5002\n15.01 B > A R 5002 id 0`);
    expect(why(row)).toEqual(['server', 'half-open', 'late_fin_rst', 'fin-then-rst']);
  });

  it('and answers a FIN soon after the ACK of its own: it knows no such connection, and no timer says why', async () => {
    const talk = established().halfClosedBy('server').fin('client').line('B > A R 5002');
    expect(why(await connection(talk))).toEqual(['server', 'half-open', 'half_open_peer_gone', 'fin-then-rst']);
  });

  it('and answers the copy of a FIN, whose ACK was lost before the tap: TIME_WAIT is missing', async () => {
    const row = await connection(`${established().fin('client').fin('server')}
      0.25 B > A F. 5001 ack 1002
      0.26 A > B R 1002`);
    expect(why(row)).toEqual(['client', 'time-wait', 'fin_retx_rst', 'fin-then-rst']);
    expect(row).toMatchObject({ closed_first: 'client', reset_confidence: 'likely' });
  });
});

describe('an end that answers a segment with a reset, and goes on', () => {
  it.each([
    ['its FIN again', '2 B > A F. 5001 ack 1001\n2.01 A > B . 1001 ack 5002\n2.02 B > A R 5002', 'F. 5001 ack 1001'],
    ['data', '2 A > B P. 1001(9) ack 5010\n2.02 B > A R 5010', 'P. 5010(9) ack 1001'],
  ])('with %s, is not gone: somebody answered in its name, and nobody knows why', async (_, lines, more) => {
    const row = await connection(`${established()}\n1 B > A P. 5001(9) ack 1001\n1.01 A > B . 1001 ack 5010
      ${lines.replaceAll('5001', '5010').replaceAll('5002', '5011')}\n2.5 B > A ${more.replace('5001', '5010')}`);
    expect(row).toMatchObject({ reset_by: 'server', reset_cause: 'unknown', reset_origin: 'unknown' });
  });

  it.each([
    ['and sends more, and aborts at last', 'P. 5001(9) ack 1001', 5010, 'unknown', 'unknown'],
    ['and sends its FIN, and aborts at last', 'F. 5001 ack 1001', 5002, 'unknown', 'unknown'],
    ['for it had aborted: that was only overtaken', '', 5001, 'abort', 'likely'],
  ])('%s', async (_, more, next, cause, confidence) => {
    const row = await connection(`${established()}
      1.00 A > B F. 1001 ack 5001
      1.01 B > A R 5001
      ${more === '' ? '' : `1.02 B > A ${more}`}
      1.025 B > A R. ${next} ack 1001`);
    expect(row).toMatchObject({ reset_by: 'server', reset_cause: cause, reset_confidence: confidence });
  });
});

describe('keepalive', () => {
  const quiet = established().sends('client', 9).sends('server', 9);

  it('gives up when nobody answers its probes (A29)', async () => {
    const row = await connection(`${quiet}
      10 A > B . 1009 ack 5010
      11 A > B . 1009 ack 5010
      12 A > B R. 1010 ack 5010`);
    expect(why(row)).toEqual(['client', 'keepalive', 'keepalive_timeout', 'rst']);
  });

  it('that is answered is nothing', async () => {
    const row = await connection(`${quiet}
      10 A > B . 1009 ack 5010
      10.01 B > A . 5010 ack 1010
      20 A > B . 1009:1010(1) ack 5010
      20.01 B > A . 5010 ack 1010`);
    expect(row).toMatchObject({ close: 'open', reset_by: null, client_retransmissions: 0 });
  });
});

describe('a bare reset that answers nothing captured', () => {
  const talk = established().sends('client', 100).sends('server', 500); // the client's ACK is the last

  it.each([
    ['of a living connection', 'abort_unread_or_linger0', ''],
    [
      'after the FIN of the other end, which had been acknowledged',
      'abort_after_peer_fin',
      '0.5 B > A F. 5501 ack 1101\n+0.01 A > B . 1101 ack 5502',
    ],
  ])('is an abort at most weakly: what drew it is missing, perhaps; %s', async (_, code, lines) => {
    const row = await connection(`${talk}\n${lines}\n9 A > B R 1101 win 0`);
    expect(row).toMatchObject({ reset_cause: 'abort', reset_code: code, reset_confidence: 'weak' });
  });

  it('may mean that a FIN was missed, too', async () => {
    expect(await connection(`${talk}\n9 A > B R 1101 win 0`)).toMatchObject({
      close: 'rst',
      closed_first: 'client',
      closed_first_confidence: 'likely',
      close_note: 'segments are missing from the capture near the close',
    });
  });

  it('is an abort, perhaps, where it has a window, as no answer has', async () => {
    const row = await connection(`${talk}\n9 A > B R 1101 win 64`);
    expect(row).toMatchObject({ reset_cause: 'abort', reset_confidence: 'weak', closed_first_confidence: 'certain' });
  });

  it('is no such thing where it has an ACK flag: that is how one aborts', async () => {
    const row = await connection(`${talk}\n1 A > B R. 1101 ack 5501 win 0`);
    expect(row).toMatchObject({ reset_code: 'abort_unread_or_linger0', closed_first_confidence: 'certain' });
  });
});

describe('a reset for the want of TIME_WAIT', () => {
  it('answers a copy of the FIN whose last ACK was lost (A25)', async () => {
    const row = await connection(`${established().closedBy('client')}
      0.5 B > A F. 5001 ack 1002
      0.51 A > B R 1002`);
    expect(why(row)).toEqual(['client', 'time-wait', 'fin_retx_rst', 'fin']);
    expect(row).toMatchObject({ closed_first: 'client', time_wait_at: 'client' });
  });

  it('answers the ACK of a FIN that crossed the other: its sender had closed for good, and never got to TIME_WAIT', async () => {
    const row = await connection(`${established().closedByBoth()}\n0.1 B > A R 5002`);
    expect(why(row)).toEqual(['server', 'time-wait', 'unknown_rst', 'fin']);
    expect(row).toMatchObject({ closed_first: 'both', time_wait_at: 'client', server_state: 'CLOSED' });
  });

  it.each([
    ['sent its FIN again', 'time-wait', '0.5 A > B F. 1001 ack 5001\n0.51 B > A R 5002'],
    ['goes on', null, '0.1 B > A R 5002\n0.6 A > B F. 1001 ack 5002\n0.61 B > A . 5002 ack 1002'],
  ])('says nothing of what had been where an end %s after crossed FINs', async (_, cause, lines) => {
    const row = await connection(`${established().closedByBoth()}\n${lines}`);
    expect(row).toMatchObject({ close: 'fin', time_wait_at: 'both' });
    expect(row.reset_cause).toBe(cause);
  });

  it('or that kills TIME_WAIT leaves the close what it was', async () => {
    const row = await connection(`${established().closedBy('server')}\n5 A > B R 1002`);
    expect(row).toMatchObject({ close: 'fin', reset_by: 'client', reset_cause: 'time-wait', closed_first: 'server' });
  });

  it('or that kills TIME_WAIT, whose end takes a late copy of the SYN then', async () => {
    const row = await connection(`${established().closedBy('server')}
      0.10 A > B R 1002
      0.20 A > B S 1000
      0.21 B > A S. 700000 ack 1001
      0.22 B > A . 700001 ack 1001`);
    expect(row).toMatchObject({ close: 'fin', reset_by: 'client', reset_cause: 'time-wait', reset_frame: 7 });
  });

  it('or that kills TIME_WAIT, though a later connection, whose SYN was missed, goes on from there', async () => {
    const { connections } = await analyzeConversation(`${established().closedBy('server')}
      0.10 A > B R 1002
      9.00 A > B P. 66540(9) ack 70540
      9.01 B > A P. 70540(9) ack 66549
      9.02 A > B . 66549 ack 70549`);
    expect(connections[0]).toMatchObject({ close: 'fin', reset_by: 'client', reset_cause: 'time-wait' });
  });

  it('and is none where its receiver goes on with the old numbers', async () => {
    const row = await connection(`${established().closedBy('server')}
      0.10 A > B R 1002
      0.20 A > B F. 1001 ack 5002
      0.21 B > A . 5002 ack 1002`);
    expect(row).toMatchObject({ close: 'fin', reset_by: null });
  });

  it.each([
    ['has another TTL', '5 A > B R 1002 ttl 58'],
    ['has another TTL and an IP id out of its sequence', '5 A > B R 1002 ttl 58 id 5'],
    ['comes with one to the other end, after a minute', '59.9 A > B R 1002 ttl 200\n59.9 B > A R 5002 ttl 200'],
  ])('does no more to a closed connection where it %s, whoever sent it', async (_, lines) => {
    const row = await connection(`${established().closedBy('server')}\n${lines}`);
    expect(row).toMatchObject({ close: 'fin', reset_cause: 'time-wait', reset_code: 'unknown_rst' });
    expect(row).toMatchObject({ reset_confidence: 'strong', closed_first: 'server' });
  });

  it.each([
    ['client', 'B > A . 5001 ack 1051\n0.06 A > B P. 1051(9) ack 5001\n0.07 B > A . 5001 ack 1060', 5001, 1060],
    ['server', 'A > B . 1001 ack 5051\n0.06 B > A P. 5051(9) ack 1001\n0.07 A > B . 1001 ack 5060', 5060, 1001],
  ])('is likely at most where data of the %s are missing from the capture', async (_, lines, s1, c1) => {
    const row = await connection(`${established()}\n0.05 ${lines}
      1.00 B > A F. ${s1} ack ${c1}
      1.01 A > B F. ${c1} ack ${s1 + 1}
      1.02 B > A . ${s1 + 1} ack ${c1 + 1}
      5.00 A > B R ${c1 + 1}`);
    expect(row).toMatchObject({ close: 'fin', reset_cause: 'time-wait', reset_confidence: 'likely' });
  });

  it('is none where a closed end answers a late copy of the FIN of the end that holds TIME_WAIT', async () => {
    const row = await connection(`${established().closedBy('server')}
      0.80 B > A F. 5001 ack 1001
      0.81 A > B R 1001`);
    expect(row).toMatchObject({ close: 'fin', closed_first: 'server', time_wait_at: 'server' });
    expect(row.reset_code).not.toBe('fin_retx_rst');
  });

  it('with another number hits nothing (A11b)', async () => {
    const row = await connection(`${established().closedBy('server')}\n5 A > B R 1003`);
    expect(row).toMatchObject({ close: 'fin', reset_by: null, reset_cause: null });
  });
});

describe('the answer to a challenge ACK', () => {
  it('ends the connection whose numbers it carries, and is recovery (A17)', async () => {
    const { connections } = await analyzeConversation(`${established().sends('client', 9)}
      60.00 A > B S 900000
      60.01 B > A . 5001 ack 1010
      60.02 A > B R 1010
      61.00 A > B S 900000
      61.01 B > A S. 80000 ack 900001
      61.02 A > B . 900001 ack 80001`);
    expect(connections.map(why)).toEqual([
      ['client', 'challenge-ack', 'syn_sent_rst_to_stale_ack', 'rst'],
      [null, null, null, 'open'],
    ]);
    expect(connections[1]).toMatchObject({ syn_count: 2, handshake: 'complete' });
  });

  it.each([
    ['is certain, whatever TTL it has', '', 1010, 5001, 'certain'],
    [
      'is certain no more where something is missing',
      '0.1 B > A . 5001 ack 1060\n0.2 A > B P. 1060(9) ack 5001\n0.3 B > A . 5001 ack 1069',
      1069,
      5001,
      'strong',
    ],
    [
      'is certain no more where something of the other end is',
      '0.1 A > B . 1010 ack 5051\n0.2 B > A P. 5051(9) ack 1010',
      1010,
      5060,
      'strong',
    ],
    [
      'is likely where what is missing may be FINs',
      '0.1 A > B . 1010 ack 5002\n0.2 B > A . 5002 ack 1011',
      1011,
      5002,
      'likely',
    ],
  ])('%s', async (_, lines, c1, s1, sure) => {
    const { connections } = await analyzeConversation(`${established().sends('client', 9)}\n${lines}
      30.00 A > B S 900000
      30.01 B > A . ${s1} ack ${c1}
      30.02 A > B R ${c1} ttl 58`);
    expect(connections[0]).toMatchObject({ reset_cause: 'challenge-ack', reset_confidence: sure });
  });

  it('confirms a reset that was in the window only', async () => {
    const row = await connection(`${established().sends('client', 9).sends('server', 9)}
      1.00 A > B R. 1110 ack 5010
      1.01 B > A . 5010 ack 1010
      1.02 A > B R 1010`);
    expect(row).toMatchObject({ close: 'rst', reset_by: 'client', reset_acceptable: 1 });
    expect(row.reset_frame).toBe(10);
  });
});

describe('a reset behind data that its receiver lacks', () => {
  const lost = `${established().sends('client', 9).sends('server', 9)}\n1.00 A > B P. 1010(50) ack 5010`;
  const reset = `${lost}\n1.01 A > B R. 1060 ack 5010`;

  it('draws a challenge ACK: the one that answers it ended the connection, for the reason of the first', async () => {
    const { connection: row, findings } = await analyzeConversation(`${reset}
      1.02 B > A . 5010 ack 1010
      1.03 A > B R 1010`);
    expect(row).toMatchObject({ close: 'rst', reset_frame: 11, reset_acceptable: 1, server_state: 'CLOSED' });
    expect(row).toMatchObject({ reset_code: 'abort_unread_or_linger0', closed_first: 'client' });
    expect(row.closed_first_confidence).toBe('certain');
    expect(findings.map((f) => f.kind)).toEqual(['reset']);
  });

  it.each([
    ['a challenge ACK', '1.02 B > A . 5010 ack 1010'],
    ['data long after', '2.50 B > A P. 5010(9) ack 1010'],
  ])('leaves its receiver where it was, as %s shows', async (_, line) => {
    const row = await connection(`${reset}\n${line}`);
    expect(row).toMatchObject({ close: 'rst', client_state: 'CLOSED', server_state: 'ESTABLISHED', reset_frame: 9 });
    expect(row).toMatchObject({
      closed_first: 'client',
      closed_first_confidence: 'likely',
      close_note: 'the reset may not have reached the other end, or was not accepted there',
    });
  });

  it('leaves its receiver where it was also where one outside the window follows', async () => {
    const row = await connection(`${reset}\n1.02 B > A . 5010 ack 1010\n1.03 A > B R 90000000`);
    expect(row).toMatchObject({ close: 'rst', server_state: 'ESTABLISHED', closed_first_confidence: 'likely' });
  });

  it('ends the connection as ever where an earlier one, outside the window, was not obeyed', async () => {
    const row = await connection(`${established().sends('client', 9).sends('server', 9)}
      1.00 A > B R. 90000000 ack 5010
      3.00 B > A P. 5010(9) ack 1010
      3.01 A > B R. 1010 ack 5019`);
    expect(row).toMatchObject({ close: 'rst', reset_frame: 10, closed_first_confidence: 'certain' });
    expect(row).toMatchObject({ client_state: 'CLOSED', server_state: 'CLOSED' });
  });

  it('is followed by one that answers what its receiver still says, and then by the one that ends it', async () => {
    const row = await connection(`${reset}
      1.015 A > B R 1010
      1.02 B > A . 5010 ack 1010
      1.03 A > B R 1010`);
    expect(row).toMatchObject({ close: 'rst', reset_by: 'client', server_state: 'CLOSED', closed_first: 'client' });
  });

  it.each([
    ['an ACK of that data', '1.02 B > A . 5010 ack 1060', 1060],
    ['an ACK of some of that data', '1.02 B > A . 5010 ack 1035', 1035],
    ['data', '1.02 B > A P. 5010(9) ack 1010', 1010],
    ['a window update', '1.02 B > A . 5010 ack 1010 win 9000', 1010],
    ['an ACK that data behind the missing ones drew (SACK)', '1.02 B > A . 5010 ack 1010 <sack 1060:1070>', 1010],
    ['an ACK that comes sooner than an answer can', '1.0101 B > A . 5010 ack 1010', 1010],
  ])('is not told by %s, which may have crossed it: the first counts', async (_, line, number) => {
    const row = await connection(`${reset}\n${line}\n1.03 A > B R ${number}`);
    expect(row).toMatchObject({ reset_frame: 9, server_state: 'CLOSED', closed_first_confidence: 'certain' });
  });
});

describe('a reset that does not come from the endpoint', () => {
  const ends = established({ timestamps: true }).sends('client', 100).sends('server', 500);

  it.each([
    ['another TTL and an IP id out of its sequence', `B > A R. ${S} ack ${C} win 0 ttl 41 id 5`],
    ['another TTL, no timestamp, no window', `B > A R. ${S} ack ${C} win 0 ttl 200`],
  ])('is told by %s', async (_, line) => {
    const row = await connection(`${ends}\n1 ${line}`);
    expect([row.reset_by, row.reset_cause, row.reset_code, row.reset_origin]).toEqual([
      'server',
      'injected',
      'injected',
      'middlebox',
    ]);
    expect(row.closed_first).toBe('server'); // in whose name it came
  });

  it.each([
    ['comes without anything to answer', `1 B > A R ${S} ttl 128 id 0`],
    ['comes without anything to answer, twice', `1 B > A R ${S} ttl 128 id 0\n1 B > A R ${S} ttl 128 id 0`],
  ])('is told by another TTL where a bare one %s', async (_, lines) => {
    const row = await connection(`${ends}\n${lines}`);
    expect(row).toMatchObject({ reset_cause: 'injected', reset_confidence: 'likely', closed_first: 'server' });
  });

  it('is told by another TTL and no window, too, where no timestamps are used', async () => {
    const plain = established().sends('client', 100).sends('server', 500);
    const { client, server } = plain.next;
    const row = await connection(`${plain}\n1 B > A R. ${server} ack ${client} win 0 ttl 200`);
    expect(row).toMatchObject({ reset_cause: 'injected', reset_origin: 'middlebox' });
    const quiet = await connection(`${plain}\n1 B > A R. ${server} ack ${client} win 0 id 40000`);
    expect(quiet.reset_cause).toBe('abort'); // some hosts draw IPv4 ids by chance, and abort so
  });

  it('is told by another TTL where one in the name of the other end comes in the same moment', async () => {
    const lines = (ttl: number): string => `1 B > A R ${S} ttl ${ttl} id 0\n1.0002 A > B R ${C} ttl ${ttl} id 0`;
    const fresh = established();
    const both = `${fresh}\n0.02 B > A R 5001 ttl 250 id 0\n0.0202 A > B R 1001 ttl 250 id 0`;
    expect(await connection(both)).toMatchObject({ reset_cause: 'injected', reset_by: 'server' });
    expect(await connection(`${ends}\n${lines(250)}`)).toMatchObject({ reset_cause: 'injected', reset_by: 'server' });
    expect((await connection(`${ends}\n${lines(64)}`)).reset_cause).not.toBe('injected'); // two ends may abort at once
  });

  describe('a filter that answers data after a silence for its host', () => {
    // The tap is at the client, 60 ms from the server.
    const far = (silence: number, lines: string): string => `${ENDS}
      0.000 A > B S 1000
      0.060 B > A S. 5000 ack 1001 ttl 57
      0.0601 A > B . 1001 ack 5001
      0.061 A > B P. 1001:1101(100) ack 5001
      0.121 B > A P. 5001:5501(500) ack 1101 ttl 57
      0.161 A > B . 1101 ack 5501
      ${10 + silence} A > B P. 1101:1201(100) ack 5501\n${lines}`;

    it.each([57 + 1, 64, 255])('is told by the time and a TTL of %s where 57 is usual', async (ttl) => {
      const row = await connection(far(0, `+0.001 B > A R 5501 ttl ${ttl}`));
      expect(row).toMatchObject({ reset_cause: 'injected', reset_confidence: 'likely', reset_origin: 'middlebox' });
      expect(row.closed_first).toBe('server');
    });

    it('is a timer of that device after a minute or more', async () => {
      const row = await connection(far(60, '+0.001 B > A R 5501 ttl 58'));
      expect(row).toMatchObject({ reset_cause: 'idle-timeout', reset_code: 'mb_idle_timeout' });
    });

    it('is no timer where the host itself answers those data then', async () => {
      const row = await connection(far(60, '+0.001 B > A R 5501 ttl 58\n+0.059 B > A P. 5501(9) ack 1201 ttl 57'));
      expect(row).toMatchObject({ reset_cause: 'injected', reset_confidence: 'strong' });
    });

    it.each([
      ['it comes when an answer of the host would', '+0.060 B > A R 5501 ttl 64'],
      ['its TTL is the host’s', '+0.001 B > A R 5501 ttl 57'],
      [
        'it may answer a segment before the last',
        '+0.059 A > B P. 1201:1301(100) ack 5501\n+0.001 B > A R 5501 ttl 64',
      ],
    ])('is not told where %s', async (_, lines) => {
      expect(await connection(far(0, lines))).toMatchObject({ reset_cause: 'half-open', reset_confidence: 'likely' });
    });
  });

  it('is not told by what the network made of the order of segments', async () => {
    // B went on after its reset, which is one sign; a segment sent just after a reset may overtake it.
    const goesOn = (id: number): string => `
      0.9 B > A . ${S} ack ${C} <TS val 900900 ecr 100070> id 40010
      1 B > A R. ${S} ack ${C} <TS val 901000 ecr 100070> id ${id}
      1.01 B > A P. ${S}:${S + 9}(9) ack ${C} <TS val 901010 ecr 100070>`;
    expect((await connection(`${ends}${goesOn(40_000)}`)).reset_cause).not.toBe('injected');
    expect((await connection(`${ends}${goesOn(20_000)}`)).reset_cause).toBe('injected');
    // Of two ACKs the older one came last, and B answers the newer one.
    const overtaken = `
      1 A > B . ${C} ack ${S + 9} <TS val 101000 ecr 900060>
      1.001 A > B . ${C} ack ${S} <TS val 100990 ecr 900060>
      1.01 B > A P. ${S}:${S + 9}(9) ack ${C} <TS val 900950 ecr 100070>
      1.02 B > A R ${S + 9}
      1.03 B > A P. ${S}:${S + 9}(9) ack ${C} <TS val 900940 ecr 100070>`;
    expect((await connection(`${ends}${overtaken}`)).reset_cause).not.toBe('injected');
  });

  it('is told by its end, which goes on as if nothing had been', async () => {
    const analysis = await analyzeConversation(`${ends}
      1.000 B > A R ${S} ttl 41 id 5
      1.001 B > A P. ${S}:${S + 100}(100) ack ${C} <TS val 901001 ecr 100070>
      1.030 B > A P. ${S}:${S + 100}(100) ack ${C} <TS val 901030 ecr 100070>`);
    expect(analysis.connection).toMatchObject({ close: 'rst', reset_cause: 'injected', reset_by: 'server' });
    expect(analysis.findings.map((f) => f.kind)).toContain('injected-reset');
  });

  it.each([
    [64, 'endpoint'],
    [63, 'unknown'],
    [58, 'unknown'],
  ])('comes with TTL %s where 64 is usual: from %s', async (ttl, origin) => {
    const row = await connection(`${ends}\n1 B > A R. ${S} ack ${C} <TS val 901000 ecr 100070> ttl ${ttl}`);
    expect(row).toMatchObject({ reset_origin: origin, reset_cause: 'abort' });
  });

  it.each([
    ['another TTL alone: paths change', `B > A R. ${S} ack ${C} <TS val 901000 ecr 100070> ttl 58`],
    ['nothing unusual', `B > A R. ${S} ack ${C} <TS val 901000 ecr 100070>`],
    ['an IP id of zero, which answers carry', `B > A R ${S} id 0`],
    ['no window and no timestamp, as other hosts abort', `B > A R. ${S} ack ${C} win 0`],
    [
      'another TTL where a filter answers a segment at once, as it does',
      `A > B P. ${C}:${C + 9}(9) ack ${S} <TS val 101000 ecr 900060>\n1.02 B > A R ${S} ttl 128 id 0`,
    ],
  ])('is not told by %s', async (_, line) => {
    const row = await connection(`${ends}\n1 ${line}`);
    expect(row.reset_cause).not.toBe('injected');
    expect(row.close).toBe('rst');
  });
});

describe('an abort that overtakes data', () => {
  // The abort misses because data before it are late, and draws a challenge ACK; each segment then gets a bare reset.
  const overtaken = `${established()}
    0.03 A > B P. 1001:1004(3) ack 5001
    0.05 B > A . 5001 ack 1004
    0.06 B > A R. 5101 ack 1004
    0.0601 A > B . 1004 ack 5001
    0.07 A > B F. 1004 ack 5001
    0.08 B > A P. 5001:5101(100) ack 1004
    0.0801 A > B . 1005 ack 5101
    0.081 B > A R 5001
    0.091 B > A R 5001
    0.101 B > A R 5101`;

  it('closed first: the FIN that came after it met no connection', async () => {
    const { connection: row } = await analyzeConversation(overtaken);
    expect(row).toMatchObject({ close: 'rst', closed_first: 'server', closed_first_confidence: 'likely' });
    expect(row).toMatchObject({ reset_by: 'server', reset_cause: 'unread-data' });
  });
});

describe('a reset that took no effect ends nothing, and is told', () => {
  it('carefully, where nothing of its receiver was captured: it answers something, as one to a challenge ACK does', async () => {
    const oneWay = `${ENDS}
      0.00 A > B S 1000
      0.01 A > B R 77000
      0.02 A > B S 1000
      0.03 A > B . 1001 ack 5001
      0.04 A > B P. 1001:1011(10) ack 5001`;
    const missed = `${oneWay}\n0.05 B > A . 5001 ack 1011\n0.06 B > A P. 5001:5011(10) ack 1011\n0.07 A > B . 1011 ack 5011`;
    for (const lines of [oneWay, missed]) {
      const { findings } = await analyzeConversation(lines);
      const told = findings.filter(({ kind }) => kind === 'reset-without-effect');
      expect(told.every(({ severity, confidence }) => severity === 'info' && confidence === 'weak')).toBe(true);
      for (const { summary } of told) expect(summary).toContain('it answers a segment that was not captured');
    }
    const { findings } = await analyzeConversation(missed);
    expect(findings.map(({ kind }) => kind)).toContain('reset-without-effect');
  });

  const OUTSIDE = 'notice: its number was outside the receive window (RFC 5961 §3.2).';
  const goesOn = `
    2.00 A > B P. ${C}:${C + 10}(10) ack ${S} <TS val 102000 ecr 900060>
    2.01 B > A .  ${S} ack ${C + 10} <TS val 902010 ecr 102000>
    2.02 B > A P. ${S}:${S + 10}(10) ack ${C + 10} <TS val 902020 ecr 102000>
    2.03 A > B .  ${C + 10} ack ${S + 10} <TS val 102030 ecr 902020>`;

  it.each([
    [
      'A16 in the window: a challenge ACK, and it goes on',
      `1 A > B R. ${C}+100 ack ${S}\n+0.01 B > A . ${S} ack ${C} <TS val 901010 ecr 100070>`,
      'notice: its number was in the receive window but not the next one, which draws a challenge ACK (RFC 5961 §3.2).',
    ],
    ['A16 far outside the window: silence, and it goes on', `1 A > B R. ${C}+10000000 ack ${S}`, OUTSIDE],
    ['the number before the next one', `1 A > B R. ${C}-1 ack ${S}`, OUTSIDE],
    [
      'the right number, but both ends go on: it never arrived',
      `1 A > B R ${C} ttl 12`,
      'info: both ends went on, so it did not arrive or was not obeyed.',
    ],
  ])('%s', async (_, lines, said) => {
    const { connection: row, findings } = await analyzeConversation(`${served}\n${lines}${goesOn}`);
    expect(row).toMatchObject({ close: 'open', reset_by: null, reset_cause: null, closed_first: null });
    expect([row.client_state, row.server_state]).toEqual(['ESTABLISHED', 'ESTABLISHED']);
    expect(findings).toMatchObject([{ kind: 'reset-without-effect', connection_id: 1, frame: 8 }]);
    const [finding] = findings;
    expect(`${finding!.severity}: ${String(finding!.summary).split(': ').at(-1)}`).toBe(said);
  });

  it.each([
    ['both ends scale', 'wscale 7', 'wscale 7', 'in the receive window'],
    ['one of them by nothing', 'wscale 0', 'wscale 7', 'in the receive window'],
    ['more than RFC 7323 allows counts as 14', 'wscale 0', 'wscale 200', 'in the receive window'],
    ['less, it is too far', 'wscale 7', 'wscale 6', 'outside the receive window'],
    ['one end alone cannot', 'mss 1460', 'wscale 7', 'outside the receive window'],
  ])('its number 100000 further, in a window of 1000 that is scaled: %s', async (_, client, server, where) => {
    const { findings } = await analyzeConversation(`A = 192.0.2.1:40000  B = 198.51.100.7:443
      0.00 A > B S 1000 <${client}>
      0.01 B > A S. 5000 ack 1001 <${server}>
      0.02 A > B P. 1001(100) ack 5001
      0.03 B > A . 5001 ack 1101 win 1000
      1.00 A > B R. 101101 ack 5001
      2.00 A > B P. 1101(10) ack 5001
      2.01 B > A . 5001 ack 1111 win 1000
      2.02 B > A P. 5001(10) ack 1111 win 1000
      2.03 A > B . 1111 ack 5011`);
    expect(findings).toMatchObject([{ kind: 'reset-without-effect', frame: 5 }]);
    expect(findings[0]!.summary).toContain(`its number was ${where}`);
  });

  it('its number 100000 further, in a window of 1000 that a SYN told, which is never scaled', async () => {
    const { findings } = await analyzeConversation(`A = 192.0.2.1:40000  B = 198.51.100.7:443
      0.00 A > B S 1000 win 1000 <wscale 7>
      0.01 B > A S. 5000 ack 1001 <wscale 7>
      0.02 B > A R. 105001 ack 1001
      0.03 A > B . 1001 ack 5001
      2.01 A > B P. 1001(10) ack 5001
      2.02 B > A . 5001 ack 1011
      2.03 B > A P. 5001(10) ack 1011
      2.04 A > B . 1011 ack 5011`);
    expect(findings).toMatchObject([{ kind: 'reset-without-effect', frame: 3 }]);
    expect(findings[0]!.summary).toContain('its number was outside the receive window');
  });

  it('several of them are told once, with how far each is from the right number', async () => {
    const { findings } = await analyzeConversation(
      `${served}\n1 A > B R ${C}+10000000\n+0.001 A > B R ${C}+20000000${goesOn}`,
    );
    expect(findings.map((f) => f.summary)).toEqual([
      expect.stringMatching(
        /^A reset in the name of 192\.0\.2\.1:40000 to .* took no effect in frame \d+ \(the first of 2\)/,
      ),
    ]);
    expect(JSON.parse(String(findings[0]!.evidence))).toMatchObject({
      off_by: 10_000_000,
      more_resets: [{ frame: 9, seq_step: 10_000_000 }],
    });
  });

  it('a SYN-ACK that was turned down is told where the next SYN opened the connection', async () => {
    const { connection: row, findings } = await analyzeConversation(`A = 192.0.2.1:40000     B = 198.51.100.7:443
      0.00 A > B S 1000
      0.01 B > A S. 5000 ack 1001
      0.02 A > B R 1001
      1.00 A > B S 1000
      1.01 B > A S. 5000 ack 1001
      1.02 A > B . 1001 ack 5001
      1.03 A > B P. 1001(10) ack 5001
      1.04 B > A . 5001 ack 1011
      1.05 B > A P. 5001(10) ack 1011`);
    expect(row).toMatchObject({ close: 'open', syn_count: 2, reset_cause: null });
    expect(findings).toMatchObject([
      {
        kind: 'syn-ack-turned-down',
        frame: 3,
        summary:
          '192.0.2.1:40000 turned the SYN-ACK of 198.51.100.7:443 down with a reset in frame 3, and the connection opened later.',
      },
    ]);
  });

  it('and the orderly close that follows counts', async () => {
    const close = `
      3.00 B > A F. ${S + 10} ack ${C + 10} <TS val 903000 ecr 102030>
      3.01 A > B F. ${C + 10} ack ${S + 11} <TS val 103010 ecr 903000>
      3.02 B > A . ${S + 11} ack ${C + 11} <TS val 903020 ecr 103010>`;
    const row = await connection(`${served}\n1 A > B R. ${C}+10000000 ack ${S}${goesOn}${close}`);
    expect(row).toMatchObject({ close: 'fin', closed_first: 'server', time_wait_at: 'server', reset_by: null });
  });

  it('where the other end goes on alone, it may have got lost: no more than likely', async () => {
    // The number lies in the window, and silence follows: a stack without RFC 5961 obeys.
    const row = await connection(`${served}\n1 A > B R. ${C}+100 ack ${S}`);
    expect(row).toMatchObject({ close: 'rst', reset_acceptable: 0, closed_first_confidence: 'likely' });
  });

  it('A15 its timestamp is not tested', async () => {
    const row = await connection(`${served}\n1 A > B R. ${C} ack ${S} <TS val 5 ecr 900060>`);
    expect(row).toMatchObject({ close: 'rst', reset_by: 'client', reset_acceptable: 1 });
  });
});

describe('several resets of one end are one event', () => {
  it('where the segments in flight are each answered: the first counts (A20)', async () => {
    const row = await connection(`${served}
      1.000 B > A R. ${S} ack ${C} <TS val 901000 ecr 100070>
      1.001 A > B P. ${C}:${C + 10}(10) ack ${S} <TS val 101001 ecr 900060>
      1.002 A > B P. ${C + 10}:${C + 20}(10) ack ${S} <TS val 101002 ecr 900060>
      1.011 B > A R ${S}
      1.012 B > A R ${S}`);
    expect(row).toMatchObject({ close: 'rst', reset_by: 'server', reset_frame: 8, closed_first: 'server' });
    expect(row.reset_cause).not.toBe('half-open');
  });

  it('and of both ends, the first that took effect counts', async () => {
    const row = await connection(`${served}
      1.000 A > B R. ${C} ack ${S} <TS val 101000 ecr 900060>
      1.001 B > A R. ${S} ack ${C} <TS val 901001 ecr 100070>`);
    expect(row).toMatchObject({ reset_by: 'client', closed_first: 'client', reset_frame: 8 });
  });

  it('and make one finding', async () => {
    const { findings } = await analyzeConversation(`${served}
      1.000 B > A R. ${S} ack ${C} <TS val 901000 ecr 100070>
      1.001 B > A R. ${S} ack ${C} <TS val 901001 ecr 100070>
      1.002 B > A R. ${S} ack ${C} <TS val 901002 ecr 100070>`);
    expect(findings).toMatchObject([{ detector: 'rst-termination', kind: 'reset' }]);
  });
});

describe('a reset with the number of a FIN that was received', () => {
  it('is obeyed in CLOSE_WAIT and not in ESTABLISHED (A32)', async () => {
    const closeWait = await connection(`${established().halfClosedBy('client')}\n1 A > B R. 1001 ack 5001`);
    expect(closeWait).toMatchObject({ close: 'fin-then-rst', reset_by: 'client', reset_acceptable: 1 });
    const alive = await connection(`${established().sends('client', 1)}\n1 A > B R. 1001 ack 5001
      2 A > B P. 1002:1012(10) ack 5001\n2.01 B > A . 5001 ack 1012\n2.1 A > B . 1012 ack 5001`);
    expect(alive).toMatchObject({ close: 'open', reset_by: null });
  });
});

describe('what a finding says of a reset', () => {
  const said = async (text: Talk | string): Promise<string> =>
    String((await analyzeConversation(`${text}`)).findings[0]!.summary);
  const quiet = established().sends('client', 9).sends('server', 9);

  it('of an end whose keepalive probes nobody answered is another thing than of one that a probe found gone', async () => {
    const probes = '10 A > B . 1009 ack 5010\n11 A > B . 1009 ack 5010';
    expect(await said(`${quiet}\n${probes}\n12 A > B R. 1010 ack 5010`)).toContain('probes were not answered');
    expect(await said(`${quiet}\n10 A > B . 1009 ack 5010\n10.01 B > A R 5010`)).toContain(
      '198.51.100.7:443 reset the connection with 192.0.2.1:40000 in frame 9, 0.010 s after the segment before: a keepalive probe came for it, and it knew no such connection any more.',
    );
  });

  it('that is all that there is of its connection names no silence before it', async () => {
    const { connection: row, findings } = await analyzeConversation(`${ENDS}\n1 A > B R. 1000 ack 5000`);
    expect(findings[0]!.summary).toContain('in frame 1, the first of it in the capture: ');
    expect(JSON.parse(String(findings[0]!.evidence))).toMatchObject({ idle_s: null });
    expect(row).toMatchObject({ idle_before_end_s: null, reset_acceptable: null });
  });
});

it('nobody knows whether a reset had to be obeyed by an end of which nothing was captured', async () => {
  const row = await connection(`${ENDS}\n1 A > B P. 1000(9) ack 5000\n2 A > B R. 1009 ack 5000`);
  expect(row).toMatchObject({ reset_by: 'client', reset_acceptable: null });
});

describe('a capture that shows little', () => {
  it('of a reset alone says only that there was one', async () => {
    expect(await connection(`${ENDS}\n0 B > A R. 5000 ack 1000`)).toMatchObject({
      close: 'rst',
      reset_by: 'server',
      reset_cause: 'unknown',
      reset_code: 'unknown_rst',
      reset_acceptable: null,
    });
  });
});

describe('where one direction was captured', () => {
  const clientOnly = `${ENDS}\n0 A > B S 1000\n0.02 A > B . 1001 ack 5001\n1 A > B P. 1001(9) ack 5001`;

  it.each([
    ['after data', clientOnly],
    ['after a FIN', `${clientOnly}\n2 A > B F. 1010 ack 5001`],
    ['of the server', `${ENDS}\n0 B > A S. 5000 ack 1001\n1 B > A P. 5001(9) ack 1001`],
  ])('a bare reset %s says not why: what it answers was not captured', async (_, text) => {
    const sender = text.includes('S.') ? 'B > A R 5010' : `A > B R ${text.includes('F.') ? 1011 : 1010}`;
    const row = await connection(`${text}\n2.1 ${sender}`);
    expect(row).toMatchObject({ reset_cause: 'unknown', reset_code: 'unknown_rst', reset_confidence: 'unknown' });
  });

  it('a reset with ACK is one of an abort all the same', async () => {
    expect(await connection(`${clientOnly}\n2 A > B R. 1010 ack 5001`)).toMatchObject({ reset_cause: 'abort' });
  });
});

describe('findings', () => {
  const of = async (text: Talk | string): Promise<unknown[]> =>
    (await analyzeConversation(`${text}`)).findings.map((f) => [f.kind, f.severity]);

  it('are made of a reset that ended a connection', async () => {
    expect(await of(established().sends('client', 9).sends('server', 9).resetBy('server'))).toEqual([
      ['reset', 'notice'],
    ]);
  });

  it('are mild for a refused SYN', async () => {
    expect(await of(`${ENDS}\n0 A > B S 1000\n0.01 B > A R. 0 ack 1001`)).toEqual([['refused', 'info']]);
  });

  it.each([
    ['an orderly close', established().sends('client', 9).closedBy('server')],
    ['a reset of TIME_WAIT', `${established().closedBy('server')}\n5 A > B R 1002`],
    ['a connection that is open', established()],
  ])('are not made of %s', async (_, text) => {
    expect(await of(text)).toEqual([]);
  });

  it('name both ends, the frame and the silence before', async () => {
    const analysis: Analysis = await analyzeConversation(
      `${established().sends('server', 9).waits(3).resetBy('client')}`,
    );
    const [finding] = analysis.findings;
    expect(finding!.summary).toContain(
      '192.0.2.1:40000 reset the connection with 198.51.100.7:443 in frame 6, 3.010 s',
    );
    expect(finding).toMatchObject({ frame: 6, connection_id: 1 });
  });
});
