/** What is begun before anything else is loaded: imported first of all. */
import { availableParallelism } from 'node:os';
import { startWriterThread } from '../store/writer-thread.js';

const [command, ...rest] = process.argv.slice(2);
const isHelp = rest.length === 0 || rest.some((word) => word === '-h' || word === '--help');
if (command === 'analyze' && !isHelp && availableParallelism() > 1) startWriterThread();
