import { describe, expect, it } from 'vitest';
import { interfaceBlock, packetBlock, sectionBlock, type InterfaceFacts } from '../../src/capture/pcapng-writer.js';
import { readFile, scratchFile } from './support/reading.js';

const ETHERNET: InterfaceFacts = { linkType: 1, snaplen: 96, fcsLen: 0, description: 'eth0', offsetSeconds: 0n };
const packet = (interfaceId: number, timeNs: bigint, len: number, comments: string[] = []): Buffer =>
  packetBlock({ interfaceId, timeNs, octets: Buffer.alloc(len, len), originalLen: 1500, comments });

async function read(...blocks: Buffer[]) {
  return readFile(scratchFile(Buffer.concat(blocks)));
}

describe('what is written is read again', () => {
  it('with interfaces, link types, lengths and times to the nanosecond', async () => {
    const { records, facts, damage, epochNs } = await read(
      sectionBlock('tcpclose', 'a comment'),
      interfaceBlock(ETHERNET),
      packet(0, 1_700_000_000_123_456_789n, 61),
      interfaceBlock({ ...ETHERNET, linkType: 113, snaplen: 65535, fcsLen: 4 }),
      packet(1, 1_700_000_000_123_456_790n, 96),
    );
    expect(damage).toBeNull();
    expect(epochNs).toBe(1_700_000_000_123_456_789n);
    expect(records).toMatchObject([
      { frame: 1, timeNs: 0, linkType: 1, fcsLen: 0, interfaceId: 0, originalLen: 1500, data: '3d'.repeat(61) },
      { frame: 2, timeNs: 1, linkType: 113, fcsLen: 4, interfaceId: 1, originalLen: 1500, data: '60'.repeat(96) },
    ]);
    expect(facts).toMatchObject({ linkTypes: [1, 113], snaplen: 65535, cutFrames: 2 });
  });

  it('also before 1970', async () => {
    const offsetSeconds = -1000n;
    const blocks = [sectionBlock('', ''), interfaceBlock({ ...ETHERNET, offsetSeconds }), packet(0, 5n, 60)];
    expect((await read(...blocks)).epochNs).toBe(-999_999_999_995n);
  });

  it.each([0, 1, 2, 3, 4])(
    'whatever the padding: comments and frames of %i octets more than a multiple of four',
    async (n) => {
      const comments = ['x'.repeat(n), 'é'.repeat(n), 'z'];
      const { records, damage } = await read(
        sectionBlock('y'.repeat(n), ''),
        interfaceBlock(ETHERNET),
        packet(0, 1n, 60 + n, comments),
        packet(0, 2n, 60),
      );
      expect(damage).toBeNull();
      expect(records.map((record) => record.data.length / 2)).toEqual([60 + n, 60]);
    },
  );

  it('where a comment is longer than an option can be', async () => {
    const { damage, records } = await read(
      sectionBlock('', ''),
      interfaceBlock(ETHERNET),
      packet(0, 1n, 60, ['x'.repeat(100_000)]),
    );
    expect({ damage, records: records.length }).toEqual({ damage: null, records: 1 });
  });
});
