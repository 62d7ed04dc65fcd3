import { describe, expect, it } from 'vitest';
import type { Row } from '../support/analysis.js';
import { established, type Talk } from '../support/conversation.js';
import { analyzeConversation } from '../support/run.js';

async function connection(text: Talk | string): Promise<Row> {
  return (await analyzeConversation(`${text}`)).connection;
}

/** Cause, code, and how sure. */
function why(row: Row): unknown[] {
  return [row.reset_cause, row.reset_code, row.reset_confidence];
}

const GONE = ['half-open', 'half_open_peer_gone', 'likely'];
const PROBED = ['keepalive', 'half_open_peer_gone', 'strong'];
const DATA_AFTER_CLOSE = ['data-after-close', 'data_after_close', 'likely'];

describe('a bare answer, when a keepalive probe had got none', () => {
  const probed = `${established().sends('client', 9).sends('server', 9)}\n60.00 A > B . 1009 ack 5010`;

  it.each([
    ['another probe', '. 1009 ack 5010', PROBED],
    ['data', 'P. 1010(9) ack 5010', GONE],
    ['a FIN', 'F. 1010 ack 5010', GONE],
  ])('is to the last segment, %s', async (_, segment, expected) => {
    expect(why(await connection(`${probed}\n61 A > B ${segment}\n61.01 B > A R 5010`))).toEqual(expected);
  });
});

describe('a bare answer of an end that had sent its FIN', () => {
  it('which nobody acknowledged: it never got as far as TIME_WAIT', async () => {
    const row = await connection(`${established()}
      1.00 A > B F. 1001 ack 5001
      1.50 B > A F. 5001 ack 1001
      1.75 B > A F. 5001 ack 1001
      1.76 A > B R 1001`);
    expect(row.reset_cause).not.toBe('time-wait');
  });

  it('to a single octet is one to data after close', async () => {
    const talk = established().halfClosedBy('server').segment('client', 'P.', 1).line('B > A R 5002');
    expect(why(await connection(talk))).toEqual(['data-after-close', 'data_after_close', 'strong']);
  });

  it('to data that were sent before that FIN, were lost, and came again', async () => {
    const row = await connection(`${established()}
      1.000 A > B P. 1001(50) ack 5001
      1.005 B > A F. 5001 ack 1001
      1.015 A > B . 1051 ack 5002
      1.300 A > B P. 1001(50) ack 5002
      1.310 B > A R 5002`);
    expect(why(row)).toEqual(['data-after-close', 'data_after_close', 'strong']);
  });

  it('to a FIN behind data, of which the first drew it; also where the client closed first', async () => {
    const row = await connection(`${established()}
      1.000 A > B F. 1001 ack 5001
      1.001 B > A P. 5001(50) ack 1001
      1.010 B > A F. 5051 ack 1002
      1.020 A > B R 1002`);
    expect(why(row)).toEqual(['data-after-close', 'data_after_close', 'strong']);
  });

  it('to a FIN that came twice, long after: the first of them may have been answered', async () => {
    const talk = established().halfClosedBy('server').waits(90).fin('client');
    const row = await connection(`${talk}\n+0.3 A > B F. 1001 ack 5002\n+0.01 B > A R 5002`);
    expect(why(row)).toEqual(['half-open', 'late_fin_rst', 'likely']);
  });

  it('to a FIN soon after the ACK of its own, which was late: it was there still when that ACK came', async () => {
    const row = await connection(`${established()}
      2.00 B > A F. 5001 ack 1001
      15.00 A > B . 1001 ack 5002
      15.10 A > B F. 1001 ack 5002
      15.11 B > A R 5002`);
    expect(why(row)).toEqual(GONE);
  });

  it.each([
    ['the ACK of that, and the FIN behind it, with one each', '2.012 A > B F. 1001 ack 5002', 'likely'],
    ['the ACK of that, twice, for the network may have doubled the reset', '', 'weak'],
  ])('to %s', async (_, fin, sure) => {
    const row = await connection(`${established()}
      2.000 B > A F. 5001 ack 1001
      2.010 A > B . 1001 ack 5002
      ${fin}
      2.020 B > A R 5002 id 0
      2.022 B > A R 5002 id 0`);
    expect(why(row)).toEqual(['abort', 'fin_then_abort', sure]);
  });
});

describe('a bare answer of an end that closes while its last data wait for the other end to read', () => {
  it.each([
    ['a closed window', 0, ['data-after-close', 'data_after_close', 'weak']],
    ['room for more', 9000, GONE],
  ])('to data that tell of %s', async (_, window, expected) => {
    const row = await connection(`${established().sends('server', 900)}
      0.06 A > B P. 1001(50) ack 5901 win ${window}
      0.07 B > A R 5901`);
    expect(why(row)).toEqual(expected);
  });
});

describe('a bare answer with a window', () => {
  it.each([
    ['the one that its sender had told last: passt aborts so', 9000, ['abort', 'abort_unread_or_linger0', 'weak']],
    ['another one: it knew nothing of it', 512, GONE],
  ])('which is %s', async (_, window, expected) => {
    const row = await connection(`${established().sends('server', 9)}
      1.00 A > B P. 1001(9) ack 5010
      1.01 B > A . 5010 ack 1010 win 9000
      9.00 A > B P. 1010(9) ack 5010
      9.01 B > A R 5010 win ${window}`);
    expect(why(row)).toEqual(expected);
  });
});

describe('lwIP, which answers with an ACK flag and the window of a new connection', () => {
  /** A request and its answer between Linux (A) and lwIP (B). */
  const served = `A = 10.2.0.2:20039     B = 10.1.0.2:8000
    0        A > B S  100           win 64240
    0.0012   B > A S. 6509 ack 101  win 32767
    0.0013   A > B .  101  ack 6510 win 63
    0.0026   A > B P. 101(50) ack 6510 win 63
    0.0030   A > B P. 151(50) ack 6510 win 63
    0.0038   B > A P. 6510(200) ack 201 win 32717
    0.0040   A > B .  201  ack 6710 win 63`;
  const closed = `${served}\n0.06 B > A F. 6710 ack 201 win 32717\n0.10 A > B . 201 ack 6711 win 63`;

  it.each([
    [
      'was started again, and resets an old copy of data',
      `${served}\n1.6 A > B P. 101(50) ack 6710 win 63\n1.6001 B > A R. 6710 ack 151 win 65407`,
      GONE,
    ],
    [
      'was started again long ago, and resets a FIN',
      `${served}\n66 A > B F. 201 ack 6710 win 63\n66.0001 B > A R. 6710 ack 202 win 65407`,
      GONE,
    ],
    [
      'was started again after a FIN that got lost, and resets the FIN of the other end',
      `${served}\n1 B > A F. 6710 ack 201 win 32717
      66 A > B F. 201 ack 6710 win 63\n66.0001 B > A R. 6710 ack 202 win 65407`,
      GONE,
    ],
    [
      'closed, and resets data that come soon',
      `${closed}\n1.6 A > B P. 201(50) ack 6711 win 63\n1.6001 B > A R. 6711 ack 251 win 65407`,
      DATA_AFTER_CLOSE,
    ],
    [
      'closed, and resets data that come long after',
      `${closed}\n66 A > B P. 201(50) ack 6711 win 63\n66.0001 B > A R. 6711 ack 251 win 65407`,
      DATA_AFTER_CLOSE,
    ],
  ])('%s', async (_, text, expected) => {
    expect(why(await connection(text))).toEqual(expected);
  });

  it.each([
    [
      'acknowledged those data before',
      `1.6 A > B P. 201(50) ack 6710 win 63\n1.6001 B > A . 6710 ack 251 win 32717
      1.6002 B > A R. 6710 ack 251 win 65407`,
    ],
    [
      'has a number beyond what was acknowledged to it',
      `1.6 B > A P. 6710(50) ack 201 win 32717\n1.6001 A > B P. 201(50) ack 6710 win 63
      1.6002 B > A R. 6760 ack 251 win 65407`,
    ],
    ['does not acknowledge those data', '1.6 A > B P. 201(50) ack 6710 win 63\n1.6001 B > A R. 6710 ack 201 win 65407'],
    [
      'had closed its window',
      `1.6 A > B P. 201(50) ack 6710 win 63\n1.6001 B > A . 6710 ack 251 win 0
      1.9 A > B . 251(1) ack 6710 win 63\n1.9001 B > A R. 6710 ack 252 win 8000`,
    ],
  ])('is not meant where an end %s: it had the connection, and aborts', async (_, lines) => {
    expect(await connection(`${served}\n${lines}`)).toMatchObject({ reset_code: 'abort_unread_or_linger0' });
  });

  it('is not meant where the window before is that of a SYN-ACK, which is told in other units', async () => {
    const row = await connection(`A = 10.2.0.2:20039     B = 10.1.0.2:8000
      0      A > B S  100           win 64240
      0.0012 B > A S. 6509 ack 101  win 2920
      0.0013 A > B .  101  ack 6510 win 63
      0.0026 A > B P. 101(50) ack 6510 win 63
      0.0030 B > A R. 6510 ack 151 win 5840`);
    expect(why(row)).toEqual(['unread-data', 'abort_unread_or_linger0', 'likely']);
  });
});
