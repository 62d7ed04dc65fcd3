import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
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
const GZIP = Uint8Array.of(0x1f, 0x8b, 8, 0);
const middling = scratchFile(Buffer.alloc(0));
truncateSync(middling, 40 << 20);
const long = scratchFile(Buffer.alloc(0));
truncateSync(long, 80 << 20);
const packed = scratchFile(Buffer.from(GZIP));
truncateSync(packed, 10 << 20);
const ring = scratchPath('ring');
mkdirSync(ring);
for (const name of ['a', 'b', 'c']) {
  writeFileSync(join(ring, name), GZIP);
  truncateSync(join(ring, name), 3 << 20);
}

async function kindOf(inputs: readonly string[], jobs?: number): Promise<string> {
  const source = createSource(reading(inputs), new AddressTable(), jobs);
  await source.close();
  return source instanceof ThreadedSource ? 'apart' : source instanceof LocalSource ? 'here' : '?';
}

symlinkSync('nowhere', join(ring, 'dangling'));

describe('a recording is read', () => {
  it('in this thread where it is short, or not there', async () => {
    expect(await kindOf([short, 'nothing.pcap'])).toBe('here');
    expect(await kindOf([middling])).toBe('here');
  });

  it.runIf(availableParallelism() > 1)(
    'in a thread of its own where it is long, as one file or several, and sooner where it is compressed',
    async () => {
      expect(await kindOf([long])).toBe('apart');
      expect(await kindOf([middling, short, middling])).toBe('apart');
      expect(await kindOf([packed])).toBe('apart');
      expect(await kindOf([short, ring])).toBe('apart');
    },
  );

  it('as it was asked to be', async () => {
    expect(await kindOf([long], 1)).toBe('here');
    expect(await kindOf([short], 2)).toBe('apart');
    expect(await kindOf([short], 64)).toBe('apart');
  });
});
