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
