import { describe, expect, it } from 'vitest';
import type { DetectorMeta } from '../../src/detect/detector.js';
import { Findings, type NewFinding } from '../../src/detect/findings.js';
import type { FindingRow, RowSink } from '../../src/flow/row-sink.js';
import { analyzeConversation } from '../support/run.js';

const DETECTOR = { id: 'rst-termination', references: ['RFC 9293 §3.5.2'] } as unknown as DetectorMeta;

/** What a database would get of `count` findings of each sort, in turns. */
function told(count: number, ...sorts: readonly Partial<NewFinding>[]): FindingRow[] {
  const rows: FindingRow[] = [];
  const findings = new Findings({ finding: (row: FindingRow) => rows.push(row) } as unknown as RowSink);
  for (let n = 1; n <= count; n++)
    for (const sort of sorts)
      findings.report(DETECTOR, {
        kind: 'reset',
        severity: 'notice',
        confidence: 'likely',
        connectionId: n,
        captureId: 1,
        frame: n,
        atRel: n,
        summary: `reset ${n}`,
        evidence: {},
        ...sort,
      });
  findings.finish();
  return rows;
}

const abort = { evidence: { cause: 'abort' } };
const keepalive = { evidence: { cause: 'keepalive' } };

describe('findings', () => {
  it('are told one by one up to a thousand', () => {
    expect(told(1000, abort)).toHaveLength(1000);
  });

  it('past a thousand are one more finding, with their number and their cause', () => {
    const rows = told(25_000, abort);
    expect(rows).toHaveLength(1001);
    expect(rows.at(-1)).toMatchObject({
      connectionId: null,
      frame: null,
      summary: '24,000 more findings of the kind reset (abort), like the first 1,000.',
      evidence: { more: 24_000, cause: 'abort' },
    });
  });

  it('of another cause, severity or kind are not among those that are left out', () => {
    const graver = { ...abort, severity: 'warning' } as const;
    const rows = told(1001, abort, keepalive, graver, { kind: 'close-wait' });
    const rests = rows.filter(({ evidence }) => 'more' in evidence);
    expect(rows.length - rests.length).toBe(4000);
    expect(rests.map(({ summary }) => summary)).toEqual([
      '1 more finding of the kind reset (abort), like the first 1,000.',
      '1 more finding of the kind reset (keepalive), like the first 1,000.',
      '1 more finding of the kind reset (abort), like the first 1,000.',
      '1 more finding of the kind close-wait, like the first 1,000.',
    ]);
  });
});

describe('findings of resets', () => {
  /** So many connections aborted by the client, one of them when the server had closed its side. */
  const aborts = (count: number): string =>
    Array.from({ length: count }, (_, i) => {
      const fin = i === count - 1 ? '+0.001 B > A F. 5001 ack 1001\n+0.001 A > B . 1001 ack 5002\n' : '';
      return `A = 192.0.2.1:${20_000 + i}     B = 198.51.100.7:443
        +0.001 A > B S 1000
        +0.001 B > A S. 5000 ack 1001
        +0.001 A > B . 1001 ack 5001
        ${fin}+0.001 A > B R. 1001 ack ${fin === '' ? 5001 : 5002}`;
    }).join('\n');

  it('count every connection, those too that are not put into words any more', async () => {
    const { findings } = await analyzeConversation(aborts(1010));
    const resets = findings.filter(({ detector }) => detector === 'rst-termination');
    const rest = resets.find(({ evidence }) => String(evidence).includes('"more"'));
    expect(resets.length - 1 + Number(JSON.parse(String(rest!.evidence)).more)).toBe(1010);
  });
});
