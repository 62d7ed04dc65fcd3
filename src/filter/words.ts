import { EtherType } from '../wire/ethertype.js';
import { IpProtocol } from '../wire/ip-protocol.js';

/** Words that stand for what a frame carries, alone (`tcp`) or before another (`tcp port 80`, `tcp[13]`). */
const PROTOCOL_WORDS = [
  'ether',
  'ip',
  'ip6',
  'arp',
  'rarp',
  'tcp',
  'udp',
  'sctp',
  'icmp',
  'icmp6',
  'igmp',
  'pim',
  'vrrp',
  'ah',
  'esp',
] as const;
export type ProtocolWord = (typeof PROTOCOL_WORDS)[number];

const isProtocolWord = (word: string): word is ProtocolWord => (PROTOCOL_WORDS as readonly string[]).includes(word);

/** The protocol that a word names; `link` is another word for `ether`. */
export function protocolOfWord(word: string): ProtocolWord | null {
  if (word === 'link') return 'ether';
  return isProtocolWord(word) ? word : null;
}

/** Network protocols by their EtherType. */
export const ETHER_TYPES: Readonly<Partial<Record<ProtocolWord, number>>> = {
  ip: EtherType.IPV4,
  ip6: EtherType.IPV6,
  arp: EtherType.ARP,
  rarp: EtherType.RARP,
};

/** Protocols above IP by their number, and the IP version that they are looked for in (null: both), as in libpcap. */
export const IP_PROTOCOLS: Readonly<Partial<Record<ProtocolWord, { number: number; family: 'ip' | 'ip6' | null }>>> = {
  tcp: { number: IpProtocol.TCP, family: null },
  udp: { number: IpProtocol.UDP, family: null },
  sctp: { number: 132, family: null },
  icmp: { number: IpProtocol.ICMP, family: 'ip' },
  icmp6: { number: IpProtocol.ICMPV6, family: 'ip6' },
  igmp: { number: 2, family: 'ip' },
  pim: { number: 103, family: null },
  vrrp: { number: 112, family: 'ip' },
  ah: { number: IpProtocol.AH, family: null },
  esp: { number: IpProtocol.ESP, family: null },
};

/** Names after `proto`: `ip proto gre`; those that are words of the language too need a backslash, as in tcpdump. */
export const PROTOCOL_NAMES: Readonly<Record<string, number>> = {
  icmp: IpProtocol.ICMP,
  igmp: 2,
  ipencap: IpProtocol.IPIP,
  tcp: IpProtocol.TCP,
  udp: IpProtocol.UDP,
  gre: IpProtocol.GRE,
  esp: IpProtocol.ESP,
  ah: IpProtocol.AH,
  icmp6: IpProtocol.ICMPV6,
  'ipv6-icmp': IpProtocol.ICMPV6,
  ospf: 89,
  pim: 103,
  vrrp: 112,
  sctp: 132,
};

/** Names after `ether proto`. */
export const ETHER_TYPE_NAMES: Readonly<Record<string, number>> = {
  ip: EtherType.IPV4,
  ip6: EtherType.IPV6,
  arp: EtherType.ARP,
  rarp: EtherType.RARP,
};

/** All other words of the language that are known here. */
export const STRUCTURE_WORDS: ReadonlySet<string> = new Set([
  'and',
  'or',
  'not',
  'src',
  'dst',
  'host',
  'net',
  'mask',
  'port',
  'portrange',
  'proto',
  'less',
  'greater',
  'len',
  'length',
  'vlan',
  'broadcast',
  'multicast',
]);

/** Words that tcpdump takes and we do not. */
export const FOREIGN_WORDS: ReadonlySet<string> = new Set(
  (
    'gateway protochain byte inbound outbound ifindex mpls pppoed pppoes geneve vxlan batadv llc lane metac bcc oam oamf4 ' +
    'oamf4ec oamf4sc sc ilmic vpi vci connectmsg metaconnect on ifname rset ruleset rnr rulenum srnr subrulenum reason ' +
    'action type subtype direction dir addr1 addr2 addr3 addr4 address1 address2 address3 address4 ra ta fddi tr wlan ppp ' +
    'slip radio igrp carp atalk aarp decnet lat sca moprc mopdl iso esis es-is isis is-is l1 l2 iih lsp snp csnp psnp ' +
    'clnp stp ipx netbeui fisu lssu lsu msu hfisu hlssu hmsu sio opc dpc sls hsio hopc hdpc hsls'
  ).split(' '),
);

/** Names of numbers: offsets of fields and their values (pcap-filter(7)). */
export const NUMBER_NAMES: Readonly<Record<string, number>> = {
  tcpflags: 13,
  'tcp-fin': 0x01,
  'tcp-syn': 0x02,
  'tcp-rst': 0x04,
  'tcp-push': 0x08,
  'tcp-ack': 0x10,
  'tcp-urg': 0x20,
  'tcp-ece': 0x40,
  'tcp-cwr': 0x80,
  icmptype: 0,
  icmpcode: 1,
  'icmp-echoreply': 0,
  'icmp-unreach': 3,
  'icmp-sourcequench': 4,
  'icmp-redirect': 5,
  'icmp-echo': 8,
  'icmp-routeradvert': 9,
  'icmp-routersolicit': 10,
  'icmp-timxceed': 11,
  'icmp-paramprob': 12,
  'icmp-tstamp': 13,
  'icmp-tstampreply': 14,
  'icmp-ireq': 15,
  'icmp-ireqreply': 16,
  'icmp-maskreq': 17,
  'icmp-maskreply': 18,
  icmp6type: 0,
  icmp6code: 1,
  'icmp6-destinationunreach': 1,
  'icmp6-packettoobig': 2,
  'icmp6-timeexceeded': 3,
  'icmp6-parameterproblem': 4,
  'icmp6-echo': 128,
  'icmp6-echoreply': 129,
  'icmp6-routersolicit': 133,
  'icmp6-routeradvert': 134,
  'icmp6-neighborsolicit': 135,
  'icmp6-neighboradvert': 136,
  'icmp6-redirect': 137,
};
