import { someOctets, u16, u32, type ByteOrder } from './octets.js';

export const PcapMagic = { MICROSECONDS: 0xa1b2c3d4, NANOSECONDS: 0xa1b23c4d, MODIFIED: 0xa1b2cd34 } as const;

export interface PcapOptions {
  readonly order?: ByteOrder;
  readonly magic?: number;
  readonly version?: readonly [number, number];
  readonly snaplen?: number;
  /** The whole 32-bit field. */
  readonly linkType?: number;
}

export interface PcapRecord {
  readonly seconds?: number;
  /** In the file's unit. */
  readonly fraction?: number;
  readonly data?: Uint8Array;
  readonly originalLen?: number;
  /** Captured length as claimed, where it differs from the data's. */
  readonly capturedLen?: number;
  /** Octets appended to the record header, as variants of the format do. */
  readonly headerTail?: Uint8Array;
}

export function pcapHeader(options: PcapOptions = {}): Buffer {
  const {
    order = 'little',
    magic = PcapMagic.MICROSECONDS,
    version = [2, 4],
    snaplen = 262_144,
    linkType = 1,
  } = options;
  return Buffer.concat([u32(order, magic), u16(order, ...version), u32(order, 0, 0, snaplen, linkType)]);
}

export function pcapRecord(record: PcapRecord = {}, order: ByteOrder = 'little'): Buffer {
  const { seconds = 1_700_000_000, fraction = 0, data = someOctets(60), headerTail = Buffer.alloc(0) } = record;
  const { originalLen = data.length, capturedLen = data.length } = record;
  return Buffer.concat([u32(order, seconds, fraction, capturedLen, originalLen), headerTail, data]);
}

export function pcapFile(records: readonly PcapRecord[], options: PcapOptions = {}): Buffer {
  return Buffer.concat([pcapHeader(options), ...records.map((record) => pcapRecord(record, options.order))]);
}
