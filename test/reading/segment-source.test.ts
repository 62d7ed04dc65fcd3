import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { CaptureError, TcpcloseError } from '../../src/errors.js';
import { BATCH_ROWS } from '../../src/reading/batch-sink.js';
import { LocalSource } from '../../src/reading/local-source.js';
import { BATCHES_A_TURN, ThreadedSource } from '../../src/reading/threaded-source.js';
import { AddressTable } from '../../src/segment/address-table.js';
import { LinkType } from '../../src/wire/link-type.js';
import { pcapFile, pcapHeader, pcapRecord } from '../capture/support/pcap-file.js';
import { scratchFile, scratchPath } from '../capture/support/reading.js';
import { be16, ethernet, ipv4, ipv6, octets, snap, tcp } from '../wire/support/octets.js';
import { collectApart, collectHere, reading } from './support/collect.js';

const SAMPLES = fileURLToPath(new URL('../../samples/', import.meta.url));
const samples = readdirSync(SAMPLES).filter((name) => name !== 'README.md');

/** So many segments, every second one IPv6 with an address of its own. */
function longCapture(segments: number): Buffer {
  return pcapFile(
    Array.from({ length: segments }, (_, i) => {
      const data = i % 2 === 0 ? ethernet(0x0800, ipv4(tcp())) : ethernet(0x86dd, ipv6(tcp()));
      if (i % 2 === 1) data.set(be16(i), 14 + 8 + 14);
      return { seconds: 1_700_000_000 + i, data };
    }),
  );
}
const LONG = longCapture(4 * BATCH_ROWS + 100);
const long = scratchFile(LONG);

describe('a recording read in another thread', () => {
  it.each(samples)('gives what one read in this thread gives: %s', async (name) => {
    const options = reading([SAMPLES + name]);
    expect(await collectApart(options)).toEqual(await collectHere(options));
  });

  it.each([1, 2, 3, 64])('gives the same with a ring of %d', async (ringBatches) => {
    const here = await collectHere(reading([long]));
    expect(here.batches.map(([, rows]) => rows.length)).toEqual([1024, 1024, 1024, 1024, 100]);
    expect(here.batches[4]?.[1].at(-1)).toContain('2001:db8');
    expect(await collectApart(reading([long]), ringBatches)).toEqual(here);
  });

  it('gives the same for a ring of files, in order, with a damaged, a compressed and a foreign one among them', async () => {
    const folder = scratchPath('ring');
    mkdirSync(folder);
    const cut = LONG.subarray(0, LONG.length - 7);
    writeFileSync(join(folder, 'b.pcap'), cut);
    writeFileSync(join(folder, 'a.pcap.gz'), gzipSync(cut).subarray(0, -2000));
    writeFileSync(join(folder, 'empty.pcap'), pcapHeader());
    writeFileSync(join(folder, 'notes.txt'), 'no capture');
    const options = reading([folder, long, long, join(folder, 'missing.pcap')], { sha256: true });
    const here = await collectHere(options);
    expect(here.read).toMatchObject({
      leftOut: 1,
      captures: { length: 4 },
      errors: { length: 1 },
      notes: { length: 1 },
    });
    expect(here.read.captures.filter(({ damage }) => damage !== null)).toHaveLength(2);
    expect(await collectApart(options, 2)).toEqual(here);
  });

  it('gives the same through the package pcap-parser, and as our own reader', async () => {
    const here = await collectHere(reading([long]));
    expect(await collectApart(reading([long], { reader: 'pcap-parser' }))).toEqual(here);
  });

  it.each([
    ['nothing.pcap'],
    ['nothing.pcap', 'nor-this.pcap'],
    [scratchFile(Buffer.from('something else'), 'foreign')],
    [scratchFile(pcapHeader().subarray(0, 10), 'short')],
  ])('fails as one in this thread does: %s', async (...inputs) => {
    const here: unknown = await collectHere(reading(inputs)).catch((error: unknown) => error);
    const apart: unknown = await collectApart(reading(inputs)).catch((error: unknown) => error);
    expect(here).toBeInstanceOf(CaptureError);
    expect(apart).toBeInstanceOf(CaptureError);
    expect(apart).toMatchObject({ code: (here as CaptureError).code, message: (here as CaptureError).message });
  });

  it('tells of a fault of the program with the place of it', async () => {
    const error: unknown = await collectApart(reading(null as unknown as string[])).catch((e: unknown) => e);
    expect(error).not.toBeInstanceOf(TcpcloseError);
    expect((error as Error).stack).toContain('recording.js');
  });

  it.each([
    ['apart', (addresses: AddressTable) => new ThreadedSource(reading([long]), addresses, [], 1)],
    ['here', (addresses: AddressTable) => new LocalSource(reading([long]), addresses)],
  ])('ends where the one who follows fails, and lets go of everything: %s', async (_, make) => {
    const source = make(new AddressTable());
    await source.open();
    let batches = 0;
    const onSegments = (): void => {
      if (++batches === 2) throw new Error('the disk is full');
    };
    await expect(source.read({ onSegments, onProgress: () => undefined })).rejects.toThrow('the disk is full');
    await source.close();
    expect(batches).toBe(2);
  });

  it('can be given up before and after it was opened', async () => {
    await new ThreadedSource(reading([long]), new AddressTable(), [], 1).close();
    const opened = new ThreadedSource(reading([long]), new AddressTable(), [], 1);
    expect(await opened.open()).toEqual({ paths: [long], totalBytes: LONG.length });
    await opened.close();
    await opened.close();
  });

  it('tells how far it is, and turns the event loop while there is always something to follow', async () => {
    const record = pcapRecord({ data: ethernet(0x0800, ipv4(tcp())) });
    const path = scratchFile(Buffer.concat([pcapHeader(), ...Array.from({ length: 50 * BATCH_ROWS }, () => record)]));
    const source = new ThreadedSource(reading([path]), new AddressTable());
    const { totalBytes } = await source.open();
    let sinceTurn = 0;
    let mostInATurn = 0;
    const onTurn = (): void => {
      sinceTurn = 0;
      turning = setImmediate(onTurn);
    };
    let turning = setImmediate(onTurn);
    const progress: number[] = [];
    await source.read({
      onSegments: () => {
        mostInATurn = Math.max(mostInATurn, ++sinceTurn);
        const until = performance.now() + 2; // so that the reader is ahead
        while (performance.now() < until);
      },
      onProgress: (readBytes) => progress.push(readBytes),
    });
    clearImmediate(turning);
    await source.close();
    expect(mostInATurn).toBeLessThanOrEqual(BATCHES_A_TURN);
    expect(progress.at(-1)).toBe(totalBytes);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
  });
});

describe('a batch', () => {
  it('takes the whole of an 802.11 aggregate that stands where it is full', async () => {
    const msdu = snap(0x0800, ipv4(tcp()));
    const subframe = octets(
      '00005e005301 00005e005302',
      be16(msdu.length),
      msdu,
      new Uint8Array(-(14 + msdu.length) & 3),
    );
    const frame = octets('8802 0000 00005e005301 00005e005302 00005e005303 0000 8000', subframe, subframe, subframe);
    const path = scratchFile(
      pcapFile(
        Array.from({ length: 1000 }, () => ({ data: frame })),
        { linkType: LinkType.IEEE802_11 },
      ),
    );
    const { batches } = await collectHere(reading([path]));
    expect(batches.map(([, rows]) => rows.length)).toEqual([1026, 1026, 948]);
  });
});
