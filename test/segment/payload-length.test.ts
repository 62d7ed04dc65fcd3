import { describe, expect, it } from 'vitest';
import { SegmentOption } from '../../src/segment/segment-batch.js';
import { ethernet, ipv4, ipv6, octets, OUTER, tcp, udp } from '../wire/support/octets.js';
import { decode, type FrameFacts } from './support/decoding.js';

function payloadLen(frame: Uint8Array, facts: FrameFacts = {}): number | undefined {
  return decode(frame, facts).rows[0]?.payloadLen;
}

const PURE_FIN = tcp({ options: '', payload: '', flags: 0x11 });

describe('the length of the payload', () => {
  it('leaves out the padding of short Ethernet frames', () => {
    expect(payloadLen(octets(ethernet(0x0800, ipv4(PURE_FIN)), new Uint8Array(6)))).toBe(0);
    expect(payloadLen(octets(ethernet(0x86dd, ipv6(PURE_FIN)), new Uint8Array(6)))).toBe(0);
  });

  it('leaves out padding in the frame that a tunnel carries', () => {
    const inner = octets(ethernet(0x0800, ipv4(PURE_FIN)), new Uint8Array(6));
    const frame = ethernet(0x0800, ipv4(udp(4789, octets('08000000 00000100', inner)), { protocol: 17, ...OUTER }));
    expect(payloadLen(frame)).toBe(0);
  });

  it.each([54, 60, 64, 66, 70])(
    'is that of the wire where the snap length cut the frame at %i octets',
    (capturedLen) => {
      const frame = ethernet(0x0800, ipv4(tcp({ payload: new Uint8Array(1000) })));
      expect(payloadLen(frame, { capturedLen, originalLen: frame.length })).toBe(1000);
    },
  );

  it('is that of the IP header where a tool cut the frame and forgot how long it had been', () => {
    const frame = ethernet(0x0800, ipv4(tcp({ payload: new Uint8Array(1000) })));
    expect(payloadLen(frame.subarray(0, 68))).toBe(1000);
    const frameV6 = ethernet(0x86dd, ipv6(tcp({ payload: new Uint8Array(1000) })));
    expect(payloadLen(frameV6.subarray(0, 88))).toBe(1000);
  });

  it('ends with the frame where the IP header claims more and its checksum is wrong', () => {
    expect(payloadLen(ethernet(0x0800, ipv4(tcp(), { totalLen: 40000, checksum: 1 })))).toBe(5);
  });

  it('is that of the inner packet where the outer one is a first fragment', () => {
    const whole = ipv4(tcp({ payload: new Uint8Array(3000) }));
    const outer = ipv4(whole.subarray(0, 1480), { protocol: 4, fragment: 0x2000, ...OUTER });
    expect(payloadLen(ethernet(0x0800, outer))).toBe(3000);
  });

  it('fills the frame under segmentation offload, but for a check sequence', () => {
    const big = tcp({ payload: new Uint8Array(60000) });
    expect(payloadLen(ethernet(0x0800, ipv4(big, { totalLen: 0 })))).toBe(60000);
    const withFcs = octets(ethernet(0x0800, ipv4(big, { totalLen: 0 })), new Uint8Array(4));
    expect(payloadLen(withFcs, { fcsLen: 4 })).toBe(60000);
    expect(payloadLen(withFcs, { fcsLen: 4, capturedLen: 100 })).toBe(60000);
  });

  it('may exceed 65 535 octets with BIG TCP, cut by the snap length or not', () => {
    const frame = ethernet(0x86dd, ipv6(tcp({ payload: new Uint8Array(180000) }), { payloadLen: 0 }));
    expect(payloadLen(frame)).toBe(180000);
    expect(payloadLen(frame, { capturedLen: 96, originalLen: frame.length })).toBe(180000);
  });

  it('comes from the jumbo payload option', () => {
    const segment = tcp({ payload: new Uint8Array(70000) });
    const length = 8 + segment.length;
    const jumbo = octets('06 00 c204', [0, length >> 16, (length >> 8) & 0xff, length & 0xff], segment);
    const frame = octets(ethernet(0x86dd, ipv6(jumbo, { nextHeader: 0, payloadLen: 0 })), new Uint8Array(4));
    expect(payloadLen(frame)).toBe(70000);
  });

  it('is what the frame holds where a damaged jumbo option announces more than sequence numbers can count', () => {
    const jumbo = octets('06 00 c204 80000000', tcp({ payload: new Uint8Array(70000) }));
    expect(payloadLen(ethernet(0x86dd, ipv6(jumbo, { nextHeader: 0, payloadLen: 0 })))).toBe(70000);
  });

  it('is 0 where a first fragment ends inside the options', () => {
    const { rows } = decode(ethernet(0x0800, ipv4(tcp({ flags: 2 }).subarray(0, 24), { fragment: 0x2000 })));
    expect(rows[0]?.payloadLen).toBe(0);
    expect(rows[0]!.options & SegmentOption.CUT).not.toBe(0);
  });

  it.each([
    [0, 0],
    [1, 1],
    [1460, 1460],
    [65535 - 52, 65535 - 52],
  ])('is %i for a payload of as many octets', (length, expected) => {
    expect(payloadLen(ethernet(0x0800, ipv4(tcp({ payload: new Uint8Array(length) }))))).toBe(expected);
  });
});
