import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { COMPRESSION_MAGIC_LEN, detectCompression } from '../capture/compression.js';
import { STDIN_FD, STDIN_PATH } from '../capture/input.js';
import type { AddressTable } from '../segment/address-table.js';
import { LocalSource } from './local-source.js';
import type { ReadingOptions, SegmentSource } from './segment-source.js';
import { ThreadedSource } from './threaded-source.js';

/**
 * Compressed octets from which on a thread of its own for reading is worth its start, which takes 40 ms of processor time.
 * Unpacking beside following gained a seventh where it was measured. What lies there unpacked is read and decoded so fast
 * that handing it over from one processor to another costs as much as it saves.
 */
const WORTH_A_THREAD = 8 << 20;

/**
 * @param jobs threads that may be used: with 1, reading and following take turns in this one; with more, they are apart.
 *   Undefined: apart where there is more than one processor and the input is a pipe, or compressed and long.
 */
export function createSource(
  options: ReadingOptions,
  addresses: AddressTable,
  jobs: number | undefined,
): SegmentSource {
  const apart = jobs === undefined ? availableParallelism() > 1 && paysApart(options.inputs) : jobs > 1;
  return apart ? new ThreadedSource(options, addresses) : new LocalSource(options, addresses);
}

function paysApart(inputs: readonly string[]): boolean {
  let octets = 0;
  for (const input of inputs) {
    octets += octetsToUnpack(input);
    if (octets >= WORTH_A_THREAD) return true;
  }
  return false;
}

/** Compressed octets of a file, or of the files in a directory; infinite for a pipe, of which nobody knows. */
function octetsToUnpack(input: string): number {
  try {
    const stats = input === STDIN_PATH ? fstatSync(STDIN_FD) : statSync(input);
    if (stats.isFIFO() || stats.isSocket()) return Infinity;
    if (stats.isDirectory()) {
      const files = readdirSync(input).map((name) => join(input, name));
      return files.reduce((sum, file) => sum + (isFile(file) ? octetsToUnpack(file) : 0), 0);
    }
    return input !== STDIN_PATH && isCompressed(input) ? stats.size : 0;
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
