import { Decompress } from 'fzstd';
import { OctetQueue, type OctetReader, type ReadDamage } from './octet-reader.js';

/** Compressed octets read at once. */
const INPUT_LEN = 64 << 10;

/** Compressed octets decoded at once; four of them can stand for 128 KiB. */
const STEP_LEN = 4 << 10;

/** Undoes zstd in JavaScript, for versions of Node without zstd of their own. Slower, and in the calling thread. */
export class FzstdReader implements OctetReader {
  readonly readsAhead = 1;
  readonly #input: OctetReader;
  readonly #queue = new OctetQueue();
  readonly #decoder = new Decompress((octets) => this.#queue.push(octets));
  readonly #buffer = new Uint8Array(INPUT_LEN);
  #at = 0;
  #len = 0;
  #ended = false;
  damage: ReadDamage | null = null;

  constructor(input: OctetReader) {
    this.#input = input;
  }

  get consumed(): number {
    return this.#input.consumed;
  }

  async read(into: Uint8Array, at: number): Promise<number> {
    while (this.#queue.length === 0 && !this.#ended) {
      if (this.#at === this.#len) {
        this.#at = 0;
        this.#len = await this.#input.read(this.#buffer, 0);
      }
      this.#decode();
    }
    return this.#queue.take(into, at);
  }

  async close(): Promise<void> {
    this.#ended = true;
    await this.#input.close();
  }

  /** Decodes one step of the input in the buffer; with none left, tells the decoder that this was all. */
  #decode(): void {
    const end = Math.min(this.#len, this.#at + STEP_LEN);
    const final = this.#len === 0;
    try {
      this.#decoder.push(this.#buffer.slice(this.#at, end), final);
      if (final) this.#end(this.#input.damage);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const whole = `after ${this.consumed} compressed octets`;
      this.#end(
        final
          ? { code: 'cut-zstd', message: `The zstd data ends in the middle, ${whole}.` }
          : { code: 'bad-zstd', message: `The zstd data is damaged (${reason}), ${whole} or before.` },
      );
    }
    this.#at = end;
  }

  #end(damage: ReadDamage | null): void {
    this.damage = this.#input.damage ?? damage;
    this.#ended = true;
  }
}
