/** Parts of a frame: hex text (spaces allowed), numbers as octets, or octets made before. */
export type Part = string | number | readonly number[] | Uint8Array;

/** Joins parts to the octets of a frame. */
export function octets(...parts: readonly Part[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => octetsOf(part)));
}

function octetsOf(part: Part): number[] {
  if (typeof part === 'number') return [part];
  if (typeof part !== 'string') return [...part];
  const hex = part.replaceAll(/\s/g, '');
  if (!/^(?:[0-9a-f]{2})*$/i.test(hex)) throw new Error(`not hex: ${part}`);
  return (hex.match(/../g) ?? []).map((pair) => parseInt(pair, 16));
}

export function be16(n: number): number[] {
  return [(n >> 8) & 0xff, n & 0xff];
}

export function be32(n: number): number[] {
  return [(n >>> 24) & 0xff, (n >>> 16) & 0xff, (n >>> 8) & 0xff, n & 0xff];
}

export function le16(n: number): number[] {
  return be16(n).reverse();
}

export function le32(n: number): number[] {
  return be32(n).reverse();
}

export const PAYLOAD_LEN = 5;
const CLIENT_PORT = 40000;
const SERVER_PORT = 443;

/** NOP NOP TS val 100 ecr 200. */
export const TIMESTAMP = '0101 080a 00000064 000000c8';

export interface TcpParts {
  readonly options?: Part;
  readonly payload?: Part;
  readonly flags?: number;
  /** Instead of the true one, in words. */
  readonly dataOffset?: number;
}

/** A TCP segment from port 40000 to 443: seq 1000, ack 2000, window 512, five octets of payload. */
export function tcp({
  options = TIMESTAMP,
  payload = 'aabbccddee',
  flags = 0x18,
  dataOffset,
}: TcpParts = {}): Uint8Array {
  const optionOctets = octets(options);
  const words = dataOffset ?? 5 + optionOctets.length / 4;
  return octets(
    be16(CLIENT_PORT),
    be16(SERVER_PORT),
    be32(1000),
    be32(2000),
    words << 4,
    flags,
    be16(512),
    '0000 0000',
    optionOctets,
    payload,
  );
}

export interface Ipv4Parts {
  readonly protocol?: number;
  readonly options?: Part;
  /** Flags and fragment offset. */
  readonly fragment?: number;
  /** Instead of the true one. */
  readonly totalLen?: number;
  readonly src?: Part;
  readonly dst?: Part;
  /** Instead of the right one. */
  readonly checksum?: number;
}

/** An IPv4 packet from 192.0.2.1 to 198.51.100.7, TTL 64, identification 0x1234, with a right checksum. */
export function ipv4(payload: Part, parts: Ipv4Parts = {}): Uint8Array {
  const { protocol = 6, options = '', fragment = 0, src = 'c0000201', dst = 'c6336407' } = parts;
  const body = octets(payload);
  const optionOctets = octets(options);
  const headerLen = 20 + optionOctets.length;
  const header = octets(
    0x40 | (headerLen / 4),
    0,
    be16(parts.totalLen ?? headerLen + body.length),
    '1234',
    be16(fragment),
    64,
    protocol,
    '0000',
    src,
    dst,
    optionOctets,
  );
  header.set(be16(parts.checksum ?? ipChecksum(header)), 10);
  return octets(header, body);
}

function ipChecksum(header: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < header.length; i += 2) sum += header[i]! * 256 + header[i + 1]!;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

export interface Ipv6Parts {
  readonly nextHeader?: number;
  readonly payloadLen?: number;
}

/** An IPv6 packet from 2001:db8::1 to 2001:db8::2, hop limit 64. */
export function ipv6(payload: Part, { nextHeader = 6, payloadLen }: Ipv6Parts = {}): Uint8Array {
  const body = octets(payload);
  return octets(
    '60000000',
    be16(payloadLen ?? body.length),
    nextHeader,
    64,
    '20010db8 00000000 00000000 00000001',
    '20010db8 00000000 00000000 00000002',
    body,
  );
}

/** An Ethernet frame between two documentation stations. */
export function ethernet(type: number, payload: Part): Uint8Array {
  return octets('00005e005301 00005e005302', be16(type), payload);
}

/** A UDP datagram from port 50000. */
export function udp(port: number, payload: Part): Uint8Array {
  const body = octets(payload);
  return octets(be16(50000), be16(port), be16(8 + body.length), '0000', body);
}

/** LLC and SNAP with an EtherType. */
export function snap(type: number, payload: Part): Uint8Array {
  return octets('aaaa03 000000', be16(type), payload);
}

/** Outer addresses of a tunnel: not those of the segment inside. */
export const OUTER = { src: 'cb007101', dst: 'cb007102' } as const;
