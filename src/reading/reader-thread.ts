/** The thread that reads and decodes, from outside. `reader-worker.ts` is what runs in it, and waits for a `ReaderStart`. */
import { workerUrl, WorkerThreads } from '../worker-thread.js';

export const readerThreads = new WorkerThreads(workerUrl(import.meta.url, 'reading', 'reader-worker'));
