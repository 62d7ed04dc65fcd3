import { describe, expect, it } from 'vitest';
import type { Row } from '../support/analysis.js';
import { established } from '../support/conversation.js';
import type { Talk } from '../support/conversation.js';
import { analyzeConversation } from '../support/run.js';

const ENDS = 'A = 192.0.2.1:40000     B = 198.51.100.7:443';

async function connection(talk: Talk | string): Promise<Row> {
  return (await analyzeConversation(`${talk}`)).connection;
}

/** Who closed first, how sure that is, and what speaks against it. */
function closer(row: Row): unknown[] {
  return [row.closed_first, row.closed_first_confidence, row.close_note];
}

const MISSING = 'segments are missing from the capture near the close';
const ACKNOWLEDGED = 'the FIN of the other side was not captured; its number was acknowledged';

describe('one FIN is no more than likely to be the first', () => {
  it('where the other end then says one number more than it sent: its own FIN, crossed or second', async () => {
    const row = await connection(`${established()}
      1.00 A > B F. 1001 ack 5001
      1.01 B > A . 5002 ack 1002
      1.02 A > B . 1002 ack 5002`);
    expect(closer(row)).toEqual(['client', 'likely', MISSING]);
  });

  it('where it acknowledges more octets than were captured: a FIN may be behind them', async () => {
    const row = await connection(`${established()}
      1.00 A > B F. 1001 ack 5302
      1.01 B > A . 5302 ack 1002`);
    expect(closer(row)).toEqual(['client', 'likely', MISSING]);
  });

  it('where the answer to the SYN was not captured, and nobody knows what else', async () => {
    const row = await connection(`${ENDS}
      0.00 A > B S 1000
      0.02 A > B . 1001 ack 5001
      1.00 A > B F. 1001 ack 5302
      1.01 B > A . 5302 ack 1002`);
    expect(closer(row)).toEqual(['client', 'likely', MISSING]);
  });
});

describe('one FIN is certain to be the first', () => {
  it('though octets are missing, where its end sent data after them: a FIN is the last', async () => {
    const row = await connection(`${established()}
      0.50 B > A . 6449:7897(1448) ack 1001
      1.00 A > B F. 1001 ack 5001
      1.01 B > A . 7897 ack 1002`);
    expect(closer(row)).toEqual(['client', 'certain', null]);
  });
});

describe('a FIN that nobody acknowledged before the capture ends', () => {
  it('is not certain to be the first: one of the other end may have crossed it', async () => {
    const row = await connection(`${established().sends('server', 10)}\n1 A > B F. 1001 ack 5011`);
    expect(row).toMatchObject({ close: 'half-closed', client_state: 'FIN_WAIT_1' });
    expect(closer(row)).toEqual(['client', 'likely', expect.stringMatching(/not acknowledged .* crossed it/)]);
  });

  it('but is certain where a reset of the other end acknowledges it', async () => {
    const row = await connection(`${established()}\n1 A > B F. 1001 ack 5001\n1.01 B > A R. 5001 ack 1002`);
    expect(closer(row)).toEqual(['client', 'certain', null]);
  });
});

describe('two FINs tell with certainty', () => {
  const gap = (isn: number): string => `
    ${100 + isn / 1e6} A > B S ${isn}
    +0.01 B > A S. 8000000 ack ${isn + 1}
    +0.01 B > A . 8000001 ack ${isn + 101}
    +0.01 A > B F. ${isn + 101} ack 8000001
    +0.01 B > A F. 8000001 ack ${isn + 102}
    +0.01 A > B . ${isn + 102} ack 8000002`;

  it('a little less, where octets are missing', async () => {
    expect(closer(await connection(`${ENDS}${gap(2_000_000)}`))).toEqual(['client', 'strong', MISSING]);
  });

  it('and no more than likely, where the four-tuple was used before: a segment may be of the other connection', async () => {
    const { connections } = await analyzeConversation(`${established().closedBy('client')}${gap(2_000_000)}`);
    expect(closer(connections[1]!)).toEqual(['client', 'likely', MISSING]);
  });
});

describe('a reset is no more than likely to be the first to close', () => {
  it('where it acknowledges one number that nobody saw: the FIN of the other end, most likely', async () => {
    const row = await connection(`${established().sends('client', 100)}\n1 B > A R. 5001 ack 1102`);
    expect(row).toMatchObject({ close: 'rst', reset_by: 'server' });
    expect(closer(row)).toEqual(['client', 'likely', ACKNOWLEDGED]);
  });

  it('where more is missing', async () => {
    const row = await connection(`${established().sends('client', 100)}\n1 B > A R. 5001 ack 2550`);
    expect(closer(row)).toEqual(['server', 'likely', MISSING]);
  });

  it('where one direction was captured: the other may have held a FIN', async () => {
    const row = await connection(`${ENDS}
      0.0 B > A P. 5001:5101(100) ack 1001
      1.0 B > A R. 5101 ack 1001`);
    expect(closer(row)).toEqual(['server', 'likely', 'only one direction was captured']);
  });

  it('but is certain where nothing is missing', async () => {
    expect(closer(await connection(established().sends('client', 100).resetBy('server')))).toEqual([
      'server',
      'certain',
      null,
    ]);
  });
});

describe('where nothing but a FIN of one end was captured', () => {
  const note = 'only one direction was captured';
  const fin = `${ENDS}\n0 A > B F. 1001 ack 5002`;

  it('the other closed first, perhaps: nothing follows that FIN', async () => {
    expect(closer(await connection(fin))).toEqual(['server', 'weak', note]);
  });

  it('and nobody knows where it is sent again and again: the other end may be gone', async () => {
    const again = `+0.4 A > B F. 1001 ack 5002\n+0.8 A > B F. 1001 ack 5002`;
    expect(closer(await connection(`${fin}\n${again}`))).toEqual([null, 'unknown', note]);
  });
});

describe('where the snap length cut the options off', () => {
  const cut = (line: string): string => `${line} <TS val 7 ecr 7> cut 54`;

  it('nobody knows whether PAWS rejected a FIN, and close_note says so', async () => {
    const row = await connection(`${ENDS}
      ${cut('0.00 A > B S 1000')}
      ${cut('0.01 B > A S. 5000 ack 1001')}
      ${cut('0.02 A > B . 1001 ack 5001')}
      ${cut('1.00 A > B F. 1001 ack 5001')}
      ${cut('1.01 B > A F. 5001 ack 1002')}
      ${cut('1.02 A > B . 1002 ack 5002')}`);
    expect(closer(row)).toEqual(['client', 'strong', expect.stringMatching(/cut off by the snap length/)]);
  });

  it('of the SYNs alone, as tcpdump once did, the other segments tell', async () => {
    const row = await connection(`${ENDS}
      ${cut('0.00 A > B S 1000')}
      ${cut('0.01 B > A S. 5000 ack 1001')}
      0.02 A > B . 1001 ack 5001 <TS val 7 ecr 7>
      1.00 A > B F. 1001 ack 5001 <TS val 8 ecr 7>
      1.01 B > A F. 5001 ack 1002 <TS val 8 ecr 8>
      1.02 A > B . 1002 ack 5002 <TS val 8 ecr 8>`);
    expect(closer(row)).toEqual(['client', 'certain', null]);
  });
});

describe('a capture whose clock stepped back', () => {
  it('tells of CLOSE_WAIT, but is not sure how long it was', async () => {
    const { findings } = await analyzeConversation(`${established().halfClosedBy('client')}
      ${established({ client: '192.0.2.9:50000', at: 100 })}
      ${established({ client: '192.0.2.9:50001', at: 50 })}
      ${established({ client: '192.0.2.9:50002', at: 110 })}`);
    expect(findings).toMatchObject([{ kind: 'close-wait', confidence: 'weak' }]);
  });

  it('tells of a SYN on TIME_WAIT, but is not sure that TIME_WAIT lasted as long', async () => {
    const { timeWaitSyns } = await analyzeConversation(
      `${established().closedBy('server')}
      100 C > D . 1 ack 1
      20 A > B S 9000000
      20.01 B > A S. 7000000 ack 9000001`.replace('100 C', 'C = 192.0.2.9:1 D = 198.51.100.7:2\n100 C'),
    );
    expect(timeWaitSyns).toMatchObject([{ outcome: 'accepted', confidence: 'likely' }]);
  });
});
