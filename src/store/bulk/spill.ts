import fs from 'node:fs';

const BUFFER_LEN = 1 << 20;

/** Octets kept for later, in the order in which they came: in memory up to a MiB, and from there on in a file. */
export class Spill {
  /** Where the file is, once there is one. */
  readonly path: string;
  readonly #buffer = new Uint8Array(BUFFER_LEN);
  #used = 0;
  #fd: number | null = null;
  #written = 0;

  constructor(path: string) {
    this.path = path;
  }

  /** Whether it is more than fits in memory. */
  get hasFile(): boolean {
    return this.#written > 0;
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

  /**
   * Puts what is in memory into the file too, and gives the file, still open, to the caller, who closes it and may rename
   * it; null where there is none.
   */
  release(): number | null {
    if (this.#fd === null) return null;
    this.#flush();
    const fd = this.#fd;
    this.#fd = null;
    return fd;
  }

  /** Removes the file, unless it has another name by now. */
  close(): void {
    if (this.#fd !== null) fs.closeSync(this.#fd);
    this.#fd = null;
    if (this.#written > 0) fs.rmSync(this.path, { force: true });
  }

  /** Lengths of the pieces in the file. */
  readonly #lengths: number[] = [];

  #flush(): void {
    if (this.#used === 0) return;
    this.#fd ??= fs.openSync(this.path, 'w+');
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
