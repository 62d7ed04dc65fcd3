import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AddressTable } from '../../src/segment/address-table.js';
import { SegmentDecoder } from '../../src/segment/decode.js';
import { SegmentBatch } from '../../src/segment/segment-batch.js';
import { LinkType } from '../../src/wire/link-type.js';
import { STOP_REASONS } from '../../src/wire/stop-reason.js';
import { SAMPLE_FRAMES } from '../wire/support/sample-frames.js';
import { decode, frameOf } from './support/decoding.js';

const linkTypes = fc.oneof(fc.constantFrom(...Object.values(LinkType)), fc.integer({ min: 0, max: 0xffff }));

/** Decodes and checks what must hold for whatever octets: no exception, one reason, sane columns. */
function decodeAnything(frame: Uint8Array, linkType: number, originalLen: number, fcsLen = 0): void {
  const decoder = new SegmentDecoder(new AddressTable());
  const batch = new SegmentBatch(4);
  const stop = decoder.decode(frameOf(frame, { linkType, originalLen, fcsLen }), batch);
  expect(STOP_REASONS[stop]).toBeDefined();
  expect(decoder.counts.reduce((sum, n) => sum + n, 0)).toBe(1);
  expect(batch.length > 0).toBe(stop === 0);
}

describe('hostile input', () => {
  // The view ends with the frame here, so a read past the end would throw a RangeError.
  it.each(SAMPLE_FRAMES)('no truncation of $name throws or is read past its end', ({ linkType, octets }) => {
    for (let capturedLen = 0; capturedLen <= octets.length; capturedLen += 1) {
      decodeAnything(octets.subarray(0, capturedLen), linkType, octets.length);
      decodeAnything(octets.subarray(0, capturedLen), linkType, capturedLen);
      decodeAnything(octets.subarray(0, capturedLen), linkType, 0, 4);
    }
  });

  it.each(SAMPLE_FRAMES)('what lies around $name in memory does not matter', ({ linkType, octets }) => {
    for (let capturedLen = 0; capturedLen <= octets.length; capturedLen += 1) {
      const facts = { linkType, capturedLen, originalLen: octets.length };
      const zeros = decode(octets, { ...facts, around: 0 });
      const ones = decode(octets, { ...facts, around: 0xff });
      expect([zeros.stop, zeros.rows]).toEqual([ones.stop, ones.rows]);
    }
  });

  it('random octets never throw, whatever link type they are given', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        linkTypes,
        fc.nat(70000),
        fc.constantFrom(0, 4),
        (octets, link, len, fcs) => {
          decodeAnything(octets, link, len, fcs);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('samples with some octets changed never throw', () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(
        fc.constantFrom(...SAMPLE_FRAMES),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        (sample, changes) => {
          const octets = sample.octets.slice();
          for (const [at, value] of changes) octets[at % octets.length] = value;
          decodeAnything(octets, sample.linkType, octets.length);
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('a payload is never longer than sequence numbers can count', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SAMPLE_FRAMES),
        fc.nat(),
        fc.integer({ min: 0, max: 255 }),
        (sample, at, value) => {
          const octets = sample.octets.slice();
          octets[at % octets.length] = value;
          const { rows } = decode(octets, { linkType: sample.linkType });
          for (const row of rows) expect(row.payloadLen).toBeLessThanOrEqual(0x7fffffff);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
