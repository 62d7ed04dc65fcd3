import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { COMPRESSION_MAGIC_LEN, detectCompression } from '../capture/compression-magic.js';
import { STDIN_FD, STDIN_PATH } from '../capture/standard-input.js';

/** Octets of captures from which on a thread of its own for reading is worth its start, 50 ms of processor time. */
const WORTH_A_THREAD = 64 << 20;
/** A compressed octet is as much work as so many others. */
const COMPRESSED = 8;

/** Whether these captures are better read and decoded in another thread than the one that follows connections. */
export function readsApart(inputs: readonly string[]): boolean {
  if (availableParallelism() === 1) return false;
  let octets = 0;
  for (const input of inputs) {
    octets += octetsToRead(input);
    if (octets >= WORTH_A_THREAD) return true;
  }
  return false;
}

/** Whether one of the inputs is a pipe on standard input, which ends when somebody else wants it to. */
export function readsPipe(inputs: readonly string[]): boolean {
  return inputs.includes(STDIN_PATH) && octetsToRead(STDIN_PATH) === Infinity;
}

/** Octets of a file, or of the files in a directory; infinite for a pipe, of which nobody knows. */
function octetsToRead(input: string): number {
  try {
    const stats = input === STDIN_PATH ? fstatSync(STDIN_FD) : statSync(input);
    if (stats.isFIFO() || stats.isSocket()) return Infinity;
    if (stats.isDirectory()) {
      const files = readdirSync(input).map((name) => join(input, name));
      return files.reduce((sum, file) => sum + (isFile(file) ? octetsToRead(file) : 0), 0);
    }
    return stats.size * (input !== STDIN_PATH && isCompressed(input) ? COMPRESSED : 1);
  } catch {
    return 0; // opening it will say why
  }
}

function isCompressed(path: string): boolean {
  const head = new Uint8Array(COMPRESSION_MAGIC_LEN);
  const fd = openSync(path, 'r');
  try {
    return detectCompression(head.subarray(0, readSync(fd, head))) !== null;
  } finally {
    closeSync(fd);
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true; // a link may lead nowhere
}
