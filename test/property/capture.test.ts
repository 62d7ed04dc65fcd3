import fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { CaptureError } from '../../src/errors.js';
import { someOctets } from '../capture/support/octets.js';
import { pcapFile, PcapMagic } from '../capture/support/pcap-file.js';
import { PcapngWriter } from '../capture/support/pcapng-file.js';
import { read, type Reading } from '../capture/support/reading.js';

const order = fc.constantFrom('little' as const, 'big' as const);
const data = fc.uint8Array({ maxLength: 300 });

const pcap = fc
  .record({
    order,
    magic: fc.constantFrom(PcapMagic.MICROSECONDS, PcapMagic.NANOSECONDS),
    records: fc.array(fc.record({ seconds: fc.nat(), fraction: fc.nat(999_999), data }), { maxLength: 30 }),
  })
  .map(({ records, ...options }) => pcapFile(records, options));

const section = fc
  .record({
    order,
    resolution: fc.constantFrom(6, 9, 0x94),
    blocks: fc.array(
      fc.oneof(
        fc.record({ kind: fc.constant('packet' as const), ticks: fc.bigInt({ min: 0n, max: 2n ** 62n }), data }),
        fc.record({ kind: fc.constant('simple' as const), data }),
        fc.record({ kind: fc.constant('unknown' as const), data }),
        fc.record({ kind: fc.constant('long' as const), data }),
      ),
      { maxLength: 20 },
    ),
  })
  .map(({ order: byteOrder, resolution, blocks }) => {
    const to = new PcapngWriter(byteOrder);
    const written = blocks.map((block) => {
      if (block.kind === 'packet') return to.packet(block.ticks, block.data);
      if (block.kind === 'simple') return to.simplePacket(block.data);
      return to.block(0x8000_0005, block.data, Buffer.alloc(block.kind === 'long' ? 70_000 : 0));
    });
    return Buffer.concat([to.section(), to.interface({ resolution }), ...written]);
  });

const pcapng = fc.array(section, { minLength: 1, maxLength: 3 }).map((sections) => Buffer.concat(sections));

describe('however the octets of a capture arrive', () => {
  it.each([
    ['pcap', pcap],
    ['pcapng', pcapng],
    ['pcap in gzip', pcap.map((octets) => gzipSync(octets))],
  ])('the records of %s are the same', async (_, captures) => {
    await fc.assert(
      fc.asyncProperty(captures, fc.integer({ min: 1, max: 400 }), fc.nat(64), async (octets, size, headroom) => {
        const chunkLen = octets.length > 20_000 ? size * 37 : size; // in bearable time
        expect(await read(octets, { chunkLen, headroom })).toEqual(await read(octets));
      }),
      { numRuns: 60 },
    );
  });
});

describe('a capture cut at any octet', () => {
  const small = [0, 1, 2, 3].map((index) => ({ seconds: 1_700_000_000 + index, data: someOctets(20 + index, index) }));
  const to = new PcapngWriter('big');
  const ngBlocks = [
    to.section(),
    to.interface({ resolution: 9 }),
    ...small.map((record, index) => to.packet(BigInt(index), record.data)),
    to.statistics(0, { bySystem: 1n }),
  ];

  /** Offsets behind which one record more is whole. */
  function ends(lens: readonly number[]): number[] {
    let at = 0;
    return lens.map((len) => (at += len));
  }

  it('loses no whole record of a pcap file, and says that it was cut', async () => {
    const whole = pcapFile(small);
    const [header, ...recordEnds] = ends([24, ...small.map((record) => 16 + record.data.length)]);
    for (let cut = 0; cut <= whole.length; cut++) {
      const reading = await readCut(whole.subarray(0, cut));
      if (cut < header!) expect(reading).toBeNull();
      else checkCut(reading!, cut, recordEnds, [header!, ...recordEnds]);
    }
  });

  it('loses no whole packet of a pcapng file, and says that it was cut', async () => {
    const whole = Buffer.concat(ngBlocks);
    const blockEnds = ends(ngBlocks.map((block) => block.length));
    for (let cut = 16; cut <= whole.length; cut++) {
      checkCut((await readCut(whole.subarray(0, cut)))!, cut, blockEnds.slice(2, 6), blockEnds);
    }
    for (let cut = 0; cut < 16; cut++) expect(await readCut(whole.subarray(0, cut))).toBeNull();
  });

  it('of a gzip file gives what was decoded, and never all of it without a word', async () => {
    const whole = gzipSync(pcapFile(small));
    const all = (await read(whole)).records;
    let before = 0;
    for (let cut = 0; cut < whole.length; cut++) {
      const reading = await readCut(whole.subarray(0, cut));
      const records = reading?.records ?? [];
      expect(records).toEqual(all.slice(0, records.length));
      expect(records.length).toBeGreaterThanOrEqual(before);
      if (reading !== null) expect(reading.damage?.code).toBe('cut-gzip');
      before = records.length;
    }
  });

  function checkCut(reading: Reading, cut: number, recordEnds: number[], wholeAt: number[]): void {
    expect(reading.records).toHaveLength(recordEnds.filter((end) => end <= cut).length);
    expect(reading.damage === null).toBe(wholeAt.includes(cut));
  }
});

describe('octets that mean nothing', () => {
  const start = fc.constantFrom(
    Buffer.alloc(0),
    pcapFile([{}]),
    pcapFile([{}], { magic: PcapMagic.MODIFIED, order: 'big' }),
    pcapFile([], { version: [2, 3] }),
    Buffer.concat([new PcapngWriter('big').section(), new PcapngWriter('big').interface()]),
    Buffer.from('1f8b0800000000000003', 'hex'),
    Buffer.from('28b52ffd', 'hex'),
  );

  it('never throw anything but a capture error, and always come to an end', async () => {
    await fc.assert(
      fc.asyncProperty(start, fc.uint8Array({ maxLength: 500 }), async (head, tail) => {
        const reading = await readCut(Buffer.concat([head, tail]), 64);
        if (reading !== null) expect(reading.records.length).toBeLessThan(100);
      }),
      { numRuns: 300 },
    );
  });

  it('put anywhere into a capture neither throw nor take the records before them', async () => {
    const records = Array.from({ length: 6 }, (_, index) => ({ data: someOctets(30, index) }));
    const to = new PcapngWriter();
    const wholes = [
      { whole: pcapFile(records), start: 24, len: 46 },
      {
        whole: Buffer.concat([to.section(), to.interface(), ...records.map((record) => to.packet(5n, record.data))]),
        start: 48,
        len: 64,
      },
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...wholes),
        fc.nat(400),
        fc.uint8Array({ minLength: 1, maxLength: 9 }),
        async (of, at, junk) => {
          const octets = Buffer.from(of.whole);
          const where = of.start + (at % (octets.length - of.start));
          octets.set(junk.subarray(0, octets.length - where), where);
          const { records: found } = (await readCut(octets, 50))!;
          expect(found.length).toBeGreaterThanOrEqual(Math.floor((where - of.start) / of.len));
        },
      ),
      { numRuns: 200 },
    );
  });
});

/** Reads octets that may be no capture: null where opening them gives a capture error. */
async function readCut(octets: Uint8Array, chunkLen?: number): Promise<Reading | null> {
  try {
    return await read(octets, chunkLen === undefined ? {} : { chunkLen });
  } catch (error) {
    if (error instanceof CaptureError) return null;
    throw error;
  }
}
