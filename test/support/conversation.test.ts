import { describe, expect, it } from 'vitest';
import {
  capture,
  established,
  frameOctets,
  interleave,
  midway,
  parseConversation,
  print,
  swapAddresses,
} from './conversation.js';
import type { SegmentFrame } from './conversation.js';

const ENDS = 'A = 192.0.2.1:40000     B = 198.51.100.7:443';
const ENDS6 = 'A = [2001:db8::1]:40000  B = [2001:db8::2]:443';

function segments(text: string): SegmentFrame[] {
  return parseConversation(text) as SegmentFrame[];
}

/** The only segment after the usual endpoints. */
function segment(line: string): SegmentFrame {
  return segments(`${ENDS}\n${line}`)[0]!;
}

function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex');
}

/** The octets of the TCP options of a segment. */
function optionOctets(options: string): string {
  const octets = frameOctets(segment(`0 A > B S 1 <${options}>`), 'raw');
  return hex(octets.subarray(40));
}

describe('a segment', () => {
  it('becomes an Ethernet, IPv4 and TCP header in network byte order, with right checksums', () => {
    // 0.0 A > B S 1000:1000(0) win 65535 <mss 1460>
    const octets = frameOctets(segment('0.0  A > B  S  1000:1000(0) win 65535 <mss 1460> id 7'));
    expect(hex(octets)).toBe(
      [
        '0200c6336407', // to
        '0200c0000201', // from
        '0800', // IPv4
        '4500002c', // version, length 44
        '00074000', // id 7, don't fragment
        '40064e89', // ttl 64, TCP, checksum
        'c0000201', // 192.0.2.1
        'c6336407', // 198.51.100.7
        '9c4001bb', // 40000, 443
        '000003e8', // seq 1000
        '00000000',
        '6002ffff', // 6 words, SYN, window
        '0a070000', // checksum
        '020405b4', // mss 1460
      ].join(''),
    );
  });

  it('has checksums that sum up to zero, also over IPv6', () => {
    for (const ends of [ENDS, ENDS6]) {
      const [frame] = segments(`${ends}\n0 A > B P. 1:4(3) ack 9 data "abc"`);
      const packet = frameOctets(frame!, 'raw');
      const headerLen = ends === ENDS ? 20 : 40;
      const addresses = ends === ENDS ? packet.subarray(12, 20) : packet.subarray(8, 40);
      const tcp = packet.subarray(headerLen);
      const covered = [...addresses, 0, 6, 0, tcp.length, ...tcp, 0];
      let sum = 0;
      for (let i = 0; i < covered.length; i += 2) sum += covered[i]! * 256 + covered[i + 1]!;
      expect(sum % 0xffff).toBe(0);
    }
  });

  it('over IPv6 carries its length in the IPv6 header', () => {
    const [frame] = segments(`${ENDS6}\n0 A > B P. 1:4(3) ack 9 ttl 61`);
    const packet = frameOctets(frame!, 'raw');
    expect(hex(packet.subarray(0, 8))).toBe('600000000017063d'); // version 6, 23 octets, TCP, hop limit 61
    expect(hex(packet.subarray(8, 24))).toBe('20010db8000000000000000000000001');
  });

  it.each([
    ['F', 0x01],
    ['S', 0x02],
    ['R', 0x04],
    ['FPU', 0x29],
    ['SEW', 0xc2],
    ['none', 0x00],
  ])('with the flags %s has flag octet %i', (letters, flags) => {
    expect(segment(`0 A > B ${letters} 1`).flags).toBe(flags);
  });

  it('takes a range, a start with a length, or a start alone', () => {
    expect(segment('0 A > B P 1:101(100)')).toMatchObject({ seq: 1, payload: new Uint8Array(100) });
    expect(segment('0 A > B P 1(100)').payload).toHaveLength(100);
    expect(segment('0 A > B P 1:101').payload).toHaveLength(100);
    expect(segment('0 A > B P 1').payload).toHaveLength(0);
  });

  it('has numbers that are sums and wrap at 2^32', () => {
    expect(segment('0 A > B R 4294967295+2').seq).toBe(1);
    expect(segment('0 A > B R 5-6').seq).toBe(0xffffffff);
    expect(segment('0 A > B P 4294967290:4(10)').payload).toHaveLength(10);
  });

  it('counts IP ids for each address and port, with 0 for SYN-ACK and for RST without ACK, as Linux does', () => {
    const ids = segments(`${ENDS}
      0 A > B S 1
      1 B > A S. 1 ack 2
      2 A > B . 2 ack 2
      3 A > B . 2 ack 2
      4 B > A . 2 ack 2
      5 B > A R 2`).map(({ id }) => id);
    expect(ids[1]).toBe(0);
    expect(ids[5]).toBe(0);
    expect([ids[2]! - ids[0]!, ids[3]! - ids[0]!]).toEqual([1, 2]);
    expect(ids[4]).not.toBe(0);
  });

  it('takes further facts in any order, as `key value` or `key=value`', () => {
    const frame = segment(
      '0 A > B P. 1:3(2) win=5 ttl 63 ack=9 id 0 urg=2 nodf if 1 cut=60 data="hi" iplen 0 doff 4 sum 1',
    );
    expect(frame).toMatchObject({ window: 5, ttl: 63, ack: 9, id: 0, urgent: 2, dontFragment: false, interfaceId: 1 });
    expect(frame).toMatchObject({ cut: 60, ipLength: 0, dataOffset: 4, checksum: 1 });
    expect(Buffer.from(frame.payload).toString()).toBe('hi');
  });

  it('carries VLAN tags, the outer one as a service tag', () => {
    const octets = frameOctets(segment('0 A > B S 1 @vlan 5 @vlan 6'));
    expect(hex(octets.subarray(12, 22))).toBe('88a80005' + '81000006' + '0800');
  });
});

describe('options', () => {
  it.each([
    // mss, sackOK with TS, nop before wscale: the SYN of Linux
    ['mss 1460, sackOK, TS val 1 ecr 2, wscale 7', '020405b4' + '0402080a' + '00000001' + '00000002' + '01030307'],
    ['TS val 4294967295 ecr 0', '0101080a' + 'ffffffff' + '00000000'],
    ['sackOK', '01010402'],
    ['sack 1:2 3:4', '01010512' + '00000001' + '00000002' + '00000003' + '00000004'],
    ['fastopen', '01012202'],
    ['fastopen 0102030405060708', '0101220a' + '01020304' + '05060708'],
    ['kind 30 00', '01' + '1e0300'],
  ])('%s without nops are laid out as Linux does', (options, octets) => {
    expect(optionOctets(options)).toBe(octets);
  });

  it('with a nop or eol are written as they stand and end with zeros', () => {
    expect(optionOctets('nop, wscale 7')).toBe('01030307');
    expect(optionOctets('wscale 7, nop, nop')).toBe('0303070101000000');
    expect(optionOctets('eol')).toBe('00000000');
  });
});

describe('lines', () => {
  it('may be comments, blank, or in any indentation', () => {
    expect(segments(`\n# first\n   ${ENDS} # ends\n\t0.5 A > B S 1 # "syn"\n`)).toHaveLength(1);
  });

  it('with + count time from the line before', () => {
    const times = segments(`${ENDS}\n1.5 A > B S 1\n+0.000000001 A > B S 1\n+2 A > B S 1`).map(({ timeNs }) => timeNs);
    expect(times).toEqual([1_500_000_000, 1_500_000_001, 3_500_000_001]);
  });

  it('that name an endpoint again switch it from there on', () => {
    const [first, second] = segments(`${ENDS}\n0 A > B S 1\nA = 192.0.2.1:40001\n1 A > B S 1`);
    expect([first!.from.port, second!.from.port]).toEqual([40000, 40001]);
  });

  it('after `relative` count from the ISNs, after `absolute` no longer', () => {
    const frames = segments(`${ENDS}
      relative
      0 A > B S 1000
      1 B > A S. 5000 ack 1
      2 A > B P. 1:11(10) ack 1
      3 B > A . -1 ack 11 <sack 20:30>
      4 B > A R =7
      absolute
      5 A > B R 1011`);
    expect(frames.map(({ seq }) => seq)).toEqual([1000, 5000, 1001, 4999, 7, 1011]);
    expect(frames.map(({ ack }) => ack)).toEqual([0, 1001, 5001, 1011, 0, 0]);
    expect(hex(frames[3]!.options.at(-1)!.data)).toBe('000003fc' + '00000406'); // 1020, 1030
  });

  it('with `copy` repeat the frame before octet for octet, save for what is said', () => {
    const frames = segments(`${ENDS}\n0 A > B S 1\n1 copy\n2 copy ttl 63`);
    expect(frameOctets(frames[1]!)).toEqual(frameOctets(frames[0]!));
    expect(frames[2]).toMatchObject({ ttl: 63, id: frames[0]!.id, timeNs: 2e9 });
  });

  it('with `raw` hold any frame', () => {
    const [frame] = parseConversation('0.5 raw ffff ffff0806 cut 4');
    expect(frame).toMatchObject({ raw: Uint8Array.of(255, 255, 255, 255, 8, 6), cut: 4, timeNs: 5e8 });
  });
});

describe('a mistake is named with its line', () => {
  it.each([
    ['0 A > B', 'expected the sequence numbers'],
    ['0 A > C S 1', 'C has no address yet'],
    ['0 A > B S 1:5(3)', 'are 4 octets'],
    ['0 A > B Q 1', 'Q is no TCP flag'],
    ['0 A > B SS 1', 'the flag S is there twice'],
    ['0 A > B . 1', 'needs `ack N`'],
    ['0 A > B S 1 ack 2', '`ack` without the flag'],
    ['0 A > B S 1 <ts 1>', 'ts is no TCP option'],
    ['0 A > B S 1 <TS val 1>', 'write `TS val N ecr N`'],
    ['0 A > B S 1 <sack 1:2 3:4 5:6 7:8, TS val 1 ecr 1>', 'there is room for 40'],
    ['0 A > B S 1 colour 5', 'colour is unknown'],
    ['0 A > B S 1 ttl 256', 'ttl needs a number from 0 to 255'],
    ['0 A > B P 1:3(2) data "x"', 'the text has 1 octets'],
    ['0 copy', 'there is none'],
    ['A = 192.0.2.300:5', 'is no address'],
    ['A = 192.0.2.3:70000', 'port 70000 is above 65535'],
    ['hello', 'expected a packet'],
    ['1.x A > B S 1', 'is no time'],
    ['relative\n0 A > B P 5', 'relative to an ISN'],
  ])('%s', (line, problem) => {
    const text = `${ENDS}\n${line}`;
    expect(() => parseConversation(text)).toThrow(problem);
    expect(() => parseConversation(text)).toThrow(`conversation line ${line.includes('\n') ? 3 : 2}:`);
  });

  it('also where the endpoints are of different IP versions', () => {
    expect(() => parseConversation('A = 192.0.2.1:1 B = [2001:db8::1]:2\n0 A > B S 1')).toThrow(
      'different IP versions',
    );
  });
});

describe('a capture', () => {
  const TEXT = `${ENDS}\n1.000002003 A > B S 1 id 0 cut 20`;
  const FRAME = '0200c63364070200c0000201080045000028'.slice(0, 40) + '0000'; // 20 octets

  it('in pcap has microseconds, in the byte order asked for', () => {
    const header = 'd4c3b2a1' + '02000400' + '00000000' + '00000000' + '00000400' + '01000000';
    const record = '01f15365' + '02000000' + '14000000' + '36000000'; // 1 700 000 001 s, 2 µs, 20 of 54 octets
    expect(hex(capture(TEXT))).toBe(header + record + FRAME);
    expect(hex(capture(TEXT, { format: 'pcap-be' }))).toBe(
      'a1b2c3d4' +
        '00020004' +
        '00000000' +
        '00000000' +
        '00040000' +
        '00000001' +
        '6553f101' +
        '00000002' +
        '00000014' +
        '00000036' +
        FRAME,
    );
  });

  it('in pcap-ns has nanoseconds', () => {
    const octets = capture(TEXT, { format: 'pcap-ns' });
    expect(hex(octets.subarray(0, 4))).toBe('4d3cb2a1');
    expect(hex(octets.subarray(28, 32))).toBe('d3070000'); // 2003 ns
  });

  it('in pcapng has a section, the interfaces used, and nanoseconds', () => {
    const octets = capture(`${TEXT} if 1`, { format: 'pcapng' });
    const description =
      '01000000' + '20000000' + '01000000' + '00000400' + '09000100' + '09000000' + '00000000' + '20000000';
    expect(hex(octets)).toBe(
      ['0a0d0d0a', '1c000000', '4d3c2b1a', '01000000', 'ffffffffffffffff', '1c000000'].join('') +
        description +
        description +
        [
          '06000000',
          '34000000',
          '01000000',
          time(1_700_000_001_000_002_003n),
          '14000000',
          '36000000',
          FRAME,
          '34000000',
        ].join(''),
    );
  });

  it('cuts frames by the snap length that it declares', () => {
    const octets = capture(`${ENDS}\n0 A > B S 1`, { snaplen: 30 });
    expect(octets).toHaveLength(24 + 16 + 30);
    expect(octets[16]).toBe(30);
  });

  it.each([
    ['raw', 101, '45'],
    ['null', 0, '0200000045'],
    ['sll', 113, '0000' + '0001' + '0006' + '0200c00002010000' + '0800' + '45'],
    ['sll2', 276, '0800' + '0000' + '00000002' + '0001' + '00' + '06' + '0200c00002010000' + '45'],
  ] as const)('on %s has link type %i and its header', (linkType, number, start) => {
    const octets = capture(`${ENDS}\n0 A > B S 1`, { linkType });
    expect(new DataView(octets.buffer).getUint32(20, true)).toBe(number);
    expect(hex(octets.subarray(40)).startsWith(start)).toBe(true);
  });
});

describe('print', () => {
  it('writes text that gives the same octets when read again', () => {
    const text = `${ENDS}
      0.000 A > B S 1000 <mss 1460, sackOK, TS val 1 ecr 0, wscale 7>
      0.010 B > A S. 5000 ack 1001 <mss 1460, nop, nop, fastopen 0011>
      0.011 A > B P. 1001:1004(3) ack 5001 data "a#b" @vlan 5
      A = 192.0.2.9:1
      0.5 A > B R 1 rawack 7 nodf cut 40 <kind 30 0011, sack 1:2> urg 1
      +1 copy ttl 9
      1.5 raw 00ff
      1.6 A > B . 1 ack 2 iplen 0 doff 15 sum 7 win 0`;
    const frames = parseConversation(text);
    const printed = print(frames);
    expect(print(parseConversation(printed))).toBe(printed);
    expect(capture(printed)).toEqual(capture(frames));
    expect(printed.split('\n').slice(0, 2)).toEqual([
      'A = 192.0.2.1:40000     B = 198.51.100.7:443',
      `0.000  A > B  S      1000:1000(0) win 65535 <mss 1460, sackOK, TS val 1 ecr 0, nop, wscale 7> ttl 64 id ${(frames[0] as SegmentFrame).id}`,
    ]);
  });
});

describe('the verbs', () => {
  it('write a whole connection: handshake, data, close', () => {
    const frames = segments(`${established().sends('client', 100).closedBy('server')}`);
    const shape = frames.map(({ from, flags, seq, ack, payload }) => [from.name, flags, seq, ack, payload.length]);
    expect(shape).toEqual([
      ['A', 0x02, 1000, 0, 0],
      ['B', 0x12, 5000, 1001, 0],
      ['A', 0x10, 1001, 5001, 0],
      ['A', 0x18, 1001, 5001, 100],
      ['B', 0x10, 5001, 1101, 0],
      ['B', 0x11, 5001, 1101, 0],
      ['A', 0x11, 1101, 5002, 0],
      ['B', 0x10, 5002, 1102, 0],
    ]);
  });

  it('cross the FINs of a simultaneous close: neither acknowledges the other', () => {
    const frames = segments(`${established().closedByBoth()}`).slice(3);
    expect(frames.map(({ flags, seq, ack }) => [flags, seq, ack])).toEqual([
      [0x11, 1001, 5001],
      [0x11, 5001, 1001],
      [0x10, 1002, 5002],
      [0x10, 5002, 1002],
    ]);
  });

  it('echo the timestamps that the other side sent last', () => {
    const talk = established({ timestamps: { client: 100, server: 900 }, rtt: 0.1 });
    const stamps = segments(`${talk}`).map(({ options }) => {
      const { data } = options.find(({ kind }) => kind === 8)!;
      const view = new DataView(data.buffer, data.byteOffset);
      return [view.getUint32(0), view.getUint32(4)];
    });
    expect(stamps).toEqual([
      [100, 0],
      [1000, 100],
      [300, 1000],
    ]);
    expect(talk.next).toEqual({ client: 1001, server: 5001 });
  });

  it('can begin in the middle, wait, and reset', () => {
    const talk = midway({ at: 5, timestamps: true }).waits(2).resetBy('server');
    const [frame] = segments(`${talk}`);
    expect(frame).toMatchObject({ timeNs: 7e9, flags: 0x14, seq: 5000, ack: 1000 });
    expect(hex(frame!.options.at(-1)!.data.subarray(4))).toBe((105_000).toString(16).padStart(8, '0'));
  });
});

describe('swapAddresses', () => {
  it('makes each end say what the other had said', () => {
    const text = established().closedBy('client').toString();
    const frames = segments(text);
    const swapped = segments(swapAddresses(text));
    expect(swapped.map(({ from }) => from.ip)).toEqual(frames.map(({ to }) => to.ip));
    expect(swapped.map(({ seq }) => seq)).toEqual(frames.map(({ seq }) => seq));
    expect(swapAddresses(swapAddresses(text))).toBe(text);
  });
});

describe('interleave', () => {
  it('puts the frames of several conversations in order of time', () => {
    const frames = interleave(`${established()}`, `${established({ client: '192.0.2.2:40000', at: 0.005 })}`);
    expect((frames as SegmentFrame[]).map(({ from }) => from.ip.slice(-1))).toEqual(['1', '2', '7', '7', '1', '2']);
  });
});

function time(ns: bigint): string {
  const octets = Buffer.alloc(8);
  octets.writeUInt32LE(Number(ns >> 32n), 0);
  octets.writeUInt32LE(Number(ns & 0xffffffffn), 4);
  return octets.toString('hex');
}
