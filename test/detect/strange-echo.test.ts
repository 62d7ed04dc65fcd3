import { describe, expect, it } from 'vitest';
import type { Row } from '../support/analysis.js';
import { established } from '../support/conversation.js';
import { analyzeConversation } from '../support/run.js';

const ENDS = 'A = 192.0.2.1:40000     B = 198.51.100.7:443';
const SYN = '0.00 A > B S 1000 <mss 1460, TS val 5000 ecr 0>';
const synAck = (ecr: number, at = 0.01): string => `${at} B > A S. 7000 ack 1001 <mss 1460, TS val 900 ecr ${ecr}>`;
const ack = (ecr: number, at = 0.02): string => `${at} A > B . 1001 ack 7001 <TS val 5020 ecr ${ecr}>`;

async function told(...lines: string[]): Promise<Row[]> {
  const { findings } = await analyzeConversation([ENDS, ...lines].join('\n'));
  return findings.filter(({ kind }) => kind === 'strange-echo' || kind === 'syn-ack-turned-down');
}

describe('a timestamp that the other end cannot have sent', () => {
  it('in a SYN-ACK is told where nothing shows what became of it', async () => {
    expect(await told(SYN, synAck(1_005_000), ack(900))).toMatchObject([
      {
        kind: 'strange-echo',
        severity: 'notice',
        confidence: 'strong',
        frame: 2,
        summary: expect.stringContaining('for its SYN had 5000'),
      },
    ]);
  });

  it('is the reason why a SYN-ACK was turned down, and is told with that', async () => {
    const again = [
      '1 A > B S 1000 <mss 1460, TS val 6000 ecr 0>',
      synAck(6000, 1.01),
      ack(900, 1.02),
      '1.1 B > A . 7001 ack 1001',
      '1.2 A > B . 1001 ack 7001',
    ];
    const findings = await told(SYN, synAck(1_005_000), '0.02 A > B R 1001', ...again);
    expect(findings).toMatchObject([{ kind: 'syn-ack-turned-down' }]);
    expect(findings[0]!.summary).toContain(
      'for it echoed timestamp 1005000, which no SYN had (5000), and the connection opened',
    );
  });

  it('in the ACK of a SYN-ACK is told', async () => {
    expect(
      await told(SYN, synAck(5000), ack(8_000_900), '0.03 B > A . 7001 ack 1001 <TS val 902 ecr 5000>'),
    ).toMatchObject([{ kind: 'strange-echo', frame: 3, summary: expect.stringContaining('for its SYN-ACK had 900') }]);
  });

  it('is told, too, after handshakes of the usual kind', async () => {
    const usual = [1, 2, 3].map((port) => `${established({ client: `192.0.2.1:${port}`, timestamps: true })}`);
    const talk = (synEcho: number, ackEcho: number): string => `${ENDS}
      1.00 A > B S 1000 <mss 1460, sackOK, TS val 5000 ecr 0, wscale 7>
      1.01 B > A S. 7000 ack 1001 <mss 1460, sackOK, TS val 900 ecr ${synEcho}, wscale 7>
      1.02 A > B . 1001 ack 7001 <TS val 5020 ecr ${ackEcho}>`;
    expect(await told(...usual, talk(1_005_000, 900))).toMatchObject([{ kind: 'strange-echo', frame: 11 }]);
    expect(await told(...usual, talk(5000, 8_000_900))).toMatchObject([{ kind: 'strange-echo', frame: 12 }]);
    expect(await told(...usual, talk(5000, 900))).toEqual([]);
  });

  it('is told, too, where it is far behind', async () => {
    expect(await told(SYN, synAck(5000 + 2 ** 31 + 1), ack(900))).toMatchObject([{ kind: 'strange-echo', frame: 2 }]);
  });
});

describe('nothing is told', () => {
  it.each([
    ['of a right echo', [SYN, synAck(5000), ack(900)]],
    ['of an echo of a later copy of the SYN that was not captured', [SYN, synAck(6000, 1.01), ack(900, 1.02)]],
    ['of an echo of a copy from before the capture', [SYN, synAck(4000), ack(900)]],
    ['of an echo of zero', [SYN, synAck(0), ack(0)]],
    ['where there is no timestamp', [SYN, '0.01 B > A S. 7000 ack 1001', '0.02 A > B . 1001 ack 7001']],
    ['where the SYN had none', ['0 A > B S 1000', synAck(77), ack(900)]],
    ['where the SYN was not captured', [synAck(123_456_789), ack(900)]],
    ['where its options were cut off', [`${SYN} cut 54`, synAck(123_456_789), ack(900)]],
    [
      'of an ACK of the first of two SYN-ACKs',
      [SYN, synAck(5000), '1 B > A S. 7000 ack 1001 <mss 1460, TS val 1900 ecr 5000>', ack(900, 1.1)],
    ],
    [
      'of the ACKs of a simultaneous open, for each end has sent a SYN and, later, a SYN-ACK',
      [
        SYN,
        '0.16 B > A S 7000 <mss 1460, TS val 900 ecr 0>',
        '0.16 A > B S. 1000 ack 7001 <mss 1460, TS val 5160 ecr 900>',
        '0.24 B > A S. 7000 ack 1001 <mss 1460, TS val 1060 ecr 5000>',
        ack(1060, 0.24),
        '0.32 B > A . 7001 ack 1001 <TS val 1140 ecr 5160>',
      ],
    ],
    [
      'of what comes after the handshake',
      [SYN, synAck(5000), ack(900), '1 A > B . 1001 ack 7001 <TS val 6000 ecr 99999999>'],
    ],
  ])('%s', async (_, lines) => {
    expect(await told(...lines)).toEqual([]);
  });
});
