/**
 * Why a record gave no segment. A closed list: every record ends in exactly one of these, `Segment` included.
 * Numbers are internal; the kebab-case names in `STOP_REASONS` are what users see and are stable.
 */
export const Stop = {
  /** A segment was appended. */
  Segment: 0,
  Udp: 1,
  Icmp: 2,
  QuotedInIcmp: 3,
  OtherIpProtocol: 4,
  Arp: 5,
  NotIp: 6,
  WlanWithoutData: 7,
  TunnelControl: 8,
  LinkWithoutIp: 9,
  LaterFragment: 10,
  SnapLength: 11,
  TooShort: 12,
  BadIpVersion: 13,
  BadIpLength: 14,
  UnknownLinkType: 15,
  UnknownProtocol: 16,
  Encrypted: 17,
  Compressed: 18,
  TooManyLayers: 19,
  TcpSnapLength: 20,
  TcpTooShort: 21,
  TcpBadDataOffset: 22,
  TcpCompressed: 23,
} as const;
export type Stop = (typeof Stop)[keyof typeof Stop];

/**
 * What a stop says about TCP:
 * - `segment`: a TCP header was decoded
 * - `not-tcp`: decoded far enough to know that the record holds no TCP header of its own
 * - `later-fragment`: a fragment that cannot hold a header, whatever its packet is
 * - `undecoded`: damaged, cut or unknown, so that nobody can say
 * - `tcp-undecoded`: holds a TCP header of its own, but not one that can be read
 */
export type StopGroup = 'segment' | 'not-tcp' | 'later-fragment' | 'undecoded' | 'tcp-undecoded';

export interface StopReason {
  readonly stop: Stop;
  /** Stable name. */
  readonly reason: string;
  readonly group: StopGroup;
  /** What it means, in words that continue "a packet ...". */
  readonly text: string;
}

/** All stops, each at the index of its number. */
export const STOP_REASONS: readonly StopReason[] = [
  { stop: Stop.Segment, reason: 'segment', group: 'segment', text: 'with a TCP header that was read' },
  { stop: Stop.Udp, reason: 'udp', group: 'not-tcp', text: 'of UDP, in no tunnel that is known here' },
  { stop: Stop.Icmp, reason: 'icmp', group: 'not-tcp', text: 'of ICMP or ICMPv6' },
  {
    stop: Stop.QuotedInIcmp,
    reason: 'quoted-in-icmp',
    group: 'not-tcp',
    text: 'of ICMP or ICMPv6 that quotes the TCP segment it answers',
  },
  {
    stop: Stop.OtherIpProtocol,
    reason: 'other-ip-protocol',
    group: 'not-tcp',
    text: 'of IP with another protocol than TCP',
  },
  { stop: Stop.Arp, reason: 'arp', group: 'not-tcp', text: 'of ARP or RARP' },
  { stop: Stop.NotIp, reason: 'not-ip', group: 'not-tcp', text: 'of a protocol beside IP' },
  {
    stop: Stop.WlanWithoutData,
    reason: 'wlan-without-data',
    group: 'not-tcp',
    text: 'of 802.11 management or control, or with no data in it',
  },
  {
    stop: Stop.TunnelControl,
    reason: 'tunnel-control',
    group: 'not-tcp',
    text: 'by which tunnel ends talk to each other',
  },
  { stop: Stop.LinkWithoutIp, reason: 'link-without-ip', group: 'not-tcp', text: 'of a link type that carries no IP' },
  {
    stop: Stop.LaterFragment,
    reason: 'later-fragment',
    group: 'later-fragment',
    text: 'that is a fragment after the first, so without a header',
  },
  {
    stop: Stop.SnapLength,
    reason: 'snap-length',
    group: 'undecoded',
    text: 'that the snap length cut before its protocol could be seen',
  },
  {
    stop: Stop.TooShort,
    reason: 'too-short',
    group: 'undecoded',
    text: 'that ends inside a header, though the capture did not cut it',
  },
  {
    stop: Stop.BadIpVersion,
    reason: 'bad-ip-version',
    group: 'undecoded',
    text: 'announced as IP whose version is neither 4 nor 6, or not the one announced',
  },
  {
    stop: Stop.BadIpLength,
    reason: 'bad-ip-length',
    group: 'undecoded',
    text: 'of IP with an impossible header or total length',
  },
  {
    stop: Stop.UnknownLinkType,
    reason: 'unknown-link-type',
    group: 'undecoded',
    text: 'of a link type that is not known here',
  },
  {
    stop: Stop.UnknownProtocol,
    reason: 'unknown-protocol',
    group: 'undecoded',
    text: 'of a link-layer or tunnel protocol that is not known here',
  },
  {
    stop: Stop.Encrypted,
    reason: 'encrypted',
    group: 'undecoded',
    text: 'that is encrypted (ESP, 802.11, MACsec, PPP, DTLS)',
  },
  { stop: Stop.Compressed, reason: 'compressed', group: 'undecoded', text: 'that is compressed (IPComp, PPP)' },
  {
    stop: Stop.TooManyLayers,
    reason: 'too-many-layers',
    group: 'undecoded',
    text: 'with more headers nested in each other than any network makes',
  },
  {
    stop: Stop.TcpSnapLength,
    reason: 'tcp-snap-length',
    group: 'tcp-undecoded',
    text: 'of TCP whose header the snap length cut',
  },
  {
    stop: Stop.TcpTooShort,
    reason: 'tcp-too-short',
    group: 'tcp-undecoded',
    text: 'of TCP that ends inside the TCP header, as a tiny first fragment does',
  },
  {
    stop: Stop.TcpBadDataOffset,
    reason: 'tcp-bad-data-offset',
    group: 'tcp-undecoded',
    text: 'of TCP with an impossible data offset',
  },
  {
    stop: Stop.TcpCompressed,
    reason: 'tcp-compressed',
    group: 'tcp-undecoded',
    text: 'of TCP with a compressed header (Van Jacobson)',
  },
];
