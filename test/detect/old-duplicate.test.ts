import { describe, expect, it } from 'vitest';
import type { Row } from '../support/analysis.js';
import { established } from '../support/conversation.js';
import type { Talk } from '../support/conversation.js';
import { analyzeConversation } from '../support/run.js';

async function told(...parts: readonly (Talk | string)[]): Promise<Row[]> {
  const { findings } = await analyzeConversation(parts.map(String).join('\n'));
  return findings.filter((f) => f.detector === 'old-duplicate');
}

const old = (timestamps: boolean): Talk => established({ timestamps }).sends('client', 100).closedBy('client');
const anew = (timestamps: boolean): Talk =>
  established({ timestamps, at: 70, clientIsn: 3_000_000, serverIsn: 900_000_000 }).sends('client', 10);
const stamp = (tsval: number): string => `<TS val ${tsval} ecr 900010>`;

describe('a segment of an earlier connection that comes when a later one is open', () => {
  it('is told with its frame, surely where its timestamp is an old one', async () => {
    const findings = await told(old(true), anew(true), `71 A > B P. 1001:1101(100) ack 5001 ${stamp(100030)}`);
    expect(findings).toMatchObject([{ kind: 'delayed-duplicate', confidence: 'strong', frame: 14, connection_id: 1 }]);
    expect(JSON.parse(String(findings[0]!.evidence))).toMatchObject({ segments: 1, octets: 100, timestamps_fit: true });
  });

  it('is told once, weakly, where there are no timestamps', async () => {
    const copies = '71 A > B P. 1001:1101(100) ack 5001\n72 A > B P. 1001:1101(100) ack 5001';
    const findings = await told(old(false), anew(false), copies);
    expect(findings).toMatchObject([{ confidence: 'weak', frame: 14 }]);
    expect(findings[0]!.summary).toContain('2 segments of 192.0.2.1:40000 to 198.51.100.7:443');
  });

  it.each([
    ['a newer timestamp: its sender still repeats', `71 A > B P. 1001:1101(100) ack 5001 ${stamp(171000)}`],
    ['octets that had not passed before', `71 A > B P. 1102:1202(100) ack 5001 ${stamp(100030)}`],
    ['no octets: an ACK', `71 A > B . 1102 ack 5002 ${stamp(100030)}`],
    ['the numbers of the later one', `71 A > B P. 3000001:3000011(10) ack 900000001 ${stamp(170030)}`],
  ])('is not one with %s', async (_, line) => {
    expect(await told(old(true), anew(true), line)).toEqual([]);
  });

  it('is not one before the later connection opens', async () => {
    expect(await told(old(true), `5 A > B P. 1001:1101(100) ack 5001 ${stamp(100030)}`, anew(true))).toEqual([]);
  });
});

it('it is told weakly where it has no timestamp, though the connection had', async () => {
  const findings = await told(old(true), anew(true), '71 A > B P. 1001:1101(100) ack 5001');
  expect(findings).toMatchObject([{ kind: 'delayed-duplicate', confidence: 'weak', connection_id: 1 }]);
});

it('octets that fill a hole of the earlier connection are none: they pass for the first time', async () => {
  const gap = established({ timestamps: true }).segment('client', 'P.', 100, { seq: 1101 }).closedBy('server');
  expect(await told(gap, anew(true), `71 A > B P. 1001:1101(100) ack 5001 ${stamp(100030)}`)).toEqual([]);
});
