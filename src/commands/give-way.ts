import { readdirSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Enough that our own threads go first wherever there are fewer processors than threads that could run. */
const NICENESS = 10;

/**
 * Lets the threads that run besides this one now, those in which V8 compiles what is hot, give way to this one and to all
 * that are begun later. Most of the work is WebAssembly, and need not be compiled while it runs: on two processors the
 * compiler took a third of this thread's time in the first second. Only on Linux are threads told apart; elsewhere, and
 * where it is not allowed, all stays as it is.
 */
export function compilersGiveWay(): void {
  if (process.platform !== 'linux') return;
  try {
    for (const thread of readdirSync('/proc/self/task').map(Number)) {
      if (thread !== process.pid) setPriority(thread, NICENESS);
    }
  } catch {
    // It is only faster so.
  }
}
