import type * as zlib from 'node:zlib';
import type { Transform } from 'node:stream';
import type { Compression } from './compression-magic.js';
import type { OctetReader } from './octet-reader.js';
import { StreamDecoder, type Codec } from './stream-decoder.js';

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
