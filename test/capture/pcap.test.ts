import { describe, expect, it } from 'vitest';
import { someOctets } from './support/octets.js';
import { pcapFile, pcapHeader, PcapMagic, pcapRecord } from './support/pcap-file.js';
import { read } from './support/reading.js';

const ORDERS = ['little', 'big'] as const;

describe('a classic pcap file', () => {
  it.each(ORDERS)('of %s-endian order gives each record with its time, lengths and octets', async (order) => {
    const first = someOctets(60, 1);
    const second = someOctets(40, 2);
    const { records, damage, epochNs } = await read(
      pcapFile(
        [
          { seconds: 1_700_000_000, fraction: 123_456, data: first },
          { seconds: 1_700_000_002, fraction: 1, data: second, originalLen: 1500 },
        ],
        { order },
      ),
    );
    expect(damage).toBeNull();
    expect(epochNs).toBe(1_700_000_000_123_456_000n);
    expect(records).toEqual([
      { frame: 1, timeNs: 0, linkType: 1, fcsLen: 0, interfaceId: 0, originalLen: 60, data: first.toString('hex') },
      {
        frame: 2,
        timeNs: 1_876_545_000,
        linkType: 1,
        fcsLen: 0,
        interfaceId: 0,
        originalLen: 1500,
        data: second.toString('hex'),
      },
    ]);
  });

  it.each(ORDERS)('with the nanosecond magic (%s-endian) keeps every nanosecond', async (order) => {
    const { records, epochNs } = await read(
      pcapFile([{ fraction: 999_999_999 }, { seconds: 1_700_000_001, fraction: 1 }], {
        order,
        magic: PcapMagic.NANOSECONDS,
      }),
    );
    expect(epochNs).toBe(1_700_000_000_999_999_999n);
    expect(records.map((record) => record.timeNs)).toEqual([0, 2]);
  });

  it('has times before the epoch where a later record is older than the first', async () => {
    const { records } = await read(pcapFile([{ fraction: 5 }, { fraction: 2 }]));
    expect(records.map((record) => record.timeNs)).toEqual([0, -3000]);
  });

  it('takes seconds for unsigned: they last until 2106', async () => {
    const { epochNs } = await read(pcapFile([{ seconds: 0xffff_ffff }]));
    expect(epochNs).toBe(4_294_967_295_000_000_000n);
  });

  it('with a file header and no record holds no packets, and that is no damage', async () => {
    const { records, damage, facts } = await read(pcapHeader());
    expect(records).toEqual([]);
    expect(damage).toBeNull();
    expect(facts).toEqual({ format: 'pcap', linkTypes: [1], snaplen: 262_144, dropsReported: null, cutFrames: 0 });
  });

  it('may have records of no captured octets', async () => {
    const { records } = await read(pcapFile([{ data: someOctets(0), originalLen: 60 }, { data: someOctets(1) }]));
    expect(records.map((record) => record.data)).toEqual(['', '01']);
  });

  it('counts the frames that the snap length cut, and says no snap length where the file has 0', async () => {
    const { facts } = await read(pcapFile([{}, { originalLen: 61 }, { originalLen: 9000 }], { snaplen: 0 }));
    expect(facts).toMatchObject({ cutFrames: 2, snaplen: null });
  });

  it('may have captured lengths above its snap length: Solaris wrote such files', async () => {
    const { records, damage } = await read(pcapFile([{ data: someOctets(1514) }], { snaplen: 68 }));
    expect(records).toHaveLength(1);
    expect(damage).toBeNull();
  });
});

describe('the modified variant', () => {
  it.each(ORDERS)('has record headers of 24 octets (%s-endian)', async (order) => {
    const headerTail = someOctets(8);
    const { records, damage } = await read(
      pcapFile([{ headerTail }, { headerTail, data: someOctets(41, 3) }], { order, magic: PcapMagic.MODIFIED }),
    );
    expect(damage).toBeNull();
    expect(records.map((record) => record.data)).toEqual([
      someOctets(60).toString('hex'),
      someOctets(41, 3).toString('hex'),
    ]);
  });

  it('as SuSE 6.3 wrote it has record headers of 28 octets, which the first records show', async () => {
    const headerTail = Buffer.alloc(12);
    const records = Array.from({ length: 5 }, (_, index) => ({ headerTail, data: someOctets(60, index) }));
    const reading = await read(pcapFile(records, { magic: PcapMagic.MODIFIED }));
    expect(reading.damage).toBeNull();
    expect(reading.records.map((record) => record.data)).toEqual(records.map(({ data }) => data.toString('hex')));
  });

  it('is recognised under the standard magic as well, as Red Hat 6.1 wrote it', async () => {
    const headerTail = Buffer.from([2, 0, 0, 0, 8, 0, 0, 0]);
    const { records, damage } = await read(pcapFile(Array.from({ length: 5 }, () => ({ headerTail }))));
    expect(damage).toBeNull();
    expect(records).toHaveLength(5);
  });

  it('is not suspected where a standard file is merely damaged', async () => {
    const { records, damage } = await read(Buffer.concat([pcapFile([{}]), pcapRecord({ capturedLen: 0xffff_ffff })]));
    expect(records).toHaveLength(1);
    expect(damage?.code).toBe('bad-record-length');
  });
});

describe('versions before 2.4', () => {
  it.each([
    ['2.2 has the original length first', [2, 2], 100, 60],
    ['2.1 has the original length first', [2, 1], 100, 60],
    ['543.0 (DG/UX) has the original length first', [543, 0], 100, 60],
    ['2.3 has the captured length first', [2, 3], 60, 100],
    ['2.3 written the old way shows it by the larger length coming first', [2, 3], 100, 60],
  ] as const)('%s', async (_, version, firstLen, secondLen) => {
    const data = someOctets(60);
    const record = { data, capturedLen: firstLen, originalLen: secondLen };
    const { records, damage } = await read(pcapFile([record, record], { version }));
    expect(damage).toBeNull();
    expect(records.map((found) => [found.data.length / 2, found.originalLen])).toEqual([
      [60, 100],
      [60, 100],
    ]);
  });

  it('AIX wrote 2.2 with interface types for link types and nanoseconds', async () => {
    const { records, epochNs } = await read(
      pcapFile([{ fraction: 7 }], { version: [2, 2], linkType: 6, order: 'big' }),
    );
    expect(records[0]?.linkType).toBe(1);
    expect(epochNs).toBe(1_700_000_000_000_000_007n);
  });
});

describe('the link type field', () => {
  it.each([
    ['its upper bits may give the FCS length in 16-bit units', 0x2400_0001, 1, 4],
    ['an FCS length without its flag does not count', 0x2000_0001, 1, 0],
    ['12, a DLT_ number, means raw IP', 12, 101, 0],
    ['14, a DLT_ number, means raw IP', 14, 101, 0],
    ['113 is Linux cooked and stays', 113, 113, 0],
  ])('%s', async (_, field, linkType, fcsLen) => {
    const { records } = await read(pcapFile([{}], { linkType: field }));
    expect(records[0]).toMatchObject({ linkType, fcsLen });
  });
});

describe('damage in a pcap file', () => {
  const whole = pcapFile([{}, {}]);

  it('a file that ends inside a record gives all records before it', async () => {
    const { records, damage } = await read(whole.subarray(0, -10));
    expect(records).toHaveLength(1);
    expect(damage).toEqual({
      code: 'cut-record',
      offset: 24 + 76,
      frame: 2,
      message:
        'The file ends inside record 2 at octet 100: 60 captured octets expected, 50 found. Everything before it was analysed.',
    });
  });

  it('a file that ends inside a record header says so', async () => {
    const { records, damage } = await read(whole.subarray(0, 24 + 76 + 5));
    expect(records).toHaveLength(1);
    expect(damage).toMatchObject({ code: 'cut-record-header', offset: 100, frame: 2 });
  });

  it.each([
    ['262 145 octets are too many where the snap length is ordinary', 262_145, 65_535, 1],
    ['4 GiB are too many, whatever the snap length says', 0xffff_ffff, 0xffff_ffff, 1],
    ['128 MiB and one octet are too many even for USB', (128 << 20) + 1, 0, 189],
  ])('a captured length that cannot be: %s', async (_, capturedLen, snaplen, linkType) => {
    const octets = Buffer.concat([pcapFile([{}], { snaplen, linkType }), pcapRecord({ capturedLen }), pcapRecord()]);
    const { records, damage } = await read(octets);
    expect(records).toHaveLength(1);
    expect(damage).toMatchObject({ code: 'bad-record-length', offset: 100, frame: 2 });
    expect(damage?.message).toContain(`claims ${capturedLen} captured octets`);
  });

  it.each([
    ['262 144 octets, the largest that tcpdump writes', 262_144, 65_535, 1],
    ['more than that, where the snap length allows it', 300_000, 1_000_000, 1],
    ['more than that, of a link type with large frames', 300_000, 65_535, 189],
  ])('a captured length that can be is read: %s', async (_, len, snaplen, linkType) => {
    const data = someOctets(len);
    const { records, damage } = await read(pcapFile([{ data }, { data: someOctets(3) }], { snaplen, linkType }), {
      chunkLen: 4096,
    });
    expect(damage).toBeNull();
    expect(records.map((record) => record.data.length / 2)).toEqual([len, 3]);
    expect(records[0]?.data).toBe(data.toString('hex'));
  });
});
