import type { OctetReader, ReadDamage } from './octet-reader.js';

/** Octets asked for at once. Twice as many make no difference that could be measured; half as many cost a twentieth. */
export const DEFAULT_CHUNK_LEN = 512 << 10;

/**
 * Room before a chunk for the cut-off record of the chunk before: the longest record of a sane file. The 64 octets more are
 * for AMD's processors, whose `rep movsb` is four times slower to an address up to 63 octets past that of the source, modulo
 * 4096. What is read begins at a page of the system's cache; memory that was allocated begins 16 octets past a page.
 */
export const DEFAULT_HEADROOM = (256 << 10) + 64;

export interface WindowSizes {
  readonly chunkLen?: number;
  readonly headroom?: number;
}

/** Chunks that a long file is read in by turns: the one in use, and as many as are ever under way. */
export const CHUNKS = 3;

/** Octets that the first chunk holds: enough to tell what the input is, and where the rest had better be read to. */
const FIRST_LEN = 64 << 10;

interface Chunk {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Index of its first octet from the file: what comes before is for the rest of the chunk before. */
  readonly room: number;
}

/**
 * A window that slides over the octets of a capture.
 *
 * `bytes[start … end)` is in memory. Where the reader would have to be waited for, the next chunks are already being read
 * into buffers of the same size while the caller works on it; `advance` puts what the caller has not used yet right before
 * the next one and goes on in that. Nothing is joined or allocated, except where a record is longer than the headroom.
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
  #chunks: Chunk[] = [];
  #free: Chunk[];
  #current: Chunk;
  /** Reads under way, in the order of the file. */
  readonly #coming: { readonly chunk: Chunk; readonly octets: Promise<number> }[] = [];
  #ended = false;

  constructor(reader: OctetReader, sizes: WindowSizes = {}) {
    this.#reader = reader;
    this.#chunkLen = sizes.chunkLen ?? DEFAULT_CHUNK_LEN;
    this.#headroom = sizes.headroom ?? DEFAULT_HEADROOM;
    this.#current = newChunk(0, Math.min(this.#chunkLen, FIRST_LEN));
    this.#free = [this.#current];
    this.bytes = this.#current.bytes;
    this.view = this.#current.view;
    this.start = 0;
    this.end = 0;
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
    let chunkAt = chunk.room;
    while (kept < 0 && octets > 0) {
      const skipped = Math.min(-kept, octets);
      kept += skipped;
      chunkAt += skipped;
      octets -= skipped;
      if (kept === 0 && octets > 0) break;
      this.#release(chunk);
      ({ chunk, octets } = await this.#receive());
      chunkAt = chunk.room;
    }
    if (octets === 0) {
      if (kept < 0) this.startOffset += kept;
      this.start = Math.min(from, this.end);
      return false;
    }
    this.#moveTo(chunk, chunkAt, octets, Math.max(kept, 0), from);
    while (this.end - this.start < need && !this.#ended) await this.#append(need);
    this.#ask(this.#reader.readsAhead);
    return true;
  }

  /** Octets of a chunk with its headroom. */
  get chunkOctets(): number {
    return this.#headroom + this.#chunkLen;
  }

  /** Reads on into these arrays, `CHUNKS` of `chunkOctets`, as soon as those before have been used up. */
  useChunks(chunks: readonly Uint8Array[]): void {
    this.#chunks = chunks.map((bytes) => chunkOf(bytes, this.#headroom));
    this.#free = [...this.#chunks];
  }

  async close(): Promise<void> {
    this.#ended = true;
    await this.#reader.close();
    for (const { octets } of this.#coming) await octets;
  }

  /** Waits for the next chunk. No octets in it: the input is over. */
  async #receive(): Promise<{ chunk: Chunk; octets: number }> {
    if (this.#coming.length === 0 && this.#free.length === 0) this.#addChunk();
    this.#ask(Math.max(1, this.#reader.readsAhead));
    const coming = this.#coming.shift();
    if (coming === undefined) {
      if (!this.#ended) throw new Error('no chunk of the window is free');
      return { chunk: this.#current, octets: 0 };
    }
    const { chunk } = coming;
    const octets = await coming.octets;
    if (octets === 0) this.#ended = true;
    if (octets === this.#chunkLen && this.#chunks.includes(chunk)) this.#addChunk();
    return { chunk, octets };
  }

  /** Has that many reads under way, if there are chunks for them. */
  #ask(reads: number): void {
    while (!this.#ended && this.#coming.length < reads) {
      const chunk = this.#free.pop();
      if (chunk === undefined) return;
      this.#coming.push({ chunk, octets: this.#reader.read(chunk.bytes, chunk.room) });
    }
  }

  /** Where the input goes on: with each, it is read further ahead. */
  #addChunk(): void {
    if (this.#ended || this.#chunks.length === CHUNKS) return;
    const chunk = newChunk(this.#headroom, this.#chunkLen);
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
      const larger = newChunk(kept, this.#headroom + this.#chunkLen); // a record longer than the headroom
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
      const larger = newChunk(0, Math.min(need, 2 * kept) + this.#chunkLen);
      larger.bytes.set(this.bytes.subarray(this.start, this.end));
      this.#use(larger, 0, kept);
      this.#release(last);
    }
    this.bytes.set(chunk.bytes.subarray(chunk.room, chunk.room + octets), this.end);
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

/** For `len` octets of the file behind `room` others. */
function newChunk(room: number, len: number): Chunk {
  return chunkOf(new Uint8Array(room + len), room);
}

function chunkOf(bytes: Uint8Array, room: number): Chunk {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), room };
}
