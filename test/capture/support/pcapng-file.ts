import { padded, u8, u16, u32, u64, type ByteOrder } from './octets.js';

/** Writes pcapng blocks in one byte order. */
export class PcapngWriter {
  readonly order: ByteOrder;

  constructor(order: ByteOrder = 'little') {
    this.order = order;
  }

  block(type: number, ...body: Uint8Array[]): Buffer {
    const inside = padded(Buffer.concat(body));
    const len = u32(this.order, inside.length + 12);
    return Buffer.concat([u32(this.order, type), len, inside, len]);
  }

  section(version: readonly [number, number] = [1, 0]): Buffer {
    return this.block(0x0a0d0d0a, u32(this.order, 0x1a2b3c4d), u16(this.order, ...version), u64(this.order, -1n));
  }

  option(code: number, value: Uint8Array): Buffer {
    return Buffer.concat([u16(this.order, code, value.length), padded(value)]);
  }

  endOfOptions(): Buffer {
    return u16(this.order, 0, 0);
  }

  /** `resolution` is the octet of if_tsresol: 9 for nanoseconds, 0x80 + n for powers of two. */
  interface(
    facts: { linkType?: number; snaplen?: number; resolution?: number; offset?: bigint; fcsLen?: number } = {},
  ): Buffer {
    const { linkType = 1, snaplen = 0, resolution, offset, fcsLen } = facts;
    const options = [
      ...(resolution === undefined ? [] : [this.option(9, u8(resolution))]),
      ...(fcsLen === undefined ? [] : [this.option(13, u8(fcsLen))]),
      ...(offset === undefined ? [] : [this.option(14, u64(this.order, offset))]),
    ];
    const end = options.length === 0 ? [] : [this.endOfOptions()];
    return this.block(1, u16(this.order, linkType, 0), u32(this.order, snaplen), ...options, ...end);
  }

  packet(
    ticks: bigint,
    data: Uint8Array,
    facts: { on?: number; originalLen?: number; capturedLen?: number; options?: Uint8Array } = {},
  ): Buffer {
    const { on = 0, originalLen = data.length, capturedLen = data.length, options = Buffer.alloc(0) } = facts;
    return this.block(
      6,
      u32(this.order, on),
      this.#time(ticks),
      u32(this.order, capturedLen, originalLen),
      padded(data),
      options,
    );
  }

  obsoletePacket(ticks: bigint, data: Uint8Array, facts: { on?: number; drops?: number } = {}): Buffer {
    const { on = 0, drops = 0xffff } = facts;
    return this.block(
      2,
      u16(this.order, on, drops),
      this.#time(ticks),
      u32(this.order, data.length, data.length),
      data,
    );
  }

  simplePacket(data: Uint8Array, originalLen = data.length): Buffer {
    return this.block(3, u32(this.order, originalLen), data);
  }

  statistics(on: number, drops: { byInterface?: bigint; bySystem?: bigint }): Buffer {
    const { byInterface, bySystem } = drops;
    return this.block(
      5,
      u32(this.order, on, 0, 0),
      ...(byInterface === undefined ? [] : [this.option(5, u64(this.order, byInterface))]),
      ...(bySystem === undefined ? [] : [this.option(7, u64(this.order, bySystem))]),
      this.endOfOptions(),
    );
  }

  #time(ticks: bigint): Buffer {
    return u32(this.order, Number(ticks >> 32n), Number(ticks & 0xffffffffn));
  }
}
