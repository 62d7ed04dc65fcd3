import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CaptureError } from '../errors.js';
import { EpochHolder } from './epoch.js';
import { isGarbled, NOT_UTF8 } from './input.js';
import { nameOf, openCapture, type OpenCapture, type OpenOptions } from './open.js';
import type { Epoch } from './record.js';
import { STDIN_PATH } from './standard-input.js';

/**
 * One recording: all captures given for one run, in the order of their first packets, with one epoch.
 *
 *     const recording = await openRecording(['ring/', 'late.pcap.gz']);
 *     for await (const capture of recording.captures()) { … capture.cursor … }
 *     report(recording.errors, recording.notes);
 */
export interface Recording {
  /** The captures in reading order. */
  readonly files: readonly RecordingFile[];
  /** Times of all cursors are relative to it. Set from the start, unless no capture has a record with a time. */
  readonly epoch: EpochHolder;
  /** Paths found in directories that are no captures, and their number. */
  readonly leftOut: number;
  readonly leftOutPaths: readonly string[];
  /** What was asked for and cannot be read. Grows while reading if a file goes away in between. */
  readonly errors: readonly CaptureError[];
  /** Full sentences that the user should see but that are no errors: the same file named twice. */
  readonly notes: readonly string[];
  /** Sum of all sizes on disk, octets; null where one has none (a pipe). */
  readonly totalBytes: number | null;
  /**
   * The captures, each opened when it is its turn and closed when the next is asked for or the loop is left, so that a
   * ring of thousands of files holds one descriptor. Can be iterated once.
   */
  captures(): AsyncGenerator<OpenCapture, void, void>;
  /** Lets go of captures that are still open. Only needed when `captures()` is not run to its end. */
  close(): Promise<void>;
}

export interface RecordingFile {
  readonly path: string;
  readonly sizeBytes: number | null;
  /** Time of the first packet; null where there is none, or it has no time. */
  readonly firstTime: Epoch | null;
}

/** Octets read of each file to learn its first packet's time, unless that packet needs more. */
const PEEK_LEN = 64 << 10;

/** Errors that mean, of a file found in a directory, that it is no capture. */
const NOT_OURS = new Set(['not-a-capture', 'empty-file']);

/**
 * Opens files, directories (the captures lying directly in them) and standard input ('-') as one recording.
 *
 * A file named by the user that cannot be read is collected in `errors`, and the others are read. Throws a CaptureError
 * where no capture is left: the only error there was, or one with code 'nothing-readable' that lists them all.
 */
export async function openRecording(paths: readonly string[], options: OpenOptions = {}): Promise<Recording> {
  const opener = new RecordingOpener(options);
  for (const path of paths) await opener.add(path);
  return opener.finish();
}

interface Entry extends RecordingFile {
  /** The capture, where it stays open from the first look on (standard input cannot be opened twice); else null. */
  readonly opened: OpenCapture | null;
}

class RecordingOpener {
  readonly #options: OpenOptions;
  readonly #epoch = new EpochHolder();
  readonly #seen = new Map<string, string>();
  readonly #entries: Entry[] = [];
  readonly #leftOut: string[] = [];
  readonly #errors: CaptureError[] = [];
  readonly #notes: string[] = [];

  constructor(options: OpenOptions) {
    this.#options = options;
  }

  async add(path: string): Promise<void> {
    if (path !== STDIN_PATH && (await isDirectory(path))) await this.#addDirectory(path);
    else await this.#addFile(path, 'named');
  }

  async finish(): Promise<Recording> {
    if (this.#entries.length === 0) throw this.#nothingReadable();
    this.#entries.sort(byFirstTime);
    const first = this.#entries[0]!.firstTime;
    if (first !== null) this.#epoch.setOnce(first.seconds, first.nanoseconds);
    const sizes = this.#entries.map((entry) => entry.sizeBytes);
    return new OrderedRecording(this.#entries, this.#options, this.#epoch, this.#errors, {
      leftOutPaths: this.#leftOut,
      notes: this.#notes,
      totalBytes: sizes.includes(null) ? null : sizes.reduce((sum: number, size) => sum + (size ?? 0), 0),
    });
  }

  async #addDirectory(path: string): Promise<void> {
    let names: string[];
    try {
      names = (await readdir(path)).sort();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#errors.push(
        new CaptureError('unreadable', `${path}: the directory cannot be read: ${reason}.`, { cause: error }),
      );
      return;
    }
    const before = this.#entries.length + this.#errors.length + this.#notes.length;
    for (const name of names) {
      const inside = join(path, name);
      if (await isRegularFile(inside)) await this.#addFile(inside, 'found');
      else if (isGarbled(name) && (await identityOf(inside)) === null)
        this.#errors.push(new CaptureError('unreadable', `${inside}: cannot be opened by this name. ${NOT_UTF8}`));
    }
    if (this.#entries.length + this.#errors.length + this.#notes.length === before) {
      this.#errors.push(
        new CaptureError(
          'no-captures',
          `${path}: no capture lies directly in this directory (${names.length} other entries). Name the captures, or the directory that holds them.`,
        ),
      );
    }
  }

  async #addFile(path: string, how: 'named' | 'found'): Promise<void> {
    if (await this.#isRepeated(path)) return;
    try {
      this.#entries.push(await this.#look(path));
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error;
      if (how === 'found' && NOT_OURS.has(error.code)) this.#leftOut.push(path);
      else this.#errors.push(error);
    }
  }

  /** Opens a capture to learn the time of its first packet, and closes it again unless that could not be undone. */
  async #look(path: string): Promise<Entry> {
    if (path === STDIN_PATH || !(await isRegularFile(path))) {
      const opened = await openCapture(path, this.#epoch, this.#options);
      return { path, sizeBytes: opened.sizeBytes, firstTime: opened.firstTime, opened };
    }
    const chunkLen = Math.min(PEEK_LEN, this.#options.chunkLen ?? PEEK_LEN);
    const { cursor, sizeBytes, firstTime } = await openCapture(path, new EpochHolder(), { ...this.#options, chunkLen });
    await cursor.close();
    return { path, sizeBytes, firstTime, opened: null };
  }

  /** Whether this file has been added under this or another name. */
  async #isRepeated(path: string): Promise<boolean> {
    const identity = await identityOf(path);
    if (identity === null) return false;
    const before = this.#seen.get(identity);
    if (before === undefined) {
      this.#seen.set(identity, path);
      return false;
    }
    const other = before === path ? 'was given twice' : `is the same file as ${nameOf(before)}`;
    this.#notes.push(`${nameOf(path)} ${other}; it is read once.`);
    return true;
  }

  #nothingReadable(): CaptureError {
    if (this.#errors.length === 1) return this.#errors[0]!;
    if (this.#errors.length === 0)
      return new CaptureError(
        'nothing-readable',
        'no capture was given. Name a file, a directory, or - for standard input.',
      );
    const list = this.#errors.map((error) => `\n  ${error.message}`).join('');
    return new CaptureError('nothing-readable', `none of the ${this.#errors.length} inputs can be read:${list}`);
  }
}

interface RecordingFacts {
  readonly leftOutPaths: readonly string[];
  readonly notes: readonly string[];
  readonly totalBytes: number | null;
}

class OrderedRecording implements Recording {
  readonly files: readonly RecordingFile[];
  readonly epoch: EpochHolder;
  readonly errors: CaptureError[];
  readonly leftOut: number;
  readonly leftOutPaths: readonly string[];
  readonly notes: readonly string[];
  readonly totalBytes: number | null;
  readonly #entries: readonly Entry[];
  readonly #options: OpenOptions;

  constructor(
    entries: readonly Entry[],
    options: OpenOptions,
    epoch: EpochHolder,
    errors: CaptureError[],
    facts: RecordingFacts,
  ) {
    this.#entries = entries;
    this.#options = options;
    this.files = entries.map(({ path, sizeBytes, firstTime }) => ({ path, sizeBytes, firstTime }));
    this.epoch = epoch;
    this.errors = errors;
    this.leftOut = facts.leftOutPaths.length;
    this.leftOutPaths = facts.leftOutPaths;
    this.notes = facts.notes;
    this.totalBytes = facts.totalBytes;
  }

  async *captures(): AsyncGenerator<OpenCapture, void, void> {
    try {
      for (const entry of this.#entries) {
        const capture = entry.opened ?? (await this.#reopen(entry.path));
        if (capture === null) continue;
        try {
          yield capture;
        } finally {
          await capture.cursor.close();
        }
      }
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    for (const { opened } of this.#entries) await opened?.cursor.close();
  }

  /** Opens a file for the second time; null, and an error noted, where it has gone away or changed since. */
  async #reopen(path: string): Promise<OpenCapture | null> {
    try {
      return await openCapture(path, this.epoch, this.#options);
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error;
      this.errors.push(error);
      return null;
    }
  }
}

/** Orders by first packet; files without one (or without a time) last; ties by path. */
function byFirstTime(a: RecordingFile, b: RecordingFile): number {
  if (a.firstTime !== null && b.firstTime !== null) {
    const seconds = a.firstTime.seconds - b.firstTime.seconds;
    const earlier = seconds === 0 ? a.firstTime.nanoseconds - b.firstTime.nanoseconds : seconds;
    if (earlier !== 0) return earlier;
  } else if (a.firstTime !== b.firstTime) {
    return a.firstTime === null ? 1 : -1;
  }
  return a.path < b.path ? -1 : Number(a.path > b.path);
}

/** What makes two paths the same file; null where the file cannot be looked at, which opening it will report. */
async function identityOf(path: string): Promise<string | null> {
  if (path === STDIN_PATH) return STDIN_PATH;
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return null;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

async function isRegularFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
