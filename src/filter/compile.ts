/**
 * From the syntax tree to one function a frame. Closures, not generated code: a word of a user must never become code,
 * and a call each test is some nanoseconds beside the hundred or more that a packet takes in all.
 *
 * Tests are put together in the order in which they are written, for a `vlan` moves the headers for all that follow it,
 * whatever the parentheses, as in tcpdump.
 */
import { EthernetField } from '../wire/ethernet.js';
import { EtherType } from '../wire/ethertype.js';
import { IpProtocol } from '../wire/ip-protocol.js';
import { IPV4_FRAGMENT_OFFSET, Ipv4Field } from '../wire/ipv4.js';
import { Ipv6Field, IPV6_HEADER_LEN } from '../wire/ipv6.js';
import { compileRelation, type Test } from './compile-arithmetic.js';
import type { Direction, Expression } from './expression.js';
import type { OuterHeaders } from './outer-headers.js';
import { ETHER_TYPES, IP_PROTOCOLS } from './words.js';

const VLAN_TYPES: readonly number[] = [EtherType.VLAN, EtherType.PROVIDER_VLAN, EtherType.QINQ_OLD];
const VLAN_ID_MASK = 0x0fff;
/** Ethernet over IPv4 in ARP (RFC 826): where the sender's and the target's IPv4 address lie. */
const ARP_SENDER = 14;
const ARP_TARGET = 24;
const MULTICAST_BIT = 0x01;
const FIRST_IPV4_MULTICAST = 0xe0;
const IPV6_MULTICAST = 0xff;

export function compile(expression: Expression): Test {
  return new Compiler().compile(expression);
}

class Compiler {
  /** VLAN tags that the tests written so far have stepped over. */
  #tags = 0;

  compile(expression: Expression): Test {
    const tags = this.#tags;
    switch (expression.kind) {
      case 'and':
      case 'or':
        return this.#chain(expression);
      case 'not': {
        const of = this.compile(expression.of);
        return (headers) => !of(headers);
      }
      case 'ether-type': {
        const { type } = expression;
        return (headers) => headers.etherType(tags) === type;
      }
      case 'ip-protocol':
        return ipProtocol(expression.number, expression.family, tags);
      case 'ipv4':
        return ipv4Address(expression.address, expression.mask, expression.of, expression.direction, tags);
      case 'ipv6':
        return ipv6Address(expression.words, expression.masks, expression.direction, tags);
      case 'mac':
        return macAddress(expression.high, expression.low, expression.direction);
      case 'ports':
        return ports(expression.first, expression.last, expression.of, expression.direction, tags);
      case 'vlan':
        this.#tags += 1;
        return vlan(expression.id, tags);
      case 'broadcast':
        return broadcast(expression.of, tags);
      case 'multicast':
        return multicast(expression.of, tags);
      case 'relation':
        return compileRelation(expression.operator, expression.left, expression.right, tags);
    }
  }

  /** `a or b and c`, which is read from left to right: a loop, so that a list of thousands of hosts needs no stack. */
  #chain(expression: Expression): Test {
    const links: { isAnd: boolean; expression: Expression }[] = [];
    let first = expression;
    while (first.kind === 'and' || first.kind === 'or') {
      links.unshift({ isAnd: first.kind === 'and', expression: first.right });
      first = first.left;
    }
    const head = this.compile(first);
    const rest = links.map(({ isAnd, expression: right }) => ({ isAnd, test: this.compile(right) }));
    const [only] = rest;
    if (only !== undefined && rest.length === 1) {
      const { isAnd, test } = only;
      return isAnd ? (headers) => head(headers) && test(headers) : (headers) => head(headers) || test(headers);
    }
    return (headers) => {
      let holds = head(headers);
      for (let i = 0; i < rest.length; i += 1) {
        const link = rest[i]!;
        if (holds === link.isAnd) holds = link.test(headers);
      }
      return holds;
    };
  }
}

/** A test of a source and one of a destination, put together. */
function directed(direction: Direction, source: Test, destination: Test): Test {
  switch (direction) {
    case 'src':
      return source;
    case 'dst':
      return destination;
    case 'either':
      return (headers) => source(headers) || destination(headers);
    case 'both':
      return (headers) => source(headers) && destination(headers);
  }
}

/** IPv6: also behind a fragment header, and behind no other, as in libpcap. */
function ipProtocol(number: number, family: 'ip' | 'ip6' | null, tags: number): Test {
  const v4 = (headers: OuterHeaders): boolean => headers.u8(headers.networkAt(tags) + Ipv4Field.PROTOCOL) === number;
  const v6 = (headers: OuterHeaders): boolean => {
    const at = headers.networkAt(tags);
    const next = headers.u8(at + Ipv6Field.NEXT_HEADER);
    return next === number || (next === IpProtocol.FRAGMENT && headers.u8(at + IPV6_HEADER_LEN) === number);
  };
  return (headers) => {
    const type = headers.etherType(tags);
    if (type === EtherType.IPV4) return family !== 'ip6' && v4(headers);
    return type === EtherType.IPV6 && family !== 'ip' && v6(headers);
  };
}

function ipv4Address(
  address: number,
  mask: number,
  of: 'ip' | 'arp' | 'rarp' | null,
  direction: Direction,
  tags: number,
): Test {
  const equals =
    (offset: number): Test =>
    (headers) =>
      ((headers.u32(headers.networkAt(tags) + offset) ^ address) & mask) === 0;
  const inIp = directed(direction, equals(Ipv4Field.SOURCE), equals(Ipv4Field.DESTINATION));
  const inArp = directed(direction, equals(ARP_SENDER), equals(ARP_TARGET));
  const only = of === null ? null : ETHER_TYPES[of];
  return (headers) => {
    const type = headers.etherType(tags);
    if (only !== null && type !== only) return false;
    if (type === EtherType.IPV4) return inIp(headers);
    return (type === EtherType.ARP || type === EtherType.RARP) && inArp(headers);
  };
}

function ipv6Address(words: readonly number[], masks: readonly number[], direction: Direction, tags: number): Test {
  const equals =
    (offset: number): Test =>
    (headers) => {
      const at = headers.networkAt(tags) + offset;
      for (let i = 0; i < words.length; i += 1) {
        if (((headers.u32(at + i * 4) ^ words[i]!) & masks[i]!) !== 0) return false;
      }
      return true;
    };
  const matches = directed(direction, equals(Ipv6Field.SOURCE), equals(Ipv6Field.DESTINATION));
  return (headers) => headers.etherType(tags) === EtherType.IPV6 && matches(headers);
}

/** In the Ethernet header, which a VLAN tag does not move. */
function macAddress(high: number, low: number, direction: Direction): Test {
  const equals =
    (offset: number): Test =>
    (headers) =>
      headers.u32(headers.linkAt + offset + 2) === low && headers.u16(headers.linkAt + offset) === high;
  const matches = directed(direction, equals(EthernetField.SOURCE), equals(EthernetField.DESTINATION));
  return (headers) => headers.isEthernet && matches(headers);
}

/** Ports at the front of the transport header; none in later fragments, nor behind IPv6 extension headers. */
function ports(
  first: number,
  last: number,
  of: 'tcp' | 'udp' | 'sctp' | null,
  direction: Direction,
  tags: number,
): Test {
  const numbers = (of === null ? (['tcp', 'udp', 'sctp'] as const) : [of]).map((word) => IP_PROTOCOLS[word]?.number);
  const [one, two = one, three = one] = numbers;
  const has = (protocol: number): boolean => protocol === one || protocol === two || protocol === three;
  const inRange = (port: number): boolean => port >= first && port <= last;
  const matches = (headers: OuterHeaders, at: number): boolean => {
    switch (direction) {
      case 'src':
        return inRange(headers.u16(at));
      case 'dst':
        return inRange(headers.u16(at + 2));
      case 'either':
        return inRange(headers.u16(at)) || inRange(headers.u16(at + 2));
      case 'both':
        return inRange(headers.u16(at)) && inRange(headers.u16(at + 2));
    }
  };
  return (headers) => {
    const type = headers.etherType(tags);
    const at = headers.networkAt(tags);
    if (type === EtherType.IPV6)
      return has(headers.u8(at + Ipv6Field.NEXT_HEADER)) && matches(headers, at + IPV6_HEADER_LEN);
    return (
      type === EtherType.IPV4 &&
      has(headers.u8(at + Ipv4Field.PROTOCOL)) &&
      (headers.u16(at + Ipv4Field.FLAGS_OFFSET) & IPV4_FRAGMENT_OFFSET) === 0 &&
      matches(headers, at + (headers.u8(at) & 0x0f) * 4)
    );
  };
}

function vlan(id: number | null, tags: number): Test {
  return (headers) =>
    VLAN_TYPES.includes(headers.etherType(tags)) &&
    (id === null || (headers.u16(headers.networkAt(tags)) & VLAN_ID_MASK) === id);
}

function broadcast(of: 'ether' | 'ip' | 'ip6', tags: number): Test {
  if (of === 'ether') return macAddress(0xffff, 0xffffffff, 'dst');
  return (headers) => {
    if (headers.etherType(tags) !== EtherType.IPV4) return false;
    const destination = headers.u32(headers.networkAt(tags) + Ipv4Field.DESTINATION);
    return destination === 0 || destination === 0xffffffff; // those of networks need a mask, which no capture has
  };
}

function multicast(of: 'ether' | 'ip' | 'ip6', tags: number): Test {
  if (of === 'ether')
    return (headers) =>
      headers.isEthernet && (headers.u8(headers.linkAt + EthernetField.DESTINATION) & MULTICAST_BIT) !== 0;
  if (of === 'ip')
    return (headers) =>
      headers.etherType(tags) === EtherType.IPV4 &&
      headers.u8(headers.networkAt(tags) + Ipv4Field.DESTINATION) >= FIRST_IPV4_MULTICAST;
  return (headers) =>
    headers.etherType(tags) === EtherType.IPV6 &&
    headers.u8(headers.networkAt(tags) + Ipv6Field.DESTINATION) === IPV6_MULTICAST;
}
