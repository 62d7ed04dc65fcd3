import { describe, expect, it } from 'vitest';
import { connectionFacts } from '../../src/store/connection-facts.js';
import { capture } from '../support/conversation.js';
import { analyzeCaptures, analyzeConversation } from '../support/run.js';

const ENDS = 'A = 192.0.2.1:40000  B = 198.51.100.7:443\n';

/** Frame and milliseconds after the first packet: of the SYN-ACK, of the ACK that completed the handshake. */
async function handshake(lines: string): Promise<(number | null)[]> {
  const c = (await analyzeConversation(ENDS + lines)).connections[0]!;
  const after = (ns: unknown): number | null =>
    ns === null ? null : Number((ns as bigint) - (c.first_ns as bigint)) / 1e6;
  return [c.syn_ack_frame, after(c.syn_ack_ns), c.handshake_ack_frame, after(c.handshake_ack_ns)] as (number | null)[];
}

describe('the frames of the handshake', () => {
  it('are those of the SYN-ACK and of the ACK, with their times', async () => {
    expect(
      await handshake(`0.000 A > B S 1000
0.010 B > A S. 5000 ack 1001
0.015 A > B . 1001 ack 5001
0.020 A > B P. 1001(10) ack 5001`),
    ).toEqual([2, 10, 3, 15]);
  });

  it('are those of the SYN-ACK that the ACK answered, where it was sent several times', async () => {
    const sent = `0.000 A > B S 1000
0.010 B > A S. 5000 ack 1001
1.010 B > A S. 5000 ack 1001
1.020 A > B . 1001 ack 5001`;
    expect(await handshake(sent)).toEqual([3, 1010, 4, 1020]);
    expect(await handshake(`${sent}\n3.000 B > A S. 5000 ack 1001 id 9\n3.001 A > B . 1001 ack 5001`)).toEqual([
      3, 1010, 4, 1020,
    ]);
  });

  it('are those of the answer that the client took, where two servers answered', async () => {
    expect(
      await handshake(`0.000 A > B S 1000
0.010 B > A S. 5000 ack 1001
0.012 B > A S. 9000 ack 1001
0.020 A > B . 1001 ack 5001`),
    ).toEqual([2, 10, 4, 20]);
  });

  it('are there also where the SYN was not captured, or its copies leave no round trip', async () => {
    expect(await handshake('0.010 B > A S. 5000 ack 1001\n0.015 A > B . 1001 ack 5001')).toEqual([1, 0, 2, 5]);
    expect(
      await handshake(`0.000 A > B S 1000
1.000 A > B S 1000
1.010 B > A S. 5000 ack 1001
1.015 A > B . 1001 ack 5001`),
    ).toEqual([3, 1010, 4, 1015]);
  });

  it('are not there where the segments are not, and not told of those of the other end', async () => {
    expect(await handshake('0.000 A > B S 1000')).toEqual([null, null, null, null]);
    expect(await handshake('0.000 A > B S 1000\n0.010 B > A S. 5000 ack 1001')).toEqual([2, 10, null, null]);
    expect(await handshake('0.000 A > B S 1000\n0.010 B > A . 5001 ack 1001\n0.020 A > B . 1001 ack 5002')).toEqual([
      null,
      null,
      null,
      null,
    ]);
    // a split handshake: the server sends a SYN of its own, and it is the client that answers with a SYN-ACK
    expect(
      await handshake(`0.000 A > B S 1000
0.010 B > A S 5000
0.020 A > B S. 1000 ack 5001
0.030 B > A . 5001 ack 1001`),
    ).toEqual([null, null, null, null]);
  });

  it('tell the SYN-ACK of the server where both ends sent one', async () => {
    const [synAck, time] = await handshake(`0.000 A > B S 1000
0.001 B > A S 5000
0.002 A > B S. 1000 ack 5001
0.003 B > A S. 5000 ack 1001
0.004 A > B . 1001 ack 5001`);
    expect([synAck, time]).toEqual([4, null]);
  });

  it('count anew in each file, and the file is known', async () => {
    const { analysis } = await analyzeCaptures([
      capture(`${ENDS}0.000 B > A . 1 ack 1\n0.500 A > B R 1\n9.000 A > B S 1000`),
      capture(`${ENDS}9.010 B > A S. 5000 ack 1001`),
      capture(`${ENDS}9.015 A > B . 1001 ack 5001\n9.020 A > B P. 1001(10) ack 5001`),
    ]);
    const { id } = analysis.connections.find((c) => c.handshake === 'complete')!;
    expect(connectionFacts(analysis.database, Number(id)).connection).toMatchObject({
      firstFrame: 3,
      captureId: 1,
      synAckFrame: 1,
      synAckCaptureId: 2,
      handshakeAckFrame: 1,
      handshakeAckCaptureId: 3,
    });
  });
});
