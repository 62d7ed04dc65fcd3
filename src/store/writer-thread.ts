import { Worker } from 'node:worker_threads';

/** Of the worker's heap: nearly nothing is allocated there, and what garbage there is need not fill more before it goes. */
const YOUNG_MB = 4;

export interface WriterThread {
  /** Waits for its first message, and keeps no process from ending. */
  readonly worker: Worker;
  /** When it has ended: why it was not to be expected. */
  readonly ended: Promise<string>;
}

let ahead: WriterThread | null = null;

/** Starts the thread that the next database will be written by: another processor can do that while this one loads code. */
export function startWriterThread(): void {
  ahead ??= newThread();
}

/** The thread that was started, or a new one. */
export function writerThread(): WriterThread {
  const thread = ahead ?? newThread();
  ahead = null;
  return thread;
}

function newThread(): WriterThread {
  const worker = new Worker(workerUrl(), { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });
  let crash = 'the thread that writes the database ended early.';
  worker.on('error', (error) => (crash = error.message));
  const ended = new Promise<string>((resolve) => worker.once('exit', () => resolve(crash)));
  worker.unref();
  return { worker, ended };
}

/** The worker is compiled code also where this file runs from its TypeScript source, as in tests: Node cannot load the latter. */
function workerUrl(): URL {
  return new URL(
    import.meta.url.endsWith('.ts') ? '../../dist/store/writer-worker.js' : './writer-worker.js',
    import.meta.url,
  );
}
