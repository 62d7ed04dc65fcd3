import type { FromWorker, ToService, WriterStart } from './writer-protocol.js';
import { WriterService } from './writer-service.js';

/** Has a `WriterService` do the writing, here or elsewhere. */
export interface Scribe {
  /** `Control.DONE` tells when it is done. */
  post(message: ToService): void;
  /** The next answer, where one is there already. */
  told(): FromWorker | undefined;
  /** Posts the last message, and waits for its answer. */
  end(message: ToService): Promise<FromWorker>;
  /** Nothing comes any more. */
  dismiss(): void;
  /** Gives up on one that is stuck. */
  terminate(): void;
}

/** In this thread, at once: where there is little to write, another thread takes longer to start than to write it. */
export class LocalScribe implements Scribe {
  readonly #replies: FromWorker[] = [];
  readonly #service: WriterService;

  constructor(start: WriterStart) {
    this.#service = new WriterService(start, (reply) => this.#replies.push(reply));
  }

  post(message: ToService): void {
    this.#service.take(message);
  }

  told(): FromWorker | undefined {
    return this.#replies.shift();
  }

  async end(message: ToService): Promise<FromWorker> {
    this.#service.take(message);
    const reply = this.#replies.shift();
    if (reply === undefined) throw new Error(`no answer to ${message.kind}`);
    return reply;
  }

  dismiss(): void {
    // Nobody waits.
  }

  terminate(): void {
    // What is done at once is never waited for.
  }
}
