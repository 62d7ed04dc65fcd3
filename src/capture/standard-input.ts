import type { Readable } from 'node:stream';

/** What stands for standard input among paths. */
export const STDIN_PATH = '-';
export const STDIN_FD = 0;

/** How long the other end of the pipe may go on once its input is to end, ms: tcpdump writes out what it still holds. */
const LAST_WORDS_MS = 2000;

/** Whether standard input is to end; it may not have been opened yet. */
let isToEnd = false;
/** Standard input, where somebody writes it who does not end by himself: a pipe or a socket. */
let pipe: Readable | null = null;

/** Tells of standard input as it was opened, in this thread. */
export function pipeOpened(stream: Readable): void {
  pipe = stream;
  if (isToEnd) endPipe(stream);
}

/** Has standard input of this thread end where it ends by itself within a moment, or else where it stands then. */
export function endStandardInput(): void {
  isToEnd = true;
  if (pipe !== null) endPipe(pipe);
}

function endPipe(stream: Readable): void {
  setTimeout(() => stream.destroy(), LAST_WORDS_MS).unref();
}
