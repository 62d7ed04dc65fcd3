/** One end of a conversation. */
export interface Endpoint {
  /** The name it has in the text: `A`. */
  readonly name: string;
  /** The address as written, without brackets. */
  readonly ip: string;
  /** 4 or 16 octets. */
  readonly octets: Uint8Array;
  readonly port: number;
}

/** A TCP option: `nop` and `eol` are their kind alone, all others kind, length, data. */
export interface TcpOption {
  readonly kind: number;
  readonly data: Uint8Array;
}

/** A TCP segment of a conversation with all that its packet needs. Numbers are what goes on the wire: absolute. */
export interface SegmentFrame {
  /** Line of the text that it comes from, from 1. */
  readonly line: number;
  /** Nanoseconds since the conversation's time 0. */
  readonly timeNs: number;
  readonly from: Endpoint;
  readonly to: Endpoint;
  /** Octet 13 of the TCP header. */
  readonly flags: number;
  readonly seq: number;
  /** The ACK field: written also where the flag is not set. */
  readonly ack: number;
  readonly window: number;
  readonly urgent: number;
  readonly options: readonly TcpOption[];
  readonly payload: Uint8Array;
  readonly ttl: number;
  /** IPv4 identification; not used in IPv6. */
  readonly id: number;
  readonly dontFragment: boolean;
  /** 802.1Q ids, outermost first. */
  readonly vlans: readonly number[];
  /** Keep no more than so many octets of the frame. */
  readonly cut: number | null;
  /** IPv4 total length or IPv6 payload length to write instead of the true one (0: what TSO leaves). */
  readonly ipLength: number | null;
  /** TCP data offset to write instead of the true one, in 32-bit words. */
  readonly dataOffset: number | null;
  /** TCP checksum to write instead of the true one. */
  readonly checksum: number | null;
  /** pcapng interface. */
  readonly interfaceId: number;
}

/** A frame given as octets: anything that is not a TCP segment of the conversation. */
export interface RawFrame {
  readonly line: number;
  readonly timeNs: number;
  readonly raw: Uint8Array;
  readonly cut: number | null;
  readonly interfaceId: number;
}

export type Frame = SegmentFrame | RawFrame;

/** TCP flags in the order in which they are printed: letter, bit. */
export const FLAG_LETTERS = [
  ['F', 0x01],
  ['S', 0x02],
  ['R', 0x04],
  ['P', 0x08],
  ['U', 0x20],
  ['E', 0x40],
  ['W', 0x80],
  ['.', 0x10],
] as const;
