import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { CaptureError } from '../../src/errors.js';
import { someOctets } from './support/octets.js';
import { pcapFile, pcapHeader, PcapMagic, pcapRecord } from './support/pcap-file.js';
import { PcapngWriter } from './support/pcapng-file.js';
import { openingError, read, readFile, type Reading } from './support/reading.js';

const RECORDS = Array.from({ length: 200 }, (_, index) => ({
  seconds: 1_700_000_000 + index,
  fraction: index,
  data: someOctets(index, index),
  originalLen: index + (index % 3),
}));

async function both(octets: Uint8Array, chunkLen?: number): Promise<[Reading, Reading]> {
  const sizes = chunkLen === undefined ? {} : { chunkLen };
  return [await read(octets, sizes), await read(octets, { ...sizes, reader: 'pcap-parser' })];
}

describe('the package pcap-parser behind the same cursor', () => {
  it.each([
    ['little-endian', pcapFile(RECORDS)],
    ['big-endian', pcapFile(RECORDS, { order: 'big' })],
    ['in gzip', gzipSync(pcapFile(RECORDS))],
    ['with an FCS length in the link type field', pcapFile(RECORDS, { linkType: 0x2400_0001 })],
    ['without records', pcapHeader()],
    ['cut inside a record', pcapFile(RECORDS).subarray(0, -5)],
    ['cut inside a record header', Buffer.concat([pcapFile(RECORDS), pcapRecord().subarray(0, 9)])],
    [
      'with an impossible record length',
      Buffer.concat([pcapFile(RECORDS), pcapRecord({ capturedLen: 1e9 }), pcapRecord()]),
    ],
    ['cut in its compression', gzipSync(pcapFile(RECORDS)).subarray(0, -9)],
  ])('gives the same records, damage and facts as our reader of a file %s', async (_, octets) => {
    for (const chunkLen of [undefined, 97]) {
      const [ours, theirs] = await both(octets, chunkLen);
      expect(theirs).toEqual(ours);
    }
  });

  it.each([
    ['nanoseconds', pcapFile(RECORDS, { magic: PcapMagic.NANOSECONDS })],
    ['longer header', pcapFile(RECORDS, { magic: PcapMagic.MODIFIED })],
    ['version 2.2', pcapFile(RECORDS, { version: [2, 2] })],
    ['pcapng', new PcapngWriter().section()],
  ])('refuses what it would not read right, and says how to go on: %s', async (what, octets) => {
    const error = await openingError(octets, { reader: 'pcap-parser' });
    expect(error.code).toBe('not-for-pcap-parser');
    expect(error.message).toContain(what);
    expect(error.message).toContain('Leave out --reader pcap-parser.');
  });
});

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

describe('both readers on real captures', () => {
  const folders = ['samples', '../shared/lab/captures', '../shared/corpus/open'].map((folder) => join(ROOT, folder));

  it.each(folders)('agree on every classic microsecond capture in %s', async (folder) => {
    if (!existsSync(folder)) {
      console.log(`skipped: ${folder} is not there`);
      return;
    }
    const differing: string[] = [];
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      let theirs: Reading;
      try {
        theirs = await readFile(path, { reader: 'pcap-parser', chunkLen: 50_000 });
      } catch (error) {
        if (error instanceof CaptureError) continue; // another format, or no capture
        throw error;
      }
      const ours = await readFile(path);
      if (JSON.stringify(ours, plainBigints) !== JSON.stringify(theirs, plainBigints)) differing.push(path);
    }
    expect(differing).toEqual([]);
  });

  function plainBigints(_: string, value: unknown): unknown {
    return typeof value === 'bigint' ? value.toString() : value;
  }
});
