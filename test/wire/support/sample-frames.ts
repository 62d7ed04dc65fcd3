import { LinkType } from '../../../src/wire/link-type.js';
import { be16, be32, ethernet, ipv4, ipv6, le16, le32, octets, OUTER, snap, tcp, udp } from './octets.js';

/** A frame that holds the segment of `tcp()` in an IPv4 or IPv6 packet of `ipv4()` or `ipv6()`. */
export interface SampleFrame {
  readonly name: string;
  readonly linkType: number;
  readonly octets: Uint8Array;
  readonly family: 4 | 6;
}

const V4 = ipv4(tcp());
const V6 = ipv6(tcp());
const FRAME = ethernet(0x0800, V4);

/** IPv4 in which `payload` travels under `protocol` between tunnel ends. */
function tunnel(protocol: number, payload: Uint8Array): Uint8Array {
  return ethernet(0x0800, ipv4(payload, { protocol, ...OUTER }));
}

function udpTunnel(port: number, payload: Uint8Array): Uint8Array {
  return tunnel(17, udp(port, payload));
}

function sample(name: string, linkType: number, frame: Uint8Array, family: 4 | 6 = 4): SampleFrame {
  return { name, linkType, octets: frame, family };
}

/** On Ethernet. */
function onEthernet(name: string, frame: Uint8Array, family: 4 | 6 = 4): SampleFrame {
  return sample(name, LinkType.ETHERNET, frame, family);
}

const QOS_DATA = octets('8802 0000 00005e005301 00005e005302 00005e005303 0000 0000');
const AMSDU = octets('8802 0000 00005e005301 00005e005302 00005e005303 0000 8000');
const RADIOTAP = octets('0000', le16(9), le32(0x02), 0x00);

export const LINK_SAMPLES: readonly SampleFrame[] = [
  onEthernet('Ethernet', FRAME),
  onEthernet('Ethernet with IPv6', ethernet(0x86dd, V6), 6),
  onEthernet('IPv6 under the type of IPv4', ethernet(0x0800, V6), 6),
  onEthernet('IPv4 under the type of IPv6', ethernet(0x86dd, V4)),
  onEthernet('802.1Q', ethernet(0x8100, octets('0064 0800', V4))),
  onEthernet('802.1ad over 802.1Q', ethernet(0x88a8, octets('0064 8100 0065 86dd', V6)), 6),
  onEthernet('QinQ of 0x9100 and 0x9200', ethernet(0x9100, octets('0064 9200 0065 0800', V4))),
  onEthernet('802.1Q over LLC', ethernet(0x8100, octets('0064', be16(snap(0x0800, V4).length), snap(0x0800, V4)))),
  onEthernet('802.3 with LLC and SNAP', ethernet(snap(0x0800, V4).length, snap(0x0800, V4))),
  onEthernet('802.3 with IP as LLC user', ethernet(3 + V4.length, octets('060603', V4))),
  onEthernet('Cisco ISL', octets('01000c0000', new Uint8Array(21), FRAME)),
  onEthernet('802.1ah', ethernet(0x88e7, octets('00000001', FRAME))),
  onEthernet('802.1BR E-TAG', ethernet(0x893f, octets('000000000000 0800', V4))),
  onEthernet('VN-Tag', ethernet(0x8926, octets('00000000 0800', V4))),
  onEthernet('Cisco metadata', ethernet(0x8909, octets('010100010000 0800', V4))),
  onEthernet('HSR', ethernet(0x892f, octets('00000000 0800', V4))),
  onEthernet('R-TAG', ethernet(0xf1c1, octets('00000000 0800', V4))),
  onEthernet('Cisco FabricPath', ethernet(0x8903, octets('0000', FRAME))),
  onEthernet('TRILL with an option', ethernet(0x22f3, octets('0040 0001 0002 00000000', FRAME))),
  onEthernet('MACsec, authenticated only', ethernet(0x88e5, octets('0000 00000001 0800', V4, new Uint8Array(16)))),
  onEthernet(
    'MACsec with SCI',
    ethernet(0x88e5, octets('2000 00000001 0000000000000000 0800', V4, new Uint8Array(16))),
  ),
  onEthernet('B.A.T.M.A.N. unicast', ethernet(0x4305, octets('400f 3200 00005e005301', FRAME))),
  onEthernet('jumbo LLC', ethernet(0x8870, snap(0x0800, V4))),
  onEthernet('PPPoE', ethernet(0x8864, octets('1100 0001', be16(2 + V4.length), '0021', V4))),
  onEthernet('PPPoE with IPv6', ethernet(0x8864, octets('1100 0001', be16(2 + V6.length), '0057', V6)), 6),
  onEthernet('MPLS, two labels', ethernet(0x8847, octets('00010040 00011140', V4))),
  onEthernet('MPLS with IPv6', ethernet(0x8848, octets('00011140', V6)), 6),
  onEthernet('MPLS pseudowire with control word', ethernet(0x8847, octets('00011140 00000000', FRAME))),
  onEthernet('MPLS pseudowire without control word', ethernet(0x8847, octets('00011140', FRAME))),
  onEthernet('NSH', ethernet(0x894f, octets('0002 0203 00000100', FRAME))),
  sample('null, little-endian', LinkType.NULL, octets(le32(2), V4)),
  sample('null, big-endian', LinkType.NULL, octets(be32(2), V4)),
  ...[10, 23, 24, 28, 30].map((af) => sample(`null, AF_INET6 ${af}`, LinkType.NULL, octets(le32(af), V6), 6)),
  sample('loop', LinkType.LOOP, octets(be32(24), V6), 6),
  sample('raw', LinkType.RAW, V4),
  sample('raw with IPv6', LinkType.RAW, V6, 6),
  sample('raw as 12', LinkType.RAW_BSD, V4),
  sample('raw as 14', LinkType.RAW_OPENBSD, V6, 6),
  sample('IPv4', LinkType.IPV4, V4),
  sample('IPv6', LinkType.IPV6, V6, 6),
  sample('Linux cooked', LinkType.LINUX_SLL, octets('0000 0001 0006 00005e005301 0000 0800', V4)),
  sample('Linux cooked with 802.1Q', LinkType.LINUX_SLL, octets('0000 0001 0006 00005e005301 0000 8100 0064 0800', V4)),
  sample(
    'Linux cooked with LLC',
    LinkType.LINUX_SLL,
    octets('0000 0001 0006 00005e005301 0000 0004', snap(0x0800, V4)),
  ),
  sample(
    'Linux cooked, radiotap',
    LinkType.LINUX_SLL,
    octets('0000 0323 0006 00005e005301 0000 0004', RADIOTAP, QOS_DATA, snap(0x0800, V4)),
  ),
  sample('Linux cooked 2', LinkType.LINUX_SLL2, octets('86dd 0000 00000002 0001 00 06 00005e005301 0000', V6), 6),
  sample('PPP', LinkType.PPP, octets('0021', V4)),
  sample('PPP with address and control', LinkType.PPP, octets('ff03 0057', V6), 6),
  sample('PPP with a one-octet protocol', LinkType.PPP, octets('21', V4)),
  sample('PPP multilink', LinkType.PPP, octets('003d c0000001 0021', V4)),
  sample('PPP bridging', LinkType.PPP, octets('0031 0001', FRAME)),
  sample('PPP in HDLC', LinkType.PPP_HDLC, octets('ff03 0021', V4)),
  sample('PPP with Cisco HDLC', LinkType.PPP_HDLC, octets('0f00 0800', V4)),
  sample('PPPoE as link type', LinkType.PPP_ETHER, octets('1100 0001', be16(2 + V4.length), '0021', V4)),
  sample('PPP with direction', LinkType.PPP_WITH_DIR, octets('01 ff03 0021', V4)),
  sample('pppd', LinkType.LINUX_PPP_WITHDIRECTION, octets('00 ff03 0021', V4)),
  sample('Cisco HDLC', LinkType.C_HDLC, octets('0f00 0800', V4)),
  sample('Cisco HDLC with direction', LinkType.C_HDLC_WITH_DIR, octets('00 0f00 86dd', V6), 6),
  sample('Frame Relay', LinkType.FRELAY, octets('1841 03 cc', V4)),
  sample('Frame Relay with SNAP', LinkType.FRELAY, octets('1841 03 00 80 000000 0800', V4)),
  sample('Frame Relay, Cisco', LinkType.FRELAY, octets('1841 86dd', V6), 6),
  sample('Frame Relay with direction', LinkType.FRELAY_WITH_DIR, octets('00 1841 03 8e', V6), 6),
  sample(
    '802.11',
    LinkType.IEEE802_11,
    octets('0802 0000 00005e005301 00005e005302 00005e005303 0000', snap(0x0800, V4)),
  ),
  sample('802.11 QoS', LinkType.IEEE802_11, octets(QOS_DATA, snap(0x0800, V4))),
  sample(
    '802.11 QoS, four addresses, HT control',
    LinkType.IEEE802_11,
    octets('8883 0000 00005e005301 00005e005302 00005e005303 0000 00005e005304 0000 00000000', snap(0x0800, V4)),
  ),
  sample(
    '802.11 A-MSDU',
    LinkType.IEEE802_11,
    octets(AMSDU, '00005e005301 00005e005302', be16(snap(0x0800, V4).length), snap(0x0800, V4)),
  ),
  sample('radiotap', LinkType.RADIOTAP, octets(RADIOTAP, QOS_DATA, snap(0x0800, V4))),
  sample(
    'radiotap with time stamp, padding and check sequence',
    LinkType.RADIOTAP,
    octets('0000', le16(17), le32(0x03), new Uint8Array(8), 0x30, QOS_DATA, '0000', snap(0x0800, V4), '00000000'),
  ),
  sample('Prism', LinkType.PRISM, octets(le32(0x44), le32(144), new Uint8Array(136), QOS_DATA, snap(0x0800, V4))),
  sample('AVS', LinkType.AVS, octets(be32(0x80211001), be32(64), new Uint8Array(56), QOS_DATA, snap(0x0800, V4))),
  sample(
    'AVS as Prism',
    LinkType.PRISM,
    octets(be32(0x80211001), be32(64), new Uint8Array(56), QOS_DATA, snap(0x0800, V4)),
  ),
  sample(
    'NFLOG, little-endian',
    LinkType.NFLOG,
    octets('0200 0000', le16(8), le16(1), '08000000', le16(4 + V4.length), le16(9), V4),
  ),
  sample(
    'NFLOG, big-endian',
    LinkType.NFLOG,
    octets('0a00 0000', be16(8), be16(1), '86dd0000', be16(4 + V6.length), be16(9), V6),
    6,
  ),
  sample('PPI', LinkType.PPI, octets('0000', le16(8), le32(1), FRAME)),
  sample('PKTAP', LinkType.PKTAP, octets(le32(108), le32(1), le32(1), new Uint8Array(96), FRAME)),
  sample('FDDI', LinkType.FDDI, octets('50 00005e005301 00005e005302', snap(0x0800, V4))),
  sample(
    'Token Ring with a route',
    LinkType.TOKEN_RING,
    octets('1040 00005e005301 80005e005302 0200', snap(0x0800, V4)),
  ),
  sample('ARCNET', LinkType.ARCNET_BSD, octets('0102 d4 00 0000', V4)),
  sample('ARCNET, RFC 1051', LinkType.ARCNET_BSD, octets('0102 f0', V4)),
  sample('ARCNET of Linux', LinkType.ARCNET_LINUX, octets('0102 0000 c4 00 0000', V6), 6),
  sample('IP over InfiniBand', LinkType.IPOIB, octets(new Uint8Array(40), '0800 0000', V4)),
  sample('IP over Fibre Channel', LinkType.IP_OVER_FC, octets(new Uint8Array(16), snap(0x0800, V4))),
  sample('IP over IEEE 1394', LinkType.APPLE_IP_OVER_IEEE1394, octets(new Uint8Array(16), '0800', V4)),
  sample('ATM with LLC', LinkType.ATM_RFC1483, snap(0x86dd, V6), 6),
  sample('ATM bridged', LinkType.ATM_RFC1483, octets('aaaa03 0080c2 0007 0000', FRAME)),
  sample('ATM, IP alone', LinkType.ATM_CLIP, V4),
  sample('SunATM', LinkType.SUNATM, octets('02 00 0001', snap(0x0800, V4))),
  sample('SunATM, LAN emulation', LinkType.SUNATM, octets('01 00 0001 0000', FRAME)),
  sample('SLIP', LinkType.SLIP, octets('00 40', new Uint8Array(14), V4)),
  sample('enc', LinkType.ENC, octets(le32(2), be32(7), be32(0), V4)),
  sample('pflog', LinkType.PFLOG, octets(61, 24, new Uint8Array(62), V6), 6),
  sample('ipnet', LinkType.IPNET, octets('0102', new Uint8Array(22), V4)),
  sample('DOCSIS', LinkType.DOCSIS, octets('01 02', be16(FRAME.length + 2), '0000 0000', FRAME)),
  sample('Juniper Ethernet', LinkType.JUNIPER_ETHER, octets('4d4743 80 0002 0000', FRAME)),
  sample('Juniper PPP without layer 2', LinkType.JUNIPER_PPP, octets('4d4743 02 00000002', V4)),
  sample('Juniper Frame Relay', LinkType.JUNIPER_FRELAY, octets('4d4743 00 1841 03 cc', V4)),
  sample('Juniper Cisco HDLC', LinkType.JUNIPER_CHDLC, octets('4d4743 00 0f00 0800', V4)),
  sample(
    'ERF with an extension',
    LinkType.ERF,
    octets(new Uint8Array(8), '82 00', be16(0), be16(0), be16(0), new Uint8Array(8), '0000', FRAME),
  ),
  sample('exported PDU', LinkType.UPPER_PDU, octets(be16(12), be16(4), '69700000', be16(0), be16(0), V4)),
  sample('netANALYZER', LinkType.NETANALYZER, octets(new Uint8Array(4), FRAME, '00000000')),
  sample('netANALYZER transparent', LinkType.NETANALYZER_TRANSPARENT, octets(new Uint8Array(12), FRAME, '00000000')),
  sample('802.3br', LinkType.ETHERNET_MPACKET, octets('55555555555555d5', FRAME, '00000000')),
  sample('Marvell DSA', LinkType.DSA_TAG_DSA, octets(FRAME.subarray(0, 12), '00000000', FRAME.subarray(12))),
  sample('Marvell EDSA', LinkType.DSA_TAG_EDSA, octets(FRAME.subarray(0, 12), 'dada000000000000', FRAME.subarray(12))),
  sample('Broadcom tag', LinkType.DSA_TAG_BRCM, octets(FRAME.subarray(0, 12), '00000000', FRAME.subarray(12))),
  sample('Broadcom tag in front', LinkType.DSA_TAG_BRCM_PREPEND, octets('00000000', FRAME)),
  sample('TZSP as link type', LinkType.TZSP, octets('0100 0001 0a0100 01', FRAME)),
];

export const TUNNEL_SAMPLES: readonly SampleFrame[] = [
  onEthernet('IP in IP', tunnel(4, V4)),
  onEthernet('6in4', tunnel(41, V6), 6),
  onEthernet('IPv4 in IPv6', ethernet(0x86dd, ipv6(V4, { nextHeader: 4 }))),
  onEthernet('three times IP', tunnel(4, ipv4(V4, { protocol: 4, ...OUTER }))),
  onEthernet('EtherIP', tunnel(97, octets('3000', FRAME))),
  onEthernet('Ethernet in SRv6', ethernet(0x86dd, ipv6(octets(143, '00 04 00 00000000', FRAME), { nextHeader: 43 }))),
  onEthernet('MPLS in IP', tunnel(137, octets('00011140', V4))),
  onEthernet('AH', ethernet(0x0800, ipv4(octets('06 04 0000', new Uint8Array(20), tcp()), { protocol: 51 }))),
  onEthernet('GRE', tunnel(47, octets('0000 0800', V4))),
  onEthernet('GRE with checksum, key and number', tunnel(47, octets('b000 86dd', new Uint8Array(12), V6)), 6),
  onEthernet('GRE with a source route', tunnel(47, octets('4000 0800 00000000 0800 0004 cb007101 00000000', V4))),
  onEthernet('NVGRE', tunnel(47, octets('2000 6558 00006400', FRAME))),
  onEthernet('PPTP', tunnel(47, octets('3081 880b', new Uint8Array(12), 'ff03 0021', V4))),
  onEthernet('MikroTik EoIP', tunnel(47, octets('2001 6400', be16(FRAME.length), '0100', FRAME))),
  onEthernet('WCCP 2', tunnel(47, octets('0000 883e 00000000', V4))),
  onEthernet('GRE with Aruba 802.11', tunnel(47, octets('0000 8200', QOS_DATA, snap(0x0800, V4)))),
  onEthernet('ERSPAN I', tunnel(47, octets('0000 88be', FRAME))),
  onEthernet('ERSPAN II', tunnel(47, octets('1000 88be 00000001 1001000000000000', FRAME))),
  onEthernet('ERSPAN III', tunnel(47, octets('1000 22eb 00000001 20010000 00000000 00000000', FRAME))),
  onEthernet(
    'ERSPAN III with subheader',
    tunnel(47, octets('1000 22eb 00000001 20010000 00000000 00000001 0000000000000000', FRAME)),
  ),
  onEthernet('VXLAN', udpTunnel(4789, octets('08000000 00006400', FRAME))),
  onEthernet('VXLAN of old Linux', udpTunnel(8472, octets('08000000 00006400', FRAME))),
  onEthernet('VXLAN-GPE', udpTunnel(4790, octets('0c000002 00006400', V6)), 6),
  onEthernet('VXLAN-GPE with NSH', udpTunnel(4790, octets('0c000004 00006400 0002 0201 00000100', V4))),
  onEthernet('Geneve', udpTunnel(6081, octets('0100 6558 00006400 00000000', FRAME))),
  onEthernet('Geneve with IPv4', udpTunnel(6081, octets('0000 0800 00006400', V4))),
  onEthernet('GTP-U', udpTunnel(2152, octets('30ff', be16(V4.length), '00000001', V4))),
  onEthernet(
    'GTP-U with extension',
    udpTunnel(2152, octets('34ff', be16(V4.length + 8), '00000001 00000085 01000000', V4)),
  ),
  onEthernet('L2TP', udpTunnel(1701, octets('0002 0001 0001 ff03 0021', V4))),
  onEthernet(
    'L2TP with length, number and offset',
    udpTunnel(1701, octets('4a02', be16(18 + V4.length), '0001 0001 0000 0000 0002 0000 0021', V4)),
  ),
  onEthernet('L2TPv3', tunnel(115, octets('00000001 00000000', FRAME))),
  onEthernet('L2TPv3 over UDP', udpTunnel(1701, octets('0003 0000 00000001', FRAME))),
  onEthernet('Teredo', udpTunnel(3544, V6), 6),
  onEthernet(
    'Teredo with authentication and origin',
    udpTunnel(3544, octets('0001 0000 0000000000000000 00 0000 0000 00000000', V6)),
    6,
  ),
  onEthernet('LISP', udpTunnel(4341, octets('8000000000000000', V4))),
  onEthernet('AYIYA', udpTunnel(5072, octets('41 52 11 29 00000000', new Uint8Array(16 + 20), V6)), 6),
  onEthernet('CAPWAP', udpTunnel(5247, octets('00 100200 00000000', FRAME))),
  onEthernet('GRE in UDP', udpTunnel(4754, octets('0000 0800', V4))),
  onEthernet('MPLS in UDP', udpTunnel(6635, octets('00011140', V4))),
  onEthernet('TZSP', udpTunnel(37008, octets('0100 0001 01', FRAME))),
];

export const HEADER_SAMPLES: readonly SampleFrame[] = [
  onEthernet('IPv4 with options', ethernet(0x0800, ipv4(tcp(), { options: '94040000 01010100' }))),
  onEthernet('a first fragment', ethernet(0x0800, ipv4(tcp(), { fragment: 0x2000 }))),
  onEthernet('segmentation offload', ethernet(0x0800, ipv4(tcp(), { totalLen: 0 }))),
  onEthernet('IPv6 hop-by-hop', ethernet(0x86dd, ipv6(octets('06 00 0104 00000000', tcp()), { nextHeader: 0 })), 6),
  onEthernet(
    'IPv6 routing',
    ethernet(0x86dd, ipv6(octets('06 02 0001', new Uint8Array(20), tcp()), { nextHeader: 43 })),
    6,
  ),
  onEthernet(
    'IPv6 destination options',
    ethernet(0x86dd, ipv6(octets('06 00 0104 00000000', tcp()), { nextHeader: 60 })),
    6,
  ),
  onEthernet(
    'IPv6 first fragment',
    ethernet(0x86dd, ipv6(octets('06 00 0001 00000001', tcp()), { nextHeader: 44 })),
    6,
  ),
  onEthernet('IPv6 AH', ethernet(0x86dd, ipv6(octets('06 04 0000', new Uint8Array(20), tcp()), { nextHeader: 51 })), 6),
  onEthernet('IPv6 mobility', ethernet(0x86dd, ipv6(octets('06 00 0000 00000000', tcp()), { nextHeader: 135 })), 6),
  onEthernet(
    'IPv6 jumbogram',
    ethernet(0x86dd, ipv6(octets('06 00 c204', be32(8 + tcp().length), tcp()), { nextHeader: 0, payloadLen: 0 })),
    6,
  ),
  onEthernet('IPv6 with BIG TCP', ethernet(0x86dd, ipv6(tcp(), { payloadLen: 0 })), 6),
];

export const SAMPLE_FRAMES: readonly SampleFrame[] = [...LINK_SAMPLES, ...TUNNEL_SAMPLES, ...HEADER_SAMPLES];
