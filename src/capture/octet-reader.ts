import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';

/** Why a reader stopped before the end of its input. `message` is a full sentence. */
export interface ReadDamage {
  readonly code: string;
  readonly message: string;
}

/**
 * Octets in order, pulled by whoever wants them.
 *
 * A reader never rejects: what goes wrong on the way (a disk error, damaged compression) ends the octets and stands in
 * `damage`, so that all that came before it is used.
 */
export interface OctetReader {
  /**
   * How many calls of `read` are worth having under way while the caller works on the octets before; with 0 they are had
   * as soon as they are asked for. It may change from read to read.
   */
  readonly readsAhead: number;
  /** Writes at least one octet into `into` from index `at` on; resolves to their number, 0 when there are no more. */
  read(into: Uint8Array, at: number): Promise<number>;
  /** Octets taken from the input as it lies on disk (compressed ones in a compressed file). */
  readonly consumed: number;
  readonly damage: ReadDamage | null;
  /** Lets go of the input. Safe to call twice; a `read` under way resolves. */
  close(): Promise<void>;
}

/** A pipe or device with a descriptor, which gives what it has. */
export class PipeReader implements OctetReader {
  readonly readsAhead = 1;
  readonly #handle: FileHandle;
  consumed = 0;
  damage: ReadDamage | null = null;
  #closed = false;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async read(into: Uint8Array, at: number): Promise<number> {
    if (this.#closed) return 0;
    try {
      const { bytesRead } = await this.#handle.read(into, at, into.length - at, null);
      this.consumed += bytesRead;
      return bytesRead;
    } catch (error) {
      this.damage = readError(error, this.consumed);
      return 0;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#handle.close();
  }
}

/** Octets that a stream has pushed so far are held back above this many, by pausing the stream. */
const MAX_QUEUED = 2 << 20;

/** A Node stream (standard input as a pipe). */
export class StreamReader implements OctetReader {
  readonly readsAhead = 1;
  readonly #stream: Readable;
  readonly #queue = new OctetQueue();
  consumed = 0;
  damage: ReadDamage | null = null;

  constructor(stream: Readable) {
    this.#stream = stream;
    stream.on('data', (chunk: Buffer) => {
      this.consumed += chunk.length;
      this.#queue.push(chunk);
      if (this.#queue.length >= MAX_QUEUED) stream.pause();
    });
    stream.on('error', (error) => {
      this.damage ??= readError(error, this.consumed);
      this.#queue.end();
    });
    stream.on('end', () => this.#queue.end());
    stream.on('close', () => this.#queue.end());
  }

  async read(into: Uint8Array, at: number): Promise<number> {
    await this.#queue.ready();
    const taken = this.#queue.take(into, at);
    if (this.#queue.length < MAX_QUEUED && this.#stream.isPaused()) this.#stream.resume();
    return taken;
  }

  close(): Promise<void> {
    this.#queue.end();
    this.#stream.destroy();
    return Promise.resolve();
  }
}

/** Octets already read to look at them, then the rest. */
export class HeadedReader implements OctetReader {
  #head: Uint8Array;
  readonly #rest: OctetReader;

  constructor(head: Uint8Array, rest: OctetReader) {
    this.#head = head;
    this.#rest = rest;
  }

  get readsAhead(): number {
    return this.#rest.readsAhead;
  }

  get consumed(): number {
    return this.#rest.consumed - this.#head.length;
  }

  get damage(): ReadDamage | null {
    return this.#rest.damage;
  }

  read(into: Uint8Array, at: number): Promise<number> {
    const taken = Math.min(this.#head.length, into.length - at);
    if (taken === 0) return this.#rest.read(into, at);
    into.set(this.#head.subarray(0, taken), at);
    this.#head = this.#head.subarray(taken);
    if (at + taken === into.length) return Promise.resolve(taken);
    return this.#rest.read(into, at + taken).then((octets) => taken + octets);
  }

  close(): Promise<void> {
    return this.#rest.close();
  }
}

/** Chunks that somebody pushes and somebody else takes, in any sizes. */
export class OctetQueue {
  readonly #chunks: Uint8Array[] = [];
  /** Octets waiting. */
  length = 0;
  #ended = false;
  #wake: (() => void) | null = null;

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.length += chunk.length;
    this.#notify();
  }

  /** No more will be pushed. */
  end(): void {
    this.#ended = true;
    this.#notify();
  }

  /** Resolves when there are octets to take, or never will be. */
  async ready(): Promise<void> {
    while (this.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Moves what fits into `into` from index `at` on; returns how many octets. */
  take(into: Uint8Array, at: number): number {
    let to = at;
    while (this.#chunks.length > 0 && to < into.length) {
      const chunk = this.#chunks[0]!;
      const taken = Math.min(chunk.length, into.length - to);
      into.set(taken === chunk.length ? chunk : chunk.subarray(0, taken), to);
      if (taken === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(taken);
      to += taken;
    }
    this.length -= to - at;
    return to - at;
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }
}

/** That nothing comes from octet `at` on. */
export function readError(error: unknown, at: number): ReadDamage {
  const reason = error instanceof Error ? error.message : String(error);
  return { code: 'read-error', message: `The system could not read on at octet ${at}: ${reason}.` };
}
