/**
 * The output as it comes to be: written under a temporary name beside its final one, and moved there whole or not at all.
 *
 * A run that is killed leaves its temporary files behind; the next run towards the same output removes them. A name says
 * which host and process made it, so files of runs that still live (also on other hosts) are left alone.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { StoreError, UsageError } from '../errors.js';

/** `refuse`: an existing file stays and is an error. `replace`: it is replaced. `append`: a recording is added to it. */
export type OutputMode = 'refuse' | 'replace' | 'append';

/** What may stand beside a temporary file while it is written: SQLite's journal, and pages that become part of it. */
const BESIDE = ['-journal', '-pages', '-sources'];

/** Temporary files of this process that are in use. */
const live = new Set<string>();

export class OutputFile {
  /** Where the database will appear, symbolic links followed. */
  readonly target: string;
  readonly mode: OutputMode;
  /** Whether there is a database to add to. */
  readonly appends: boolean;
  readonly #before: string | null;
  /** The option that names another output, for messages. */
  readonly #option: string;
  readonly #temporaries: string[] = [];

  /** @throws TcpcloseError where the output cannot be: its name is empty, it exists and may not be touched, or its folder cannot be written. */
  constructor(target: string, mode: OutputMode, option = '-o') {
    if (target === '')
      throw new UsageError(
        'empty-name',
        `${option}: the name that was given is empty (a shell variable that is not set?). Name a file.`,
      );
    this.mode = mode;
    this.#option = option;
    this.target = fs.existsSync(target) ? fs.realpathSync(target) : path.resolve(target);
    this.#before = this.#lookAt();
    if (this.#before !== null) {
      if (!fs.statSync(this.target).isFile())
        throw new StoreError(
          'output-not-a-file',
          `${target}: is not a file, so no output can be put there. Choose another name with ${option}.`,
        );
      if (mode === 'refuse')
        throw new StoreError(
          'output-exists',
          `${target}: exists already, nothing was read. Use --force to replace it, --append to add to it, or -o for another name.`,
        );
    }
    this.appends = mode === 'append' && this.#before !== null;
    removeStale(this.target, option);
  }

  /** @throws StoreError where the folder may not be searched. */
  #lookAt(): string | null {
    try {
      return identityOf(this.target);
    } catch (error) {
      throw new StoreError(
        'cannot-write',
        `${this.target}: cannot be used (${(error as Error).message}). Choose another place with ${this.#option}.`,
        { cause: error },
      );
    }
  }

  /** A new temporary name; nothing is created. */
  temporary(): string {
    const name = path.join(
      path.dirname(this.target),
      temporaryPrefix(this.target) + `${process.pid}-${Math.random().toString(36).slice(2, 10)}`,
    );
    this.#temporaries.push(name);
    live.add(name);
    return name;
  }

  /** Moves `finished` to the final name. The file is on disk already; its folder is synchronised here. */
  publish(finished: string): void {
    if (identityOf(this.target) !== this.#before) {
      throw new StoreError(
        'output-changed',
        `${this.target}: was made or changed by somebody else during the run, and is left as it is. Run again, or choose another name with ${this.#option}.`,
      );
    }
    try {
      if (this.#before === null) linkOrRename(finished, this.target);
      else fs.renameSync(finished, this.target);
    } catch (error) {
      throw new StoreError(
        'cannot-write',
        `${this.target}: cannot be put in place (${(error as Error).message}). Choose another place with ${this.#option}.`,
        { cause: error },
      );
    }
    syncFolder(path.dirname(this.target));
    this.discard();
  }

  /** Removes what is left of temporary files. Safe at any moment, also in a signal handler, and twice. */
  discard(): void {
    for (const name of this.#temporaries) {
      for (const suffix of BESIDE) fs.rmSync(name + suffix, { force: true });
      fs.rmSync(name, { force: true }); // last: a file beside it may be moved there
      live.delete(name);
    }
    this.#temporaries.length = 0;
  }
}

/** `.web.db.tcpclose-HOST-`; a process id and a random word follow. */
function temporaryPrefix(target: string): string {
  return `.${path.basename(target)}.tcpclose-${os
    .hostname()
    .replaceAll(/[^A-Za-z0-9]/g, '_')
    .slice(0, 40)}-`;
}

function removeStale(target: string, option: string): void {
  const folder = path.dirname(target);
  const prefix = temporaryPrefix(target);
  let names: string[];
  try {
    names = fs.readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new StoreError(
        'cannot-write',
        `${target}: there is no folder ${folder}. Make it, or choose another place with ${option}.`,
        { cause: error },
      );
    throw new StoreError(
      'cannot-write',
      `${target}: its folder cannot be read (${(error as Error).message}). Choose another place with ${option}.`,
      { cause: error },
    );
  }
  for (const name of names) {
    if (!name.startsWith(prefix)) continue;
    const pid = Number.parseInt(name.slice(prefix.length), 10);
    const file = path.join(folder, name);
    if (Number.isInteger(pid) && !isLive(file) && (pid === process.pid || !isAlive(pid)))
      fs.rmSync(file, { force: true });
  }
}

/** Whether this process still uses the file, or the one that it stands beside. */
function isLive(file: string): boolean {
  return live.has(file) || BESIDE.some((suffix) => file.endsWith(suffix) && live.has(file.slice(0, -suffix.length)));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Tells whether a file is still the one that it was; null where there is none. */
function identityOf(file: string): string | null {
  const stat = fs.statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? null : `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}`;
}

/** Never replaces a file that came to be in the meantime, where the file system can promise that. */
function linkOrRename(from: string, to: string): void {
  try {
    fs.linkSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error;
    fs.renameSync(from, to); // no hard links here (FAT, some network file systems)
  }
}

function syncFolder(folder: string): void {
  try {
    const fd = fs.openSync(folder, 'r');
    try {
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  } catch {
    // Some systems cannot open or synchronise a folder; the rename itself has succeeded.
  }
}
