import fs from 'node:fs';
import { availableParallelism } from 'node:os';

/** Octets of captures from which on a thread that writes is ready before there is much to write. */
const WORTH_A_THREAD = 2 << 20;

/**
 * Whether what is found in these captures is better written in a thread of its own, which takes 30 ms of a processor to
 * start. Of what is no file nobody knows how much there is; a file that is not there counts nothing.
 */
export function isWorthAThread(inputs: readonly string[]): boolean {
  const octets = inputs.reduce((sum, input) => sum + octetsOf(input), 0);
  return octets >= WORTH_A_THREAD && availableParallelism() > 1;
}

function octetsOf(input: string): number {
  if (input === '-') return Infinity;
  try {
    const stats = fs.statSync(input, { throwIfNoEntry: false });
    return stats === undefined ? 0 : stats.isFile() ? stats.size : Infinity;
  } catch {
    return 0; // opening it will say why
  }
}
