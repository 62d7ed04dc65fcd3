/** What is begun before anything else is loaded: imported first of all. */
import { readerThreads } from '../reading/reader-thread.js';
import { readsApart } from '../reading/reads-apart.js';
import { writerThreads } from '../store/writer-thread.js';
import { isWorthAThread } from '../store/worth-a-thread.js';
import { compilersGiveWay } from './give-way.js';

const [command, ...words] = process.argv.slice(2);
// Options are not told apart yet. If something was begun in vain, nothing waits for it.
const inputs = words.filter((word) => !/^-./.test(word));
if (command === 'analyze' && isWorthAThread(inputs)) {
  compilersGiveWay();
  // This one first, for all wait for what it reads.
  if (!words.some((word) => word.startsWith('--jobs')) && readsApart(inputs)) readerThreads.startAhead();
  writerThreads.startAhead();
}
