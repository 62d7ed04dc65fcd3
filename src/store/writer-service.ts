import fs from 'node:fs';
import { NewDatabase } from './new-database.js';
import { sqliteFault } from './sqlite-fault.js';
import { Control, type FromWorker, type ToService, type WriterStart } from './writer-protocol.js';

/** Does what the writer's messages say, in whichever thread: one after the other, and nothing after an error. */
export class WriterService {
  readonly #start: WriterStart;
  readonly #control: Int32Array;
  readonly #reply: (message: FromWorker) => void;
  #database: NewDatabase | null = null;
  #hasFailed = false;

  /** Makes the file at once: an output that cannot be written is known before much was read. */
  constructor(start: WriterStart, reply: (message: FromWorker) => void) {
    this.#start = start;
    this.#control = new Int32Array(start.control);
    this.#reply = reply;
    try {
      this.#database = new NewDatabase(start);
    } catch (error) {
      this.#fail(error);
    }
  }

  take(message: ToService): void {
    if (this.#hasFailed) return;
    try {
      this.#handle(message);
    } catch (error) {
      this.#fail(error);
    }
    Atomics.add(this.#control, Control.DONE, 1);
    Atomics.notify(this.#control, Control.DONE);
  }

  /** By the time of a reply the database is closed: a thread that ends with an open one can crash Node. */
  #handle(message: ToService): void {
    if (message.kind === 'abort') {
      this.#discard();
      this.#reply({ kind: 'aborted' });
      return;
    }
    this.#database?.do(message);
    if (message.kind === 'finish') this.#reply({ kind: 'finished' });
  }

  #fail(error: unknown): void {
    this.#hasFailed = true;
    const cause = error as Error & { code?: string };
    try {
      this.#discard();
    } catch {
      // The first error is the one to tell.
    }
    const [code, message] = explain(cause);
    this.#reply({ kind: 'failed', code, message });
    Atomics.store(this.#control, Control.FAILED, 1);
  }

  /** Closes and removes everything. */
  #discard(): void {
    this.#database?.discard();
    fs.rmSync(this.#start.path, { force: true });
  }
}

function explain(cause: Error & { code?: string }): [code: string, message: string] {
  const fault = sqliteFault(cause);
  if (fault !== null) return ['no-sqlite', fault];
  const code = cause.code ?? '';
  if (code === 'SQLITE_FULL' || code === 'ENOSPC') {
    return ['disk-full', 'the disk is full, nothing was written. Free some space, or choose another place with -o.'];
  }
  if (['SQLITE_CANTOPEN', 'EACCES', 'ENOENT', 'EROFS'].includes(code)) {
    return ['cannot-write', `cannot be written (${cause.message}). Choose another place with -o.`];
  }
  return [
    'cannot-write',
    `could not be written: ${cause.message}. Nothing is left behind; choose another place with -o, or report this.`,
  ];
}
