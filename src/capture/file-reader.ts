import { readSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { readError, type OctetReader, type ReadDamage } from './octet-reader.js';

/**
 * A read that takes longer had to wait, ms: so long in any case, and as much for each octet as at 3 GB/s. What lies in the
 * system's page cache comes twice as fast.
 */
const PATIENCE_MS = 0.2;
const PATIENCE_MS_PER_OCTET = 1 / 3e6;

/**
 * It waited for the disk, and not for a processor that others had, where the process was seen to read from a disk within so
 * many octets before: a system reads ahead. Where that is not counted, as over a network, by so many slow reads in a row.
 */
const DISK_OCTETS = 32 << 20;
const SLOW_READS = 3;

/** Reads that the thread pool does after one that had to wait: at first, and when they had to wait again and again. */
const FIRST_POOL_READS = 4;
const MOST_POOL_READS = 1024;

/** What the system is asked for: the octets, in this thread; the time, ms; and what the process has read from disks so far. */
export interface System {
  readSync(fd: number, into: Uint8Array, at: number, len: number, position: number): number;
  now(): number;
  diskReads(): number;
}
const SYSTEM: System = {
  readSync,
  now: () => performance.now(),
  diskReads: () => process.resourceUsage().fsRead,
};

/**
 * A file with a descriptor.
 *
 * What the system has in memory already is copied in the caller's thread: to have the thread pool do it costs more than the
 * copy. Where a read has to wait for the disk, the thread pool does the next ones while the caller works; then another is
 * tried here.
 */
export class FileReader implements OctetReader {
  readonly #handle: FileHandle;
  readonly #system: System;
  #position = 0;
  /** Offset from which on nothing comes, as far as is known: a read found the end there, or failed. */
  #endsAt = Infinity;
  /** The last read and those before it, in the thread pool; how many are under way. */
  #underWay: Promise<unknown> = Promise.resolve();
  #readsUnderWay = 0;
  /** Reads that are the thread pool's; and how many will be after the next that waits. */
  #poolReads = 0;
  #nextPoolReads = FIRST_POOL_READS;
  /** Slow reads in a row; what had been read from disks at the last, and up to which octet that is taken to tell. */
  #slowReads = 0;
  #diskReads: number;
  #onDiskUntil = 0;
  consumed = 0;
  damage: ReadDamage | null = null;
  #closed = false;

  constructor(handle: FileHandle, system = SYSTEM) {
    this.#handle = handle;
    this.#system = system;
    this.#diskReads = system.diskReads();
  }

  static async open(path: string): Promise<FileReader> {
    return new FileReader(await open(path, 'r'));
  }

  /** With one in the thread pool, the system would wait for the caller, or the caller for the system, at every chunk. */
  get readsAhead(): number {
    return this.#poolReads > 0 ? 2 : 0;
  }

  read(into: Uint8Array, at: number): Promise<number> {
    const position = this.#position;
    this.#position += into.length - at;
    if (this.#poolReads > 0) this.#poolReads--;
    else if (this.#readsUnderWay === 0) return Promise.resolve(this.#readHere(position, into, at));
    return this.#readInPool(position, into, at);
  }

  async #readInPool(position: number, into: Uint8Array, at: number): Promise<number> {
    const before = this.#underWay;
    const arrived = this.#fillFromPool(position, into, at);
    this.#readsUnderWay++;
    this.#underWay = Promise.all([before, arrived]).then(() => this.#readsUnderWay--);
    await before;
    // Of a file that grows, this one may have brought something although the one before met the end: there is a gap.
    return position < this.#endsAt ? arrived : 0;
  }

  /** As much as there is room for, unless the file ends. */
  async #fillFromPool(position: number, into: Uint8Array, at: number): Promise<number> {
    let end = at;
    while (end < into.length) {
      const offset = position + end - at;
      if (offset >= this.#endsAt) break;
      try {
        const { bytesRead } = await this.#handle.read(into, end, into.length - end, offset);
        end += this.#took(bytesRead, offset);
      } catch (error) {
        this.#end(offset, readError(error, offset));
      }
    }
    return end - at;
  }

  /** The same in this thread. */
  #readHere(position: number, into: Uint8Array, at: number): number {
    const { fd } = this.#handle;
    const startMs = this.#system.now();
    let end = at;
    while (end < into.length) {
      const offset = position + end - at;
      if (offset >= this.#endsAt) break;
      try {
        end += this.#took(this.#system.readSync(fd, into, end, into.length - end, offset), offset);
      } catch (error) {
        this.#end(offset, readError(error, offset));
      }
    }
    this.#learn(this.#system.now() - startMs, end - at);
    return end - at;
  }

  /** Who does the next reads, after one in this thread. */
  #learn(tookMs: number, octets: number): void {
    if (tookMs <= PATIENCE_MS + octets * PATIENCE_MS_PER_OCTET) {
      this.#nextPoolReads = FIRST_POOL_READS;
      this.#slowReads = 0;
      return;
    }
    this.#slowReads++;
    if (!this.#readsFromDisk() && this.#slowReads < SLOW_READS) return;
    this.#poolReads = this.#nextPoolReads;
    this.#nextPoolReads = Math.min(2 * this.#nextPoolReads, MOST_POOL_READS);
  }

  #readsFromDisk(): boolean {
    const diskReads = this.#system.diskReads();
    if (diskReads > this.#diskReads) this.#onDiskUntil = this.consumed + DISK_OCTETS;
    this.#diskReads = diskReads;
    return this.consumed < this.#onDiskUntil;
  }

  /** So many octets came from there; none: the file ends. */
  #took(octets: number, offset: number): number {
    if (octets === 0) this.#end(offset, null);
    this.consumed += octets;
    return octets;
  }

  #end(offset: number, damage: ReadDamage | null): void {
    if (offset >= this.#endsAt) return;
    this.#endsAt = offset;
    this.damage = damage;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#endsAt = 0;
    await this.#handle.close();
  }
}
