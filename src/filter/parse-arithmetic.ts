import { RELATIONS, type Arithmetic, type ArithmeticOperator, type Expression, type Relation } from './expression.js';
import type { Token } from './lexer.js';
import type { TokenStream } from './token-stream.js';
import { protocolOfWord } from './words.js';

const isRelation = (text: string): text is Relation => (RELATIONS as readonly string[]).includes(text);

/** How strongly an operator binds. */
const BINDING: Readonly<Record<string, number>> = { '|': 1, '&': 2, '<<': 3, '>>': 3, '+': 4, '-': 4, '*': 5, '/': 5 };
const LOOSEST = 0;
const SIGN_BINDING = 6;
/** The grammar of libpcap gives these two no rank: each takes all that stands to its right, and what is left of it last. */
const UNRANKED: ReadonlySet<string> = new Set(['%', '^']);
const LARGEST_SHIFT = 31;
const MAX_OPERATORS = 200;
const SIZES: readonly number[] = [1, 2, 4];

/** Whether the token can only go on a number: then what stands before it was arithmetic. */
export function continuesNumber(token: Token): boolean {
  return token.kind === 'operator' && (isRelation(token.text) || isOperator(token.text));
}

function isOperator(text: string): text is ArithmeticOperator {
  return Object.hasOwn(BINDING, text) || UNRANKED.has(text);
}

/** `tcp[13] & 7 != 0`: two numbers compared. */
export function parseRelation(tokens: TokenStream): Expression {
  const left = parseArithmetic(tokens, LOOSEST);
  const operator = tokens.peek();
  if (operator.kind !== 'operator' || !isRelation(operator.text))
    return tokens.fail('a number must be compared: = (or ==), !=, <, <=, > or >= is expected here.');
  tokens.take();
  const right = parseArithmetic(tokens, LOOSEST);
  return { kind: 'relation', operator: operator.text, left, right };
}

function parseArithmetic(tokens: TokenStream, loosest: number): Arithmetic {
  return tokens.nested(tokens.peek(), () => parseOperands(tokens, loosest));
}

function parseOperands(tokens: TokenStream, loosest: number): Arithmetic {
  let left = parseOperand(tokens);
  for (let operators = 0; ; operators += 1) {
    const token = tokens.peek();
    if (operators > MAX_OPERATORS) tokens.fail(`more than ${MAX_OPERATORS} operators in a row are not read.`);
    if (token.kind !== 'operator' || !isOperator(token.text)) return left;
    const binding = BINDING[token.text] ?? Infinity;
    if (binding <= loosest) return left;
    tokens.take();
    const right = parseArithmetic(tokens, UNRANKED.has(token.text) ? LOOSEST : binding);
    refuseConstant(tokens, token, right);
    left = { kind: 'binary', operator: token.text, left, right };
  }
}

function refuseConstant(tokens: TokenStream, operator: Token, right: Arithmetic): void {
  if (right.kind !== 'number') return;
  if (right.value === 0 && (operator.text === '/' || operator.text === '%'))
    tokens.fail('nothing can be divided by 0.', operator);
  if (right.value > LARGEST_SHIFT && (operator.text === '<<' || operator.text === '>>'))
    tokens.fail('a number of 32 bits can be shifted by 31 bits at most.', operator);
}

function parseOperand(tokens: TokenStream): Arithmetic {
  const token = tokens.peek();
  if (token.kind === 'number') return { kind: 'number', value: tokens.take().value };
  if (tokens.accept('len') || tokens.accept('length')) return { kind: 'length' };
  if (tokens.accept('-')) return { kind: 'negative', of: parseArithmetic(tokens, SIGN_BINDING) };
  if (tokens.accept('(')) {
    const inner = parseArithmetic(tokens, LOOSEST);
    tokens.expect(')', 'the parenthesis before this is not closed: ) is expected here.');
    return inner;
  }
  if (token.kind === 'word' && protocolOfWord(token.text) !== null) return parseOctets(tokens);
  const hyphen = token.kind === 'name' && token.text.includes('-') ? ' Put spaces around a minus sign.' : '';
  return tokens.fail(`a number is expected here: 5, 0x1f, len, or octets such as tcp[13] or ip[2:2].${hyphen}`);
}

/** `ip[2:2]`: octets of a header, from an index, big-endian. */
function parseOctets(tokens: TokenStream): Arithmetic {
  const word = tokens.take();
  const protocol = protocolOfWord(word.text);
  if (protocol === null || protocol === 'ah' || protocol === 'esp')
    return tokens.fail(`${word.text} has no octets that can be asked for; ip, ip6, tcp, udp and others have.`, word);
  tokens.expect('[', `octets of ${word.text} are asked for with an index: ${word.text}[0].`);
  const index = parseArithmetic(tokens, LOOSEST);
  const size = tokens.accept(':') ? parseSize(tokens) : 1;
  tokens.expect(']', 'the bracket before this is not closed: ] is expected here, or : and a size of 1, 2 or 4 octets.');
  return { kind: 'octets', of: protocol, index, size };
}

function parseSize(tokens: TokenStream): 1 | 2 | 4 {
  const { kind, value } = tokens.peek();
  if (kind !== 'number' || !SIZES.includes(value)) tokens.fail('the size is 1, 2 or 4 octets.');
  tokens.take();
  return value as 1 | 2 | 4;
}
