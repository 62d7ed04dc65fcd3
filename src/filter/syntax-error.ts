import { UsageError } from '../errors.js';

/** Part of an expression, from its first character to one past its last; empty where something is missing. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Characters of the expression shown; a longer one is cut around the place of the error. */
const SHOWN = 72;
const INDENT = '  ';

/**
 * The expression cannot be read, or asks for what is not known here. The message has the expression, a caret under the
 * word, and what would be accepted there.
 */
export class FilterSyntaxError extends UsageError {
  /** Where in the expression, as an index into it. */
  readonly at: number;

  /** `explanation`: what is wrong, and what would be accepted; a sentence or two without the place. */
  constructor(expression: string, span: Span, explanation: string) {
    super('bad-filter', `--filter: ${explanation}\n${pointer(expression, span)}`);
    this.at = span.start;
  }
}

/** Two lines: the expression, and carets under the span. */
function pointer(expression: string, { start, end }: Span): string {
  const line = Array.from(expression, (character) => (isPlain(character) ? character : ' ')).join('');
  const from = line.length <= SHOWN ? 0 : Math.max(0, Math.min(start - SHOWN / 2, line.length - SHOWN));
  const to = Math.min(line.length, from + SHOWN);
  const before = from > 0 ? '...' : '';
  const after = to < line.length ? '...' : '';
  const carets = '^'.repeat(Math.max(1, Math.min(end, to) - start));
  return `${INDENT}${before}${line.slice(from, to)}${after}\n${INDENT}${' '.repeat(before.length + start - from)}${carets}`;
}

/** Takes one column and does nothing to a terminal. */
function isPlain(character: string): boolean {
  return character >= ' ' && character <= '~';
}
