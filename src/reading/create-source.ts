import { fstatSync, readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { STDIN_FD, STDIN_PATH } from '../capture/input.js';
import type { AddressTable } from '../segment/address-table.js';
import { LocalSource } from './local-source.js';
import type { ReadingOptions, SegmentSource } from './segment-source.js';
import { ThreadedSource } from './threaded-source.js';

/**
 * Octets on disk from which on a thread of its own for reading is worth its start. That takes 40 ms of processor time, as
 * much as to read and decode 32 MB of small packets; compressed, they are more, and gain more.
 */
const WORTH_A_THREAD = 32 << 20;

/**
 * @param jobs threads that may be used: with 1, reading and following take turns in this one; with more, they are apart.
 *   Undefined: apart where there is more than one processor, and the input is long enough to gain by it.
 */
export function createSource(
  options: ReadingOptions,
  addresses: AddressTable,
  jobs: number | undefined,
): SegmentSource {
  const apart = jobs === undefined ? availableParallelism() > 1 && isLong(options.inputs) : jobs > 1;
  return apart ? new ThreadedSource(options, addresses) : new LocalSource(options, addresses);
}

/** Whether the inputs are worth a thread. Nobody knows of a pipe; who feeds one has more to do than to start a thread. */
function isLong(inputs: readonly string[]): boolean {
  let octets = 0;
  for (const input of inputs) {
    octets += sizeOf(input);
    if (octets >= WORTH_A_THREAD) return true;
  }
  return false;
}

/** Octets on disk of a file, or of the files in a directory; infinite for a pipe, 0 where there is nothing to read. */
function sizeOf(input: string): number {
  try {
    const stats = input === STDIN_PATH ? fstatSync(STDIN_FD) : statSync(input);
    if (stats.isFIFO() || stats.isSocket()) return Infinity;
    if (!stats.isDirectory()) return stats.size;
    const entries = readdirSync(input).map((name) => statSync(join(input, name)));
    return entries.reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0);
  } catch {
    return 0; // opening it will say why
  }
}
