import type { ProtocolWord } from './words.js';

/** Which of a frame's two addresses or ports a test looks at. */
export type Direction = 'src' | 'dst' | 'either' | 'both';

/** The syntax tree of a filter. Tests stand in it in the order in which they are written, for `vlan` moves those after it. */
export type Expression =
  | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'not'; readonly of: Expression }
  | { readonly kind: 'ether-type'; readonly type: number }
  | { readonly kind: 'ip-protocol'; readonly number: number; readonly family: 'ip' | 'ip6' | null }
  /** `of`: null for IPv4, ARP and RARP alike. */
  | {
      readonly kind: 'ipv4';
      readonly address: number;
      readonly mask: number;
      readonly of: 'ip' | 'arp' | 'rarp' | null;
      readonly direction: Direction;
    }
  /** Four words of 32 bits each. */
  | {
      readonly kind: 'ipv6';
      readonly words: readonly number[];
      readonly masks: readonly number[];
      readonly direction: Direction;
    }
  | { readonly kind: 'mac'; readonly high: number; readonly low: number; readonly direction: Direction }
  /** Ports from `first` to `last`; `of`: null for TCP, UDP and SCTP alike. */
  | {
      readonly kind: 'ports';
      readonly first: number;
      readonly last: number;
      readonly of: 'tcp' | 'udp' | 'sctp' | null;
      readonly direction: Direction;
    }
  | { readonly kind: 'vlan'; readonly id: number | null }
  | { readonly kind: 'broadcast' | 'multicast'; readonly of: 'ether' | 'ip' | 'ip6' }
  | {
      readonly kind: 'relation';
      readonly operator: Relation;
      readonly left: Arithmetic;
      readonly right: Arithmetic;
    };

export const RELATIONS = ['=', '!=', '<', '<=', '>', '>='] as const;
export type Relation = (typeof RELATIONS)[number];

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | '&' | '|' | '^' | '<<' | '>>';

/** A number of 32 bits, made of a frame's octets. */
export type Arithmetic =
  | { readonly kind: 'number'; readonly value: number }
  /** Length of the frame on the wire. */
  | { readonly kind: 'length' }
  | { readonly kind: 'octets'; readonly of: IndexedProtocol; readonly index: Arithmetic; readonly size: 1 | 2 | 4 }
  | { readonly kind: 'negative'; readonly of: Arithmetic }
  | {
      readonly kind: 'binary';
      readonly operator: ArithmeticOperator;
      readonly left: Arithmetic;
      readonly right: Arithmetic;
    };

/** Headers whose octets can be asked for. */
export type IndexedProtocol = Exclude<ProtocolWord, 'ah' | 'esp'>;
