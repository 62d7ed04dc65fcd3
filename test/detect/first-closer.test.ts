import { describe, expect, it } from 'vitest';
import type { Row } from '../support/analysis.js';
import { established, frameOctets, midway, parseConversation, swapAddresses, Talk } from '../support/conversation.js';
import { analyzeConversation } from '../support/run.js';

const ENDS = 'A = 192.0.2.1:40000     B = 198.51.100.7:443';

async function connection(talk: Talk | string): Promise<Row> {
  return (await analyzeConversation(`${talk}`)).connection;
}

/** Who closed first and who went into TIME_WAIT, as the ends' names in the text: the same with the ends exchanged. */
async function closer(text: string): Promise<(string | null)[]> {
  const row = await connection(text);
  const swapped = await connection(swapAddresses(text));
  const other = { client: 'server', server: 'client' } as Record<string, string>;
  for (const column of ['closed_first', 'time_wait_at', 'close', 'closed_first_confidence'] as const) {
    const mirrored = String(swapped.client_ip) === String(row.client_ip) ? other : {};
    expect(swapped[column], `${column}, ends exchanged`).toBe(mirrored[String(row[column])] ?? row[column]);
  }
  return [row.closed_first, row.time_wait_at, row.close] as (string | null)[];
}

describe('where both ends disown the connection', () => {
  // Each had closed, and answers the data that the other had sent before: a reset draws none.
  const talk = `${established().sends('client', 9).acks('server')}
    1.00 A > B F. 1010 ack 5001
    1.05 B > A P. 5001:5010(9) ack 1010
    1.06 A > B R 1010`;

  it('a FIN is missing, so that the only one that was seen is likely the first, and no more', async () => {
    expect(await connection(`${talk}\n1.10 B > A R 5001`)).toMatchObject({
      closed_first: 'client',
      closed_first_confidence: 'likely',
    });
  });

  it('and not where one of them does', async () => {
    expect(await connection(talk)).toMatchObject({ closed_first: 'client', closed_first_confidence: 'certain' });
  });
});

describe('of two FINs, the one that does not acknowledge the other was first', () => {
  it.each<[string, Talk, string, string]>([
    ['four segments', established().fin('client').acks('server').fin('server').acks('client'), 'client', 'client'],
    ['three segments (A27)', established().fin('client').fin('server').acks('client'), 'client', 'client'],
    ['the server first', established().sends('client', 9).sends('server', 99).closedBy('server'), 'server', 'server'],
    ['crossed (A26)', established().closedByBoth(), 'both', 'both'],
    [
      'a half close, with data from the other side for a while',
      established()
        .halfClosedBy('client')
        .sends('server', 500)
        .waits(30)
        .sends('server', 500)
        .fin('server')
        .acks('client'),
      'client',
      'client',
    ],
    [
      'with data on both FINs',
      established().segment('server', 'FP.', 100).segment('client', 'FP.', 50).acks('server'),
      'server',
      'server',
    ],
    ['a handshake that was not captured', midway().sends('client', 10).closedBy('server'), 'server', 'server'],
    [
      'a server that closes before the handshake is complete (Fast Open)',
      new Talk().segment('client', 'S', 20).segment('server', 'S.').fin('server').fin('client').acks('server'),
      'server',
      'server',
    ],
    ['without the last ACK', established().fin('client').fin('server'), 'client', ''],
  ])('%s', async (_, talk, first, holder) => {
    expect(await closer(`${talk}`)).toEqual([first, holder || null, 'fin']);
    expect(await connection(talk)).toMatchObject({ closed_first_confidence: 'certain', close_note: null });
  });

  it('never by time: captured in the other order, crossed FINs are crossed all the same (C1)', async () => {
    for (const [first, second] of [
      ['A > B F. 1001 ack 5001', 'B > A F. 5001 ack 1001'],
      ['B > A F. 5001 ack 1001', 'A > B F. 1001 ack 5001'],
    ]) {
      const text = `${established()}\n1 ${first!}\n+0.001 ${second!}
        +0.01 A > B . 1002 ack 5002\n+0.001 B > A . 5002 ack 1002`;
      expect(await closer(text)).toEqual(['both', 'both', 'fin']);
    }
  });

  it('never by time: a FIN that passed the tap first may have left second (C1)', async () => {
    // Two taps' files merged: the answer stands before the FIN that it acknowledges.
    const text = `${established()}
      1.000 A > B F. 1001 ack 5002
      1.000 B > A F. 5001 ack 1001
      1.001 B > A . 5002 ack 1002`;
    expect(await closer(text)).toEqual(['server', 'server', 'fin']);
  });

  it('a FIN on data has its number after the data (C2)', async () => {
    // The answer acknowledges the data, not yet the FIN: both FINs are first.
    const text = `${established()}
      1.00 A > B FP. 1001:1101(100) ack 5001
      1.01 B > A F. 5001 ack 1101
      1.02 B > A . 5002 ack 1102
      1.03 A > B . 1102 ack 5002`;
    expect(await closer(text)).toEqual(['both', 'both', 'fin']);
  });

  it('the padding of a short frame is no data before the FIN (C2)', async () => {
    const padded = parseConversation(`${established().closedBy('client')}`).map((frame) => ({
      ...frame,
      raw: Uint8Array.from([...frameOctets(frame), ...new Uint8Array(Math.max(0, 60 - frameOctets(frame).length))]),
    }));
    const row = (await analyzeConversation(padded)).connection;
    expect(row).toMatchObject({ client_bytes: 0, server_bytes: 0, closed_first: 'client', close: 'fin' });
  });

  it('numbers that wrap change nothing', async () => {
    const talk = established({ clientIsn: 0xfffffffe, serverIsn: 0xffffffff }).sends('client', 3).closedBy('server');
    expect(await closer(`${talk}`)).toEqual(['server', 'server', 'fin']);
  });
});

describe('crossed FINs', () => {
  it('are certain also where a capture began with them', async () => {
    const row = await connection(`${ENDS}
      1.00 A > B F. 1010 ack 5010
      1.00 B > A F. 5010 ack 1010
      1.01 A > B . 1011 ack 5011
      1.01 B > A . 5011 ack 1011`);
    expect(row).toMatchObject({ closed_first: 'both', closed_first_confidence: 'certain', close_note: null });
  });
});

describe('a FIN that was sent again', () => {
  it('is one FIN: the frame and the ACK field of the first copy count', async () => {
    const text = `${established()}
      1.0 A > B F. 1001 ack 5001
      1.3 B > A F. 5001 ack 1001
      1.5 A > B F. 1001 ack 5002
      1.6 B > A . 5002 ack 1002`;
    expect(await closer(text)).toEqual(['both', 'both', 'fin']);
    expect(await connection(text)).toMatchObject({ client_fin_frame: 4, client_retransmissions: 1 });
  });

  it.each([
    [0, 'likely', 'unsent data may have held back the FIN: the other side may have closed first'],
    [900, 'certain', null],
  ])('may wait for a window, until a reset comes instead: with a window of %d', async (window, sure, note) => {
    const row = await connection(`${established()}
      1.00 B > A P. 5001:6449(1448) ack 1001
      1.01 A > B . 1001 ack 6449 win ${window}
      3.00 A > B R. 1001 ack 6449`);
    expect(row).toMatchObject({ closed_first: 'client', closed_first_confidence: sure, close_note: note });
  });

  it.each<[string, string, string | null]>([
    [
      'likely',
      '1.00 B > A . 5001:6449(1448) ack 1001',
      'unsent data may have held back the FIN: the other side may have closed first',
    ],
    ['certain', '', null],
  ])('is %s the second where data of its sender was on its way when the first came', async (sure, onItsWay, note) => {
    const row = await connection(`${established()}
      ${onItsWay}
      1.01 A > B F. 1001 ack 5001
      1.02 B > A . ${onItsWay === '' ? 5001 : 6449}(100) ack 1002
      1.03 B > A F. ${onItsWay === '' ? 5101 : 6549} ack 1002
      1.04 A > B . 1002 ack ${onItsWay === '' ? 5102 : 6550}`);
    expect(row).toMatchObject({
      close: 'fin',
      closed_first: 'client',
      closed_first_confidence: sure,
      close_note: note,
    });
  });

  it('with data before it in the same segment is still that FIN', async () => {
    const text = `${established()}
      1.0 A > B P. 1001:1011(10) ack 5001
      1.0 A > B F. 1011 ack 5001
      1.5 A > B FP. 1001:1011(10) ack 5001
      1.6 B > A F. 5001 ack 1012
      1.7 A > B . 1012 ack 5002`;
    expect(await closer(text)).toEqual(['client', 'client', 'fin']);
    expect(await connection(text)).toMatchObject({ client_unique_bytes: 10, client_bytes: 20 });
  });

  it('and whose first copy was not captured makes the verdict less than certain when it covers the other', async () => {
    const text = `${established()}
      1.0 B > A F. 5001 ack 1001
      1.1 B > A . 5002 ack 1002
      1.5 A > B F. 1001 ack 5002
      1.6 B > A . 5002 ack 1002`;
    const row = await connection(text);
    expect(row.closed_first).toBe('server');
    expect(row.closed_first_confidence).toBe('likely');
    expect(row.close_note).toMatch(/retransmission/);
  });

  it('and whose first copy was not captured costs no more than the gap when it covers nothing', async () => {
    // An ACK field never goes back: the original did not cover the FIN either.
    const text = `${established()}
      1.0 B > A . 5001 ack 1002
      1.5 A > B F. 1001 ack 5001
      1.6 B > A F. 5001 ack 1002
      1.7 A > B . 1002 ack 5002`;
    expect(await connection(text)).toMatchObject({ closed_first: 'client', closed_first_confidence: 'strong' });
  });

  it('from each side after the other, with no first copy of one, leaves nobody to name', async () => {
    const text = `${established()}
      1.0 A > B F. 1001 ack 5002
      1.1 B > A F. 5001 ack 1002`;
    expect(await connection(text)).toMatchObject({ close: 'fin', closed_first: null });
    expect((await connection(text)).close_note).toMatch(/earlier copy/);
  });

  it('because the last ACK was lost changes neither the closer nor when TIME_WAIT began', async () => {
    const closed = established().closedBy('client');
    const before = await connection(closed);
    const row = await connection(`${closed}\n0.8 B > A F. 5001 ack 1002\n0.81 A > B . 1002 ack 5002`);
    expect(row).toMatchObject({ closed_first: 'client', time_wait_at: 'client', server_retransmissions: 1 });
    expect(row.time_wait_ns).toBe(before.time_wait_ns);
  });
});

describe('a FIN that crossed the other’s and was lost before the tap', () => {
  const copy = (answers: string): string => `${established()}
      1.00 B > A F. 5001 ack 1001
      ${answers}
      1.24 A > B F. 1001 ack 5002
      1.25 B > A . 5002 ack 1002`;

  it('is known by the ACK of that one, which stands after it already', async () => {
    expect(await closer(copy('1.04 A > B . 1002 ack 5002'))).toEqual(['both', 'both', 'fin']);
    const row = await connection(copy('1.04 A > B . 1002 ack 5002'));
    expect(row).toMatchObject({ closed_first_confidence: 'likely', client_state: 'TIME_WAIT' });
    expect(row.close_note).toMatch(/retransmission/);
  });

  it('is known so also where it was the server’s', async () => {
    const row = await connection(`${established()}
      1.00 A > B F. 1001 ack 5001
      1.04 B > A . 5002 ack 1002
      1.24 B > A F. 5001 ack 1002
      1.25 A > B . 1002 ack 5002`);
    expect(row).toMatchObject({ closed_first: 'both', time_wait_at: 'both', closed_first_confidence: 'likely' });
  });

  it('may have answered it where that one was sent again before the ACK', async () => {
    const again = copy('1.20 B > A F. 5001 ack 1001\n1.23 A > B . 1002 ack 5002');
    expect(await closer(again)).toEqual(['server', 'server', 'fin']);
    expect((await connection(again)).closed_first_confidence).toBe('likely');
  });

  it('is not thought of where the ACK stands before it', async () => {
    expect(await closer(copy('1.04 A > B . 1001 ack 5002'))).toEqual(['server', 'server', 'fin']);
    expect((await connection(copy('1.04 A > B . 1001 ack 5002'))).closed_first_confidence).toBe('certain');
  });
});

describe('a FIN that is first acknowledged by the FIN of the other', () => {
  const closed = (seconds: string): string =>
    `${established()}\n2 B > A F. 5001 ack 1001\n${seconds} A > B F. 1001 ack 5002\n+0.01 B > A . 5002 ack 1002`;

  it('later than any ACK would have come, leaves that ACK missing, and perhaps a first copy of the other FIN', async () => {
    expect(await connection(closed('2.3'))).toMatchObject({
      closed_first: 'server',
      closed_first_confidence: 'strong',
      close_note: 'segments are missing from the capture near the close',
    });
  });

  it('much later leaves it missing as well where the capture began in the middle', async () => {
    const row = await connection(`${ENDS}
      1.0 A > B P. 1001(9) ack 5001
      1.1 B > A . 5001 ack 1010
      2.0 A > B F. 1010 ack 5001
      6.0 B > A F. 5001 ack 1011
      6.1 A > B . 1011 ack 5002`);
    expect(row).toMatchObject({ closed_first: 'client', closed_first_confidence: 'strong' });
  });

  it.each([
    ['', ''],
    [', and whatever reset had missed before', 'A > B R. 90000000 ack 5001'],
  ])('a round trip later, though that be long, leaves nothing missing%s', async (_, stray) => {
    const talk = established({ rtt: 0.6 }).sends('client', 9).sends('server', 9);
    if (stray !== '') talk.line(stray);
    const row = await connection(talk.sends('client', 9).sends('server', 9).fin('client').fin('server').acks('client'));
    expect(row).toMatchObject({ close: 'fin', closed_first: 'client', closed_first_confidence: 'certain' });
    expect(row.close_note).toBeNull();
  });

  it.each(['2.01', '2.19'])('no later than a delayed ACK, leaves nothing missing: after %s s', async (seconds) => {
    expect(await connection(closed(seconds))).toMatchObject({ closed_first_confidence: 'certain', close_note: null });
  });
});

describe('a FIN that meets data', () => {
  it.each([
    ['may have met a FIN behind it, too, where the data had been sent before', 1001, 'likely', /held back/],
    ['came first where the data was sent after it had come', 1002, 'certain', /^null$/],
  ])('%s', async (_, ackOfData, confidence, note) => {
    const row = await connection(`${established()}
      1.00 A > B F. 1001 ack 5001
      1.01 B > A . 5001:6449(1448) ack ${ackOfData}
      1.02 A > B . 1002 ack 6449
      1.05 B > A F. 6449 ack 1002
      1.06 A > B . 1002 ack 6450`);
    expect(row).toMatchObject({ closed_first: 'client', closed_first_confidence: confidence });
    expect(String(row.close_note)).toMatch(note);
  });
});

describe('a FIN to one who knows no such connection', () => {
  it('is not certainly the first: the reset may answer for a close that was not captured', async () => {
    const row = await connection(`${established()}
      9.00 B > A F. 5001 ack 1001
      9.01 A > B R 1001`);
    expect(row).toMatchObject({ close: 'fin-then-rst', closed_first: 'server', closed_first_confidence: 'likely' });
    expect(row.close_note).toMatch(/end that knew the connection no more/);
  });

  it('was certainly the first where the reset is one of an abort', async () => {
    const row = await connection(`${established()}
      9.00 B > A F. 5001 ack 1001
      9.01 A > B R. 1001 ack 5002`);
    expect(row).toMatchObject({ close: 'fin-then-rst', closed_first: 'server', closed_first_confidence: 'certain' });
  });
});

describe('a reset that overtook data of its sender', () => {
  it('ended the connection where the other end knows it no more', async () => {
    const row = await connection(`${established()}
      1.00 A > B P. 1101(100) ack 5001
      1.01 A > B R. 1301 ack 5001
      1.02 A > B P. 1001(100) ack 5001
      1.03 A > B P. 1201(100) ack 5001
      1.04 B > A . 5001 ack 1001
      1.05 B > A . 5001 ack 1001
      1.06 B > A R 5001`);
    expect(row).toMatchObject({ close: 'rst', closed_first: 'client', reset_by: 'client', reset_cause: 'abort' });
  });

  it('did not where the other end goes on, and closes', async () => {
    const row = await connection(`${established()}
      1.00 A > B P. 1101(100) ack 5001
      1.01 A > B R. 1301 ack 5001
      1.02 A > B P. 1001(100) ack 5001
      1.03 A > B P. 1201(100) ack 5001
      1.04 B > A . 5001 ack 1301
      1.05 B > A F. 5001 ack 1301
      1.06 A > B F. 1301 ack 5002
      1.07 B > A . 5002 ack 1302`);
    expect(row).toMatchObject({ close: 'fin', closed_first: 'server' });
  });
});

describe('a FIN that was not received', () => {
  const talk = established({ timestamps: true }).sends('client', 10).sends('server', 10);

  it('because PAWS rejects it closes nothing', async () => {
    const text = `${talk}
      1.00 A > B F. 1011 ack 5011 <TS val 90000 ecr 900060>
      1.01 B > A . 5011 ack 1011 <TS val 901010 ecr 100060>
      2.00 B > A F. 5011 ack 1011 <TS val 902000 ecr 100060>
      2.01 A > B F. 1011 ack 5012 <TS val 102010 ecr 902000>
      2.02 B > A . 5012 ack 1012 <TS val 902020 ecr 102010>`;
    expect(await closer(text)).toEqual(['server', 'server', 'fin']);
    expect(await connection(text)).toMatchObject({ client_fin_frame: 11 });
  });

  it('is looked for among numbers that only a segment had which PAWS rejects', async () => {
    const spoofed = `${talk}
      1.00 A > B P. 1011:1126(115) ack 5011 <TS val 90000 ecr 900060>
      1.01 B > A . 5011 ack 1011 <TS val 901010 ecr 100060>`;
    const missed = `${spoofed}
      1.02 B > A F. 5011 ack 1042 <TS val 901020 ecr 101000>
      1.03 A > B . 1042 ack 5012 <TS val 101010 ecr 901020>`;
    expect((await connection(missed)).closed_first_confidence).toBe('likely');
    const sentAfterAll = `${spoofed}
      1.02 A > B P. 1011:1126(115) ack 5011 <TS val 101020 ecr 900060>
      1.03 B > A F. 5011 ack 1126 <TS val 901030 ecr 101020>
      1.04 A > B . 1126 ack 5012 <TS val 101040 ecr 901030>`;
    expect((await connection(sentAfterAll)).closed_first_confidence).toBe('certain');
  });

  it('because PAWS rejects it leaves the connection open', async () => {
    const text = `${talk}
      1.00 A > B F. 1011 ack 5011 <TS val 90000 ecr 900060>
      1.01 B > A . 5011 ack 1011 <TS val 901010 ecr 100060>`;
    expect(await connection(text)).toMatchObject({ close: 'open', closed_first: null, server_state: 'ESTABLISHED' });
  });

  it('yet, because octets before it are missing, leaves its receiver ESTABLISHED until they come (A14c)', async () => {
    const beyond = `${established()}
      1.00 A > B F. 1006 ack 5001
      1.01 B > A . 5001 ack 1001`;
    expect(await connection(beyond)).toMatchObject({
      close: 'half-closed',
      server_state: 'ESTABLISHED',
      close_wait_s: null,
    });
    const filled = `${beyond}
      2.00 A > B P. 1001:1006(5) ack 5001
      2.01 B > A . 5001 ack 1007
      5.01 B > A F. 5001 ack 1007
      5.02 A > B . 1007 ack 5002`;
    const row = await connection(filled);
    expect(row).toMatchObject({ close: 'fin', closed_first: 'client', client_retransmissions: 0 });
    expect(row.close_wait_s).toBeCloseTo(3, 6);
  });
});

describe('one FIN only', () => {
  it('is half-closed: its sender closed first', async () => {
    expect(await connection(established().halfClosedBy('server'))).toMatchObject({
      close: 'half-closed',
      closed_first: 'server',
      closed_first_confidence: 'certain',
      time_wait_at: null,
      server_state: 'FIN_WAIT_2',
      client_state: 'CLOSE_WAIT',
    });
  });

  it('whose ACK field counts one octet that nobody sent came second: the other FIN was not captured', async () => {
    const row = await connection(
      `${established().sends('server', 10)}\n1 A > B F. 1001 ack 5012\n1.1 B > A . 5012 ack 1002`,
    );
    expect(row).toMatchObject({ closed_first: 'server', closed_first_confidence: 'likely' });
  });

  it('that is never acknowledged goes on in FIN_WAIT_1, and is one FIN however often it is sent', async () => {
    const copies = [0.36, 0.71, 1.42, 2.82].map((at) => `${(at + 1).toFixed(2)} A > B F. 1001 ack 5001`).join('\n');
    const row = await connection(`${established()}\n1 A > B F. 1001 ack 5001\n${copies}`);
    expect(row).toMatchObject({
      close: 'half-closed',
      client_state: 'FIN_WAIT_1',
      client_retransmissions: 4,
      close_wait_s: null,
    });
  });

  it.each([
    ['whose number is far beyond the window', 'likely', 'A > B F. 90001 ack 5001', '. 5001 ack 1001'],
    ['behind octets that the other lacks', 'likely', 'A > B FP. 1001(9) ack 5001', '. 5001 ack 1001'],
    ['that nothing came to say of', 'likely', 'A > B F. 1001 ack 5001', ''],
    ['that crosses data', 'likely', 'A > B F. 1001 ack 5001', 'P. 5001(9) ack 1001'],
    ['that was acknowledged', 'certain', 'A > B FP. 1001(9) ack 5001', '. 5001 ack 1011'],
  ])('%s closed first: %s', async (_, confidence, fin, answer) => {
    const row = await connection(`${established()}\n1 ${fin}${answer === '' ? '' : `\n1.01 B > A ${answer}`}`);
    expect(row).toMatchObject({ close: 'half-closed', closed_first: 'client', closed_first_confidence: confidence });
  });

  it('leaves the other in CLOSE_WAIT until the capture ends, which is worth a finding after a minute', async () => {
    const talk = established().halfClosedBy('client');
    const analysis = await analyzeConversation(`${talk}
      ${established({ client: '192.0.2.9:50000', at: 100 })}`);
    const [row] = analysis.connections;
    expect(row!.close_wait_s).toBeCloseTo(100.02 - 0.04, 6);
    expect(analysis.findings).toMatchObject([{ detector: 'first-closer', kind: 'close-wait', connection_id: row!.id }]);
  });

  it('leaves the other in CLOSE_WAIT until its next SYN is refused: then nothing is left of FIN_WAIT_2', async () => {
    const talk = established().halfClosedBy('server').line('A > B S 1900').line('B > A R. 0 ack 1901');
    const { connections, findings } = await analyzeConversation(`${talk}
      ${established({ client: '192.0.2.9:50000', at: 100 })}`);
    expect(connections.map((c) => c.close)).toEqual(['half-closed', 'refused', 'open']);
    expect(connections[0]).toMatchObject({ client_state: 'CLOSED', server_state: 'CLOSED' });
    expect(connections[0]!.close_wait_s).toBeCloseTo(0, 6);
    expect(findings.map((f) => f.kind)).toEqual(['refused']);
  });

  it('leaves the other in CLOSE_WAIT where a SYN draws a challenge ACK: the end in FIN_WAIT_2 lives on', async () => {
    const talk = established().halfClosedBy('server').line('A > B S 900').line('B > A . 5002 ack 1001');
    const { connections } = await analyzeConversation(`${talk}
      ${established({ client: '192.0.2.9:50000', at: 100 })}`);
    const states = { client_state: 'CLOSE_WAIT', server_state: 'FIN_WAIT_2' };
    expect(connections[0]).toMatchObject({ close: 'half-closed', ...states });
    expect(connections[0]!.close_wait_s).toBeGreaterThan(90);
  });

  it('half a minute old is nothing to tell', async () => {
    const talk = established().halfClosedBy('client');
    const { findings } = await analyzeConversation(`${talk}\n${established({ client: '192.0.2.9:50000', at: 30 })}`);
    expect(findings).toEqual([]);
  });
});

describe('where one direction was captured', () => {
  it('acknowledgements after the FIN say, weakly, that its sender closed first', async () => {
    const row = await connection(`${ENDS}
      0.0 A > B P. 1001:1011(10) ack 5001
      1.0 A > B F. 1011 ack 5001
      1.2 A > B . 1012 ack 5101
      1.3 A > B . 1012 ack 5102`);
    expect(row).toMatchObject({ close: 'half-closed', closed_first: 'client', closed_first_confidence: 'weak' });
    expect(row.close_note).toMatch(/one direction/);
  });

  it('silence after the FIN says, weakly, that the other did', async () => {
    const row = await connection(`${ENDS}
      0.0 A > B P. 1001:1011(10) ack 5001
      1.0 A > B . 1011 ack 5002
      1.0 A > B F. 1011 ack 5002`);
    expect(row).toMatchObject({ closed_first: 'server', closed_first_confidence: 'weak' });
  });
});

describe('where the capture has a gap', () => {
  it('an ACK of octets that nobody saw lowers the confidence and says why', async () => {
    const row = await connection(`${established()}
      1.00 B > A . 5001 ack 3001
      2.00 A > B F. 3001 ack 5001
      2.01 B > A F. 5001 ack 3002
      2.02 A > B . 3002 ack 5002`);
    expect(row).toMatchObject({ closed_first: 'client', closed_first_confidence: 'strong' });
    expect(row.close_note).toMatch(/missing from the capture/);
  });

  it.each([
    ['client', '1 A > B F. 1101 ack 5001\n1.01 B > A . 5001 ack 1102'],
    ['server', '1 B > A F. 5101 ack 1001\n1.01 A > B . 1001 ack 5102'],
  ])('octets just before a FIN of the %s that was acknowledged are missing', async (side, lines) => {
    expect(await connection(`${established()}\n${lines}`)).toMatchObject({
      closed_first: side,
      closed_first_confidence: 'strong',
      close_note: 'segments are missing from the capture near the close',
    });
  });

  it('a capture that begins with the close tells as much as one that has all of it', async () => {
    expect(await connection(midway().closedBy('server'))).toMatchObject({
      handshake: 'none',
      closed_first: 'server',
      time_wait_at: 'server',
      close: 'fin',
    });
  });

  it('a capture that begins between the FINs may show the second one only, so that one FIN says little', async () => {
    const between = midway().fin('server').acks('client');
    expect(await connection(between)).toMatchObject({
      close: 'half-closed',
      closed_first_confidence: 'weak',
      close_note: 'the capture began mid-connection',
    });
    const withData = midway().sends('client', 10).fin('server').acks('client'); // no FIN came before the data
    expect(await connection(withData)).toMatchObject({ closed_first: 'server', closed_first_confidence: 'certain' });
  });

  it('and so does one that begins so, and shows of the other only what it had sent before', async () => {
    const row = await connection(`${ENDS}
      1.00 A > B F. 1001 ack 5001
      1.01 B > A . 5011 ack 1002
      1.02 B > A P. 5001(9) ack 1002
      1.03 A > B . 1002 ack 5011`);
    expect(row).toMatchObject({ close: 'half-closed', closed_first_confidence: 'weak' });
  });

  it('but data that the other had not sent before show that it had not closed', async () => {
    const row = await connection(`${ENDS}
      1.00 A > B F. 1001 ack 5001
      1.01 B > A . 5001 ack 1002
      1.02 B > A P. 5001(9) ack 1002
      1.03 A > B . 1002 ack 5010`);
    expect(row).toMatchObject({ close: 'half-closed', closed_first_confidence: 'certain' });
  });

  it('a capture that ends before any close leaves the connection open and names nobody', async () => {
    expect(await connection(established().sends('client', 10))).toMatchObject({
      close: 'open',
      closed_first: null,
      time_wait_at: null,
      close_wait_s: null,
    });
  });
});

describe('a FIN that is answered by a reset in the name of an end that closes only later', () => {
  const talk = `${established()}
    1.00 B > A F. 5001 ack 1001
    1.01 A > B R 1001`;

  it.each([
    [0.6, 'strong'],
    [0.001, 'likely'],
  ])('was the first, and not crossed: %s s before the FIN of that end, it is %s', async (seconds, confidence) => {
    const text = `${talk}\n+${seconds} A > B F. 1001 ack 5001\n+0.01 B > A R 5001`;
    expect(await closer(text)).toEqual(['server', null, 'fin-then-rst']);
    expect(await connection(text)).toMatchObject({
      closed_first_confidence: confidence,
      close_note: 'a FIN or reset of the other side crossed the reset',
    });
  });

  it('was certainly the first where the FIN of that end acknowledges it', async () => {
    const row = await connection(`${established()}
      1.000 A > B F. 1001 ack 5001
      1.001 B > A R 5001
      1.010 B > A F. 5001 ack 1002`);
    expect(row).toMatchObject({ close: 'fin-then-rst', closed_first: 'client', closed_first_confidence: 'certain' });
  });

  it('is crossed where that end had sent its FIN before the reset', async () => {
    const text = `${established()}
      1.000 B > A F. 5001 ack 1001
      1.001 A > B F. 1001 ack 5001
      1.010 A > B R 1001`;
    expect(await connection(text)).toMatchObject({ closed_first: 'both', closed_first_confidence: 'certain' });
  });
});

describe('a FIN at the end of the capture that nobody acknowledged', () => {
  const last = established({ rtt: 0.05 }).fin('client').toString(); // a round trip is 0.1 s

  it.each([
    ['ends before another could have come', '', 'likely'],
    ['goes on for longer than a round trip', '5 A > B F. 1001 ack 5001', 'strong'],
  ])('may have crossed another: the capture %s', async (_, line, confidence) => {
    const row = await connection(`${last}\n${line}`);
    expect(row).toMatchObject({ close: 'half-closed', closed_first: 'client', closed_first_confidence: confidence });
    expect(row.close_note).toMatch(/may have crossed it/);
  });
});

describe('a FIN that is not acknowledged, though its receiver goes on', () => {
  const sent = `${established()}\n1.000 B > A P. 5001(100) ack 1001\n1.001 B > A F. 5101 ack 1001`;
  const later = 'C = 192.0.2.9:9\n9 C > B S 1';

  it.each([
    ['lacks the data before it', '1.01 A > B . 1001 ack 5001', 'likely'],
    ['has all but the FIN', '1.01 A > B . 1001 ack 5101', 'strong'],
    ['is silent: nobody knows what it lacks', '', 'strong'],
  ])('is of the end that closed first, where the other %s', async (_, ack, sure) => {
    const { connections } = await analyzeConversation(`${sent}\n${ack}\n${later}`);
    expect(connections[0]).toMatchObject({
      close: 'half-closed',
      closed_first: 'server',
      closed_first_confidence: sure,
    });
  });

  it('was certainly the first where its own end resets what comes then', async () => {
    const row = await connection(`${established()}
      1.000 A > B F. 1001 ack 5001
      1.001 B > A P. 5001(9) ack 1001
      1.002 A > B R 1001`);
    expect(row).toMatchObject({ close: 'fin-then-rst', closed_first: 'client', closed_first_confidence: 'certain' });
  });
});

describe('a reset with the number of a FIN that its sender had sent', () => {
  const talk = `${established().halfClosedBy('client')}
    1.000 B > A F. 5001 ack 1002
    1.001 A > B . 1002 ack 5001
    1.002 B > A R 5001`;

  it('missed TIME_WAIT, where the other end acknowledges that FIN', async () => {
    const text = `${talk}\n1.010 A > B . 1002 ack 5002`;
    expect(await closer(text)).toEqual(['client', 'client', 'fin']);
    expect(await connection(text)).toMatchObject({ closed_first_confidence: 'certain', client_state: 'TIME_WAIT' });
    // What answers that ACK comes too late to have ended the connection.
    expect(await closer(`${text}\n1.011 B > A R 5002`)).toEqual(['client', 'client', 'fin']);
  });

  it.each([
    ['who sends nothing more', talk],
    [
      'whose own FIN was not acknowledged: CLOSING obeys',
      `${established().fin('client')}
        1.000 B > A F. 5001 ack 1001
        1.002 B > A R 5001
        1.010 A > B . 1002 ack 5002`,
    ],
  ])('ended the connection of one %s', async (_, text) => {
    expect(await connection(text)).toMatchObject({ close: 'fin-then-rst', time_wait_at: null });
  });
});

describe('a reset in the window, but not with the next number', () => {
  const living = established().sends('client', 9).sends('server', 9);
  const inWindow = `${living}\n1.00 A > B R. 1110 ack 5010`;
  const crossing = '1.005 B > A P. 5010(9) ack 1010';
  const disowned = '2.00 A > B . 1010 ack 5019\n2.01 B > A R 5019';

  it.each([
    ['its receiver', '2.0 B > A P. 5010(9) ack 1010\n2.3 B > A P. 5010(9) ack 1010'],
    ['its sender', '2.0 A > B P. 1010(9) ack 5010\n2.3 A > B P. 1010(9) ack 5010'],
  ])('ended nothing where %s goes on, if alone', async (_, lines) => {
    expect(await connection(`${inWindow}\n${lines}`)).toMatchObject({ close: 'open', reset_by: null });
  });

  it.each([
    ['', 8, inWindow],
    [
      '; what missed before in the name of that end says nothing',
      9,
      inWindow.replace('\n1.00', '\n0.5 B > A R 70000000\n1.00'),
    ],
    ['; a second one changes nothing', 8, `${inWindow}\n1.001 A > B R. 1210 ack 5010`],
  ])('ended it where its receiver knows the connection no more%s', async (_, frame, text) => {
    const row = await connection(`${text}\n${crossing}\n${disowned}`);
    expect(row).toMatchObject({ close: 'rst', closed_first: 'client', closed_first_confidence: 'likely' });
    expect(row.reset_frame).toBe(frame);
  });

  it.each([
    ['aborted later', inWindow, `${crossing}\n2 B > A R. 5019 ack 1010`, 'rst'],
    [
      'closed later',
      inWindow,
      '1.5 B > A F. 5010 ack 1010\n2.00 A > B P. 1010(9) ack 5011\n2.01 B > A R 5011',
      'fin-then-rst',
    ],
    [
      'was started again, and the number was outside the window',
      `${living}\n1 A > B R. 90000000 ack 5010`,
      `${crossing}\n${disowned}`,
      'rst',
    ],
  ])('is not what ended it where its receiver %s', async (_, text, lines, close) => {
    const row = await connection(`${text}\n${lines}`);
    expect(row).toMatchObject({ close, reset_by: 'server', closed_first: 'server' });
  });
});

describe('a reset that may have come before the data that its sender had just sent', () => {
  it('counts, and not the one after it, where its receiver is silent', async () => {
    const row = await connection(`${established()}
      1.000 A > B P. 1001(9) ack 5001
      1.001 A > B R. 1001 ack 5001
      1.002 A > B R. 1010 ack 5001`);
    expect(row).toMatchObject({ close: 'rst', reset_by: 'client', reset_frame: 5 });
  });
});

describe('where a reset comes in', () => {
  it.each<[string, Talk | string, string, string | null]>([
    ['before any FIN, its sender closed first', established().sends('client', 9).resetBy('server'), 'rst', 'server'],
    ['after a FIN of the same side', established().halfClosedBy('client').resetBy('client'), 'fin-then-rst', 'client'],
    ['after a FIN of the other side', established().halfClosedBy('client').resetBy('server'), 'fin-then-rst', 'client'],
    [
      'after both FINs, while the last ACK is still to come',
      established().fin('client').fin('server').resetBy('client'),
      'fin-then-rst',
      'client',
    ],
    [
      'after the close was complete, it changes nothing',
      established().closedBy('client').resetBy('server'),
      'fin',
      'client',
    ],
    ['to a SYN, nobody closed', `${ENDS}\n0 A > B S 1000\n+0.01 B > A R. 0 ack 1001`, 'refused', null],
  ])('%s', async (_, talk, close, first) => {
    expect(await connection(talk)).toMatchObject({ close, closed_first: first });
  });

  it('where nothing but resets was seen, nobody can be named', async () => {
    const row = await connection(`${ENDS}\n0 B > A R 5000`);
    expect(row).toMatchObject({ close: 'rst', closed_first: null, closed_first_confidence: 'unknown' });
  });

  it('no end holds TIME_WAIT', async () => {
    expect(await connection(established().sends('client', 9).resetBy('server'))).toMatchObject({
      time_wait_at: null,
      time_wait_ns: null,
    });
  });

  it('after a FIN ends CLOSE_WAIT', async () => {
    const row = await connection(established().halfClosedBy('client').waits(4).resetBy('server'));
    expect(row.close_wait_s).toBeCloseTo(4.01, 6);
  });
});

describe('how long the passive side sat on the FIN', () => {
  it.each<[string, Talk, number | null]>([
    [
      'is the time from its ACK to its own FIN',
      established().halfClosedBy('server').waits(7).fin('client').acks('server'),
      7.01,
    ],
    ['is nothing where its FIN acknowledged the other', established().closedBy('client'), null],
    ['is nothing where the FINs crossed', established().closedByBoth(), null],
    ['is nothing without a FIN', established(), null],
  ])('%s', async (_, talk, seconds) => {
    const value = (await connection(talk)).close_wait_s;
    if (seconds === null) expect(value === null || value === 0).toBe(true);
    else expect(value).toBeCloseTo(seconds, 6);
  });
});

describe('TIME_WAIT begins', () => {
  it.each<[string, Talk, number]>([
    [
      'with the ACK of the second FIN, four segments',
      established().halfClosedBy('client').waits(2).fin('server').acks('client'),
      2.06,
    ],
    ['with the ACK of the second FIN, three segments', established().closedBy('client'), 0.05],
    ['with the last of the two ACKs, crossed FINs', established().closedByBoth(), 0.06],
  ])('%s', async (_, talk, at) => {
    const row = await connection(talk);
    expect((Number(row.time_wait_ns) - Number(row.first_ns)) / 1e9).toBeCloseTo(at, 6);
  });
});

describe('the silence before the end', () => {
  it.each<[string, Talk]>([
    ['of a FIN', established().sends('client', 9).waits(300).closedBy('server')],
    ['of a reset', established().sends('client', 9).waits(300).resetBy('server')],
  ])('is told %s', async (_, talk) => {
    expect((await connection(talk)).idle_before_end_s).toBeCloseTo(300.01, 6);
  });
});

/** A handshake, a request of 100 octets and an answer of 200. */
const SERVED = `${ENDS}
  0.00 A > B S 1000 <mss 1460>
  0.01 B > A S. 5000 ack 1001 <mss 1460>
  0.02 A > B . 1001 ack 5001
  0.03 A > B P. 1001(100) ack 5001
  0.04 B > A P. 5001(200) ack 1101
  0.05 A > B . 1101 ack 5201
`;

describe('a FIN that took no effect counts for nothing', () => {
  const serverCloses = (next: number): string => `
    0.5  B > A F. 5201 ack ${next}
    0.51 A > B F. ${next} ack 5202
    0.52 B > A . 5202 ack ${next + 1}`;

  it.each([
    [
      'the other end had acknowledged more',
      `0.06 A > B P. 1101(1000) ack 5201\n0.07 B > A . 5201 ack 2101\n0.1 A > B F. 1500 ack 5100\n0.11 B > A . 5201 ack 2101`,
      2101,
      'certain',
    ],
    ['beyond the window', '0.1 A > B F. 201101 ack 5201\n0.11 B > A . 5201 ack 1101', 1101, 'likely'],
    ['behind octets that never came', '0.1 A > B F. 1111 ack 5201\n0.11 B > A . 5201 ack 1101', 1101, 'likely'],
  ])('%s', async (_, fin, next, confidence) => {
    const text = `${SERVED}${fin}${serverCloses(next)}`;
    expect(await closer(text)).toEqual(['server', 'server', 'fin']);
    expect(await connection(text)).toMatchObject({
      closed_first_confidence: confidence,
      client_state: 'CLOSED',
      server_state: 'TIME_WAIT',
    });
  });
});

describe('a FIN that was acknowledged', () => {
  it('stays where it was, though one with a lower number comes', async () => {
    const talk = established().sends('server', 9).halfClosedBy('server');
    const row = await connection(`${talk}\n2 B > A F. 5005 ack 1001`);
    expect(row).toMatchObject({ close: 'half-closed', closed_first: 'server', server_fin_frame: 6 });
  });
});

describe('a reset that crosses what the other end sends', () => {
  const CROSSED = 'a FIN or reset of the other side crossed the reset';
  const fin = 'B > A F. 5201 ack 1101';
  const reset = 'A > B R. 1101 ack 5201';

  it.each([
    ['the FIN passes the tap first', fin, reset],
    ['the reset passes the tap first', reset, fin],
  ])('took effect, and the FIN did not, for it is not acknowledged: %s', async (_, first, second) => {
    const text = `${SERVED}0.1 ${first}\n0.101 ${second}`;
    expect(await closer(text)).toEqual(['client', null, 'rst']);
    expect(await connection(text)).toMatchObject({
      closed_first_confidence: 'likely',
      close_note: CROSSED,
      reset_code: 'abort_unread_or_linger0',
    });
  });

  it('is no crossing where it acknowledges the FIN', async () => {
    const text = `${SERVED}0.1 ${fin}\n0.101 A > B R. 1101 ack 5202`;
    expect(await closer(text)).toEqual(['server', null, 'fin-then-rst']);
    expect(await connection(text)).toMatchObject({ closed_first_confidence: 'certain', close_note: null });
  });

  it.each([0, 3, 12])('and is one of two, also with %s answers to data on their way between them', async (count) => {
    const answers = Array.from({ length: count }, (_, i) => `0.1${String(i + 10)} A > B R 1101 id ${i + 9}`);
    const text = `${SERVED}0.1 ${reset}\n${answers.join('\n')}\n0.15 B > A R. 5201 ack 1101`;
    expect(await connection(text)).toMatchObject({ closed_first: 'client', close_note: CROSSED });
    const once = await connection(`${SERVED}0.1 ${reset}\n${answers.join('\n')}\n0.15 B > A R 5201`);
    expect(once).toMatchObject({ closed_first: 'client', closed_first_confidence: 'certain', close_note: null });
  });

  it('and is one of two: who obeys a reset aborts no more', async () => {
    const text = `${SERVED}0.1 ${reset}\n0.101 B > A R. 5201 ack 1101`;
    expect(await closer(text)).toEqual(['client', null, 'rst']);
    expect(await connection(text)).toMatchObject({ closed_first_confidence: 'likely', close_note: CROSSED });
  });

  it('took effect as well where what crossed it looks like a challenge ACK, and a reset answers that', async () => {
    const lost = `${SERVED}0.1 A > B P. 1101(100) ack 5201\n0.101 A > B R. 1201 ack 5201`;
    const text = `${lost}\n0.115 B > A . 5201 ack 1101\n0.116 B > A F. 5201 ack 1101\n0.12 A > B R 1101`;
    expect(await closer(text)).toEqual(['client', null, 'rst']);
    expect(await connection(text)).toMatchObject({ closed_first_confidence: 'likely', close_note: CROSSED });
  });

  it('but not where it had acknowledged the FIN before', async () => {
    const text = `${SERVED}0.1 A > B P. 1101(100) ack 5201\n0.1005 B > A F. 5201 ack 1101\n0.101 A > B R. 1201 ack 5202
      0.115 B > A . 5202 ack 1101\n0.12 A > B R 1101`;
    expect(await closer(text)).toEqual(['server', null, 'fin-then-rst']);
  });

  it('is none where one that has obeyed answers what was still on its way', async () => {
    const text = `${SERVED}0.1 B > A P. 5201(50) ack 1101\n0.101 ${reset}\n0.102 A > B R 1101`;
    expect(await connection(text)).toMatchObject({ closed_first: 'client', closed_first_confidence: 'certain' });
  });
});

describe('a reset with something unseen before it', () => {
  it('is less sure where the capture began in the middle, and its receiver may have closed before that', async () => {
    const text = `${ENDS}\n0 A > B P. 1000(100) ack 5001\n0.01 B > A . 5001 ack 1100\n0.1 A > B R. 1100 ack 5001`;
    expect(await closer(text)).toEqual(['client', null, 'rst']);
    expect(await connection(text)).toMatchObject({
      closed_first_confidence: 'likely',
      close_note: 'the capture began mid-connection',
    });
  });

  it('is as sure as ever where its receiver had sent data since the capture began', async () => {
    const text = `${ENDS}\n0 A > B P. 1000(100) ack 5001\n0.01 B > A P. 5001(10) ack 1100\n0.1 A > B R. 1100 ack 5011`;
    expect(await connection(text)).toMatchObject({ closed_first_confidence: 'certain', close_note: null });
  });

  it('is less sure during the handshake where it acknowledges what nobody saw', async () => {
    const row = await connection(`${ENDS}\n0 A > B S 1000\n0.01 B > A S. 5000 ack 1001\n1 A > B R. 1001 ack 5100`);
    expect(row).toMatchObject({ closed_first: 'client', closed_first_confidence: 'likely' });
  });

  it('is as sure as ever where it answers a challenge ACK, behind which more came', async () => {
    const { connections } = await analyzeConversation(`${established().sends('client', 9).sends('server', 9)}
      30.00 B > A P. 5010(9) ack 1010
      30.20 A > B S 900000
      30.21 B > A . 5019 ack 1010
      30.22 B > A P. 5010(9) ack 1010
      30.23 A > B R 1010`);
    expect(connections[0]).toMatchObject({ closed_first: 'client', closed_first_confidence: 'certain' });
  });

  it('is less sure of an end that knows no such connection: what had ended it there was not seen', async () => {
    const text = `${SERVED}0.1 A > B P. 1101(100) ack 5201\n0.11 B > A R 5201`;
    expect(await closer(text)).toEqual(['server', null, 'rst']);
    expect(await connection(text)).toMatchObject({
      closed_first_confidence: 'likely',
      close_note: 'a reset of an end that knew the connection no more: what had ended it there was not captured',
    });
  });
});
