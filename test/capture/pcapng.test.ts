import { describe, expect, it } from 'vitest';
import { someOctets, u8, u16, u32, u64 } from './support/octets.js';
import { PcapngWriter } from './support/pcapng-file.js';
import { read } from './support/reading.js';

const ORDERS = ['little', 'big'] as const;
const le = new PcapngWriter('little');
const be = new PcapngWriter('big');

/** Microseconds since 1970, the default unit. */
const SOME_TIME = 1_700_000_000_000_000n;
const FRAME = someOctets(61);

function join(...blocks: Buffer[]): Buffer {
  return Buffer.concat(blocks);
}

describe('a pcapng file', () => {
  it.each(ORDERS)('of %s-endian order gives each packet with its time, lengths and octets', async (order) => {
    const to = new PcapngWriter(order);
    const { records, damage, epochNs, facts } = await read(
      join(
        to.section(),
        to.interface({ linkType: 113, snaplen: 65_535 }),
        to.packet(SOME_TIME + 5n, FRAME),
        to.packet(SOME_TIME + 9n, someOctets(40, 2), { originalLen: 1500 }),
      ),
    );
    expect(damage).toBeNull();
    expect(epochNs).toBe((SOME_TIME + 5n) * 1000n);
    expect(records).toEqual([
      { frame: 1, timeNs: 0, linkType: 113, fcsLen: 0, interfaceId: 0, originalLen: 61, data: FRAME.toString('hex') },
      {
        frame: 2,
        timeNs: 4000,
        linkType: 113,
        fcsLen: 0,
        interfaceId: 0,
        originalLen: 1500,
        data: someOctets(40, 2).toString('hex'),
      },
    ]);
    expect(facts).toEqual({ format: 'pcapng', linkTypes: [113], snaplen: 65_535, dropsReported: null, cutFrames: 1 });
  });

  it('may hold sections of different byte order, each with its own interfaces, numbered over the file', async () => {
    const { records, damage, facts } = await read(
      join(
        le.section(),
        le.interface({ linkType: 1 }),
        le.interface({ linkType: 113 }),
        le.packet(SOME_TIME, FRAME, { on: 1 }),
        be.section([1, 2]),
        be.interface({ linkType: 101 }),
        be.packet(SOME_TIME + 1n, FRAME, { on: 0 }),
      ),
    );
    expect(damage).toBeNull();
    expect(records.map(({ timeNs, linkType, interfaceId }) => [timeNs, linkType, interfaceId])).toEqual([
      [0, 113, 1],
      [1000, 101, 2],
    ]);
    expect(facts.linkTypes).toEqual([1, 113, 101]);
  });

  it('takes obsolete packet blocks, and sums the drops they count', async () => {
    const { records, facts } = await read(
      join(
        be.section(),
        be.interface(),
        be.obsoletePacket(SOME_TIME, FRAME),
        be.obsoletePacket(SOME_TIME + 1n, FRAME, { drops: 3 }),
        be.obsoletePacket(SOME_TIME + 2n, FRAME, { drops: 4 }),
      ),
    );
    expect(records.map((record) => record.timeNs)).toEqual([0, 1000, 2000]);
    expect(records[0]?.data).toBe(FRAME.toString('hex'));
    expect(facts.dropsReported).toBe(7);
  });

  it('has no time for simple packets, and cuts them at the snap length', async () => {
    const { records, facts } = await read(
      join(
        le.section(),
        le.interface({ snaplen: 50 }),
        le.simplePacket(FRAME.subarray(0, 50), 61),
        le.simplePacket(FRAME.subarray(0, 33)),
      ),
    );
    expect(records.map((record) => [record.data.length / 2, record.originalLen])).toEqual([
      [50, 61],
      [33, 33],
    ]);
    expect(records.every((record) => Number.isNaN(record.timeNs))).toBe(true);
    expect(facts.cutFrames).toBe(1);
  });

  it('takes the epoch from the first packet that has a time', async () => {
    const { records, epochNs } = await read(
      join(le.section(), le.interface(), le.simplePacket(FRAME), le.packet(SOME_TIME, FRAME)),
    );
    expect(epochNs).toBe(SOME_TIME * 1000n);
    expect(records[1]?.timeNs).toBe(0);
  });

  it('skips blocks it does not know by their length, long ones without keeping them', async () => {
    const secrets = le.block(10, u32('little', 0x544c534b, 5), Buffer.from('12345'));
    const names = le.block(4, u16('little', 1, 8), u32('little', 1), Buffer.from('host'), u16('little', 0, 0));
    const local = le.block(0x8000_0001, Buffer.alloc(300_000, 0xff));
    const { records, damage } = await read(
      join(
        le.section(),
        names,
        le.interface(),
        local,
        le.packet(SOME_TIME, FRAME),
        secrets,
        le.packet(SOME_TIME, FRAME),
        local,
      ),
      { chunkLen: 1000, headroom: 200 },
    );
    expect(damage).toBeNull();
    expect(records.map((record) => record.frame)).toEqual([1, 2]);
  });

  it('numbers custom blocks as frames, as Wireshark does', async () => {
    const custom = le.block(0xbad, u32('little', 32_473), Buffer.from('mine'));
    const { records } = await read(
      join(le.section(), le.interface(), le.packet(SOME_TIME, FRAME), custom, le.packet(SOME_TIME, FRAME)),
    );
    expect(records.map((record) => record.frame)).toEqual([1, 3]);
  });

  it('sums the drops of each interface, as its last statistics block gives them', async () => {
    const { facts } = await read(
      join(
        le.section(),
        le.interface(),
        le.interface(),
        le.statistics(0, { byInterface: 1n, bySystem: 1n }),
        le.statistics(0, { byInterface: 10n, bySystem: 5n }),
        le.statistics(1, { bySystem: 100n }),
      ),
    );
    expect(facts.dropsReported).toBe(115);
  });

  it('says nothing of drops where the statistics do not', async () => {
    const { facts } = await read(join(le.section(), le.interface(), le.statistics(0, {})));
    expect(facts.dropsReported).toBeNull();
  });

  it('reads the FCS length of an interface, and of a packet that has its own', async () => {
    const own = join(le.option(2, u32('little', 2 << 5)), le.endOfOptions());
    const { records } = await read(
      join(
        le.section(),
        le.interface({ fcsLen: 4 }),
        le.packet(SOME_TIME, FRAME),
        le.packet(SOME_TIME, FRAME, { options: own }),
      ),
    );
    expect(records.map((record) => record.fcsLen)).toEqual([4, 2]);
  });

  it('sums drop counts that packets carry where no statistics block gives the total', async () => {
    const dropped = join(le.option(1, Buffer.from('odd')), le.option(4, u64('little', 6n)), le.endOfOptions());
    const { facts } = await read(join(le.section(), le.interface(), le.packet(SOME_TIME, FRAME, { options: dropped })));
    expect(facts.dropsReported).toBe(6);
  });

  it('may leave the padding out of its block lengths', async () => {
    const block = le.packet(SOME_TIME, someOctets(61));
    block.writeUInt32LE(block.length - 3, 4);
    block.writeUInt32LE(block.length - 3, block.length - 4);
    const { records, damage } = await read(join(le.section(), le.interface(), block, le.packet(SOME_TIME, FRAME)));
    expect(damage).toBeNull();
    expect(records).toHaveLength(2);
  });
});

describe('pcapng time stamps', () => {
  const second = 1_700_000_000n;

  it.each([
    ['10^-6, said outright', 6, second * 1_000_000n + 1n, 1000],
    ['10^-9', 9, second * 1_000_000_000n + 123_456_789n, 123_456_789],
    ['10^-3', 3, second * 1000n + 7n, 7_000_000],
    ['whole seconds', 0, second + 3n, 3_000_000_000],
    ['2^-10', 0x8a, second * 1024n + 512n, 500_000_000],
    ['2^-32', 0xa0, (second << 32n) + (1n << 31n), 500_000_000],
    ['2^0', 0x80, second + 1n, 1_000_000_000],
  ])('in units of %s', async (_, resolution, ticks, expected) => {
    const { records, epochNs } = await read(
      join(
        le.section(),
        le.interface(),
        le.interface({ resolution }),
        le.packet(second * 1_000_000n, FRAME),
        le.packet(ticks, FRAME, { on: 1 }),
      ),
    );
    expect(epochNs).toBe(second * 1_000_000_000n);
    expect(records[1]?.timeNs).toBe(expected);
  });

  it('in picoseconds are rounded down to nanoseconds', async () => {
    const { records } = await read(
      join(
        le.section(),
        le.interface({ resolution: 12, offset: second }),
        le.packet(5_000_000n, FRAME),
        le.packet(5_002_999n, FRAME),
      ),
    );
    expect(records.map((record) => record.timeNs)).toEqual([0, 2]);
  });

  it('have their interface’s offset in seconds added, a negative one too', async () => {
    const { records, epochNs } = await read(
      join(
        be.section(),
        be.interface({ offset: 1_000_000n }),
        be.interface({ offset: -5n }),
        be.packet(second * 1_000_000n, FRAME),
        be.packet((second + 1_000_005n) * 1_000_000n + 1n, FRAME, { on: 1 }),
      ),
    );
    expect(epochNs).toBe((second + 1_000_000n) * 1_000_000_000n);
    expect(records[1]?.timeNs).toBe(1000);
  });

  it('in nanoseconds are exact 100 days after the first, before it too', async () => {
    const first = second * 1_000_000_000n + 999_999_999n;
    const distance = 100n * 86_400n * 1_000_000_000n + 1n;
    const { records } = await read(
      join(
        le.section(),
        le.interface({ resolution: 9 }),
        le.packet(first, FRAME),
        le.packet(first + distance, FRAME),
        le.packet(first - distance, FRAME),
      ),
    );
    expect(records.map((record) => BigInt(record.timeNs))).toEqual([0n, distance, -distance]);
  });

  it.each([
    ['10^-127', 127, 0n],
    ['2^-127', 0xff, 0n],
    ['seconds with an offset beyond all calendars', 0, 2n ** 62n],
  ])('that cannot be times (%s) are none or finite, never an infinity', async (_, resolution, offset) => {
    const { records } = await read(
      join(
        le.section(),
        le.interface({ resolution, offset }),
        le.packet(0xffff_ffff_ffff_ffffn, FRAME),
        le.packet(0n, FRAME),
      ),
    );
    expect(records).toHaveLength(2);
    expect(records.every(({ timeNs }) => Number.isNaN(timeNs) || Math.abs(timeNs) < 2 ** 63)).toBe(true);
  });
});

describe('damage in a pcapng file', () => {
  const start = join(le.section(), le.interface());
  const packet = le.packet(SOME_TIME, FRAME);

  it('a file that ends inside a block gives all packets before it', async () => {
    const { records, damage } = await read(join(start, packet, packet.subarray(0, -1)));
    expect(records).toHaveLength(1);
    expect(damage).toMatchObject({ code: 'cut-block', offset: start.length + packet.length, frame: 2 });
  });

  it('a file that ends inside a block being skipped is cut as well', async () => {
    const local = le.block(0x8000_0001, Buffer.alloc(300_000));
    const { records, damage } = await read(join(start, packet, local.subarray(0, 200_000)), { chunkLen: 5000 });
    expect(records).toHaveLength(1);
    expect(damage).toMatchObject({ code: 'cut-block', offset: start.length + packet.length, frame: 2 });
    expect(damage?.message).toContain('300012 octets expected, 200000 found');
  });

  it.each([
    ['shorter than a block can be', 8],
    ['longer than any packet can be', 0xffff_fff0],
  ])('a block length %s ends the reading', async (_, len) => {
    const bad = Buffer.from(packet);
    bad.writeUInt32LE(len, 4);
    const { records, damage } = await read(join(start, packet, bad, packet));
    expect(records).toHaveLength(1);
    expect(damage).toMatchObject({ code: 'bad-block-length', offset: start.length + packet.length, frame: 2 });
  });

  it('two lengths of a block that differ end the reading', async () => {
    const bad = Buffer.from(packet);
    bad.writeUInt32LE(4, bad.length - 4);
    const { records, damage } = await read(join(start, packet, bad, packet));
    expect(records).toHaveLength(1);
    expect(damage?.message).toContain(`claims ${packet.length} octets at its start and 4 at its end`);
  });

  it('a packet of an interface that nobody described is left out, keeps its number, and is accounted for', async () => {
    const stray = le.packet(SOME_TIME, FRAME, { on: 7 });
    const { records, damage } = await read(join(start, packet, stray, packet, stray, packet));
    expect(records.map((record) => record.frame)).toEqual([1, 3, 5]);
    expect(damage).toMatchObject({ code: 'unknown-interface', frame: 2, offset: start.length + packet.length });
    expect(damage?.message).toContain('2 such records were left out');
  });

  it('a packet longer than its block is left out', async () => {
    const { records, damage } = await read(join(start, le.packet(SOME_TIME, FRAME, { capturedLen: 65 }), packet));
    expect(records.map((record) => record.frame)).toEqual([2]);
    expect(damage).toMatchObject({ code: 'bad-record-length', frame: 1 });
  });

  it('a simple packet in a section without interfaces is left out', async () => {
    const { records, damage } = await read(join(le.section(), le.simplePacket(FRAME)));
    expect(records).toEqual([]);
    expect(damage?.code).toBe('unknown-interface');
  });

  it('a section of unknown version, or without byte order, ends the reading', async () => {
    const unordered = le.section();
    unordered.writeUInt32LE(0, 8);
    for (const [section, code] of [
      [le.section([2, 0]), 'unsupported-version'],
      [unordered, 'bad-section'],
    ] as const) {
      const { records, damage } = await read(join(start, packet, section, packet));
      expect(records).toHaveLength(1);
      expect(damage?.code).toBe(code);
    }
  });

  it('options that overrun their block are not read', async () => {
    const bad = le.block(1, u16('little', 1, 0), u32('little', 0), u16('little', 9, 200), u8(9));
    const { records, damage } = await read(join(le.section(), bad, packet, le.packet(SOME_TIME + 1n, FRAME)));
    expect(damage).toBeNull();
    expect(records[1]?.timeNs).toBe(1000);
  });
});
