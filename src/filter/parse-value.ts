import { maskOfBits, parseIpv4, parseIpv6, parseMac } from './addresses.js';
import type { Expression } from './expression.js';
import type { Token } from './lexer.js';
import { spoken, type Qualifiers } from './qualifiers.js';
import { SERVICES } from './services.js';
import type { Span } from './syntax-error.js';
import type { TokenStream } from './token-stream.js';
import { ETHER_TYPE_NAMES, PROTOCOL_NAMES } from './words.js';

const MAX_PORT = 0xffff;
const ALL_BITS = 0xffffffff;
/** A type field up to this is the length of an 802.3 frame. */
const MAX_LENGTH_FIELD = 1500;

/** Whether a token is a value that takes its meaning from the words before it. */
export function isValue({ kind }: Token): boolean {
  return kind === 'number' || kind === 'name' || kind === 'ipv4' || kind === 'ipv6' || kind === 'mac';
}

/** Reads one value and what belongs to it (`/8`, `mask 255.0.0.0`); gives the test that it stands for. */
export function parseValue(tokens: TokenStream, qualifiers: Qualifiers): Expression {
  const token = tokens.peek();
  if (!isValue(token)) tokens.fail(`${expectedAfter(qualifiers)} is expected here.`);
  switch (qualifiers.type) {
    case 'port':
    case 'portrange':
      return parsePorts(tokens, qualifiers, qualifiers.type);
    case 'proto':
      return parseProtocolNumber(tokens, qualifiers);
    case 'host':
    case 'net':
    case null:
      return parseAddress(tokens, qualifiers);
  }
}

function expectedAfter(qualifiers: Qualifiers): string {
  const after = `after "${spoken(qualifiers)}" `;
  switch (qualifiers.type) {
    case 'port':
      return `${after}a port from 0 to 65535 or a service such as https`;
    case 'portrange':
      return `${after}a range of ports such as 8000-8080`;
    case 'proto':
      return `${after}a number or a name with a backslash such as \\tcp`;
    case 'net':
      return `${after}a network such as 10.0.0.0/8 or 2001:db8::/32`;
    case 'host':
      return `${after}an address such as 192.0.2.1 or 2001:db8::1`;
    case null:
      return `${after}an address, or host, net, port or portrange,`;
  }
}

function parsePorts(tokens: TokenStream, qualifiers: Qualifiers, type: 'port' | 'portrange'): Expression {
  const token = tokens.take();
  const { protocol, direction } = qualifiers;
  if (protocol !== null && protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'sctp')
    return tokens.fail(`${protocol} has no ports: tcp, udp and sctp have.`, token);
  if (token.kind !== 'number' && token.kind !== 'name')
    tokens.fail(`${expectedAfter(qualifiers)} is expected here, and no address.`, token);
  const whole = portOf(token.text, token);
  const hyphen = token.text.indexOf('-');
  if (whole === null && hyphen > 0 && type === 'port')
    tokens.fail('this is no port or service that is known here; a range is written portrange 8000-8080.', token);
  const ends = whole !== null ? [whole, whole] : rangeOf(token.text);
  const [one, other] = ends;
  if (one === undefined || other === undefined)
    return tokens.fail(
      `this is no port or service that is known here: a number from 0 to ${MAX_PORT} always works.`,
      token,
    );
  if (Math.max(one, other) > MAX_PORT) tokens.fail(`the largest port is ${MAX_PORT}.`, token);
  return { kind: 'ports', first: Math.min(one, other), last: Math.max(one, other), of: protocol, direction };
}

/** The port that the text stands for as a whole; null where it does not. */
function portOf(text: string, token: Token | null): number | null {
  if (token?.kind === 'number') return token.value;
  if (/^\d{1,5}$/.test(text)) return Number(text);
  return Object.hasOwn(SERVICES, text) ? (SERVICES[text] ?? null) : null;
}

/** Both ends of `8000-8080` or `ftp-data-ssh`; empty where the text is no range. */
function rangeOf(text: string): readonly number[] {
  for (let hyphen = text.indexOf('-'); hyphen > 0; hyphen = text.indexOf('-', hyphen + 1)) {
    const [first, last] = [portOf(text.slice(0, hyphen), null), portOf(text.slice(hyphen + 1), null)];
    if (first !== null && last !== null) return [first, last];
  }
  return [];
}

function parseProtocolNumber(tokens: TokenStream, { protocol }: Qualifiers): Expression {
  const token = tokens.take();
  const names = protocol === 'ether' ? ETHER_TYPE_NAMES : PROTOCOL_NAMES;
  const number =
    token.kind === 'number' ? token.value : Object.hasOwn(names, token.text) ? names[token.text] : undefined;
  if (number === undefined)
    return tokens.fail(`this is no protocol that is known here; a number, or one of ${list(names)}, is.`, token);
  if (protocol === 'ether') {
    if (number <= MAX_LENGTH_FIELD || number > 0xffff)
      tokens.fail('an EtherType is a number from 1501 to 65535; frames of 802.3 with LLC are not told apart.', token);
    return { kind: 'ether-type', type: number };
  }
  if (protocol !== null && protocol !== 'ip' && protocol !== 'ip6')
    return tokens.fail(`"${protocol} proto" means nothing: ip proto, ip6 proto, ether proto or proto do.`, token);
  if (number > 255) tokens.fail('an IP protocol is a number from 0 to 255.', token);
  return { kind: 'ip-protocol', number, family: protocol };
}

const list = (names: Readonly<Record<string, number>>): string => Object.keys(names).join(', ');

function parseAddress(tokens: TokenStream, qualifiers: Qualifiers): Expression {
  const token = tokens.take();
  const { type } = qualifiers;
  switch (token.kind) {
    case 'number':
      return ipv4Test(tokens, qualifiers, token, ...(type === 'net' ? leftAligned(token.value) : whole(token.value)));
    case 'ipv4':
      return parseIpv4Value(tokens, qualifiers, token);
    case 'ipv6':
      return parseIpv6Value(tokens, qualifiers, token);
    case 'mac':
      return macTest(tokens, qualifiers, token);
    case 'name':
    case 'word':
    case 'foreign':
    case 'operator':
    case 'end':
      return tokens.fail('names are not looked up: write the address, such as 192.0.2.1 or 2001:db8::1.', token);
  }
}

const whole = (address: number): [number, number] => [address, ALL_BITS];

/** `net 10` is 10.0.0.0/8. */
function leftAligned(net: number): [address: number, mask: number] {
  if (net === 0) return [0, ALL_BITS];
  const octets = Math.ceil((32 - Math.clz32(net)) / 8);
  return [(net << (32 - octets * 8)) >>> 0, maskOfBits(octets * 8)];
}

function parseIpv4Value(tokens: TokenStream, qualifiers: Qualifiers, token: Token): Expression {
  const prefix = parseIpv4(token.text) ?? tokens.fail('this is no IPv4 address: each part is 0 to 255.', token);
  if (tokens.accept('/')) {
    const bits = tokens.take();
    if (bits.kind !== 'number' || bits.value > 32)
      tokens.fail('after an IPv4 network and / a number of bits from 0 to 32 is expected.', bits);
    return network(tokens, qualifiers, token, prefix.address, maskOfBits(bits.value), bits);
  }
  if (tokens.accept('mask')) {
    const mask = tokens.take();
    const value = mask.kind === 'ipv4' ? parseIpv4(mask.text) : null;
    if (value === null) return tokens.fail('after "mask" an address such as 255.255.0.0 is expected.', mask);
    return network(tokens, qualifiers, token, prefix.address, value.address, mask);
  }
  return ipv4Test(tokens, qualifiers, token, prefix.address, maskOfBits(prefix.bits));
}

function network(
  tokens: TokenStream,
  qualifiers: Qualifiers,
  token: Token,
  address: number,
  mask: number,
  last: Span,
): Expression {
  const span = { start: token.start, end: last.end };
  if ((address & ~mask) !== 0)
    tokens.fail(`bits outside the mask are set: did you mean ${dotted((address & mask) >>> 0)}?`, span);
  if (qualifiers.type !== 'net')
    tokens.fail('a prefix or mask makes a network: write net before it, as in net 10.0.0.0/8.', span);
  return ipv4Test(tokens, qualifiers, token, address, mask);
}

const dotted = (address: number): string => [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join('.');

function ipv4Test(
  tokens: TokenStream,
  { protocol, direction }: Qualifiers,
  token: Token,
  address: number,
  mask: number,
): Expression {
  if (protocol !== null && protocol !== 'ip' && protocol !== 'arp' && protocol !== 'rarp')
    return tokens.fail(notItsAddress(protocol, 'an IPv4 address'), token);
  return { kind: 'ipv4', address, mask, of: protocol, direction };
}

function parseIpv6Value(tokens: TokenStream, { protocol, direction, type }: Qualifiers, token: Token): Expression {
  const words = parseIpv6(token.text) ?? tokens.fail('this is no IPv6 address, nor one of Ethernet.', token);
  if (protocol !== null && protocol !== 'ip6') tokens.fail(notItsAddress(protocol, 'an IPv6 address'), token);
  let bits = 128;
  if (tokens.accept('/')) {
    const last = tokens.take();
    if (last.kind !== 'number' || last.value > 128)
      tokens.fail('after an IPv6 network and / a number of bits from 0 to 128 is expected.', last);
    bits = last.value;
    const span = { start: token.start, end: last.end };
    if (type !== 'net' && bits !== 128)
      tokens.fail('a prefix makes a network: write net before it, as in net 2001:db8::/32.', span);
    if (words.some((word, i) => (word & ~masksOf(bits)[i]!) !== 0))
      tokens.fail(`bits after the first ${bits} are set: a network has none.`, span);
  }
  return { kind: 'ipv6', words, masks: masksOf(bits), direction };
}

const masksOf = (bits: number): readonly number[] =>
  [0, 32, 64, 96].map((before) => maskOfBits(Math.min(32, Math.max(0, bits - before))));

function macTest(tokens: TokenStream, { protocol, direction, type }: Qualifiers, token: Token): Expression {
  if (protocol !== 'ether' || type === 'net')
    tokens.fail('this is an Ethernet address: write ether host, ether src or ether dst before it.', token);
  const mac = parseMac(token.text) ?? tokens.fail('this is no Ethernet address.', token);
  return { kind: 'mac', ...mac, direction };
}

function notItsAddress(protocol: string, found: string): string {
  return `${protocol} cannot stand before ${found}: "tcp and host 192.0.2.1" asks for both, "ip host" and "ip6 host" for one family.`;
}
