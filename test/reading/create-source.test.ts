import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createSource } from '../../src/reading/create-source.js';
import { LocalSource } from '../../src/reading/local-source.js';
import { ThreadedSource } from '../../src/reading/threaded-source.js';
import { AddressTable } from '../../src/segment/address-table.js';
import { scratchFile, scratchPath } from '../capture/support/reading.js';
import { reading } from './support/collect.js';

const short = scratchFile(Buffer.alloc(100));
const long = scratchFile(Buffer.alloc(0));
truncateSync(long, 40 << 20);
const ring = scratchPath('ring');
mkdirSync(ring);
for (const name of ['a', 'b', 'c']) {
  writeFileSync(join(ring, name), '');
  truncateSync(join(ring, name), 12 << 20);
}

async function kindOf(inputs: readonly string[], jobs?: number): Promise<string> {
  const source = createSource(reading(inputs), new AddressTable(), jobs);
  await source.close();
  return source instanceof ThreadedSource ? 'apart' : source instanceof LocalSource ? 'here' : '?';
}

describe('a recording is read', () => {
  it('in this thread where it is short, or not there', async () => {
    expect(await kindOf([short, 'nothing.pcap'])).toBe('here');
  });

  it.runIf(availableParallelism() > 1)('in a thread of its own where it is long, as one file or several', async () => {
    expect(await kindOf([long])).toBe('apart');
    expect(await kindOf([short, ring])).toBe('apart');
  });

  it('as it was asked to be', async () => {
    expect(await kindOf([long], 1)).toBe('here');
    expect(await kindOf([short], 2)).toBe('apart');
    expect(await kindOf([short], 64)).toBe('apart');
  });
});
