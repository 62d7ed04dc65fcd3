import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { TcpcloseError } from '../errors.js';
import { SIGNALS } from './on-signal.js';
import type { QueryNews, QueryRequest } from './query-process.js';

/**
 * Runs a query in a process of its own, which prints, and ends it where it takes longer than `limitNs` (Infinity: as
 * long as it takes) or the user interrupts. Returns the exit status.
 * @throws TcpcloseError where the time is up.
 */
export async function runQuery(request: QueryRequest, limitNs: number): Promise<number> {
  const child = fork(fileURLToPath(new URL('./query-process.js', import.meta.url)), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced', // bigints
  });
  let interruptedBy = null as NodeJS.Signals | null;
  const onSignal = (signal: NodeJS.Signals): void => {
    interruptedBy = signal;
    child.kill('SIGKILL');
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  const clock = new Stopwatch(limitNs / 1e6, () => child.kill('SIGKILL'));
  child.on('message', (news: QueryNews) => (news === 'working' ? clock.start() : clock.stop()));
  child.send(request);
  clock.start();
  const { code, signal } = await ended(child);
  clock.stop();
  for (const name of SIGNALS) process.removeListener(name, onSignal);
  const killer = interruptedBy ?? (clock.isUp ? null : signal);
  if (killer !== null) process.kill(process.pid, killer); // ends as the query did: shells see the signal
  if (clock.isUp)
    throw new TcpcloseError(
      'query-too-long',
      `the query took longer than ${limitNs / 1e9} s and was stopped. Ask for less, or give it more time with --timeout.`,
    );
  return code ?? 1;
}

function ended(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

/** Rings once it has run for `limitMs` in all. */
class Stopwatch {
  isUp = false;
  #left: number;
  #timer: NodeJS.Timeout | null = null;
  #since = 0;
  readonly #ring: () => void;

  constructor(limitMs: number, ring: () => void) {
    this.#left = limitMs;
    this.#ring = ring;
  }

  start(): void {
    if (this.#left === Infinity || this.#timer !== null) return;
    this.#since = performance.now();
    this.#timer = setTimeout(() => {
      this.isUp = true;
      this.#ring();
    }, this.#left);
  }

  stop(): void {
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#left = Math.max(0, this.#left - (performance.now() - this.#since));
  }
}
