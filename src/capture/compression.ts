import type * as zlib from 'node:zlib';
import type { Transform } from 'node:stream';
import type { OctetReader } from './octet-reader.js';
import { StreamDecoder, type Codec } from './stream-decoder.js';

export type Compression = 'gzip' | 'zstd';

/** Octets needed to tell a compression. */
export const COMPRESSION_MAGIC_LEN = 4;

/** The compression that a file's first octets show, or null. Names of files are not looked at. */
export function detectCompression(head: Uint8Array): Compression | null {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if (head.length < COMPRESSION_MAGIC_LEN) return null;
  const magic = new DataView(head.buffer, head.byteOffset).getUint32(0, true);
  if (magic === 0xfd2fb528 || (magic & 0xfffffff0) >>> 0 === 0x184d2a50) return 'zstd'; // RFC 8878 §3.1.1, §3.1.2
  return null;
}

/**
 * The decoded octets of `input`.
 *
 * @param chunkLen length of the decoder's output buffers, octets
 * @param reopen   a new reader of the same input from its start, where it can be read twice: used to save what a damaged
 *                 stretch would take with it
 */
export async function decompress(
  compression: Compression,
  input: OctetReader,
  chunkLen: number,
  reopen: (() => Promise<OctetReader>) | null,
): Promise<OctetReader> {
  const options = { chunkSize: Math.max(64, chunkLen), readableHighWaterMark: 1 };
  const { createGunzip, createZstdDecompress } = (await import('node:zlib')) as ZstdCapableZlib;
  if (compression === 'gzip') {
    return new StreamDecoder({ name: 'gzip', continues: false, make: () => createGunzip(options) }, input, reopen);
  }
  if (createZstdDecompress === undefined) return new (await import('./fzstd-reader.js')).FzstdReader(input);
  return new StreamDecoder({ name: 'zstd', continues: true, make: () => createZstdDecompress(options) }, input, reopen);
}

/** Node has zstd of its own from 22.15 on. */
type ZstdCapableZlib = typeof zlib & {
  createZstdDecompress?: (options: zlib.ZlibOptions) => Transform & ReturnType<Codec['make']>;
};
