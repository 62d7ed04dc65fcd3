/** The thread that owns the database while it is written. See writer-thread.ts for the other side. */
import { parentPort, type MessagePort } from 'node:worker_threads';
import type { ToWorker } from './writer-protocol.js';
import { WriterService } from './writer-service.js';

const requests = parentPort;
if (requests === null) throw new Error('writer-worker.js runs as a worker thread only');

/** Both come with the first message. */
let replies: MessagePort | null = null;
let service: WriterService | null = null;

requests.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'start':
      replies = message.replies;
      service = new WriterService(message.start, (reply) => replies?.postMessage(reply));
      return;
    case 'leave':
      replies?.close();
      requests.close();
      return;
    case 'abort':
    case 'finish':
    case 'rows':
    case 'addresses':
    case 'findings':
    case 'zeek-histories':
    case 'connections-end':
      service?.take(message);
  }
});
