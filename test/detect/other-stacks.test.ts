import { describe, expect, it } from 'vitest';
import type { Row } from '../support/analysis.js';
import { analyzeConversation } from '../support/run.js';

async function connection(text: string): Promise<Row> {
  return (await analyzeConversation(text)).connection;
}

/** A request and its answer between Linux (A) and lwIP (B), as captured beside lwIP; window scaling apart. */
const SERVED = `A = 10.2.0.2:20039     B = 10.1.0.2:8000
  0        A > B S  100           win 64240
  0.0012   B > A S. 6509 ack 101  win 32767
  0.0013   A > B .  101  ack 6510 win 63
  0.0026   A > B P. 101(100) ack 6510 win 63
  0.0038   B > A P. 6510(200) ack 201 win 32717
  0.0040   A > B .  201  ack 6710 win 63`;

describe('lwIP, which answers segments of connections that it does not have with an ACK flag', () => {
  it.each([
    ['data', 'P. 201(50) ack 6710', 'R. 6710 ack 251', 'half-open', 'half_open_peer_gone', 'likely'],
    ['a FIN', 'F. 201 ack 6710', 'R. 6710 ack 202', 'half-open', 'half_open_peer_gone', 'likely'],
    ['a keepalive probe', '. 200 ack 6710', 'R. 6710 ack 200', 'keepalive', 'half_open_peer_gone', 'strong'],
  ])('was started again, and resets %s', async (_, segment, reset, cause, code, confidence) => {
    const row = await connection(`${SERVED}\n1.6 A > B ${segment} win 63\n1.6001 B > A ${reset} win 65407`);
    expect(row).toMatchObject({
      reset_by: 'server',
      reset_cause: cause,
      reset_code: code,
      reset_confidence: confidence,
    });
  });

  it('left FIN_WAIT_2 after 20 s, and resets the FIN of the other end', async () => {
    const row = await connection(`${SERVED}
      0.06     B > A F. 6710 ack 201 win 32717
      0.10     A > B .  201 ack 6711 win 63
      66       A > B F. 201 ack 6711 win 63
      66.0001  B > A R. 6711 ack 202 win 65407`);
    expect(row).toMatchObject({ close: 'fin-then-rst', closed_first: 'server' });
    expect(row).toMatchObject({ reset_cause: 'half-open', reset_code: 'late_fin_rst', reset_confidence: 'likely' });
  });

  it('resets the answer to a SYN on a connection that the other end still has, with an ACK flag too', async () => {
    const { connections } = await analyzeConversation(`${SERVED}
      5        B > A S  9000 win 32767
      5.0001   A > B .  201 ack 6710 win 63
      5.0002   B > A R. 6710 ack 201 win 65407
      8        B > A S  9000 win 32767
      8.0001   A > B S. 700 ack 9001 win 64240
      8.0002   B > A .  9001 ack 701 win 32767`);
    expect(connections[0]).toMatchObject({ reset_cause: 'challenge-ack', reset_code: 'syn_sent_rst_to_stale_ack' });
  });

  it.each([
    ['with the window that it had told last, as Linux does', '1.6001 B > A R. 6710 ack 251 win 32717'],
    ['with a smaller window, for data that wait to be read', '1.6001 B > A R. 6710 ack 251 win 32000'],
    ['a while after the data', '1.7 B > A R. 6710 ack 251 win 65407'],
  ])('is not told from who aborts %s', async (_, reset) => {
    const row = await connection(`${SERVED}\n1.6 A > B P. 201(50) ack 6710 win 63\n${reset}`);
    expect(row).toMatchObject({ reset_cause: 'unread-data', reset_confidence: 'likely' });
  });
});

describe('passt, which aborts with a bare reset', () => {
  const quiet = `${SERVED}\n0.0041 B > A . 6710 ack 201 win 256`;

  it.each([
    ['with the window that it had told last', '0.0045 B > A R 6710 win 256'],
    ['at any time: it is too late for an answer', '0.2140 B > A R 6710 win 0'],
  ])('does so %s', async (_, reset) => {
    const row = await connection(`${quiet}\n0.0042 A > B . 201 ack 6710 win 63\n${reset}`);
    expect(row).toMatchObject({ reset_by: 'server', reset_cause: 'abort', reset_code: 'abort_unread_or_linger0' });
    expect(row).toMatchObject({ reset_confidence: 'weak' });
  });

  it('is not meant where a host answers a segment at once', async () => {
    const row = await connection(`${quiet}\n9 A > B P. 201(9) ack 6710 win 63\n9.001 B > A R 6710`);
    expect(row).toMatchObject({ reset_cause: 'half-open', reset_confidence: 'likely' });
  });

  it('is not meant where the way is long: an answer may take three round trips', async () => {
    const far = `A = 10.2.0.2:20039     B = 10.1.0.2:8000
      0     A > B S  100
      0.6   B > A S. 6509 ack 101
      0.601 A > B .  101 ack 6510
      0.7   A > B P. 101(100) ack 6510
      1.3   B > A P. 6510(200) ack 201
      1.301 A > B .  201 ack 6710
      9     A > B P. 201(9) ack 6710
      9.65  B > A R  6710`;
    expect(await connection(far)).toMatchObject({ reset_cause: 'half-open', reset_confidence: 'likely' });
  });
});

describe('gVisor, which does not acknowledge the data that it resets after close()', () => {
  const closed = `A = 10.2.0.2:20019     B = 10.1.0.2:8000
    0        A > B S  100
    0.0002   B > A S. 500 ack 101
    0.0003   A > B .  101 ack 501
    0.1      B > A F. 501 ack 101
    0.1001   A > B .  101 ack 502`;

  it('tells of data after close where they had been with it', async () => {
    const row = await connection(`${closed}\n0.5 A > B P. 101(50) ack 502\n0.50024 B > A R. 502 ack 101 win 0`);
    expect(row).toMatchObject({ close: 'fin-then-rst', closed_first: 'server' });
    expect(row).toMatchObject({ reset_cause: 'data-after-close', reset_confidence: 'likely' });
  });

  it('is not meant where the data crossed the reset: then an end that had half-closed aborted', async () => {
    const row = await connection(`${closed}\n0.5 A > B P. 101(50) ack 502\n0.50010 B > A R. 502 ack 101 win 0`);
    expect(row).toMatchObject({ reset_cause: 'abort', reset_code: 'fin_then_abort', reset_confidence: 'weak' });
  });

  it('is one of two stories where the data are acknowledged and reset at once: neither is more than weak', async () => {
    const row = await connection(
      `${closed}\n0.5 A > B P. 101(50) ack 502\n0.5001 B > A . 502 ack 151\n0.5002 B > A R. 502 ack 151`,
    );
    expect(row).toMatchObject({ close: 'fin-then-rst', reset_code: 'fin_then_abort', reset_confidence: 'weak' });
  });
});
