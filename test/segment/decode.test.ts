import { describe, expect, it } from 'vitest';
import { AddressTable } from '../../src/segment/address-table.js';
import { SegmentDecoder } from '../../src/segment/decode.js';
import { SegmentBatch, SegmentOption } from '../../src/segment/segment-batch.js';
import { LinkType } from '../../src/wire/link-type.js';
import { be16, ethernet, ipv4, ipv6, octets, OUTER, PAYLOAD_LEN, snap, tcp, udp } from '../wire/support/octets.js';
import { SAMPLE_FRAMES } from '../wire/support/sample-frames.js';
import { decode, frameOf } from './support/decoding.js';

describe('SegmentDecoder', () => {
  it.each(SAMPLE_FRAMES)('finds the segment in $name', ({ linkType, octets: frame, family }) => {
    const { stop, rows } = decode(frame, { linkType, around: 0x5a });
    expect(stop).toBe('segment');
    expect(rows).toEqual([
      {
        src: family === 4 ? '192.0.2.1' : '2001:db8::1',
        dst: family === 4 ? '198.51.100.7' : '2001:db8::2',
        srcPort: 40000,
        dstPort: 443,
        seq: 1000,
        ack: 2000,
        flags: 0x18,
        window: 512,
        payloadLen: PAYLOAD_LEN,
        options: SegmentOption.TIMESTAMP | (family === 4 ? SegmentOption.IP_ID : 0),
        ttl: 64,
        tsval: 100,
        tsecr: 200,
      },
    ]);
  });

  it('notes frame number, time and identification of the record', () => {
    const { batch } = decode(ethernet(0x0800, ipv4(tcp())));
    expect([batch.frame[0], batch.timeNs[0], batch.ipId[0]]).toEqual([3, 17, 0x1234]);
  });

  it('appends each segment of an 802.11 aggregate, up to the room there is', () => {
    const msdu = snap(0x0800, ipv4(tcp()));
    const padding = new Uint8Array((4 - ((14 + msdu.length) % 4)) % 4);
    const subframe = octets('00005e005301 00005e005302', be16(msdu.length), msdu, padding);
    const frame = octets('8802 0000 00005e005301 00005e005302 00005e005303 0000 8000', subframe, subframe, subframe);
    const { rows, batch } = decode(frame, { linkType: LinkType.IEEE802_11 });
    expect(rows.map((row) => row.payloadLen)).toEqual([PAYLOAD_LEN, PAYLOAD_LEN, PAYLOAD_LEN]);
    expect([...batch.frame.subarray(0, 3)]).toEqual([3, 3, 3]);

    const decoder = new SegmentDecoder(new AddressTable());
    const small = new SegmentBatch(2);
    decoder.decode(frameOf(frame, { linkType: LinkType.IEEE802_11 }), small);
    expect([small.length, decoder.tcpPackets]).toEqual([2, 1]);
  });

  it('counts each frame under exactly one reason', () => {
    const decoder = new SegmentDecoder(new AddressTable());
    const batch = new SegmentBatch(8);
    const frames = [
      ethernet(0x0800, ipv4(tcp())),
      ethernet(0x0800, ipv4(tcp(), { fragment: 1 })),
      ethernet(0x0806, ''),
      ethernet(0x9999, ''),
      ethernet(0x0800, ipv4('aabb')),
    ];
    for (const frame of frames) decoder.decode(frameOf(frame), batch);
    expect(decoder.describeStops().map(({ reason, group, packets }) => [reason, group, packets])).toEqual([
      ['segment', 'segment', 1],
      ['arp', 'not-tcp', 1],
      ['later-fragment', 'later-fragment', 1],
      ['unknown-protocol', 'undecoded', 1],
      ['tcp-too-short', 'tcp-undecoded', 1],
    ]);
    expect([decoder.tcpPackets, decoder.undecodedPackets]).toEqual([2, 1]);
    decoder.clear();
    expect(decoder.describeStops()).toEqual([]);
  });
});

describe('frames that hold no TCP of their own', () => {
  const quoted = octets('03 03 0000 00000000', ipv4(tcp()));
  const quotedV6 = octets('01 04 0000 00000000', ipv6(tcp()));
  it.each([
    ['a TCP header quoted by ICMP', ethernet(0x0800, ipv4(quoted, { protocol: 1 })), 'quoted-in-icmp'],
    ['a TCP header quoted by ICMPv6', ethernet(0x86dd, ipv6(quotedV6, { nextHeader: 58 })), 'quoted-in-icmp'],
    [
      'a UDP header quoted by ICMP',
      ethernet(0x0800, ipv4(octets('03030000 00000000', ipv4(udp(53, ''), { protocol: 17 })), { protocol: 1 })),
      'icmp',
    ],
    ['a ping', ethernet(0x0800, ipv4('0800 0000 0000 0000', { protocol: 1 })), 'icmp'],
    ['DNS', ethernet(0x0800, ipv4(udp(53, 'aabb'), { protocol: 17 })), 'udp'],
    ['a fragment after the first', ethernet(0x0800, ipv4(tcp(), { fragment: 0x2001 })), 'later-fragment'],
    [
      'an IPv6 fragment after the first',
      ethernet(0x86dd, ipv6(octets('06 00 0008 00000001', tcp()), { nextHeader: 44 })),
      'later-fragment',
    ],
    ['OSPF', ethernet(0x0800, ipv4('', { protocol: 89 })), 'other-ip-protocol'],
    ['no next header', ethernet(0x86dd, ipv6('', { nextHeader: 59 })), 'other-ip-protocol'],
    ['ARP', ethernet(0x0806, new Uint8Array(28)), 'arp'],
    ['spanning tree', ethernet(38, octets('424203', new Uint8Array(35))), 'not-ip'],
    ['LLDP', ethernet(0x88cc, ''), 'not-ip'],
    ['IPX without LLC', ethernet(30, octets('ffff', new Uint8Array(28))), 'not-ip'],
    ['PPPoE discovery', ethernet(0x8863, '1109 0000 0000'), 'tunnel-control'],
    [
      'GTP-U echo',
      ethernet(0x0800, ipv4(udp(2152, '3201 0004 00000000 00000000'), { protocol: 17 })),
      'tunnel-control',
    ],
    [
      'L2TP control',
      ethernet(0x0800, ipv4(udp(1701, 'c802 000c 0000 0000 0000 0000'), { protocol: 17 })),
      'tunnel-control',
    ],
    [
      'a Teredo bubble',
      ethernet(0x0800, ipv4(udp(3544, ipv6('', { nextHeader: 59 })), { protocol: 17 })),
      'other-ip-protocol',
    ],
  ])('%s', (_, frame, reason) => {
    const { stop, rows, decoder } = decode(frame);
    expect([stop, rows.length, decoder.tcpPackets, decoder.undecodedPackets]).toEqual([reason, 0, 0, 0]);
  });

  it('802.11 beacons and null frames', () => {
    expect(decode(octets('8000', new Uint8Array(30)), { linkType: LinkType.IEEE802_11 }).stop).toBe(
      'wlan-without-data',
    );
    expect(decode(octets('4801', new Uint8Array(22)), { linkType: LinkType.IEEE802_11 }).stop).toBe(
      'wlan-without-data',
    );
  });

  it('link types of buses and radios', () => {
    expect(decode(new Uint8Array(16), { linkType: 227 }).stop).toBe('link-without-ip');
  });
});

describe('frames of which nobody can say', () => {
  it.each([
    ['an unknown link type', new Uint8Array(60), 60000, 'unknown-link-type'],
    ['an unknown EtherType', ethernet(0x9999, tcp()), 1, 'unknown-protocol'],
    ['ESP', ethernet(0x0800, ipv4(new Uint8Array(40), { protocol: 50 })), 1, 'encrypted'],
    ['ESP in UDP', ethernet(0x0800, ipv4(udp(4500, '00000001 00000001'), { protocol: 17 })), 1, 'encrypted'],
    ['encrypted 802.11', octets('8842', new Uint8Array(60)), 105, 'encrypted'],
    ['encrypted MACsec', ethernet(0x88e5, octets('0c00', new Uint8Array(40))), 1, 'encrypted'],
    ['IPComp', ethernet(0x0800, ipv4(new Uint8Array(40), { protocol: 108 })), 1, 'compressed'],
    ['a version that is neither 4 nor 6', ethernet(0x0800, octets(0x51, new Uint8Array(40))), 1, 'bad-ip-version'],
    ['a header length below 20', ethernet(0x0800, octets(0x44, new Uint8Array(40))), 1, 'bad-ip-length'],
    ['a total length below the header', ethernet(0x0800, ipv4(tcp(), { totalLen: 19 })), 1, 'bad-ip-length'],
    ['half an IP header', ethernet(0x0800, ipv4(tcp()).subarray(0, 19)), 1, 'too-short'],
    ['a runt', octets('00005e'), 1, 'too-short'],
    ['an empty frame', octets(), 1, 'too-short'],
    ['IP in IP without end', nestedIp(80), 101, 'too-many-layers'],
  ])('%s', (_, frame, linkType, reason) => {
    const { stop, rows, decoder } = decode(frame, { linkType });
    expect([stop, rows.length, decoder.tcpPackets, decoder.undecodedPackets]).toEqual([reason, 0, 0, 1]);
  });

  it('a frame that the snap length cut before its protocol', () => {
    const { stop, decoder } = decode(ethernet(0x0800, ipv4(tcp())), { capturedLen: 20, originalLen: 71 });
    expect([stop, decoder.undecodedPackets]).toEqual(['snap-length', 1]);
  });
});

describe('TCP headers that cannot be read', () => {
  it.each([
    ['no octet of it', ethernet(0x0800, ipv4('')), 'tcp-too-short'],
    ['a tiny first fragment', ethernet(0x0800, ipv4(tcp().subarray(0, 8), { fragment: 0x2000 })), 'tcp-too-short'],
    ['a data offset below five', ethernet(0x0800, ipv4(tcp({ dataOffset: 4 }))), 'tcp-bad-data-offset'],
    ['a data offset beyond the packet', ethernet(0x0800, ipv4(tcp({ dataOffset: 15 }))), 'tcp-bad-data-offset'],
    ['Van Jacobson compression', octets('002d', new Uint8Array(20)), 'tcp-compressed'],
  ])('%s counts as a TCP packet', (name, frame, reason) => {
    const { stop, rows, decoder } = decode(frame, { linkType: name.startsWith('Van') ? LinkType.PPP : 1 });
    expect([stop, rows.length, decoder.tcpPackets, decoder.undecodedPackets]).toEqual([reason, 0, 1, 0]);
  });

  it('a header that the snap length cut counts as a TCP packet', () => {
    const { stop, decoder } = decode(ethernet(0x0800, ipv4(tcp())), { capturedLen: 14 + 20 + 15, originalLen: 71 });
    expect([stop, decoder.tcpPackets]).toEqual(['tcp-snap-length', 1]);
  });

  it('the outer header of a tunnel does not stand in for an inner one that was cut', () => {
    const frame = ethernet(0x0800, ipv4(ipv4(tcp()), { protocol: 4, ...OUTER }));
    expect(decode(frame, { capturedLen: 14 + 20 + 30, originalLen: frame.length }).rows).toEqual([]);
  });
});

function nestedIp(times: number): Uint8Array {
  let packet = ipv4(tcp());
  for (let i = 0; i < times; i += 1) packet = ipv4(packet, { protocol: 4 });
  return packet;
}
