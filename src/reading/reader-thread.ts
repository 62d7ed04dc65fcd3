/** The thread that reads and decodes, from outside. `reader-worker.ts` is what runs in it. */
import { Worker } from 'node:worker_threads';

/** Of the worker's heap: nearly nothing is allocated there. */
const YOUNG_MB = 2;

interface ReaderThread {
  /** Waits for a `ReaderStart`, and keeps no process from ending until it has one. */
  readonly worker: Worker;
  /** When it has ended: why. */
  readonly ended: Promise<string>;
}

let ahead: ReaderThread | null = null;

/** Starts the thread that the next recording will be read in: another processor can do that while this one loads code. */
export function startReaderThread(): void {
  ahead ??= newThread();
}

/** The one that was started ahead, or a new one. */
export function takeReaderThread(): ReaderThread {
  const thread = ahead ?? newThread();
  ahead = null;
  return thread;
}

function newThread(): ReaderThread {
  const worker = new Worker(workerUrl(), { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });
  let crash = 'it was ended from outside.';
  worker.on('error', (error) => (crash = error.message));
  const ended = new Promise<string>((resolve) => worker.once('exit', () => resolve(crash)));
  worker.unref();
  return { worker, ended };
}

/** The worker is compiled code also where this file runs from its TypeScript source, as in tests: Node cannot load the latter. */
function workerUrl(): URL {
  return new URL(
    import.meta.url.endsWith('.ts') ? '../../dist/reading/reader-worker.js' : './reader-worker.js',
    import.meta.url,
  );
}
