import { describe, expect, it } from 'vitest';
import type { Analysis } from '../support/analysis.js';
import { established } from '../support/conversation.js';
import type { Talk, TalkOptions } from '../support/conversation.js';
import { analyzeConversation } from '../support/run.js';

// After the handshake and ten octets each way: client 1011, server 5011, TS.Recent of the server 100_050.
const T = 100_050;
const talk = (options: TalkOptions = {}): Talk =>
  established({ timestamps: true, ...options })
    .sends('server', 10)
    .sends('client', 10)
    .acks('server');
const BEFORE = talk();
const ENDS = 'A = 192.0.2.1:40000     B = 198.51.100.7:443';

async function analyze(...lines: string[]): Promise<Analysis> {
  return analyzeConversation([BEFORE, ...lines].join('\n'));
}

const data = (at: number, tsval: number, from = 1011, length = 100): string =>
  `${at.toFixed(4)} A > B P. ${from}:${from + length}(${length}) ack 5011 <TS val ${tsval} ecr 900050>`;
const ack = (at: number, number: number, echo: number): string =>
  `${at.toFixed(4)} B > A . 5011 ack ${number} <TS val ${900_000 + Math.round(at * 1000)} ecr ${echo}>`;

describe('nothing fails PAWS', () => {
  it('in order, with an equal timestamp, or after an ACK whose echo is zero', async () => {
    const inOrder = [data(1, T + 950), ack(1.01, 1111, T + 950), data(2, T + 1950, 1111)];
    for (const lines of [inOrder, [data(1, T)], [ack(1, 1011, 0), data(1.1, T + 1050)]]) {
      expect((await analyze(...lines)).pawsRejections).toEqual([]);
    }
  });

  it('where the handshake did not agree on timestamps: the option means nothing then', async () => {
    const { pawsRejections } = await analyzeConversation(`${established()}
      1.00 A > B P. 1001:1011(10) ack 5001 <TS val 5000 ecr 1>
      1.01 B > A .  5001 ack 1011 <TS val 7000 ecr 5000>
      1.02 A > B P. 1011:1021(10) ack 5001 <TS val 20 ecr 7000>`);
    expect(pawsRejections).toEqual([]);
  });
});

// Titles name the traps of close-rules 5.6 in its words.
describe('no rejection is told of', () => {
  it.each<[string, string[]]>([
    [
      'network reordering before Y: neither segment was echoed before the other came',
      [data(1.0, T + 60, 1111), data(1.001, T + 50), ack(1.01, 1211, T + 50)],
    ],
    [
      'network reordering before Y: the octets of a hole come late, with the timestamp of their first sending',
      [data(1.0, T + 60, 1111), ack(1.01, 1011, T), data(1.02, T + 50), ack(1.03, 1211, T + 50)],
    ],
    [
      'capture reordering: a record stands behind the ACK that answers it, and its own time is before',
      [data(1.0002, T + 60, 1111), ack(1.0004, 1211, T + 60), data(1.0001, T + 50)],
    ],
    [
      'capture reordering: an ACK without data stands behind a later echo, and its own time is before',
      [data(1.0002, T + 60), ack(1.0004, 1111, T + 60), `1.0001 A > B . 1011 ack 5011 <TS val ${T + 50} ecr 900050>`],
    ],
    [
      'capture reordering: a record stands behind the ACK of the hole that it fills, with a time to match',
      [data(1.0, T + 60, 1111), ack(1.001, 1211, T + 60), data(1.0011, T + 50)],
    ],
    [
      'capture reordering: a record stands behind the ACK of its octets, which nobody had seen till then',
      [data(1.0, T + 60), ack(1.001, 1211, T + 60), data(1.0011, T + 50, 1111)],
    ],
    [
      'duplicate frames: a second record of a segment after the echo of a later one',
      [
        `${data(1, T + 950)} id 700`,
        data(1.001, T + 952, 1111),
        ack(1.002, 1211, T + 952),
        `${data(1.003, T + 950)} id 700`,
      ],
    ],
    [
      'TSO/GSO super-frames, GRO merges: one timestamp for 60 000 octets, acknowledged in parts',
      [
        data(1, T + 950, 1011, 60_000),
        ack(1.01, 31_011, T + 950),
        data(1.011, T + 950, 61_011, 60_000),
        ack(1.02, 121_011, T + 950),
      ],
    ],
    [
      'TSO/GSO super-frames, GRO merges: a record shows the first of two timestamps, the receiver echoes the second',
      [data(1, T + 950, 1011, 20_000), ack(1.01, 21_011, T + 951), data(1.011, T + 950, 21_011, 20_000)],
    ],
    [
      'RST without options / reply ACK from request socket: a reset has none to test, or one that does not count (A15)',
      [`1 A > B R. 1011 ack 5011 <TS val ${T - 100_000} ecr 900050>`, '1.1 A > B R 1011'],
    ],
    [
      'RST without options / reply ACK from request socket: what has no option does not fail, and teaches nothing',
      ['1 A > B P. 1011:1111(100) ack 5011', '1.01 B > A . 5011 ack 1111', data(1.1, T, 1111)],
    ],
    [
      'keepalive/zero-window probes: the timestamp of a probe does not become TS.Recent',
      [
        `100 A > B . 1010 ack 5011 <TS val ${T + 99_950} ecr 900050>`,
        ack(100.01, 1011, T),
        data(100.02, T + 99_940),
        ack(100.03, 1111, T + 99_940),
      ],
    ],
    [
      'middlebox that strips or rewrites TSopt, or a proxy/LB answering: an echo of what was never sent',
      [ack(1, 1011, T + 5_000_000), data(1.1, T + 1050), ack(1.11, 1111, T + 1050)],
    ],
  ])('%s', async (_, lines) => {
    const { pawsRejections, findings } = await analyze(...lines);
    expect(pawsRejections).toEqual([]);
    expect(findings.filter((f) => f.detector === 'paws-rejection')).toEqual([]);
  });

  it('duplicate frames: every record of a conversation twice', async () => {
    const twice = BEFORE.toString()
      .split('\n')
      .flatMap((line) => (line.includes('>') ? [line, '+0.00005 copy'] : [line]))
      .join('\n');
    expect((await analyzeConversation(twice)).pawsRejections).toEqual([]);
  });

  it('X-side capture: what left before the ACK came may be recorded after it', async () => {
    // The SYN-ACK passes a moment before the ACK for it: the tap is at the client.
    const { captures, pawsRejections } = await analyzeConversation(`${ENDS}
      0.0000 A > B S  1000 <TS val 100000 ecr 0>
      0.0398 B > A S. 5000 ack 1001 <TS val 900020 ecr 100000>
      0.0400 A > B .  1001 ack 5001 <TS val 100040 ecr 900020>
      1.0000 A > B P. 1101:1201(100) ack 5001 <TS val 101002 ecr 900020>
      1.0390 B > A .  5001 ack 1201 <TS val 901020 ecr 101002>
      1.0391 A > B P. 1001:1101(100) ack 5001 <TS val 101000 ecr 900020>`);
    expect(captures[0]!.vantage).toBe('client');
    expect(pawsRejections).toEqual([]);
  });

  it('X-side capture: silence of the far end is not told as a rejection', async () => {
    const { captures, pawsRejections, findings } = await analyzeConversation(`${ENDS}
      0.0000 A > B S  1000 <TS val 100000 ecr 0>
      0.0398 B > A S. 5000 ack 1001 <TS val 900020 ecr 100000>
      0.0400 A > B .  1001 ack 5001 <TS val 100040 ecr 900020>
      1.0000 A > B P. 1001:1101(100) ack 5001 <TS val 99000 ecr 900020>
      1.3000 A > B P. 1001:1101(100) ack 5001 <TS val 101300 ecr 900020>
      1.3400 B > A .  5001 ack 1101 <TS val 901320 ecr 101300>`);
    expect(captures[0]!.vantage).toBe('client');
    expect(pawsRejections).toMatchObject([{ outcome: 'would-reject' }]);
    expect(findings).toEqual([]);
  });

  it('zero TSval on SYN/SYN-ACK, then real values: they lie in the upper half of the numbers', async () => {
    const { pawsRejections } = await analyzeConversation(`${ENDS}
      0.00 A > B S  1000 <TS val 0 ecr 0>
      0.01 B > A S. 5000 ack 1001 <TS val 0 ecr 0>
      0.02 A > B .  1001 ack 5001 <TS val 3000000000 ecr 0>
      0.03 A > B P. 1001:1011(10) ack 5001 <TS val 3000000010 ecr 0>
      0.04 B > A .  5001 ack 1011 <TS val 4000000000 ecr 3000000010>
      0.05 B > A P. 5001:5011(10) ack 1011 <TS val 4000000010 ecr 3000000010>
      0.06 A > B .  1011 ack 5011 <TS val 3000000040 ecr 4000000010>`);
    expect(pawsRejections).toEqual([]);
  });

  it('SYN cookies: a SYN-ACK is behind the clock by up to 63 ticks', async () => {
    const { pawsRejections } = await analyzeConversation(`${ENDS}
      0.00 A > B S  1000 <TS val 100000 ecr 0>
      0.01 B > A S. 5000 ack 1001 <TS val 900010 ecr 100000>
      0.02 A > B .  1001 ack 5001 <TS val 100020 ecr 900010>
      0.03 B > A S. 5000 ack 1001 <TS val 899960 ecr 100000>
      0.04 A > B .  1001 ack 5001 <TS val 100040 ecr 900010>`);
    expect(pawsRejections).toEqual([]);
  });

  it('middlebox that strips or rewrites TSopt, or a proxy/LB answering: a SYN proxy had another clock', async () => {
    // The tap is behind the proxy: the client echoes what the proxy had said, far ahead of the server's own clock.
    const { pawsRejections } = await analyzeConversation(`${ENDS}
      0.00 A > B S  1000 <TS val 100000 ecr 0>
      0.01 B > A S. 5000 ack 1001 <TS val 5000 ecr 100000>
      0.02 A > B .  1001 ack 5001 <TS val 100020 ecr 900010>
      0.03 B > A P. 5001:5011(10) ack 1001 <TS val 5020 ecr 100020>
      0.04 A > B .  1001 ack 5011 <TS val 100040 ecr 900030>
      0.05 B > A P. 5011:5021(10) ack 1001 <TS val 5040 ecr 100040>`);
    expect(pawsRejections).toEqual([]);
  });

  it.each<[string, number, number]>([
    ['the clock of each end passes 2^32', 0xffffffe0, 0xfffffff0],
    ['the clock of each end passes 2^31', 2 ** 31 - 20, 2 ** 31 - 30],
    ['both clocks began at zero', 0, 0],
  ])('wrap of TSval: %s', async (_, client, server) => {
    const long = talk({ timestamps: { client, server } })
      .waits(1)
      .sends('client', 10)
      .sends('server', 10)
      .closedBy('client');
    expect((await analyzeConversation(`${long}`)).pawsRejections).toEqual([]);
  });

  it('idle > 24 d / 2147 s: after 25 days TS.Recent is no longer valid, though the clock is half a circle on', async () => {
    const at = 25 * 86_400;
    const later = (T + at * 1000) % 2 ** 32;
    const { pawsRejections } = await analyze(
      `${at}.0 A > B P. 1011:1021(10) ack 5011 <TS val ${later} ecr 900050>`,
      `${at}.1 B > A . 5011 ack 1021 <TS val ${(900_060 + at * 1000) % 2 ** 32} ecr ${later}>`,
      `${at}.2 A > B P. 1021:1031(10) ack 5011 <TS val ${later + 200} ecr ${(900_060 + at * 1000) % 2 ** 32}>`,
      `${at}.3 B > A . 5011 ack 1031 <TS val ${(900_260 + at * 1000) % 2 ** 32} ecr ${later + 200}>`,
    );
    expect(pawsRejections).toEqual([]);
  });
});

describe('a rejection is told as less', () => {
  it.each([
    [2100, 'likely'],
    [2200, 'weak'],
  ])(
    'idle > 24 d / 2147 s: after %i s of silence it is %s, for Linux since 6.7 takes anything then',
    async (s, sure) => {
      const { pawsRejections } = await analyze(data(s, T - 5000));
      expect(pawsRejections).toMatchObject([{ outcome: 'would-reject', confidence: sure }]);
    },
  );

  it('clock rate change on the same host: how much too old it is in seconds is not known then', async () => {
    // 1000 ticks a second at first, 250 after a migration.
    const { pawsRejections } = await analyze(
      data(2, T + 2000, 1011, 10),
      ack(2.01, 1021, T + 2000),
      data(10, T + 4000, 1021, 10),
      ack(10.01, 1031, T + 4000),
      data(10.02, T + 3000, 1031, 10),
    );
    expect(pawsRejections).toMatchObject([{ ts_delta: -1000, margin_s: null }]);
  });
});
