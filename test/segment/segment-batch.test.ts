import { describe, expect, it } from 'vitest';
import { octetsFor, SegmentBatch } from '../../src/segment/segment-batch.js';

const columnsOf = (batch: SegmentBatch): Uint32Array[] =>
  Object.values(batch).filter((value) => ArrayBuffer.isView(value) && value !== batch.octets) as Uint32Array[];

describe('a batch in memory that was given', () => {
  it.each([1, 7, 1024])('with %d rows has columns that do not overlap, and stays in its part', (capacity) => {
    const memory = new SharedArrayBuffer(3 * octetsFor(capacity));
    const batch = new SegmentBatch(capacity, memory, octetsFor(capacity));
    columnsOf(batch).forEach((column, i) => column.fill(i + 1));
    columnsOf(batch).forEach((column, i) => {
      expect(column.length).toBe(capacity);
      expect(new Set(column)).toEqual(new Set([i + 1]));
    });
    const octets = new Uint8Array(memory);
    expect(octets.subarray(0, octetsFor(capacity)).every((octet) => octet === 0)).toBe(true);
    expect(octets.subarray(2 * octetsFor(capacity)).every((octet) => octet === 0)).toBe(true);
  });
});
