import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EpochHolder } from '../../src/capture/epoch.js';
import { openCapture } from '../../src/capture/open.js';
import { BATCH_CAPACITY } from '../../src/reading/batch-sink.js';
import { CaptureReader } from '../../src/reading/capture-reader.js';
import { PlainRecords } from '../../src/reading/plain-records.js';
import { AddressTable } from '../../src/segment/address-table.js';
import { SegmentDecoder } from '../../src/segment/decode.js';
import { SegmentBatch } from '../../src/segment/segment-batch.js';
import { rowsOf } from '../reading/support/collect.js';

/** Small, so that a file is many chunks. */
const SIZES = { chunkLen: 1200, headroom: 300 };

const octet = fc.integer({ min: 0, max: 255 });
function mostly<T>(usual: T, ...others: T[]): fc.Arbitrary<T> {
  return fc.oneof({ weight: 60, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
}

/** A frame with an IPv4 and a TCP header, and what is wrong with it, if anything. */
const record = fc.record({
  headerWords: fc.oneof(fc.constantFrom(5, 6, 8, 10, 15), mostly(8, 3)),
  options: fc.array(fc.oneof(fc.constantFrom(0, 1, 2, 3, 5, 8, 10, 34, 254), octet), { minLength: 40, maxLength: 40 }),
  stamped: fc.boolean(),
  flags: fc.constantFrom(2, 18, 16, 24, 17, 4, 20, 0xc2),
  payload: mostly(0, 1, 100, 300, 600, 1500),
  padding: fc.constantFrom(0, 0, 6),
  /** Captured octets less than there were; less than that is told of the frame's length. */
  cut: mostly(0, 1, 2, 10, 20, 100, 400),
  understated: mostly(0, 4, 60),
  originalLen: mostly<number | null>(null, 0xffffffff, 0x7fffffff),
  etherType: mostly(0x0800, 0x0806, 0x86dd, 0x8100),
  first: mostly(0x45, 0x46, 0x65),
  fragment: mostly(0x4000, 0, 0x8000, 0x2000, 1),
  protocol: mostly(6, 17),
  totalLen: mostly<number | null>(null, 0, 19, 40, 65535),
  /** Since the record before: seconds, and units of its fraction. */
  step: mostly([0, 1], [0, 0], [1, 0], [-1, 0], [0, -1], [4_000_000_000, 0], [0, 3_000_000_000]),
});
type Made = typeof record extends fc.Arbitrary<infer T> ? T : never;

const file = fc.record({
  littleEndian: fc.boolean(),
  nanoseconds: fc.boolean(),
  startSeconds: fc.constantFrom(1_700_000_000, 1_700_000_100, 5, 4_294_967_295),
  records: fc.array(record, { minLength: 1, maxLength: 120, size: 'max' }),
  /** Octets of the end that are missing. */
  missing: mostly(0, 7, 90),
});
type MadeFile = typeof file extends fc.Arbitrary<infer T> ? T : never;

function frameOf(made: Made): Uint8Array {
  const tcpLen = Math.max(20, made.headerWords * 4);
  const ipLen = 20 + tcpLen + made.payload;
  const octets = new Uint8Array(14 + ipLen + made.padding);
  const view = new DataView(octets.buffer);
  view.setUint16(12, made.etherType);
  view.setUint8(14, made.first);
  view.setUint16(16, made.totalLen ?? ipLen);
  view.setUint16(18, 4711);
  view.setUint16(20, made.fragment);
  view.setUint8(22, 64);
  view.setUint8(23, made.protocol);
  view.setUint32(26, 0xc0000201);
  view.setUint32(30, 0x0a000001);
  view.setUint16(34, 40000);
  view.setUint16(36, 443);
  view.setUint32(38, 0xfffffff0);
  view.setUint32(42, 0x80000001);
  view.setUint16(46, (made.headerWords << 12) | made.flags);
  view.setUint16(48, 0xffff);
  octets.set(made.options.slice(0, tcpLen - 20), 54);
  if (made.stamped && tcpLen >= 32) octets.set([1, 1, 8, 10, 0xff, 2, 3, 4, 0x80, 6, 7, 8], 54);
  return octets;
}

function octetsOf(made: MadeFile): Uint8Array {
  const { littleEndian } = made;
  const head = new DataView(new ArrayBuffer(24));
  head.setUint32(0, made.nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, littleEndian);
  head.setUint16(4, 2, littleEndian);
  head.setUint16(6, 4, littleEndian);
  head.setUint32(16, 65535, littleEndian);
  head.setUint32(20, 1, littleEndian);
  const parts: Uint8Array[] = [new Uint8Array(head.buffer)];
  let [seconds, fraction] = [made.startSeconds, 10];
  for (const one of made.records) {
    seconds = (seconds + one.step[0]!) >>> 0;
    fraction = (fraction + one.step[1]!) >>> 0;
    const frame = frameOf(one);
    const captured = frame.subarray(0, Math.max(0, frame.length - one.cut));
    const header = new DataView(new ArrayBuffer(16));
    header.setUint32(0, seconds, littleEndian);
    header.setUint32(4, fraction, littleEndian);
    header.setUint32(8, captured.length, littleEndian);
    header.setUint32(12, one.originalLen ?? Math.max(0, frame.length - one.understated), littleEndian);
    parts.push(new Uint8Array(header.buffer), captured);
  }
  const whole = Buffer.concat(parts);
  return whole.subarray(0, Math.max(24, whole.length - made.missing));
}

let folder: string;
beforeAll(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tcpclose-test-'))));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

interface Read {
  readonly rows: string[];
  readonly facts: unknown[];
  taken: number;
}

/** Files that follow each other, as `RecordingReader` reads them: with one decoder, one batch and one memory. */
async function read(files: readonly string[], records: PlainRecords | null): Promise<Read> {
  const epoch = new EpochHolder();
  const addresses = new AddressTable();
  const decoder = new SegmentDecoder(addresses);
  const all: Read = { rows: [], facts: [], taken: 0 };
  const sink = {
    first: () => records?.batch ?? new SegmentBatch(BATCH_CAPACITY),
    handOn: (batch: SegmentBatch) => {
      all.rows.push(...rowsOf(batch, addresses));
      batch.clear();
      return batch;
    },
    onProgress: () => undefined,
  };
  if (records !== null) {
    const take = PlainRecords.prototype.take.bind(records);
    records.take = (...given) => {
      take(...given);
      all.taken += records.taken;
    };
  }
  let batch = sink.first();
  for (const [i, name] of files.entries()) {
    const capture = await openCapture(name, epoch, SIZES);
    try {
      const reader = new CaptureReader(i + 1, capture, null, decoder, sink, records);
      batch = await reader.read(batch, () => undefined);
      all.facts.push(reader.row(0n, null, null));
    } finally {
      await capture.cursor.close();
    }
  }
  return all;
}

describe('the short way of plain records', () => {
  it('gives what the decoder gives, of one to three files that follow each other', async () => {
    const records = PlainRecords.forChunksOf(SIZES.chunkLen + SIZES.headroom);
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(file, { minLength: 1, maxLength: 3 }), async (made) => {
        const files = made.map((one, i) => {
          const name = path.join(folder, `${i}.pcap`);
          fs.writeFileSync(name, octetsOf(one));
          return name;
        });
        const [short, long] = [await read(files, records), await read(files, null)];
        expect(short.rows).toEqual(long.rows);
        expect(short.facts).toEqual(long.facts);
        taken += short.taken;
      }),
      { numRuns: Number(process.env['RUNS'] ?? 150) },
    );
    expect(taken).toBeGreaterThan(500);
  });
});
