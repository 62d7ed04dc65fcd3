import { describe, expect, it } from 'vitest';
import { ByteSource } from '../../src/capture/byte-source.js';
import type { OctetReader } from '../../src/capture/octet-reader.js';
import { someOctets } from './support/octets.js';

const OCTETS = someOctets(200);

/** Gives the octets in pieces of the lengths that are its turn, over and over. */
class PiecewiseReader implements OctetReader {
  consumed = 0;
  readonly damage = null;
  readonly #lens: readonly number[];
  readonly readsAhead: number;
  #turn = 0;

  constructor(lens: readonly number[], readsAhead: number) {
    this.#lens = lens;
    this.readsAhead = readsAhead;
  }

  read(into: Uint8Array, at: number): Promise<number> {
    const wanted = this.#lens[this.#turn++ % this.#lens.length]!;
    const len = Math.min(wanted, into.length - at, OCTETS.length - this.consumed);
    into.set(OCTETS.subarray(this.consumed, this.consumed + len), at);
    this.consumed += len;
    return Promise.resolve(len);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function window(source: ByteSource): string {
  return Buffer.from(source.bytes.subarray(source.start, source.end)).toString('hex');
}

function octets(from: number, to: number): string {
  return OCTETS.subarray(from, to).toString('hex');
}

describe.each([0, 1, 2, 3])('the window over a capture’s octets, read %i chunks ahead', (readsAhead) => {
  it('keeps what is not used yet right before what comes', async () => {
    const source = new ByteSource(new PiecewiseReader([10], readsAhead), { chunkLen: 10, headroom: 8 });
    await source.advance(source.start, 1);
    await source.advance(source.start + 6, 1);
    expect(window(source)).toBe(octets(6, 20));
    expect(source.startOffset).toBe(6);
    expect(source.offsetOf(source.end)).toBe(20);
  });

  it('waits until the octets needed are there, however small the pieces', async () => {
    const source = new ByteSource(new PiecewiseReader([3, 1, 2], readsAhead), { chunkLen: 10, headroom: 8 });
    await source.advance(source.start, 60);
    expect(window(source).slice(0, 120)).toBe(octets(0, 60));
  });

  it('grows where more is kept than the headroom holds', async () => {
    const source = new ByteSource(new PiecewiseReader([10], readsAhead), { chunkLen: 10, headroom: 2 });
    await source.advance(source.start, 25);
    await source.advance(source.start + 1, 1);
    expect(window(source)).toBe(octets(1, 40));
    await source.advance(source.end, 1);
    expect(window(source)).toBe(octets(40, 50));
  });

  it('skips what lies between its end and where to go on', async () => {
    const source = new ByteSource(new PiecewiseReader([10, 7], readsAhead), { chunkLen: 10, headroom: 8 });
    await source.advance(source.start, 1);
    expect(await source.advance(source.start + 95, 1)).toBe(true);
    expect(source.startOffset).toBe(95);
    expect(window(source).slice(0, 2)).toBe(octets(95, 96));
  });

  it('skipping beyond the end stands at the end', async () => {
    const source = new ByteSource(new PiecewiseReader([10], readsAhead), { chunkLen: 10, headroom: 8 });
    await source.advance(source.start, 1);
    expect(await source.advance(source.start + 1000, 1)).toBe(false);
    expect(source.startOffset).toBe(200);
    expect(source.end - source.start).toBe(0);
  });

  it('is over when nothing more comes, and keeps what was there', async () => {
    const source = new ByteSource(new PiecewiseReader([150], readsAhead), { chunkLen: 150, headroom: 8 });
    while (await source.advance(source.start + 1, 1000));
    expect(window(source)).toBe(octets(source.startOffset, 200));
    expect(await source.advance(source.start, 1)).toBe(false);
  });

  it('gives all octets in their order, whatever is kept and skipped on the way', async () => {
    const source = new ByteSource(new PiecewiseReader([10, 10, 3, 10], readsAhead), { chunkLen: 10, headroom: 4 });
    const seen = Buffer.alloc(OCTETS.length);
    const steps = [3, 0, 14, 7, 1, 25, 0, 9];
    for (let turn = 0; await source.advance(source.start + steps[turn % steps.length]!, (turn % 5) * 7); turn++)
      source.bytes.subarray(source.start, source.end).forEach((octet, i) => (seen[source.startOffset + i] = octet));
    expect(source.startOffset).toBeGreaterThan(150);
    const missing = [...seen].filter((octet, i) => octet !== OCTETS[i]);
    expect(missing.every((octet) => octet === 0)).toBe(true);
    expect(missing.length).toBeLessThan(60); // skipped
  });
});
