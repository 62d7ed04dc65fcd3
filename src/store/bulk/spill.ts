import fs from 'node:fs';

const BUFFER_LEN = 1 << 20;

/**
 * Octets kept for later, in the order in which they came: the first MiB in memory, the rest in a file that has no name any
 * more, so that nothing stays behind however the run ends.
 */
export class Spill {
  readonly #path: string;
  readonly #buffer = new Uint8Array(BUFFER_LEN);
  #used = 0;
  #fd: number | null = null;
  #written = 0;

  /** `path`: where the file goes when one is needed. */
  constructor(path: string) {
    this.#path = path;
  }

  /** Octets kept so far. */
  get length(): number {
    return this.#written + this.#used;
  }

  /** Keeps a copy of `octets`, which may be at most a MiB. */
  append(octets: Uint8Array): void {
    if (this.#used + octets.length > BUFFER_LEN) this.#flush();
    this.#buffer.set(octets, this.#used);
    this.#used += octets.length;
  }

  /** All that was kept, in pieces that hold whole appends; each is valid until the next is asked for. */
  *pieces(): Generator<Uint8Array> {
    if (this.#fd !== null) {
      this.#flush();
      for (let at = 0; at < this.#written;) {
        const len = this.#lengths.shift() ?? 0;
        readWhole(this.#fd, this.#buffer.subarray(0, len), at);
        at += len;
        yield this.#buffer.subarray(0, len);
      }
    } else if (this.#used > 0) {
      yield this.#buffer.subarray(0, this.#used);
    }
  }

  close(): void {
    if (this.#fd === null) return;
    fs.closeSync(this.#fd);
    this.#fd = null;
    fs.rmSync(this.#path, { force: true });
  }

  /** Lengths of the pieces in the file. */
  readonly #lengths: number[] = [];

  #flush(): void {
    if (this.#used === 0) return;
    this.#fd ??= openUnnamed(this.#path);
    writeWhole(this.#fd, this.#buffer.subarray(0, this.#used), this.#written);
    this.#lengths.push(this.#used);
    this.#written += this.#used;
    this.#used = 0;
  }
}

export function writeWhole(fd: number, octets: Uint8Array, at: number): void {
  for (let done = 0; done < octets.length;) done += fs.writeSync(fd, octets, done, octets.length - done, at + done);
}

export function readWhole(fd: number, into: Uint8Array, at: number): void {
  for (let done = 0; done < into.length;) {
    const read = fs.readSync(fd, into, done, into.length - done, at + done);
    if (read === 0) throw new Error('a temporary file is shorter than what was written to it');
    done += read;
  }
}

export function openUnnamed(path: string): number {
  const fd = fs.openSync(path, 'w+');
  try {
    fs.unlinkSync(path);
  } catch {
    // Not while it is open, on this system: it goes when it is closed.
  }
  return fd;
}
