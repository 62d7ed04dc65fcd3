/** What commands print with. Results go to standard output, all else to standard error. */
import { once } from 'node:events';
import { colourStyle, plainStyle, type Style } from '../report/color.js';

export interface CommonOptions {
  readonly quiet?: boolean;
  /** `--color WHEN`, or false for `--no-color`. */
  readonly color?: 'auto' | 'always' | 'never' | false;
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
    return process.stdout.isTTY ? process.stdout.columns : null;
  }

  /** Whether somebody watches standard error. */
  get showsProgress(): boolean {
    return !this.quiet && process.stderr.isTTY;
  }

  /** What a page of text is laid out for: the terminal, or 80 columns by 24 lines. */
  get page(): { readonly width: number; readonly height: number; readonly style: Style } {
    const { columns, rows, isTTY } = process.stdout;
    return isTTY ? { width: columns, height: rows, style: this.style } : { width: 80, height: 24, style: this.style };
  }

  get style(): Style {
    return this.#colours(process.stdout.isTTY) ? colourStyle : plainStyle;
  }

  /** Writes to standard output and waits while it is full. */
  async print(text: string): Promise<void> {
    if (!process.stdout.write(text)) await once(process.stdout, 'drain');
  }

  /** Writes many pieces, joined to larger ones: a write a row would be slow. */
  async printAll(pieces: Iterable<string>): Promise<void> {
    let pending = '';
    for (const piece of pieces) {
      pending += piece;
      if (pending.length < 1 << 16) continue;
      await this.print(pending);
      pending = '';
    }
    if (pending !== '') await this.print(pending);
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
