import fs from 'node:fs';

const BUFFER_LEN = 1 << 20;

/**
 * Octets kept for later, in the order in which they came: in memory up to a MiB, and from there on in a file. They come, and
 * are read and written again, in parts of one length, of which a MiB is a multiple.
 */
export class Spill {
  /** Where the file is, once there is one. */
  readonly path: string;
  readonly #buffer = new Uint8Array(BUFFER_LEN);
  #used = 0;
  #fd: number | null = null;
  #written = 0;
  #isMade = false;

  constructor(path: string) {
    this.path = path;
  }

  /** Whether it is more than fits in memory. */
  get hasFile(): boolean {
    return this.#isMade;
  }

  /** Keeps a copy of `octets`. */
  append(octets: Uint8Array): void {
    if (this.#used + octets.length > BUFFER_LEN) this.#flush();
    this.#buffer.set(octets, this.#used);
    this.#used += octets.length;
  }

  /** Octets kept. */
  get size(): number {
    return this.#written + this.#used;
  }

  /** Reads the part at octet `at`. */
  readAt(at: number, into: Uint8Array): void {
    if (at < this.#written) readWhole(this.#fd!, into, at);
    else into.set(this.#buffer.subarray(at - this.#written, at - this.#written + into.length));
  }

  /** Keeps `octets` instead of the part at octet `at`. */
  writeAt(at: number, octets: Uint8Array): void {
    if (at < this.#written) writeWhole(this.#fd!, octets, at);
    else this.#buffer.set(octets, at - this.#written);
  }

  /** Keeps the first `size` octets, and no more. */
  truncate(size: number): void {
    if (size >= this.#written) {
      this.#used = size - this.#written;
      return;
    }
    this.#used = 0;
    this.#written = size;
    fs.ftruncateSync(this.#fd!, size);
  }

  /** All that was kept, in pieces of several parts; each is valid until the next is asked for. */
  *pieces(): Generator<Uint8Array> {
    if (this.#fd !== null) {
      this.#flush();
      for (let at = 0; at < this.#written;) {
        const len = Math.min(BUFFER_LEN, this.#written - at);
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
    if (this.#isMade) fs.rmSync(this.path, { force: true });
  }

  #flush(): void {
    if (this.#used === 0) return;
    this.#fd ??= fs.openSync(this.path, 'w+');
    this.#isMade = true;
    writeWhole(this.#fd, this.#buffer.subarray(0, this.#used), this.#written);
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
