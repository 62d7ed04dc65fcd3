/** What commands print with. Results go to standard output, all else to standard error. */
import { colourStyle, plainStyle, type Style } from '../report/color.js';
import { ExitStatus } from './exit-status.js';

export interface CommonOptions {
  readonly quiet?: boolean;
  /** `--color WHEN`, or false for `--no-color`. */
  readonly color?: 'auto' | 'always' | 'never' | false;
}

/** Streams whose reader has gone. They do not say so themselves: Node brings standard output back to life after an error. */
const gone = new WeakSet<NodeJS.WriteStream>();

/** Of a terminal whose size was never set, which says 0. */
const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

/** Standard output could not be written, and nobody had closed it. */
let outputFailed = false;

/**
 * A reader that has seen enough (head, less) is no error: what is written after that goes nowhere. Anything else, such as
 * a full disk behind `>`, is told once.
 */
export function watchOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', ({ code, message }: NodeJS.ErrnoException) => {
      const isNews = !gone.has(stream);
      gone.add(stream);
      if (code === 'EPIPE' || !isNews || stream !== process.stdout) return;
      outputFailed = true;
      const rest = 'What was asked for in other files is there.';
      process.stderr.write(`tcpclose: standard output: cannot be written (${message}). ${rest}\n`);
    });
  }
}

/** Ends the program once all is written: at once if it is, for Node takes a while to give back all memory in order. */
export function endWith(status: number): void {
  process.exitCode = statusOf(status);
  if (process.stdout.writableLength + process.stderr.writableLength === 0) process.exit();
}

/** What to end with: a failure also where all went well but standard output. */
export function statusOf(status: number): number {
  return status === ExitStatus.DONE && outputFailed ? ExitStatus.FAILED : status;
}

export class Terminal {
  readonly quiet: boolean;
  readonly #color: CommonOptions['color'];

  constructor(options: CommonOptions) {
    this.quiet = options.quiet === true;
    this.#color = options.color;
  }

  /** Columns of standard output; null where it is no terminal. */
  get width(): number | null {
    return process.stdout.isTTY ? process.stdout.columns || DEFAULT_COLUMNS : null;
  }

  /** Whether somebody watches standard error. */
  get showsProgress(): boolean {
    return !this.quiet && process.stderr.isTTY;
  }

  /** What a page of text is laid out for: the terminal; a file or a pipe has 80 columns and as many lines as there are. */
  get page(): { readonly width: number; readonly height: number; readonly style: Style } {
    const { columns, rows, isTTY } = process.stdout;
    return isTTY
      ? { width: columns || DEFAULT_COLUMNS, height: rows || DEFAULT_ROWS, style: this.style }
      : { width: DEFAULT_COLUMNS, height: Infinity, style: this.style };
  }

  get style(): Style {
    return this.#colours(process.stdout.isTTY) ? colourStyle : plainStyle;
  }

  /** Writes to standard output and waits while it is full. Nothing happens once its reader has gone. */
  async print(text: string | Uint8Array): Promise<void> {
    const { stdout } = process;
    if (gone.has(stdout) || stdout.write(text)) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        stdout.off('drain', done).off('error', done);
        resolve();
      };
      stdout.on('drain', done).on('error', done);
    });
  }

  /**
   * Writes many pieces, joined to larger ones: a write a piece would be slow. Asks for no more once the reader has gone.
   * `onWriting` hears when it begins to write and when it is done with that.
   */
  async printAll(pieces: Iterable<string>, onWriting: (isWriting: boolean) => void = () => undefined): Promise<void> {
    let pending = '';
    const flush = async (): Promise<void> => {
      onWriting(true);
      await this.print(pending);
      onWriting(false);
      pending = '';
    };
    for (const piece of pieces) {
      pending += piece;
      if (pending.length < 1 << 16) continue;
      await flush();
      if (gone.has(process.stdout)) return;
    }
    if (pending !== '') await flush();
  }

  /** A line on standard error that the user has to see. */
  warn(line: string): void {
    const text = `tcpclose: ${line}\n`;
    process.stderr.write(this.#colours(process.stderr.isTTY) ? colourStyle.yellow(text) : text);
  }

  /** A line on standard error that `--quiet` leaves out. */
  note(line: string): void {
    if (!this.quiet) process.stderr.write(`tcpclose: ${line}\n`);
  }

  /** An explicit choice on the command line wins over NO_COLOR (https://no-color.org). */
  #colours(isTerminal: boolean): boolean {
    if (this.#color === false || this.#color === 'never') return false;
    if (this.#color === 'always') return true;
    return isTerminal && (process.env.NO_COLOR ?? '') === '' && process.env.TERM !== 'dumb';
  }
}
