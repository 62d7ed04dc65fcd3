import { MessageChannel, receiveMessageOnPort, type MessagePort, type Worker } from 'node:worker_threads';
import { workerUrl, WorkerThreads } from '../worker-thread.js';
import type { Scribe } from './scribe.js';
import type { FromWorker, ToService, ToWorker, WriterStart } from './writer-protocol.js';

export const writerThreads = new WorkerThreads(workerUrl(import.meta.url, 'store', 'writer-worker'));

/** In a thread of its own: the one that was started ahead, or a new one. */
export class ThreadScribe implements Scribe {
  readonly #worker: Worker;
  readonly #replies: MessagePort;
  readonly #died: Promise<FromWorker>;

  constructor(start: WriterStart) {
    const { worker, ended } = writerThreads.take();
    const { port1, port2 } = new MessageChannel();
    this.#worker = worker;
    this.#replies = port1;
    this.#replies.unref();
    this.#died = ended.then((crash) => {
      const message = `the thread that writes the database ended early: ${crash}.`;
      return { kind: 'failed', code: 'writer-died', message };
    });
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
