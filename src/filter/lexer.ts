import { parseMac } from './addresses.js';
import { FilterSyntaxError, type Span } from './syntax-error.js';
import { FOREIGN_WORDS, NUMBER_NAMES, protocolOfWord, STRUCTURE_WORDS } from './words.js';

/**
 * - `word`: a word of the language
 * - `foreign`: a word that only tcpdump knows
 * - `name`: anything else made of letters, digits, dots and hyphens: a service, a host, a range of ports
 * - `operator`: signs; `&&`, `||`, `!` and `==` come as the words `and`, `or`, `not` and the operator `=`
 */
export type TokenKind = 'word' | 'foreign' | 'name' | 'number' | 'ipv4' | 'ipv6' | 'mac' | 'operator' | 'end';

export interface Token extends Span {
  readonly kind: TokenKind;
  readonly text: string;
  /** Of a number; else 0. */
  readonly value: number;
}

const SPACE = /[ \t\r\n]*/y;
/** What holds two colons may be an IPv6 or a MAC address; `ip[2:2]` has one. */
const COLONS = /[0-9a-f]*:[0-9a-f]*:[0-9a-f:]*(?:\.[0-9a-f]+)*/iy;
/** As in libpcap, the longest run: `80-90` and `tcp-syn` are one word each, and so is `len-5`. */
const WORD = /[a-z0-9](?:[-_.a-z0-9]*[.a-z0-9])?/iy;
const ESCAPED = /\\([^ !()\n\t]+)/y;
const OPERATOR = /&&|\|\||>=|<=|!=|==|<<|>>|[-+*/%:[\]!<>()&|^=]/y;

const AS_WORD: Readonly<Record<string, string>> = { '&&': 'and', '||': 'or', '!': 'not' };

/** The tokens of an expression, the last of kind `end`. @throws FilterSyntaxError where a character can begin none. */
export function tokenize(expression: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = skipSpace(expression, 0);
  while (at < expression.length) {
    const token = tokenAt(expression, at);
    tokens.push(token);
    at = skipSpace(expression, token.end);
  }
  tokens.push({ kind: 'end', text: '', start: expression.length, end: expression.length, value: 0 });
  return tokens;
}

function skipSpace(expression: string, at: number): number {
  return at + (match(SPACE, expression, at)?.[0].length ?? 0);
}

function match(pattern: RegExp, expression: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(expression);
}

function tokenAt(expression: string, start: number): Token {
  const token = (kind: TokenKind, length: number, text: string, value = 0): Token => ({
    kind,
    text,
    start,
    end: start + length,
    value,
  });
  const address = match(COLONS, expression, start)?.[0];
  if (address !== undefined) return token(parseMac(address) === null ? 'ipv6' : 'mac', address.length, address);
  const word = match(WORD, expression, start)?.[0];
  if (word !== undefined) return wordToken(expression, word, token);
  const escaped = match(ESCAPED, expression, start);
  if (escaped !== null) return token('name', escaped[0].length, escaped[1] ?? '');
  const operator = match(OPERATOR, expression, start)?.[0];
  if (operator === undefined)
    throw new FilterSyntaxError(
      expression,
      { start, end: start + 1 },
      'this character is no part of a filter. Words, numbers, addresses, parentheses and the signs of C are.',
    );
  const asWord = AS_WORD[operator];
  return asWord === undefined
    ? token('operator', operator.length, operator === '==' ? '=' : operator)
    : token('word', operator.length, asWord);
}

function wordToken(
  expression: string,
  word: string,
  token: (kind: TokenKind, length: number, text: string, value?: number) => Token,
): Token {
  const { length } = word;
  if (parseMac(word) !== null) return token('mac', length, word);
  if (/^(?:\d+|0x[0-9a-f]+)$/i.test(word)) {
    const value = numberOf(word);
    if (value !== null) return token('number', length, word, value);
    const why = /^0\d/.test(word) ? 'a number that begins with 0 is octal' : 'the largest number is 4294967295';
    throw new FilterSyntaxError(expression, token('number', length, word), `${word} is no number here: ${why}.`);
  }
  const named = Object.hasOwn(NUMBER_NAMES, word) ? NUMBER_NAMES[word] : undefined;
  if (named !== undefined) return token('number', length, word, named);
  if (/^\d+(?:\.\d+){1,3}$/.test(word)) return token('ipv4', length, word);
  if (STRUCTURE_WORDS.has(word) || protocolOfWord(word) !== null) return token('word', length, word);
  return token(FOREIGN_WORDS.has(word) ? 'foreign' : 'name', length, word);
}

/** Decimal, octal (0...) or hexadecimal (0x...), at most 32 bits; null where it is not. */
function numberOf(text: string): number | null {
  const octal = /^0\d+$/.test(text);
  if (octal && /[89]/.test(text)) return null;
  const value = octal ? parseInt(text, 8) : Number(text);
  return value <= 0xffffffff ? value : null;
}
