import { Worker } from 'node:worker_threads';

/** Of the worker's heap: nearly nothing is allocated there, and what garbage there is need not fill more before it goes. */
const YOUNG_MB = 2;

export interface WorkerThread {
  /** Waits for its first message, and keeps no process from ending. */
  readonly worker: Worker;
  /** When it has ended: why. */
  readonly ended: Promise<string>;
}

/** Threads that run one file, of which the next may be started before anybody asks for it. */
export class WorkerThreads {
  readonly #url: URL;
  #ahead: WorkerThread | null = null;

  constructor(url: URL) {
    this.#url = url;
  }

  /** Starts the thread that will be taken next: another processor can do that while this one loads code. */
  startAhead(): void {
    this.#ahead ??= this.#start();
  }

  /** The one that was started ahead, or a new one. */
  take(): WorkerThread {
    const thread = this.#ahead ?? this.#start();
    this.#ahead = null;
    return thread;
  }

  #start(): WorkerThread {
    const worker = new Worker(this.#url, { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });
    let crash = 'it was ended from outside';
    worker.on('error', (error) => (crash = error.message));
    const ended = new Promise<string>((resolve) => worker.once('exit', () => resolve(crash)));
    worker.unref();
    return { worker, ended };
  }
}

/**
 * The file `name`.js beside the one at `importer`. It is compiled code also where that runs from its TypeScript source in
 * `folder`, as in tests: Node cannot load the latter.
 */
export function workerUrl(importer: string, folder: string, name: string): URL {
  return new URL(importer.endsWith('.ts') ? `../../dist/${folder}/${name}.js` : `./${name}.js`, importer);
}
