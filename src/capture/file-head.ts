import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

/** Octets at a file's start that are compared to tell whether it is still the same; a capture's header and first packets. */
const HEAD_LEN = 4096;

/** What tells a capture file from another one that took its name: its size, and SHA-256 of its first octets. */
export interface FileIdentity {
  readonly bytes: number;
  /** Hex; of the whole file where that is shorter than `HEAD_LEN`. */
  readonly headSha256: string;
}

/** @throws where the file cannot be read */
export async function identifyFile(path: string): Promise<FileIdentity> {
  const handle = await open(path, 'r');
  try {
    const head = new Uint8Array(HEAD_LEN);
    let len = 0;
    for (let read = -1; read !== 0 && len < HEAD_LEN; len += read)
      read = (await handle.read(head, len, HEAD_LEN - len, len)).bytesRead;
    const { size } = await handle.stat();
    return { bytes: size, headSha256: createHash('sha256').update(head.subarray(0, len)).digest('hex') };
  } finally {
    await handle.close();
  }
}
