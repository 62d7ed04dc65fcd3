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
  readonly readsAhead = 1;
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
      this.damage = isCut(error) ? this.#cut() : this.#bad(error, await this.#salvage());
    }
    this.damage ??= this.#input.damage;
    this.#queue.end();
  }

  /**
   * Decodes again what the failing step had decoded and lost, in two passes: one finds the failing octet roughly, one goes
   * up to it. Returns the number of compressed octets before the damage, as closely as it is known.
   */
  async #salvage(): Promise<number> {
    let failedAt = this.#pass.takenLen;
    let delivered = this.#pass.decodedLen;
    if (this.#reopen === null) return failedAt;
    for (const step of [4096, 1]) {
      let input: OctetReader;
      try {
        input = await this.#reopen();
      } catch {
        return failedAt;
      }
      let skip = delivered;
      const pass = new DecoderPass(this.#codec, input, (octets) => {
        const fresh = octets.subarray(Math.min(skip, octets.length));
        skip -= octets.length - fresh.length;
        delivered += fresh.length;
        if (!this.#closed) this.#queue.push(fresh);
      });
      await pass.run(failedAt, step);
      await input.close();
      failedAt = pass.takenLen;
    }
    return failedAt;
  }

  #cut(): ReadDamage {
    const { name } = this.#codec;
    return {
      code: `cut-${name}`,
      message: `The ${name} data ends in the middle, after ${this.consumed} compressed octets.`,
    };
  }

  #bad(error: Error, at: number): ReadDamage {
    const { name } = this.#codec;
    const what = /incorrect header check/.test(error.message)
      ? `From compressed octet ${at} on, the file holds something else than ${name}.`
      : `The ${name} data is damaged at compressed octet ${at} or before (${error.message}).`;
    return { code: `bad-${name}`, message: what };
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
      if (len === 0 || this.#isStopped()) break;
      const current = buffer;
      buffer = spare;
      spare = current;
      incoming = this.#input.read(buffer, 0);
      for (let at = 0; at < len && !this.#isStopped();) {
        if (this.#ended) this.#continue();
        const quick = slowFrom - (offset + at);
        const end = Math.min(len, at + (quick > 0 ? quick : step));
        await this.#settled((done) => this.#decoder.write(current.subarray(at, end), done));
        const taken = this.takenLen - offset;
        if (taken < end && !this.#isStopped()) {
          await this.#atEnd(); // the decoder has no use for the rest: a part is over
          if (!this.#codec.continues) return this.#error; // what follows is padding
          if (this.#decoder.bytesWritten === 0) return new Error('incorrect header check');
        }
        at = Math.max(at, Math.min(taken, end));
      }
      offset += len;
      if (this.#isStopped()) return this.#error;
    }
    if (!this.#isStopped() && !this.#ended) {
      await this.#settled((done) => {
        this.#decoder.once('end', done);
        this.#decoder.end();
      });
    }
    return this.#error;
  }

  /** Waits until the decoder, which has ended, has given out what it decoded. */
  #atEnd(): Promise<void> {
    return this.#settled((done) => {
      if (this.#ended || this.#decoder.readableEnded) done();
      else this.#decoder.once('end', done);
    });
  }

  #isStopped(): boolean {
    return this.#error !== null || (this.#decoder.destroyed && !this.#ended);
  }

  #renew(): Decoder {
    const decoder = this.#codec.make();
    this.#ended = false;
    const settle = () => {
      if (decoder === this.#decoder) this.#settle?.(); // an earlier decoder may close later
    };
    decoder.on('data', (octets: Buffer) => {
      this.decodedLen += octets.length;
      this.#sink(octets);
    });
    decoder.on('end', () => {
      this.#ended = true;
      settle();
    });
    decoder.on('error', (error) => {
      this.#error ??= error;
      settle();
    });
    decoder.on('close', settle);
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
