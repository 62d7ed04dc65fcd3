import { describe, expect, it } from 'vitest';
import { RecentSegments } from '../../src/flow/recent-segments.js';
import { SegmentBatch, SegmentOption } from '../../src/segment/segment-batch.js';

/** Segments of ten octets, one after another, each with its number as TSval and IPv4 id, in batches of `rows`. */
function remembered(segments: number, rows: number): RecentSegments {
  const recent = new RecentSegments();
  const batch = new SegmentBatch(rows);
  for (let first = 0; first < segments; first += rows) {
    batch.length = Math.min(rows, segments - first);
    for (let row = 0; row < batch.length; row++) lay(batch, row, first + row);
    recent.keep(batch);
  }
  return recent;
}

function lay(batch: SegmentBatch, row: number, number: number): void {
  batch.srcPort[row] = 1000;
  batch.dstPort[row] = 80;
  batch.seq[row] = number * 10;
  batch.payloadLen[row] = 10;
  batch.options[row] = SegmentOption.TIMESTAMP | SegmentOption.IP_ID;
  batch.tsval[row] = number;
  batch.ipId[row] = number + 1;
}

describe('recent segments', () => {
  it.each([1, 3, 1024, 1044, 5000, 20_000])('are the same ones in batches of %i', (rows) => {
    const recent = remembered(20_000, rows);
    const answer = new SegmentBatch(1);
    answer.srcPort[0] = 80;
    answer.dstPort[0] = 1000;
    const tsvals = [0, 11_807, 11_808, 15_000, 19_999].map((n) => recent.tsvalOfOnly(n * 10, n * 10 + 10, answer, 0));
    expect(tsvals).toEqual([-1, -1, 11_808, 15_000, 19_999]);
  });

  it('have a copy of one that comes twice, but not of octets that were sent again with another id', () => {
    const recent = remembered(100, 7);
    const batch = new SegmentBatch(2);
    lay(batch, 0, 42);
    lay(batch, 1, 43);
    batch.ipId[1] = 9;
    expect([recent.hasCopy(batch, 0), recent.hasCopy(batch, 1)]).toEqual([true, false]);
    batch.ipId[0] = 0; // of a stack that does not number its packets
    expect(recent.hasCopy(batch, 0)).toBe(false);
  });
});
