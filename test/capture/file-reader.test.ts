import type { FileHandle } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { FileReader, type System } from '../../src/capture/file-reader.js';
import { someOctets } from './support/octets.js';

const OCTETS = someOctets(100);

type Answer = (buffer: Uint8Array, at: number, len: number) => number;
type Request = { readonly offset: number; answer(by: Answer): void };

/** A file whose reads in the thread pool are answered when the test says so, in any order. */
class SlowFile {
  readonly fd = 7;
  readonly requests: Request[] = [];
  readonly reader: FileReader;

  constructor(system: System) {
    this.reader = new FileReader(this as unknown as FileHandle, system);
  }

  read(buffer: Uint8Array, at: number, len: number, offset: number): Promise<{ bytesRead: number }> {
    return new Promise((resolve) => {
      this.requests.push({
        offset,
        answer: (by) => resolve(Promise.resolve().then(() => ({ bytesRead: by(buffer, at, len) }))),
      });
    });
  }

  /** Answers the request for this offset with what `OCTETS` has from there up to `end`. */
  async answer(offset: number, end: number): Promise<void> {
    this.#request(offset).answer((buffer, at, len) => {
      const octets = OCTETS.subarray(offset, Math.min(end, offset + len));
      buffer.set(octets, at);
      return octets.length;
    });
    await settled();
  }

  async fail(offset: number): Promise<void> {
    this.#request(offset).answer(() => {
      throw new Error('EIO: i/o error');
    });
    await settled();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #request(offset: number): Request {
    const request = this.requests.findLast((it) => it.offset === offset);
    if (request === undefined) throw new Error(`nobody asked for offset ${offset}`);
    return request;
  }
}

/**
 * A system that has the octets in memory, or, for as long as `waits` holds, takes long for them: from a disk, or, unless
 * `countsDisk`, for whatever else. `broken`: from there on it fails.
 */
class Machine implements System {
  waits = false;
  countsDisk = true;
  /** Where it was asked to read. */
  readonly offsets: number[] = [];
  readonly #broken: number;
  #ms = 0;
  #diskReads = 0;

  constructor(broken = Infinity) {
    this.#broken = broken;
  }

  now(): number {
    return (this.#ms += this.waits ? 10 : 0.01);
  }

  diskReads(): number {
    return this.#diskReads;
  }

  readSync(_fd: number, into: Uint8Array, at: number, len: number, offset: number): number {
    this.offsets.push(offset);
    if (this.waits && this.countsDisk) this.#diskReads++;
    const octets = OCTETS.subarray(offset, Math.min(offset + len, this.#broken));
    if (octets.length === 0 && this.#broken < Infinity) throw new Error('EIO: i/o error');
    into.set(octets, at);
    return octets.length;
  }
}

/** A file on a slow disk, as its reader has learnt. */
async function fileOnDisk(): Promise<SlowFile> {
  const machine = new Machine();
  machine.waits = true;
  const file = new SlowFile(machine);
  for (let slow = 0; slow < 3; slow++) await file.reader.read(new Uint8Array(0), 0); // no octets, but they took long
  return file;
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('two reads of a file at once, in the thread pool,', () => {
  it('take their places in the file, whichever the system answers first', async () => {
    const file = await fileOnDisk();
    const [first, second] = [new Uint8Array(40), new Uint8Array(40)];
    const reads = [file.reader.read(first, 10), file.reader.read(second, 10)];
    await file.answer(30, 100);
    await file.answer(0, 100);
    expect(await Promise.all(reads)).toEqual([30, 30]);
    expect(Buffer.concat([first.subarray(10), second.subarray(10)]).equals(OCTETS.subarray(0, 60))).toBe(true);
    expect(file.reader.consumed).toBe(60);
  });

  it('are whole also where the system answers in pieces', async () => {
    const file = await fileOnDisk();
    const into = new Uint8Array(40);
    const read = file.reader.read(into, 0);
    await file.answer(0, 25);
    await file.answer(25, 40);
    expect(await read).toBe(40);
    expect(Buffer.from(into).equals(OCTETS.subarray(0, 40))).toBe(true);
  });

  it('leave no gap in a file that grew after the first of them had met its end', async () => {
    const file = await fileOnDisk();
    const reads = [file.reader.read(new Uint8Array(40), 0), file.reader.read(new Uint8Array(40), 0)];
    await file.answer(0, 25);
    await file.answer(25, 25);
    await file.answer(40, 80);
    expect(await Promise.all(reads)).toEqual([25, 0]);
    expect(await file.reader.read(new Uint8Array(40), 0)).toBe(0);
    expect(file.reader.damage).toBeNull();
  });

  it('keep what came before an octet that cannot be read, and name its offset', async () => {
    const file = await fileOnDisk();
    const reads = [file.reader.read(new Uint8Array(40), 0), file.reader.read(new Uint8Array(40), 0)];
    await file.fail(40);
    await file.answer(0, 40);
    expect(await Promise.all(reads)).toEqual([40, 0]);
    expect(file.reader.damage).toEqual({
      code: 'read-error',
      message: 'The system could not read on at octet 40: EIO: i/o error.',
    });
  });

  it('tell of the first of two octets that cannot be read', async () => {
    const file = await fileOnDisk();
    const reads = [file.reader.read(new Uint8Array(40), 0), file.reader.read(new Uint8Array(40), 0)];
    await file.fail(40);
    await file.answer(0, 16);
    await file.fail(16);
    expect(await Promise.all(reads)).toEqual([16, 0]);
    expect(file.reader.damage?.message).toMatch(/octet 16/);
  });
});

describe('a file', () => {
  it('that the system has in memory is read in this thread, and never ahead', async () => {
    const file = new SlowFile(new Machine());
    const into = new Uint8Array(70);
    expect(await file.reader.read(into, 10)).toBe(60);
    expect(Buffer.from(into.subarray(10)).equals(OCTETS.subarray(0, 60))).toBe(true);
    expect(await file.reader.read(into, 0)).toBe(40);
    expect(await file.reader.read(into, 0)).toBe(0);
    expect(file.requests).toEqual([]);
    expect([file.reader.readsAhead, file.reader.consumed, file.reader.damage]).toEqual([0, 100, null]);
  });

  it('that had to be waited for is read ahead in the thread pool, twice as long each time it has to be again', async () => {
    const machine = new Machine();
    const file = new SlowFile(machine);
    const readInPool = async (from: number, to: number): Promise<void> => {
      for (let offset = from; offset < to; offset++) {
        expect(file.reader.readsAhead).toBe(2);
        const read = file.reader.read(new Uint8Array(1), 0);
        await file.answer(offset, 100);
        expect(await read).toBe(1);
      }
      expect(file.reader.readsAhead).toBe(0);
    };
    machine.waits = true;
    await file.reader.read(new Uint8Array(1), 0);
    await readInPool(1, 5);
    await file.reader.read(new Uint8Array(1), 0);
    await readInPool(6, 14);
    machine.waits = false;
    await file.reader.read(new Uint8Array(1), 0);
    expect(file.reader.readsAhead).toBe(0);
    machine.waits = true;
    await file.reader.read(new Uint8Array(1), 0);
    await readInPool(16, 20);
    expect(machine.offsets).toEqual([0, 5, 14, 15]);
  });

  it('that is in memory is read on in this thread when one read took long: others had the processor', async () => {
    const machine = new Machine();
    machine.countsDisk = false;
    const file = new SlowFile(machine);
    for (const waits of [true, true, false, true, true]) {
      machine.waits = waits;
      await file.reader.read(new Uint8Array(1), 0);
      expect(file.reader.readsAhead).toBe(0);
    }
    expect(file.requests).toEqual([]);
  });

  it('is read ahead where three reads in a row took long, though the system counts none from a disk: it comes over a network', async () => {
    const machine = new Machine();
    machine.countsDisk = false;
    machine.waits = true;
    const file = new SlowFile(machine);
    for (const ahead of [0, 0, 2]) {
      await file.reader.read(new Uint8Array(1), 0);
      expect(file.reader.readsAhead).toBe(ahead);
    }
  });

  it('is read in this thread only when the thread pool has read all that came before', async () => {
    const file = await fileOnDisk();
    const reads = Array.from({ length: 5 }, () => file.reader.read(new Uint8Array(10), 0));
    for (let offset = 0; offset < 50; offset += 10) await file.answer(offset, 100);
    expect(await Promise.all(reads)).toEqual([10, 10, 10, 10, 10]);
    expect(await file.reader.read(new Uint8Array(60), 0)).toBe(50);
    expect(file.requests).toHaveLength(5);
  });

  it('that cannot be read on in this thread keeps what came before, and names the offset', async () => {
    const file = new SlowFile(new Machine(25));
    expect(await file.reader.read(new Uint8Array(40), 0)).toBe(25);
    expect(await file.reader.read(new Uint8Array(40), 0)).toBe(0);
    expect(file.reader.damage).toEqual({
      code: 'read-error',
      message: 'The system could not read on at octet 25: EIO: i/o error.',
    });
  });
});
