/** The thread that owns the database while it is written. See writer.ts for the other side. */
import fs from 'node:fs';
import { parentPort, type MessagePort } from 'node:worker_threads';
import { NewDatabase } from './new-database.js';
import { Control, type FromWorker, type ToWorker, type WriterStart } from './writer-protocol.js';

const requests = parentPort;
if (requests === null) throw new Error('writer-worker.js runs as a worker thread only');

/** Set by the first message. */
let replies: MessagePort;
let control: Int32Array;
let start: WriterStart;
let database: NewDatabase | null = null;
let failed = false;

function handle(message: ToWorker): void {
  switch (message.kind) {
    case 'start':
      ({ start, replies } = message);
      control = new Int32Array(start.control);
      // At once: an output that cannot be written is known before much was read.
      database = new NewDatabase(start);
      return;
    case 'abort':
      discard();
      return reply({ kind: 'aborted' });
    case 'leave':
      replies.close();
      requests?.close();
      return;
    case 'finish':
      database?.do(message);
      return reply({ kind: 'finished' });
    case 'rows':
    case 'addresses':
    case 'findings':
    case 'zeek-histories':
    case 'all-connections':
      database?.do(message);
  }
}

/** The database is closed by now: a thread that ends with an open one can crash Node. */
function reply(message: FromWorker): void {
  replies.postMessage(message);
}

function fail(error: unknown): void {
  failed = true;
  const cause = error as Error & { code?: string };
  try {
    discard();
  } catch {
    // The first error is the one to tell.
  }
  const [code, message] = explain(cause);
  reply({ kind: 'failed', code, message });
  Atomics.store(control, Control.FAILED, 1);
}

/** Closes and removes everything. */
function discard(): void {
  database?.discard();
  fs.rmSync(start.path, { force: true });
}

function explain(cause: Error & { code?: string }): [code: string, message: string] {
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

requests.on('message', (message: ToWorker) => {
  if (failed && message.kind !== 'leave') return;
  try {
    handle(message);
  } catch (error) {
    fail(error); // and all work after it is left undone
  }
  if (message.kind === 'start') return; // is not counted
  Atomics.add(control, Control.DONE, 1);
  Atomics.notify(control, Control.DONE);
});
