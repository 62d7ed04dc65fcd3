import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { EpochHolder } from '../../src/capture/epoch.js';
import { openCapture } from '../../src/capture/open.js';
import { someOctets } from './support/octets.js';
import { pcapFile, pcapHeader, PcapMagic } from './support/pcap-file.js';
import { PcapngWriter } from './support/pcapng-file.js';
import { drain, openingError, pathError, scratchFile, scratchPath } from './support/reading.js';

describe('opening a capture', () => {
  it('tells the format by content, whatever the name says', async () => {
    const { cursor } = await openCapture(scratchFile(pcapFile([{}]), 'capture.pcapng.gz'));
    expect(cursor.format).toBe('pcap');
    await cursor.close();
  });

  it('knows size, compression and the first packet’s time at once', async () => {
    const octets = gzipSync(pcapFile([{ seconds: 1_700_000_000, fraction: 5 }, {}]));
    const capture = await openCapture(scratchFile(octets));
    expect(capture).toMatchObject({
      compression: 'gzip',
      sizeBytes: octets.length,
      firstTime: { seconds: 1_700_000_000, nanoseconds: 5000 },
    });
    expect(capture.cursor.damage).toBeNull();
    await capture.cursor.close();
  });

  it('has no first time where there is no record', async () => {
    const { cursor, firstTime } = await openCapture(scratchFile(pcapHeader()));
    expect(firstTime).toBeNull();
    expect(cursor.next()).toBe(false);
    expect(await cursor.refill()).toBe(false);
    await cursor.close();
  });

  it('does not move past the first record', async () => {
    const { cursor } = await openCapture(scratchFile(pcapFile([{}, {}])));
    const records = await drain(cursor);
    expect(records.map((record) => record.frame)).toEqual([1, 2]);
    await cursor.close();
  });

  it('counts octets as they lie on disk, up to all of them', async () => {
    const octets = gzipSync(pcapFile(Array.from({ length: 5000 }, (_, index) => ({ data: someOctets(60, index) }))));
    const { cursor, bytesRead } = await openCapture(scratchFile(octets));
    await drain(cursor);
    expect(bytesRead()).toBe(octets.length);
    await cursor.close();
  });

  it('gives later files times relative to the epoch of the first, negative ones too', async () => {
    const epoch = new EpochHolder();
    const first = await openCapture(scratchFile(pcapFile([{ seconds: 1_700_000_010 }])), epoch);
    const second = await openCapture(scratchFile(pcapFile([{ seconds: 1_700_000_000 }])), epoch);
    expect((await drain(second.cursor))[0]?.timeNs).toBe(-10_000_000_000);
    expect(second.firstTime).toEqual({ seconds: 1_700_000_000, nanoseconds: 0 });
    await first.cursor.close();
    await second.cursor.close();
  });

  it('can be closed before the end, and twice', async () => {
    const { cursor } = await openCapture(scratchFile(gzipSync(pcapFile(Array.from({ length: 9000 }, () => ({}))))));
    expect(cursor.next()).toBe(true);
    await cursor.close();
    await cursor.close();
    expect(await cursor.refill()).toBe(false);
  });
});

describe('what is no capture', () => {
  it.each([
    ['snoop', '736e6f6f7000000000000002', /snoop/],
    ['Network Monitor 2', '474d4255000200010000', /Network Monitor/],
    ['Network Monitor 1', '52545353000200010000', /Network Monitor/],
    ['lz4', '04224d186440a70000', /lz4 -dc FILE \| tcpclose analyze -/],
    ['xz', 'fd377a585a000004e6', /xz -dc FILE \| tcpclose analyze -/],
    ['bzip2', '425a683931415926', /bzip2 -dc FILE \| tcpclose analyze -/],
    ['a zip archive', '504b030414000000', /unzip -p/],
    ['a database', Buffer.from('SQLite format 3\0').toString('hex'), /tcpclose report/],
    ['text', Buffer.from('10:00:00 IP a > b: S\n').toString('hex'), /text.*tcpdump -w/],
    ['ERF', '00000000000000610200005800000044' + '00'.repeat(20), /ERF.*editcap/],
    ['nothing known', 'deadbeef', /de ad be ef at octet 0: unknown\. Expected pcap or pcapng/],
    ['one octet', 'd4', /d4 at octet 0/],
  ])('is refused with what it seems to be and a way out: %s', async (_, hex, message) => {
    const error = await openingError(Buffer.from(hex, 'hex'));
    expect(error.code).toBe('not-a-capture');
    expect(error.message).toMatch(message);
  });

  it('an empty file says so', async () => {
    expect((await openingError(Buffer.alloc(0))).code).toBe('empty-file');
  });

  it.each([
    ['pcap', pcapHeader().subarray(0, 23)],
    ['pcapng', new PcapngWriter('big').section().subarray(0, 15)],
  ])('a %s file cut inside its file header says so', async (format, octets) => {
    const error = await openingError(octets);
    expect(error.code).toBe('cut-file-header');
    expect(error.message).toContain(format);
  });

  it.each([
    ['pcap 1.2', pcapFile([{}], { version: [1, 2] })],
    ['pcapng 2.0', new PcapngWriter().section([2, 0])],
  ])('an unknown version says so: %s', async (_, octets) => {
    expect((await openingError(octets)).code).toBe('unsupported-version');
  });

  it('a pcapng magic without a byte order is something else', async () => {
    const section = new PcapngWriter().section();
    section.fill(0, 8, 12);
    expect((await openingError(section)).code).toBe('not-a-capture');
  });

  it('a missing file and a directory are unreadable', async () => {
    mkdirSync(scratchPath('directory'));
    expect(await pathError(scratchPath('missing'))).toMatchObject({ code: 'unreadable' });
    expect(await pathError(scratchPath('directory'))).toMatchObject({ code: 'unreadable' });
  });
});

// The program runs what `npm run build` made, which `npm test` does first.
describe('standard input', () => {
  /** Runs a small program that reads standard input record by record, fed the given pieces with pauses between. */
  async function pipe(pieces: readonly Buffer[]): Promise<string[]> {
    const program = fileURLToPath(new URL('./support/read-stdin.mjs', import.meta.url));
    const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.on('data', (text: Buffer) => (out += text.toString()));
    const ended = new Promise((resolve) => child.on('close', resolve));
    for (const piece of pieces) {
      child.stdin.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    child.stdin.end();
    await ended;
    return out.trim().split('\n');
  }

  const capture = pcapFile([{}, { data: someOctets(70, 2) }, { data: someOctets(80, 3) }], {
    magic: PcapMagic.NANOSECONDS,
  });

  it('is read as it arrives, wherever the pieces are cut', async () => {
    const pieces = [capture.subarray(0, 3), capture.subarray(3, 24), capture.subarray(24, 90), capture.subarray(90)];
    expect(await pipe(pieces)).toEqual(['1 60', '2 70', '3 80', 'end null']);
  });

  it('may be compressed, and cut', async () => {
    expect(await pipe([gzipSync(capture).subarray(0, -8)])).toEqual(['1 60', '2 70', '3 80', 'end cut-gzip']);
  });
});
