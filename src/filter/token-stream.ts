import { tokenize, type Token } from './lexer.js';
import { FilterSyntaxError, type Span } from './syntax-error.js';

/** Parentheses, negations and operands within each other; more would exhaust the stack. */
const MAX_DEPTH = 200;

/** The tokens of one expression, read from left to right. */
export class TokenStream {
  readonly expression: string;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  /** @throws FilterSyntaxError where the expression has a character that can begin no token. */
  constructor(expression: string) {
    this.expression = expression;
    this.#tokens = tokenize(expression);
  }

  /** The token that comes next, or one `ahead` of it; past the end the last one, which says that it is the end. */
  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)] as Token;
  }

  take(): Token {
    const token = this.peek();
    this.#at += 1;
    return token;
  }

  /** Whether the token `ahead` of the next is this word or sign. */
  sees(text: string, ahead = 0): boolean {
    const { kind, text: found } = this.peek(ahead);
    return (kind === 'word' || kind === 'operator') && found === text;
  }

  /** Takes the next token where it is this word or sign. */
  accept(text: string): boolean {
    const found = this.sees(text);
    if (found) this.#at += 1;
    return found;
  }

  expect(text: string, explanation: string): Token {
    if (!this.sees(text)) this.fail(explanation);
    return this.take();
  }

  /** The sign or word after the `)` that belongs to the `(` which comes next; the end where there is none. */
  afterParenthesis(): Token {
    let depth = 0;
    for (let ahead = 0; ; ahead += 1) {
      if (this.sees('(', ahead)) depth += 1;
      else if (this.sees(')', ahead)) depth -= 1;
      if (depth === 0 || this.peek(ahead).kind === 'end') return this.peek(ahead + 1);
    }
  }

  /** Parses what is within something else. @throws FilterSyntaxError at `token` where that is nested too deeply. */
  nested<T>(token: Token, parse: () => T): T {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) this.fail(`more than ${MAX_DEPTH} levels within each other are not read.`, token);
    const parsed = parse();
    this.#depth -= 1;
    return parsed;
  }

  /** @throws FilterSyntaxError that points to the next token, or to `span`. */
  fail(explanation: string, span: Span = this.peek()): never {
    throw new FilterSyntaxError(this.expression, span, explanation);
  }
}
