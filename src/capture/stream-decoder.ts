import type { Transform } from 'node:stream';
import { OctetQueue, type OctetReader, type ReadDamage } from './octet-reader.js';

/** Compressed octets handed to the decoder at once. Each such step runs in the thread pool. */
const INPUT_LEN = 256 << 10;

/** Decoded octets that may wait for the caller before the decoder is held back. */
const MAX_QUEUED = 3 << 20;

/** What is special about a kind of compression. */
export interface Codec {
  /** 'gzip', 'zstd': used in damage codes and messages. */
  readonly name: string;
  /** Whether a decoder ends after one part of several, so that a new one has to go on. */
  readonly continues: boolean;
  /** A new decoder. Its readable side must have `readableHighWaterMark: 1`: then nothing waits inside it, to be lost on an error. */
  make(): Transform & { readonly bytesWritten: number };
}

/**
 * Undoes compression with one of Node's zlib streams, which works in the thread pool while the caller parses.
 *
 * On damaged input these streams throw away what the failing step (up to a megabyte) had decoded. So the input is then
 * decoded again, the last stretch of it octet by octet, and nothing is lost that could be decoded. That needs input that
 * can be read twice; of a pipe the last step is lost.
 */
export class StreamDecoder implements OctetReader {
  readonly #codec: Codec;
  readonly #input: OctetReader;
  readonly #reopen: (() => Promise<OctetReader>) | null;
  readonly #queue = new OctetQueue();
  readonly #pass: DecoderPass;
  damage: ReadDamage | null = null;
  #closed = false;

  constructor(codec: Codec, input: OctetReader, reopen: (() => Promise<OctetReader>) | null) {
    this.#codec = codec;
    this.#input = input;
    this.#reopen = reopen;
    this.#pass = new DecoderPass(codec, input, (octets) => this.#accept(octets));
    void this.#run();
  }

  get consumed(): number {
    return this.#input.consumed;
  }

  async read(into: Uint8Array, at: number): Promise<number> {
    await this.#queue.ready();
    const taken = this.#queue.take(into, at);
    if (this.#queue.length < MAX_QUEUED) this.#pass.resume();
    return taken;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue.end();
    this.#pass.destroy();
    await this.#input.close();
  }

  #accept(octets: Uint8Array): void {
    this.#queue.push(octets);
    if (this.#queue.length >= MAX_QUEUED) this.#pass.pause();
  }

  async #run(): Promise<void> {
    const error = await this.#pass.run(Infinity, INPUT_LEN);
    if (error !== null && !this.#closed) {
      if (!isCut(error)) await this.#salvage();
      this.damage = this.#describe(error);
    }
    this.damage ??= this.#input.damage;
    this.#queue.end();
  }

  /** Decodes again what the failing step had decoded and lost. Two passes: find the octet, then go up to it. */
  async #salvage(): Promise<void> {
    if (this.#reopen === null) return;
    let failedAt = this.#pass.takenLen;
    let skip = this.#pass.decodedLen;
    for (const step of [4096, 1]) {
      let input: OctetReader;
      try {
        input = await this.#reopen();
      } catch {
        return;
      }
      const pass = new DecoderPass(this.#codec, input, (octets) => {
        const fresh = octets.subarray(Math.min(skip, octets.length));
        skip -= octets.length - fresh.length;
        if (fresh.length > 0 && !this.#closed) this.#queue.push(fresh);
      });
      const again = await pass.run(failedAt, step);
      await input.close();
      if (again === null) return;
      failedAt = pass.takenLen;
      skip = Math.max(skip, 0);
    }
  }

  #describe(error: Error): ReadDamage {
    const { name } = this.#codec;
    if (isCut(error)) {
      return {
        code: `cut-${name}`,
        message: `The ${name} data ends in the middle, after ${this.consumed} compressed octets.`,
      };
    }
    const trailing = /incorrect header check/.test(error.message);
    const what = trailing
      ? `after a whole ${name} member come octets that are not ${name}`
      : `the ${name} data is damaged (${error.message})`;
    return { code: `bad-${name}`, message: `Before compressed octet ${this.consumed}, ${what}.` };
  }
}

type Decoder = ReturnType<Codec['make']>;

/** One pass over one input, with as many decoders as the input has parts that a decoder ends after (zstd frames). */
class DecoderPass {
  readonly #codec: Codec;
  readonly #input: OctetReader;
  readonly #sink: (octets: Uint8Array) => void;
  #decoder: Decoder;
  /** Compressed octets that earlier decoders of this pass took. */
  #base = 0;
  #ended = false;
  #error: Error | null = null;
  #settle: (() => void) | null = null;
  /** Octets decoded so far. */
  decodedLen = 0;

  constructor(codec: Codec, input: OctetReader, sink: (octets: Uint8Array) => void) {
    this.#codec = codec;
    this.#input = input;
    this.#sink = sink;
    this.#decoder = this.#renew();
  }

  /** Compressed octets that went in without an error. */
  get takenLen(): number {
    return this.#base + this.#decoder.bytesWritten;
  }

  pause(): void {
    this.#decoder.pause();
  }

  resume(): void {
    this.#decoder.resume();
  }

  destroy(): void {
    this.#decoder.destroy();
  }

  /**
   * Decodes all of the input: in large pieces before compressed octet `slowFrom`, in pieces of `step` from there on.
   * Resolves to the error that ended it, or null.
   */
  async run(slowFrom: number, step: number): Promise<Error | null> {
    let buffer = new Uint8Array(INPUT_LEN);
    let spare = new Uint8Array(INPUT_LEN);
    let offset = 0;
    let incoming = this.#input.read(buffer, 0);
    for (;;) {
      const len = await incoming;
      if (len === 0 || this.#stopped) break;
      const current = buffer;
      buffer = spare;
      spare = current;
      incoming = this.#input.read(buffer, 0);
      for (let at = 0; at < len && !this.#stopped;) {
        if (this.#ended) this.#continue();
        const quick = slowFrom - (offset + at);
        const end = Math.min(len, at + (quick > 0 ? quick : step));
        const whole = await this.#write(current.subarray(at, end));
        if (!whole && !this.#codec.continues) return this.#error; // what follows is padding
        at = whole ? end : Math.max(at, Math.min(end, this.takenLen - offset));
      }
      offset += len;
      if (this.#stopped) return this.#error;
    }
    if (!this.#stopped && !this.#ended) {
      await this.#settled((done) => {
        this.#decoder.once('end', done);
        this.#decoder.end();
      });
    }
    return this.#error;
  }

  /** Decodes a piece; false when the decoder ended before the piece did. */
  async #write(piece: Uint8Array): Promise<boolean> {
    await this.#settled((done) => this.#decoder.write(piece, done));
    return !this.#ended;
  }

  get #stopped(): boolean {
    return this.#error !== null || (this.#decoder.destroyed && !this.#ended);
  }

  #renew(): Decoder {
    const decoder = this.#codec.make();
    this.#ended = false;
    decoder.on('data', (octets: Buffer) => {
      this.decodedLen += octets.length;
      this.#sink(octets);
    });
    decoder.on('end', () => {
      this.#ended = true;
      this.#settle?.();
    });
    decoder.on('error', (error) => {
      this.#error ??= error;
      this.#settle?.();
    });
    decoder.on('close', () => this.#settle?.());
    return decoder;
  }

  /** The decoder has ended before its input: what follows is the next part, for a new one. */
  #continue(): void {
    this.#base += this.#decoder.bytesWritten;
    this.#decoder.destroy();
    this.#decoder = this.#renew();
  }

  /** Waits until `start`'s callback, an end, an error or the decoder's destruction, whichever is first. */
  #settled(start: (done: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      this.#settle = resolve;
      start(() => resolve());
    });
  }
}

function isCut(error: Error): boolean {
  return (error as NodeJS.ErrnoException).code === 'Z_BUF_ERROR';
}
