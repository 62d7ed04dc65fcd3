/** Records of one chunk, in three views of the same memory. */
export interface PoolChunk {
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly f64: Float64Array;
}

/** Records of a chunk: a power of two. */
const CHUNK_BITS = 9;
const CHUNK = 1 << CHUNK_BITS;

/**
 * Records of a fixed number of words, for facts that some connections have: as objects they would take several times the
 * memory, and most of the garbage collector's time. Memory comes in chunks and is used again, but never given back.
 */
export class RecordPool {
  readonly #words: number;
  readonly #chunks: PoolChunk[] = [];
  /** Places that were given back, the last first: the next one is in the first word of each; -1: none. */
  #free = -1;
  #fresh = 0;

  /** `words` of a record: an even number. */
  constructor(words: number) {
    this.#words = words;
  }

  /** A place for a record; what was there before is still there. */
  take(): number {
    if (this.#free >= 0) {
      const place = this.#free;
      this.#free = this.chunk(place).i32[this.at(place)]!;
      return place;
    }
    if (this.#fresh >> CHUNK_BITS === this.#chunks.length) {
      // Filled, though all are zeros: a page that is read before it is written is brought into being twice.
      const i32 = new Int32Array(CHUNK * this.#words).fill(0);
      this.#chunks.push({ i32, u32: new Uint32Array(i32.buffer), f64: new Float64Array(i32.buffer) });
    }
    return this.#fresh++;
  }

  release(place: number): void {
    this.chunk(place).i32[this.at(place)] = this.#free;
    this.#free = place;
  }

  /** The chunk that holds a place, and the index of its first word there; halve it for `f64`. */
  chunk(place: number): PoolChunk {
    return this.#chunks[place >> CHUNK_BITS]!;
  }

  at(place: number): number {
    return (place & (CHUNK - 1)) * this.#words;
  }
}
