import type { AddressTable } from '../segment/address-table.js';
import { LocalSource } from './local-source.js';
import { readsApart } from './reads-apart.js';
import type { ReadingOptions, SegmentSource } from './segment-source.js';
import { ThreadedSource } from './threaded-source.js';

/**
 * @param jobs threads that may be used: with 1, reading and following take turns in this one; with more, they are apart.
 *   Undefined: apart where `readsApart` says that it pays.
 */
export function createSource(
  options: ReadingOptions,
  addresses: AddressTable,
  jobs: number | undefined,
): SegmentSource {
  const apart = jobs === undefined ? readsApart(options.inputs) : jobs > 1;
  return apart ? new ThreadedSource(options, addresses) : new LocalSource(options, addresses);
}
