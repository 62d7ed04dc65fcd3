import type { FileHandle } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { FileReader } from '../../src/capture/octet-reader.js';
import { someOctets } from './support/octets.js';

const OCTETS = someOctets(100);

type Answer = (buffer: Uint8Array, at: number, len: number) => number;
type Request = { readonly offset: number; answer(by: Answer): void };

/** A file whose reads are answered when the test says so, in any order. */
class SlowFile {
  readonly requests: Request[] = [];
  readonly reader = new FileReader(this as unknown as FileHandle);

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

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('two reads of a file at once', () => {
  it('take their places in the file, whichever the system answers first', async () => {
    const file = new SlowFile();
    const [first, second] = [new Uint8Array(40), new Uint8Array(40)];
    const reads = [file.reader.read(first, 10), file.reader.read(second, 10)];
    await file.answer(30, 100);
    await file.answer(0, 100);
    expect(await Promise.all(reads)).toEqual([30, 30]);
    expect(Buffer.concat([first.subarray(10), second.subarray(10)]).equals(OCTETS.subarray(0, 60))).toBe(true);
    expect(file.reader.consumed).toBe(60);
  });

  it('are whole also where the system answers in pieces', async () => {
    const file = new SlowFile();
    const into = new Uint8Array(40);
    const read = file.reader.read(into, 0);
    await file.answer(0, 25);
    await file.answer(25, 40);
    expect(await read).toBe(40);
    expect(Buffer.from(into).equals(OCTETS.subarray(0, 40))).toBe(true);
  });

  it('leave no gap in a file that grew after the first of them had met its end', async () => {
    const file = new SlowFile();
    const reads = [file.reader.read(new Uint8Array(40), 0), file.reader.read(new Uint8Array(40), 0)];
    await file.answer(0, 25);
    await file.answer(25, 25);
    await file.answer(40, 80);
    expect(await Promise.all(reads)).toEqual([25, 0]);
    expect(await file.reader.read(new Uint8Array(40), 0)).toBe(0);
    expect(file.reader.damage).toBeNull();
  });

  it('keep what came before an octet that cannot be read, and name its offset', async () => {
    const file = new SlowFile();
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
    const file = new SlowFile();
    const reads = [file.reader.read(new Uint8Array(40), 0), file.reader.read(new Uint8Array(40), 0)];
    await file.fail(40);
    await file.answer(0, 16);
    await file.fail(16);
    expect(await Promise.all(reads)).toEqual([16, 0]);
    expect(file.reader.damage?.message).toMatch(/octet 16/);
  });
});
