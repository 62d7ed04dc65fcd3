/** Little helpers to write capture files octet by octet. */

export type ByteOrder = 'little' | 'big';

export function u8(...values: number[]): Buffer {
  return Buffer.from(values);
}

export function u16(order: ByteOrder, ...values: number[]): Buffer {
  return Buffer.concat(
    values.map((value) => {
      const octets = Buffer.alloc(2);
      if (order === 'little') octets.writeUInt16LE(value);
      else octets.writeUInt16BE(value);
      return octets;
    }),
  );
}

export function u32(order: ByteOrder, ...values: number[]): Buffer {
  return Buffer.concat(
    values.map((value) => {
      const octets = Buffer.alloc(4);
      if (order === 'little') octets.writeUInt32LE(value >>> 0);
      else octets.writeUInt32BE(value >>> 0);
      return octets;
    }),
  );
}

export function u64(order: ByteOrder, value: bigint): Buffer {
  const octets = Buffer.alloc(8);
  if (order === 'little') octets.writeBigUInt64LE(BigInt.asUintN(64, value));
  else octets.writeBigUInt64BE(BigInt.asUintN(64, value));
  return octets;
}

/** Zeros up to a multiple of four. */
export function padded(octets: Uint8Array): Buffer {
  return Buffer.concat([octets, Buffer.alloc(-octets.length & 3)]);
}

/** `len` octets that differ from one another, and from those with another seed. */
export function someOctets(len: number, seed = 0): Buffer {
  return Buffer.from(Array.from({ length: len }, (_, index) => (index * 7 + seed * 31 + 1) & 0xff));
}
