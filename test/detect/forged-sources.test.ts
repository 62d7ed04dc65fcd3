import { describe, expect, it } from 'vitest';
import { capture } from '../support/conversation.js';
import { analyzeCaptures } from '../support/run.js';

const FILE_HEADER_LEN = 24;
/** Of a record with an Ethernet header: the time in microseconds, and the source address. */
const MICROSECONDS_AT = 4;
const SOURCE_AT = 16 + 14 + 12;

/** A capture of as many SYNs to one port, 10 µs apart, each from another address. */
function floodOf(syns: number): Uint8Array {
  const one = capture(`
    A = 192.0.2.1:40000
    B = 198.51.100.7:80
    0.0 A > B S 1000 <mss 1460, sackOK, TS val 100 ecr 0>`);
  const record = one.subarray(FILE_HEADER_LEN);
  const flood = new Uint8Array(FILE_HEADER_LEN + syns * record.length);
  flood.set(one.subarray(0, FILE_HEADER_LEN));
  const view = new DataView(flood.buffer);
  for (let i = 0; i < syns; i++) {
    const at = FILE_HEADER_LEN + i * record.length;
    flood.set(record, at);
    view.setUint32(at + MICROSECONDS_AT, 10 * i, true);
    view.setUint32(at + SOURCE_AT, 0x0b000000 + Math.imul(i, 0x61) + (i % 3) * 0x1000000);
  }
  return flood;
}

describe('a flood of SYNs with forged sources', () => {
  it('has a row for each source, in the order in which they came', async () => {
    const SYNS = 90_000;
    const { analysis } = await analyzeCaptures([floodOf(SYNS)]);
    expect(analysis.query('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    expect(
      analysis.query(`SELECT count(*) AS n, count(DISTINCT source_ip) AS sources, count(destination_ip) AS single,
        min(syns) AS least, max(syns) AS most, min(verdict) AS verdict, max(verdict) AS other FROM nat_sources`),
    ).toEqual([{ n: SYNS, sources: SYNS, single: 0, least: 1, most: 1, verdict: 'too-few', other: 'too-few' }]);
    const first = analysis.query(
      `SELECT a.ip FROM nat_source_row AS n JOIN address AS a ON a.id = n.source_address ORDER BY n.id LIMIT 4`,
    );
    expect(first.map(({ ip }) => ip)).toEqual(['11.0.0.0', '12.0.0.97', '13.0.0.194', '11.0.1.35']);
  });

  it('is told of with at least as many addresses as were told apart', async () => {
    const flood = floodOf(5000);
    const last = flood.length - (flood.length - FILE_HEADER_LEN) / 5000;
    const view = new DataView(flood.buffer);
    view.setUint32(last, view.getUint32(last, true) + 5, true); // so that the others had time for an answer
    const { analysis } = await analyzeCaptures([flood]);
    const [finding] = analysis.query("SELECT summary, evidence FROM findings WHERE kind = 'unanswered-syns'");
    expect(finding?.summary).toContain('4,999 attempts to connect to');
    expect(finding?.summary).toContain('from at least 4,096 addresses got no answer');
    expect(JSON.parse(String(finding?.evidence))).toMatchObject({ clients: 4096, clients_at_least: true });
  });
});
