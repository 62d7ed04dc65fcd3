import { createInflate, gzipSync, deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { FileReader } from '../../src/capture/file-reader.js';
import { StreamDecoder, type Codec } from '../../src/capture/stream-decoder.js';
import { someOctets } from './support/octets.js';
import { pcapFile } from './support/pcap-file.js';
import { openingError, read, scratchFile } from './support/reading.js';

/** Records whose octets do not compress to nothing. */
const RECORDS = Array.from({ length: 3000 }, (_, index) => ({
  seconds: 1_700_000_000 + index,
  fraction: (index * 7919) % 1_000_000,
  data: someOctets(60 + (index % 40), index),
}));
const CAPTURE = pcapFile(RECORDS);

/** A capture of one record as zstd 1.5.4 compresses it, with a checksum. */
const ZSTD_CAPTURE = Buffer.from(
  '28b52ffd0468e502003405d4c3b2a10200040004000100000000f15365000000003c01080f161d242b323940474e555c636a71787f868d949ba2a9b0b7bec5ccd3dae1e8eff6fd040b121920272e353c434a51585f666d747b828990979e02006eae1b88034c1e1ad0',
  'hex',
);

describe('a gzip file', () => {
  it('is read like its content', async () => {
    const { records, damage } = await read(gzipSync(CAPTURE));
    expect(damage).toBeNull();
    expect(records).toHaveLength(3000);
    expect(records[2999]?.data).toBe(RECORDS[2999]!.data.toString('hex'));
  });

  it('may have several members, wherever they begin, and zero padding behind them', async () => {
    for (const cut of [1, 24, 100_000, 100_001]) {
      const members = [gzipSync(CAPTURE.subarray(0, cut)), gzipSync(CAPTURE.subarray(cut)), Buffer.alloc(600_000)];
      const { records, damage } = await read(Buffer.concat(members));
      expect(damage).toBeNull();
      expect(records).toHaveLength(3000);
    }
  });

  it('that is cut gives every record decoded before the cut, and the damage', async () => {
    const whole = gzipSync(CAPTURE);
    const { records, damage } = await read(whole.subarray(0, whole.length >> 1));
    expect(records.length).toBeGreaterThan(1000);
    expect(damage).toMatchObject({ code: 'cut-gzip', frame: records.length + 1 });
    expect(damage?.message).toContain(`after ${whole.length >> 1} compressed octets`);
  });

  it('that lacks only its checksum gives all records, and the damage', async () => {
    const { records, damage } = await read(gzipSync(CAPTURE).subarray(0, -8));
    expect(records).toHaveLength(3000);
    expect(damage?.code).toBe('cut-gzip');
  });

  it('with a wrong checksum loses nothing', async () => {
    const bad = gzipSync(CAPTURE);
    bad[bad.length - 8]! ^= 1;
    const { records, damage } = await read(bad);
    expect(records).toHaveLength(3000);
    expect(damage?.code).toBe('bad-gzip');
  });

  it('with something else behind it loses nothing, and says where the rest begins', async () => {
    const whole = gzipSync(CAPTURE);
    const { records, damage } = await read(Buffer.concat([whole, Buffer.from('not gzip at all')]));
    expect(records).toHaveLength(3000);
    expect(damage?.code).toBe('bad-gzip');
    expect(damage?.message).toMatch(/something else than gzip/);
    const [, at] = /compressed octet (\d+)/.exec(damage!.message)!;
    expect(Math.abs(Number(at) - whole.length)).toBeLessThanOrEqual(2);
  });

  it('that holds nothing, or is cut before the first octet, is a capture error', async () => {
    expect((await openingError(gzipSync(''))).code).toBe('empty-file');
    expect((await openingError(gzipSync(CAPTURE).subarray(0, 5))).code).toBe('cut-gzip');
    expect((await openingError(Buffer.from('1f8b0000000000', 'hex'))).code).toBe('bad-gzip');
  });

  it('of something else says what is inside', async () => {
    const error = await openingError(gzipSync('hello, world\n'));
    expect(error.code).toBe('not-a-capture');
    expect(error.message).toMatch(/inside the gzip: text/);
  });
});

describe('a zstd file', () => {
  it('is read like its content', async () => {
    const { records, damage } = await read(ZSTD_CAPTURE);
    expect(damage).toBeNull();
    expect(records).toHaveLength(1);
  });

  it('may have several frames, skippable ones among them', async () => {
    const skippable = Buffer.from('5a2a4d1803000000aabbcc', 'hex');
    const { records, damage } = await read(Buffer.concat([skippable, ZSTD_CAPTURE, skippable]));
    expect(damage).toBeNull();
    expect(records).toHaveLength(1);
  });

  it('that is cut says so', async () => {
    const { records, damage } = await read(ZSTD_CAPTURE.subarray(0, -2));
    expect(records).toHaveLength(1);
    expect(damage?.code).toBe('cut-zstd');
  });

  it('that is damaged from the start is a capture error', async () => {
    const bad = Buffer.from(ZSTD_CAPTURE);
    bad[4]! |= 8; // a reserved bit
    expect((await openingError(bad)).code).toBe('bad-zstd');
  });
});

describe('a decoder that ends after one part of several', () => {
  // zlib's own format behaves as Node's zstd does: the stream ends after the first part.
  const options = { chunkSize: 65_536, readableHighWaterMark: 1 };
  const codec: Codec = { name: 'zlib', continues: true, make: () => createInflate(options) };

  it.each([
    ['short parts', [10, 20, 30]],
    ['parts longer than what is read at once', [700_000, 5, 900_000]],
  ])('is followed by another: %s', async (_, lens) => {
    const parts = lens.map((len, index) => someOctets(len, index));
    const path = scratchFile(Buffer.concat(parts.map((part) => deflateSync(part, { level: 0 }))));
    const decoder = new StreamDecoder(codec, await FileReader.open(path), () => FileReader.open(path));
    const found: Buffer[] = [];
    for (;;) {
      const piece = new Uint8Array(65_536);
      const len = await decoder.read(piece, 0);
      if (len === 0) break;
      found.push(Buffer.from(piece.subarray(0, len)));
    }
    await decoder.close();
    expect(decoder.damage).toBeNull();
    expect(Buffer.concat(found).equals(Buffer.concat(parts))).toBe(true);
  });
});
