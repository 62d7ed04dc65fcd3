/** Reads an expression: the grammar of pcap-filter(7), less what looks into other protocols than those of words.ts. */
import type { Direction, Expression } from './expression.js';
import type { Token } from './lexer.js';
import { continuesNumber, parseRelation } from './parse-arithmetic.js';
import { isValue, parseValue } from './parse-value.js';
import type { Qualifiers, ValueType } from './qualifiers.js';
import { TokenStream } from './token-stream.js';
import { ETHER_TYPES, IP_PROTOCOLS, protocolOfWord, type ProtocolWord } from './words.js';

const MAX_VLAN = 4095;

const VALUE_TYPES: readonly ValueType[] = ['host', 'net', 'port', 'portrange', 'proto'];
const TERMS =
  'a protocol (tcp, ip6, arp, ...), host, net, port, portrange, src, dst, proto, vlan, less, greater, a comparison such as ' +
  'tcp[13] & 7 != 0, not, or a parenthesis';

/** A part of the expression, and what a bare value after it would mean; null where it would mean nothing. */
interface Parsed {
  readonly expression: Expression;
  readonly qualifiers: Qualifiers | null;
}

/** @throws FilterSyntaxError with the place and what would be accepted there. */
export function parseFilter(text: string): Expression {
  const parser = new Parser(text);
  return parser.parse();
}

class Parser {
  readonly #tokens: TokenStream;

  constructor(text: string) {
    this.#tokens = new TokenStream(text);
  }

  parse(): Expression {
    const tokens = this.#tokens;
    if (tokens.peek().kind === 'end')
      tokens.fail('the expression is empty. Leave --filter out to analyse every packet.');
    const { expression } = this.#expression(null);
    if (tokens.sees(')')) tokens.fail('no parenthesis is open here.');
    if (tokens.peek().kind !== 'end') this.#refuse('"and", "or" or the end is expected here');
    return expression;
  }

  /** `and` and `or` bind alike, from left to right, as in tcpdump. */
  #expression(before: Qualifiers | null): Parsed {
    const tokens = this.#tokens;
    let left = this.#operand(before);
    for (;;) {
      const kind = tokens.accept('and') ? 'and' : tokens.accept('or') ? 'or' : null;
      if (kind === null) return left;
      const right = this.#operand(left.qualifiers);
      left = {
        expression: { kind, left: left.expression, right: right.expression },
        qualifiers: right.qualifiers,
      };
    }
  }

  /** One test, negated or in parentheses too. `before`: what a bare value means here. */
  #operand(before: Qualifiers | null): Parsed {
    const tokens = this.#tokens;
    const token = tokens.peek();
    if (tokens.accept('not')) {
      const { expression, qualifiers } = tokens.nested(token, () => this.#operand(before));
      return { expression: { kind: 'not', of: expression }, qualifiers };
    }
    if (tokens.sees('(')) {
      if (continuesNumber(tokens.afterParenthesis())) return alone(parseRelation(tokens));
      return { expression: this.#parenthesis(before), qualifiers: before };
    }
    if (tokens.sees('-') || tokens.sees('len') || tokens.sees('length')) return alone(parseRelation(tokens));
    if (token.kind === 'number' && continuesNumber(tokens.peek(1))) return alone(parseRelation(tokens));
    if (isValue(token)) return this.#bareValue(before);
    return this.#term();
  }

  #parenthesis(before: Qualifiers | null): Expression {
    const open = this.#tokens.take();
    return this.#tokens.nested(open, () => {
      const { expression } = this.#expression(before);
      this.#close();
      return expression;
    });
  }

  #close(): void {
    if (this.#tokens.sees(')')) this.#tokens.take();
    else this.#refuse('"and", "or" or ) is expected here');
  }

  #bareValue(before: Qualifiers | null): Parsed {
    const token = this.#tokens.peek();
    if (before === null) this.#refuseValue(token);
    return { expression: parseValue(this.#tokens, before), qualifiers: before };
  }

  /** A value that nothing gives a meaning to, or a word that nobody knows. */
  #refuseValue(token: Token): never {
    if (token.kind === 'name')
      this.#tokens.fail(`"${token.text}" is no word of the language: ${TERMS} is expected here.`);
    const words = { number: 'port, net or host', mac: 'ether host' }[token.kind as string] ?? 'host or net';
    return this.#tokens.fail(`nothing says what "${token.text}" is: write ${words} before it.`);
  }

  /** What begins with a word. */
  #term(): Parsed {
    const tokens = this.#tokens;
    const token = tokens.peek();
    const protocol = token.kind === 'word' ? protocolOfWord(token.text) : null;
    if (protocol !== null && tokens.sees('[', 1)) return alone(parseRelation(tokens));
    if (protocol !== null) return this.#protocol(protocol);
    if (tokens.accept('vlan')) return alone(this.#vlan());
    if (tokens.accept('less')) return alone(this.#length('<='));
    if (tokens.accept('greater')) return alone(this.#length('>='));
    if (tokens.sees('broadcast') || tokens.sees('multicast')) return alone(this.#groupAddress(null));
    return this.#qualified(null) ?? this.#refuse(`${TERMS} is expected here`);
  }

  /** A protocol alone, or before `port`, `src`, ... */
  #protocol(protocol: ProtocolWord): Parsed {
    const tokens = this.#tokens;
    const word = tokens.take();
    if (tokens.sees('broadcast') || tokens.sees('multicast')) return alone(this.#groupAddress(protocol));
    const qualified = this.#qualified(protocol);
    if (qualified !== null) return qualified;
    if (isValue(tokens.peek())) tokens.fail(`"${word.text}" needs a word before a value: ${wordsAfter(protocol)}.`);
    const type = ETHER_TYPES[protocol];
    if (type !== undefined) return alone({ kind: 'ether-type', type });
    const above = IP_PROTOCOLS[protocol];
    if (above !== undefined) return alone({ kind: 'ip-protocol', ...above });
    return tokens.fail(`after "${word.text}" host, src, dst, proto, broadcast, multicast or [ is expected.`);
  }

  /** Direction and type, then a value; null where neither comes next. */
  #qualified(protocol: ProtocolWord | null): Parsed | null {
    const tokens = this.#tokens;
    const direction = this.#direction();
    const typeToken = tokens.peek();
    const type = VALUE_TYPES.find((word) => tokens.accept(word)) ?? null;
    if (direction === null && type === null) return null;
    if (direction !== null && type === 'proto')
      tokens.fail('a protocol has no direction: leave src and dst out.', typeToken);
    const qualifiers = { protocol, direction: direction ?? 'either', type };
    return { expression: this.#value(qualifiers), qualifiers };
  }

  #direction(): Direction | null {
    const tokens = this.#tokens;
    const [first, second] = tokens.sees('src') ? (['src', 'dst'] as const) : (['dst', 'src'] as const);
    if (!tokens.accept(first)) return null;
    if (!tokens.sees(second, 1)) return first;
    if (tokens.accept('or')) tokens.take();
    else if (tokens.accept('and')) {
      tokens.take();
      return 'both';
    } else return first;
    return 'either';
  }

  /** A value after its qualifiers, or several in parentheses: `port (80 or 443)`. */
  #value(qualifiers: Qualifiers): Expression {
    const tokens = this.#tokens;
    const token = tokens.peek();
    if (tokens.accept('not')) return { kind: 'not', of: tokens.nested(token, () => this.#value(qualifiers)) };
    if (!tokens.accept('(')) return parseValue(tokens, qualifiers);
    return tokens.nested(token, () => {
      let left = this.#value(qualifiers);
      for (;;) {
        const kind = tokens.accept('and') ? 'and' : tokens.accept('or') ? 'or' : null;
        if (kind === null) break;
        left = { kind, left, right: this.#value(qualifiers) };
      }
      this.#close();
      return left;
    });
  }

  #vlan(): Expression {
    const tokens = this.#tokens;
    let open = 0;
    while (tokens.sees('(', open)) open += 1;
    const id = tokens.peek(open);
    if (id.kind !== 'number') return { kind: 'vlan', id: null };
    if (id.value > MAX_VLAN) tokens.fail(`the largest VLAN id is ${MAX_VLAN}.`, id);
    for (let i = 0; i <= open; i += 1) tokens.take();
    for (let i = 0; i < open; i += 1) this.#close();
    return { kind: 'vlan', id: id.value };
  }

  #length(operator: '<=' | '>='): Expression {
    const token = this.#tokens.peek();
    if (token.kind !== 'number') this.#tokens.fail('a number of octets is expected here.');
    const { value } = this.#tokens.take();
    return { kind: 'relation', operator, left: { kind: 'length' }, right: { kind: 'number', value } };
  }

  #groupAddress(protocol: ProtocolWord | null): Expression {
    const word = this.#tokens.take();
    const of = protocol ?? 'ether';
    const kind = word.text === 'broadcast' ? 'broadcast' : 'multicast';
    if (of === 'ether' || of === 'ip' || (of === 'ip6' && kind === 'multicast')) return { kind, of };
    const which = kind === 'multicast' ? 'ether, ip and ip6' : 'ether and ip';
    return this.#tokens.fail(`${of} has no ${kind} addresses: ${which} have.`, word);
  }

  /** The next token cannot stand here; words of tcpdump that are not known are told as such. */
  #refuse(expected: string): never {
    const token = this.#tokens.peek();
    if (token.kind === 'foreign')
      this.#tokens.fail(`tcpdump knows the word "${token.text}", tcpclose does not; ${expected}.`);
    this.#tokens.fail(`${expected}.`);
  }
}

/** What may stand between a protocol and a value. */
function wordsAfter(protocol: ProtocolWord): string {
  if (protocol === 'tcp' || protocol === 'udp' || protocol === 'sctp') return 'port or portrange';
  if (protocol === 'ip' || protocol === 'ip6') return 'host, net or proto';
  if (protocol === 'ether') return 'host or proto';
  return protocol === 'arp' || protocol === 'rarp' ? 'host or net' : '"and", "or" or an index such as [0]';
}

/** A test after which a bare value means nothing. */
const alone = (expression: Expression): Parsed => ({ expression, qualifiers: null });
