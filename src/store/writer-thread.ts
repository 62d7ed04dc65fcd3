import { MessageChannel, receiveMessageOnPort, Worker, type MessagePort } from 'node:worker_threads';
import type { Scribe } from './scribe.js';
import type { FromWorker, ToService, ToWorker, WriterStart } from './writer-protocol.js';

/** Of the worker's heap: nearly nothing is allocated there, and what garbage there is need not fill more before it goes. */
const YOUNG_MB = 2;

interface WriterThread {
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

/** In a thread of its own: the one that was started ahead, or a new one. */
export class ThreadScribe implements Scribe {
  readonly #worker: Worker;
  readonly #replies: MessagePort;
  readonly #died: Promise<FromWorker>;

  constructor(start: WriterStart) {
    const { worker, ended } = ahead ?? newThread();
    ahead = null;
    const { port1, port2 } = new MessageChannel();
    this.#worker = worker;
    this.#replies = port1;
    this.#replies.unref();
    this.#died = ended.then((message) => ({ kind: 'failed', code: 'writer-died', message }));
    worker.postMessage({ kind: 'start', start, replies: port2 } satisfies ToWorker, [port2]);
  }

  post(message: ToService): void {
    this.#worker.postMessage(message);
  }

  told(): FromWorker | undefined {
    return (receiveMessageOnPort(this.#replies) as { message: FromWorker } | undefined)?.message;
  }

  async end(message: ToService): Promise<FromWorker> {
    this.#worker.ref();
    const answered = new Promise<FromWorker>((resolve) => this.#replies.once('message', resolve));
    this.#replies.ref();
    this.#worker.postMessage(message);
    return Promise.race([answered, this.#died]);
  }

  /** Its database is closed; it ends by itself, and nobody waits for that. */
  dismiss(): void {
    this.#worker.postMessage({ kind: 'leave' } satisfies ToWorker);
    this.#worker.unref();
    this.#replies.close();
  }

  terminate(): void {
    void this.#worker.terminate();
  }
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
