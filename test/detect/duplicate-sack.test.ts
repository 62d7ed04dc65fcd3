import { describe, expect, it } from 'vitest';
import type { Row } from '../support/analysis.js';
import { swapAddresses } from '../support/conversation.js';
import { analyzeConversation } from '../support/run.js';

const OPEN = `A = 192.0.2.1:40000     B = 198.51.100.7:443
  0.00  A > B  S   1000          <mss 1460, sackOK, TS val 100 ecr 0>
  0.01  B > A  S.  5000 ack 1001 <mss 1460, sackOK, TS val 900 ecr 100>
  0.02  A > B  .   1001 ack 5001 <TS val 120 ecr 900>`;
const FIRST = '0.10 A > B P. 1001(100) ack 5001 <TS val 200 ecr 900>\n0.11 B > A . 5001 ack 1101 <TS val 1010 ecr 200>';
const SECOND =
  '0.20 A > B P. 1101(50) ack 5001 <TS val 300 ecr 1010>\n0.21 B > A . 5001 ack 1151 <TS val 1110 ecr 300>';
const TWICE = '0.40 B > A . 5001 ack 1151 <TS val 1300 ecr 300, sack 1001:1101>';

async function rows(...lines: string[]): Promise<Row[]> {
  return (await analyzeConversation([OPEN, ...lines].join('\n'))).pawsRejections;
}

describe('octets that arrived twice, as a D-SACK says, but passed the tap once', () => {
  it('came late as a copy with the timestamp of the first: PAWS rejected it', async () => {
    const [row, ...more] = await rows(FIRST, SECOND, TWICE);
    expect(more).toEqual([]);
    expect(row).toMatchObject({
      sender: 'client',
      frame: null,
      seq: 1001,
      len: 100,
      tsval: 200,
      ts_recent: 300,
      state: 'ESTABLISHED',
      outcome: 'rejected-dup-ack',
      impact: 'harmless-old-duplicate',
      confidence: 'likely',
      evidence_frame: 8,
    });
    expect(row!.explanation).toMatch(/not in the capture/);
  });

  it('which is no loss, so nobody is told of it', async () => {
    const { findings } = await analyzeConversation([OPEN, FIRST, SECOND, TWICE].join('\n'));
    expect(findings).toEqual([]);
  });

  it('in the other direction, too', async () => {
    const [row] = (await analyzeConversation(swapAddresses([OPEN, FIRST, SECOND, TWICE].join('\n')))).pawsRejections;
    expect(row).toMatchObject({ sender: 'client', tsval: 200 });
  });

  it.each<[string, string[]]>([
    [
      'at once: the copy is as young as TS.Recent',
      [FIRST, TWICE.replace('1151', '1101').replace('ecr 300', 'ecr 200')],
    ],
    [
      'one tick late: Linux lets that pass',
      [FIRST, SECOND.replaceAll('300', '201'), TWICE.replace('ecr 300', 'ecr 201')],
    ],
    [
      'because they were sent again: a retransmission has a timestamp of its own',
      [FIRST, SECOND, '0.3 A > B P. 1001(100) ack 5001 <TS val 400 ecr 1110>', TWICE],
    ],
    ['as parts of other segments, whose times nobody knows', [FIRST, SECOND, TWICE.replace('1001:1101', '1001:1051')]],
    [
      'though the capture misses segments: the second may be one of these',
      [FIRST, SECOND, '0.25 B > A . 5001 ack 1201 <TS val 1150 ecr 350>', TWICE.replace('ack 1151', 'ack 1201')],
    ],
    ['but the block lies above the ACK: an ordinary SACK', [FIRST, SECOND, TWICE.replace('1001:1101', '1201:1301')]],
    [
      'on a connection without timestamps',
      [FIRST, SECOND, TWICE].map((line) => line.replace(/<TS [^>,]*(?=[>,]),? ?/g, '<nop, ')),
    ],
    ['and the sender is unknown to the capture', [TWICE]],
  ])('not %s', async (_, lines) => {
    expect(await rows(...lines)).toEqual([]);
  });
});

describe('a block of octets that passed with an old timestamp', () => {
  const THIRD = '0.30 A > B P. 1151(50) ack 5001 <TS val 390 ecr 1110>';

  it.each<[string, string[]]>([
    ['stands in a FIN, which is no mere answer', [FIRST, SECOND, TWICE.replace('B > A .', 'B > A F.')]],
    [
      'lies above the ACK: they arrived once, after a gap',
      [FIRST, SECOND, THIRD, '0.40 B > A . 5001 ack 1151 <TS val 1300 ecr 450, sack 1151:1201>'],
    ],
    [
      'is of an end whose octets miss some: a copy may have filled them',
      [
        FIRST,
        SECOND,
        '0.30 A > B P. 1161(10) ack 5001 <TS val 390 ecr 1110>',
        '0.31 B > A . 5001 ack 1171 <TS val 1210 ecr 390>',
        TWICE.replace('ack 1151', 'ack 1171').replace('ecr 300', 'ecr 390'),
      ],
    ],
  ])('is no rejection where it %s', async (_, lines) => {
    expect(await rows(...lines)).toEqual([]);
  });

  it('is looked up for no more than 32 answers of a connection', async () => {
    const answers = Array.from({ length: 40 }, (_, i) => TWICE.replace('0.40', (0.4 + i / 100).toFixed(2)));
    expect(await rows(FIRST, SECOND, ...answers)).toHaveLength(32);
  });
});
