/** What is begun before anything else is loaded: imported first of all. */
import { startWriterThread } from '../store/writer-thread.js';
import { isWorthAThread } from '../store/worth-a-thread.js';
import { compilersGiveWay } from './give-way.js';

const [command, ...words] = process.argv.slice(2);
// Options are not told apart yet. If it was begun in vain, nothing waits for it.
if (command === 'analyze' && isWorthAThread(words.filter((word) => !/^-./.test(word)))) {
  compilersGiveWay();
  startWriterThread();
}
