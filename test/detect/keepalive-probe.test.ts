import { describe, expect, it } from 'vitest';
import type { Row } from '../support/analysis.js';
import { established } from '../support/conversation.js';
import type { Talk } from '../support/conversation.js';
import { analyzeConversation } from '../support/run.js';

const ENDS = 'A = 192.0.2.1:40000     B = 198.51.100.7:443';
const ACKNOWLEDGED = 'the FIN of the other side was not captured; its number was acknowledged';

async function connection(talk: Talk | string): Promise<Row> {
  return (await analyzeConversation(`${talk}`)).connection;
}

/** Who closed first, how sure that is, and why it was reset. */
function ending(row: Row): unknown[] {
  return [row.closed_first, row.closed_first_confidence, row.reset_cause, row.reset_confidence];
}

describe('the number before which a keepalive probe stands is no unseen FIN', () => {
  const lostAnswer = `${established().sends('client', 100)}\n1.2 A > B . 1101 ack 5101`;

  it.each([
    ['a capture that begins with a probe', `${ENDS}\n60 B > A . 5100 ack 1101\n60.01 A > B . 1101 ack 5101`],
    ['one that begins with the answer to a probe', `${ENDS}\n59 A > B . 1101 ack 5101`],
    ['the last data were not captured', lostAnswer],
  ])('%s, and then a probe meets no connection any more', async (_, before) => {
    const row = await connection(`${before}\n120 B > A . 5100 ack 1101\n120.01 A > B R 1101`);
    expect(ending(row)).toEqual(['client', 'likely', 'keepalive', 'strong']);
    expect(row.close_note).not.toBe(ACKNOWLEDGED);
  });

  it('nor where the probe has an octet', async () => {
    const row = await connection(`${lostAnswer}\n60 B > A . 5100:5101(1) ack 1101\n60.01 A > B R 1101`);
    expect(row).toMatchObject({ closed_first: 'client', close: 'rst' });
  });

  it('nor where a FIN of the other end follows', async () => {
    const row = await connection(`${lostAnswer}
      60 B > A . 5100 ack 1101
      60.01 A > B . 1101 ack 5101
      121 A > B F. 1101 ack 5101
      121.01 B > A . 5101 ack 1102`);
    expect(row).toMatchObject({ closed_first: 'client', closed_first_confidence: 'likely', close: 'half-closed' });
  });

  it('and in a capture from the middle of an idle connection, nobody gave up for want of an answer that came', async () => {
    const row = await connection(`${ENDS}
      60 B > A . 5100 ack 1101\n60.01 A > B . 1101 ack 5101
      120 B > A . 5100 ack 1101\n130 B > A . 5100 ack 1101\n140 B > A . 5100 ack 1101
      150 B > A R. 5101 ack 1101`);
    expect(ending(row)).toEqual(['server', 'likely', 'keepalive', 'strong']);
  });

  it('and what nobody answered may have been closed before: the reset, perhaps, met nothing', async () => {
    const row = await connection(`${established().sends('client', 100).sends('server', 100)}
      60 B > A . 5100 ack 1101\n61 B > A . 5100 ack 1101\n62 B > A . 5100 ack 1101
      63 B > A R. 5101 ack 1101`);
    expect(ending(row)).toEqual(['server', 'likely', 'keepalive', 'strong']);
    expect(row.close_note).toMatch(/may not have reached/);
  });

  it('and where the answers were lost behind the tap, as data was, it was in vain all the same', async () => {
    const lost = `${established().sends('client', 100).sends('server', 100)}
      1.0 A > B P. 1101(50) ack 5101
      1.3 A > B P. 1101(50) ack 5101
      2.0 B > A . 5100 ack 1101\n2.0 A > B . 1151 ack 5101
      3.0 B > A . 5100 ack 1101\n3.0 A > B . 1151 ack 5101`;
    const row = await connection(`${lost}\n3.2 A > B P. 1101(50) ack 5101\n4.0 B > A R. 5101 ack 1101`);
    expect(ending(row)).toEqual(['server', 'certain', 'keepalive', 'likely']);
    const without = await connection(`${lost}\n3.2 B > A . 5101 ack 1151\n4.0 B > A R. 5101 ack 1151`);
    expect(without.reset_cause).not.toBe('keepalive');
  });

  it('but it is one where that segment was no probe: it acknowledged data, or the other had not received more', async () => {
    const midway = `${ENDS}\n0.1 B > A . 5001 ack 901\n0.2 A > B P. 901:1101(200) ack 5001\n0.3 B > A . 5001 ack 1101`;
    const row = await connection(`${midway}\n1 A > B F. 1101 ack 5002\n1.1 B > A . 5002 ack 1102`);
    expect([row.closed_first, row.close_note]).toEqual(['server', ACKNOWLEDGED]);
    const acks = `${ENDS}\n0.1 B > A . 5001 ack 901\n0.3 B > A . 5001 ack 1101`;
    const other = await connection(`${acks}\n1 A > B F. 1101 ack 5002\n1.1 B > A . 5002 ack 1102`);
    expect([other.closed_first, other.close_note]).toEqual(['server', ACKNOWLEDGED]);
  });
});

describe('an ACK that a FIN overtook is no keepalive probe', () => {
  it.each([
    [
      'the FIN was acknowledged milliseconds before',
      '1.04 B > A . 5001 ack 1102',
      '1.05 A > B . 1101 ack 5001',
      'R 5001',
    ],
    [
      'its timestamp is older, however late it comes',
      '1.04 B > A . 5001 ack 1102 <TS val 740 ecr 700>',
      '3.00 A > B . 1101 ack 5001 <TS val 690 ecr 240>',
      'R 5001',
    ],
  ])('%s', async (_, ack, late, reset) => {
    const ts = ack.includes('TS') ? ' <TS val 700 ecr 240>' : '';
    const row = await connection(`${established().sends('client', 100)}
      1 A > B F. 1101 ack 5001${ts}
      ${ack}
      ${late}
      +0.01 B > A ${reset}`);
    expect(row.reset_cause).not.toBe('keepalive');
  });

  it('but a segment of that number after a silence is', async () => {
    const row = await connection(`${established().sends('client', 100)}
      1.00 A > B F. 1101 ack 5001
      1.04 B > A . 5001 ack 1102
      61.04 A > B . 1101 ack 5001
      +0.01 B > A R 5001`);
    expect(row.reset_cause).toBe('keepalive');
  });
});

it('octets sent again towards a window of zero are retransmissions, not keepalive probes with an octet', async () => {
  const row = await connection(`${established().sends('client', 10)}
    0.2 B > A . 5001 ack 1011 win 0
    3.0 A > B . 1010(1) ack 5001
    6.0 A > B . 1010(1) ack 5001`);
  expect(row.client_retransmissions).toBe(2);
});

it('a hole up to the number of a probe ends one later where an octet more is acknowledged: what fills it is new', async () => {
  const row = await connection(`${established().sends('client', 10)}
    1.00 A > B . 1500 ack 5001
    1.01 B > A . 5001 ack 1501
    1.10 A > B P. 1501(10) ack 5001
    1.20 A > B P. 1011(490) ack 5001`);
  expect(row.client_unique_bytes).toBe(510);
});
