import type { AddressTable } from '../segment/address-table.js';
import type { FillingMemory } from '../segment/filling-memory.js';
import { LocalSource } from './local-source.js';
import { readsApart } from './reads-apart.js';
import type { ReadingOptions, SegmentSource } from './segment-source.js';
import { ThreadedSource } from './threaded-source.js';

/**
 * @param jobs threads that may be used: with 1, reading and following take turns in this one; with more, they are apart.
 *   Undefined: apart where `readsApart` says that it pays.
 * @param filling memories that fill while batches are followed, as `ThreadedSource` wants them
 */
export function createSource(
  options: ReadingOptions,
  addresses: AddressTable,
  jobs: number | undefined,
  filling: readonly FillingMemory[] = [],
): SegmentSource {
  const apart = jobs === undefined ? readsApart(options.inputs) : jobs > 1;
  return apart ? new ThreadedSource(options, addresses, filling) : new LocalSource(options, addresses);
}
