import { IpProtocol } from '../wire/ip-protocol.js';
import { IPV4_FRAGMENT_OFFSET, Ipv4Field } from '../wire/ipv4.js';
import { EtherType } from '../wire/ethertype.js';
import { Ipv6Field, IPV6_HEADER_LEN } from '../wire/ipv6.js';
import type { Arithmetic, ArithmeticOperator, IndexedProtocol, Relation } from './expression.js';
import type { OuterHeaders } from './outer-headers.js';
import { ETHER_TYPES, IP_PROTOCOLS } from './words.js';

export type Test = (headers: OuterHeaders) => boolean;
/** An unsigned number of 32 bits. */
export type Value = (headers: OuterHeaders) => number;

/** A comparison of two numbers; false at once where a header is not there that one of them is made of. */
export function compileRelation(operator: Relation, left: Arithmetic, right: Arithmetic, tags: number): Test {
  const guards = [...guardsOf(left, tags), ...guardsOf(right, tags)];
  const compared = COMPARE[operator](compileValue(left, tags), compileValue(right, tags));
  return guards.reduceRight<Test>((test, guard) => (headers) => guard(headers) && test(headers), compared);
}

const COMPARE: Readonly<Record<Relation, (a: Value, b: Value) => Test>> = {
  '=': (a, b) => (headers) => a(headers) === b(headers),
  '!=': (a, b) => (headers) => a(headers) !== b(headers),
  '<': (a, b) => (headers) => a(headers) < b(headers),
  '<=': (a, b) => (headers) => a(headers) <= b(headers),
  '>': (a, b) => (headers) => a(headers) > b(headers),
  '>=': (a, b) => (headers) => a(headers) >= b(headers),
};

/** What must hold before any octet is read, in the order of libpcap: an index before what it points into. */
function guardsOf(value: Arithmetic, tags: number): Test[] {
  switch (value.kind) {
    case 'number':
    case 'length':
      return [];
    case 'negative':
      return guardsOf(value.of, tags);
    case 'binary':
      return [...guardsOf(value.left, tags), ...guardsOf(value.right, tags)];
    case 'octets': {
      const guard = guardOf(value.of, tags);
      return guard === null ? guardsOf(value.index, tags) : [...guardsOf(value.index, tags), guard];
    }
  }
}

/** Whether a frame has the header. Of TCP and its like: over IPv4, and no later fragment; libpcap does no more. */
function guardOf(protocol: IndexedProtocol, tags: number): Test | null {
  if (protocol === 'ether') return null;
  const type = ETHER_TYPES[protocol];
  if (type !== undefined) return (headers) => headers.etherType(tags) === type;
  const number = IP_PROTOCOLS[protocol]?.number;
  if (protocol === 'icmp6')
    return (headers) =>
      headers.etherType(tags) === EtherType.IPV6 &&
      headers.u8(headers.networkAt(tags) + Ipv6Field.NEXT_HEADER) === IpProtocol.ICMPV6;
  return (headers) =>
    headers.etherType(tags) === EtherType.IPV4 &&
    headers.u8(headers.networkAt(tags) + Ipv4Field.PROTOCOL) === number &&
    (headers.u16(headers.networkAt(tags) + Ipv4Field.FLAGS_OFFSET) & IPV4_FRAGMENT_OFFSET) === 0;
}

function compileValue(value: Arithmetic, tags: number): Value {
  switch (value.kind) {
    case 'number': {
      const number = value.value;
      return () => number;
    }
    case 'length':
      return (headers) => headers.wireLen;
    case 'negative': {
      const of = compileValue(value.of, tags);
      return (headers) => -of(headers) >>> 0;
    }
    case 'binary':
      return OPERATE[value.operator](compileValue(value.left, tags), compileValue(value.right, tags));
    case 'octets':
      return compileOctets(value.of, compileValue(value.index, tags), value.size, tags);
  }
}

/** Arithmetic modulo 2^32. A division by zero makes the frame no match, as in libpcap. */
const OPERATE: Readonly<Record<ArithmeticOperator, (a: Value, b: Value) => Value>> = {
  '+': (a, b) => (headers) => (a(headers) + b(headers)) >>> 0,
  '-': (a, b) => (headers) => (a(headers) - b(headers)) >>> 0,
  '*': (a, b) => (headers) => Math.imul(a(headers), b(headers)) >>> 0,
  '/': (a, b) => (headers) => (a(headers) / divisor(headers, b(headers))) >>> 0,
  '%': (a, b) => (headers) => a(headers) % divisor(headers, b(headers)),
  '&': (a, b) => (headers) => (a(headers) & b(headers)) >>> 0,
  '|': (a, b) => (headers) => (a(headers) | b(headers)) >>> 0,
  '^': (a, b) => (headers) => (a(headers) ^ b(headers)) >>> 0,
  '<<': (a, b) => (headers) => shifted(a(headers), b(headers)),
  '>>': (a, b) => (headers) => {
    const number = a(headers);
    const bits = b(headers);
    return bits < 32 ? number >>> bits : 0;
  },
};

function divisor(headers: OuterHeaders, number: number): number {
  if (number !== 0) return number;
  headers.isCut = true;
  return 1;
}

const shifted = (number: number, bits: number): number => (bits < 32 ? (number << bits) >>> 0 : 0);

function compileOctets(protocol: IndexedProtocol, index: Value, size: 1 | 2 | 4, tags: number): Value {
  const read = READ[size];
  switch (protocol) {
    case 'ether':
      return (headers) => read(headers, headers.linkAt + index(headers));
    case 'ip':
    case 'ip6':
    case 'arp':
    case 'rarp':
      return (headers) => read(headers, headers.networkAt(tags) + index(headers));
    case 'icmp6':
      return (headers) => read(headers, headers.networkAt(tags) + IPV6_HEADER_LEN + index(headers));
    case 'tcp':
    case 'udp':
    case 'sctp':
    case 'icmp':
    case 'igmp':
    case 'pim':
    case 'vrrp':
      // The sum wraps: tcp[-1] is the octet before the TCP header.
      return (headers) => {
        const at = headers.networkAt(tags);
        return read(headers, at + (((headers.u8(at) & 0x0f) * 4 + index(headers)) >>> 0));
      };
  }
}

const READ: Readonly<Record<1 | 2 | 4, (headers: OuterHeaders, at: number) => number>> = {
  1: (headers, at) => headers.u8(at),
  2: (headers, at) => headers.u16(at),
  4: (headers, at) => headers.u32(at),
};
