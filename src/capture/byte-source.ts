import type { OctetReader, ReadDamage } from './octet-reader.js';

/** Octets asked for at once. Four times more or fewer make no difference that could be measured. */
export const DEFAULT_CHUNK_LEN = 2 << 20;

/** Room before a chunk for the cut-off record of the chunk before: the longest record of a sane file. */
export const DEFAULT_HEADROOM = (256 << 10) + 64;

export interface WindowSizes {
  readonly chunkLen?: number;
  readonly headroom?: number;
}

interface Chunk {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/**
 * A window that slides over the octets of a capture.
 *
 * `bytes[start … end)` is in memory. While the caller works on it, the next chunk is already being read into a second
 * buffer of the same size; `advance` puts what the caller has not used yet right before that chunk and swaps the two.
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
  /** The two buffers of ordinary size; one of them may be the current one. */
  #current: Chunk;
  #spare: Chunk;
  /** A read under way into `#spare`, behind the headroom. */
  #incoming: Promise<number> | null = null;
  #ended = false;
  /** To be used in place of the two, as they become free. */
  #others: Chunk[] = [];

  constructor(reader: OctetReader, sizes: WindowSizes = {}) {
    this.#reader = reader;
    this.#chunkLen = sizes.chunkLen ?? DEFAULT_CHUNK_LEN;
    this.#headroom = sizes.headroom ?? DEFAULT_HEADROOM;
    this.#current = newChunk(this.#headroom + this.#chunkLen);
    this.#spare = newChunk(this.#headroom + this.#chunkLen);
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
    let arrived = await this.#receive();
    let chunkAt = this.#headroom;
    while (kept < 0 && arrived > 0) {
      const skipped = Math.min(-kept, arrived);
      kept += skipped;
      chunkAt += skipped;
      arrived -= skipped;
      if (kept === 0 && arrived > 0) break;
      chunkAt = this.#headroom;
      arrived = await this.#receive();
    }
    if (arrived === 0) {
      if (kept < 0) this.startOffset += kept;
      this.start = Math.min(from, this.end);
      return false;
    }
    this.#swap(Math.max(kept, 0), from, chunkAt, arrived);
    while (this.end - this.start < need && !this.#ended) await this.#append(need);
    this.#prefetch();
    return true;
  }

  /** Octets of a chunk with its headroom. */
  get chunkOctets(): number {
    return this.#headroom + this.#chunkLen;
  }

  /** Reads on into these two arrays, each of `chunkOctets`, from the chunk after the next one on. */
  useChunks(chunks: readonly Uint8Array[]): void {
    this.#others = chunks.map((bytes) => ({
      bytes,
      view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
    }));
  }

  async close(): Promise<void> {
    this.#ended = true;
    await this.#reader.close();
    await this.#incoming;
  }

  /** Waits for the chunk under way. Its octets are in the spare buffer behind the headroom. */
  async #receive(): Promise<number> {
    this.#prefetch();
    const arrived = this.#incoming === null ? 0 : await this.#incoming;
    this.#incoming = null;
    if (arrived === 0) this.#ended = true;
    return arrived;
  }

  #prefetch(): void {
    if (!this.#ended) this.#incoming ??= this.#reader.read(this.#spare.bytes, this.#headroom);
  }

  /** Puts the `kept` octets at `from` before the new chunk and makes that the current one. */
  #swap(kept: number, from: number, chunkAt: number, arrived: number): void {
    const before = this.bytes.subarray(from, from + kept);
    let next = this.#spare;
    if (kept <= chunkAt) {
      next.bytes.set(before, chunkAt - kept);
      this.#spare = this.#others.pop() ?? this.#current;
      this.#current = next;
      this.#use(next, chunkAt - kept, chunkAt + arrived);
      return;
    }
    next = newChunk(kept + this.#headroom + this.#chunkLen); // a record longer than the headroom
    next.bytes.set(before);
    next.bytes.set(this.#spare.bytes.subarray(chunkAt, chunkAt + arrived), kept);
    this.#use(next, 0, kept + arrived);
  }

  /** Reads on directly behind the octets in memory. */
  async #append(need: number): Promise<void> {
    if (this.end === this.bytes.length) {
      const kept = this.end - this.start;
      const larger = newChunk(Math.min(need, 2 * kept) + this.#chunkLen);
      larger.bytes.set(this.bytes.subarray(this.start, this.end));
      this.#use(larger, 0, kept);
    }
    const arrived = await this.#reader.read(this.bytes, this.end);
    if (arrived === 0) this.#ended = true;
    this.end += arrived;
  }

  #use(chunk: Chunk, start: number, end: number): void {
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
