import type { OctetReader, ReadDamage } from './octet-reader.js';

/** Octets asked for at once. Four times more or fewer make no difference that could be measured. */
export const DEFAULT_CHUNK_LEN = 2 << 20;

/** Room before a chunk for the cut-off record of the chunk before: the longest record of a sane file. */
export const DEFAULT_HEADROOM = (256 << 10) + 64;

export interface WindowSizes {
  readonly chunkLen?: number;
  readonly headroom?: number;
}

/** Chunks that a long file is read in by turns: the one in use, and as many as may be under way. */
export const CHUNKS = 3;

interface Chunk {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/**
 * A window that slides over the octets of a capture.
 *
 * `bytes[start … end)` is in memory. While the caller works on it, the next chunks are already being read into buffers of
 * the same size; `advance` puts what the caller has not used yet right before the next one and goes on in that.
 * Nothing is joined or allocated, except where a record is longer than the headroom.
 */
export class ByteSource {
  bytes: Uint8Array;
  view: DataView;
  start: number;
  end: number;
  /** Offset of `bytes[start]` in the (decompressed) file. */
  startOffset = 0;

  readonly #reader: OctetReader;
  readonly #chunkLen: number;
  readonly #headroom: number;
  /** Buffers of ordinary size, as many as are used; those of them that hold nothing; the one behind the window. */
  #chunks: Chunk[];
  #free: Chunk[];
  #current: Chunk;
  /** Reads under way, in the order of the file, each behind the headroom of its chunk. */
  readonly #coming: { readonly chunk: Chunk; readonly octets: Promise<number> }[] = [];
  #ended = false;

  constructor(reader: OctetReader, sizes: WindowSizes = {}) {
    this.#reader = reader;
    this.#chunkLen = sizes.chunkLen ?? DEFAULT_CHUNK_LEN;
    this.#headroom = sizes.headroom ?? DEFAULT_HEADROOM;
    this.#current = newChunk(this.chunkOctets);
    const spare = newChunk(this.chunkOctets);
    this.#chunks = [this.#current, spare];
    this.#free = [spare];
    this.bytes = this.#current.bytes;
    this.view = this.#current.view;
    this.start = this.#headroom;
    this.end = this.#headroom;
  }

  /** Octets of the file on disk read so far. */
  get consumed(): number {
    return this.#reader.consumed;
  }

  /** Why the octets ended before the file did; final when `advance` has returned false. */
  get damage(): ReadDamage | null {
    return this.#reader.damage;
  }

  /** Offset in the (decompressed) file of the octet at index `at` of `bytes`. */
  offsetOf(at: number): number {
    return this.startOffset + (at - this.start);
  }

  /**
   * Forgets all octets before index `from` and brings more: until at least `need` octets are there, or the input ends.
   * `from` may lie beyond `end`; then the octets between are skipped without being kept. Replaces `bytes`, `view`,
   * `start` and `end`; what was at `from` is at `start` afterwards.
   *
   * @returns false when not a single octet more came: the input is over
   */
  async advance(from: number, need: number): Promise<boolean> {
    let kept = this.end - from;
    this.startOffset += from - this.start;
    let { chunk, octets } = await this.#receive();
    let chunkAt = this.#headroom;
    while (kept < 0 && octets > 0) {
      const skipped = Math.min(-kept, octets);
      kept += skipped;
      chunkAt += skipped;
      octets -= skipped;
      if (kept === 0 && octets > 0) break;
      this.#release(chunk);
      chunkAt = this.#headroom;
      ({ chunk, octets } = await this.#receive());
    }
    if (octets === 0) {
      if (kept < 0) this.startOffset += kept;
      this.start = Math.min(from, this.end);
      return false;
    }
    this.#moveTo(chunk, chunkAt, octets, Math.max(kept, 0), from);
    while (this.end - this.start < need && !this.#ended) await this.#append(need);
    this.#readAhead();
    return true;
  }

  /** Octets of a chunk with its headroom. */
  get chunkOctets(): number {
    return this.#headroom + this.#chunkLen;
  }

  /** Reads on into these arrays, `CHUNKS` of `chunkOctets`, as soon as those before have been used up. */
  useChunks(chunks: readonly Uint8Array[]): void {
    this.#chunks = chunks.map((bytes) => ({
      bytes,
      view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
    }));
    this.#free = [...this.#chunks];
  }

  async close(): Promise<void> {
    this.#ended = true;
    await this.#reader.close();
    for (const { octets } of this.#coming) await octets;
  }

  /** Waits for the next chunk. Its octets are behind the headroom; none: the input is over. */
  async #receive(): Promise<{ chunk: Chunk; octets: number }> {
    this.#readAhead();
    const coming = this.#coming.shift();
    if (coming === undefined) {
      if (!this.#ended) throw new Error('no chunk of the window is free');
      return { chunk: this.#current, octets: 0 };
    }
    const { chunk } = coming;
    const octets = await coming.octets;
    if (octets === 0) this.#ended = true;
    if (octets === this.#chunkLen && this.#chunks.length < CHUNKS) this.#addChunk();
    return { chunk, octets };
  }

  #readAhead(): void {
    while (!this.#ended && this.#coming.length < this.#reader.readsAtOnce) {
      const chunk = this.#free.pop();
      if (chunk === undefined) return;
      this.#coming.push({ chunk, octets: this.#reader.read(chunk.bytes, this.#headroom) });
    }
  }

  /** There is more than one chunk of the input, so that it is worth reading further ahead. */
  #addChunk(): void {
    const chunk = newChunk(this.chunkOctets);
    this.#chunks.push(chunk);
    this.#free.push(chunk);
  }

  /** Nothing in it is needed any longer. */
  #release(chunk: Chunk): void {
    if (this.#chunks.includes(chunk)) this.#free.push(chunk);
  }

  /** Puts the `kept` octets at `from` before the `octets` at `chunkAt` of a new chunk and makes that the current one. */
  #moveTo(chunk: Chunk, chunkAt: number, octets: number, kept: number, from: number): void {
    const before = this.bytes.subarray(from, from + kept);
    const last = this.#current;
    if (kept <= chunkAt) {
      chunk.bytes.set(before, chunkAt - kept);
      this.#use(chunk, chunkAt - kept, chunkAt + octets);
    } else {
      const larger = newChunk(kept + this.#headroom + this.#chunkLen); // a record longer than the headroom
      larger.bytes.set(before);
      larger.bytes.set(chunk.bytes.subarray(chunkAt, chunkAt + octets), kept);
      this.#use(larger, 0, kept + octets);
      this.#release(chunk);
    }
    this.#release(last);
  }

  /** Puts the next chunk directly behind the octets in memory. */
  async #append(need: number): Promise<void> {
    const { chunk, octets } = await this.#receive();
    if (octets === 0) return;
    const kept = this.end - this.start;
    if (this.end + octets > this.bytes.length) {
      const last = this.#current;
      const larger = newChunk(Math.min(need, 2 * kept) + this.#chunkLen);
      larger.bytes.set(this.bytes.subarray(this.start, this.end));
      this.#use(larger, 0, kept);
      this.#release(last);
    }
    this.bytes.set(chunk.bytes.subarray(this.#headroom, this.#headroom + octets), this.end);
    this.end += octets;
    this.#release(chunk);
  }

  #use(chunk: Chunk, start: number, end: number): void {
    this.#current = chunk;
    this.bytes = chunk.bytes;
    this.view = chunk.view;
    this.start = start;
    this.end = end;
  }
}

function newChunk(len: number): Chunk {
  const bytes = new Uint8Array(len);
  return { bytes, view: new DataView(bytes.buffer) };
}
