import { describe, expect, it } from 'vitest';
import { SegmentOption } from '../../src/segment/segment-batch.js';
import { ethernet, ipv4, tcp, type Part } from '../wire/support/octets.js';
import { decode, type FrameFacts } from './support/decoding.js';

/** A SYN with these options, and the bits found beside IP_ID. */
function syn(options: Part, facts: FrameFacts = {}): { bits: number; batch: ReturnType<typeof decode>['batch'] } {
  const { batch } = decode(ethernet(0x0800, ipv4(tcp({ options, payload: '', flags: 2 }))), facts);
  return { bits: batch.options[0]! & ~SegmentOption.IP_ID, batch };
}

const LINUX_SYN = '020405b4 0402 080a 00000001 00000000 01 030307';
const HEADERS = 14 + 20 + 20;

describe('TCP options', () => {
  it('reads those of a Linux SYN', () => {
    const { bits, batch } = syn(LINUX_SYN);
    expect(bits).toBe(SegmentOption.MSS | SegmentOption.TIMESTAMP | SegmentOption.WINDOW_SCALE);
    expect([batch.mss[0], batch.windowShift[0], batch.tsval[0], batch.tsecr[0]]).toEqual([1460, 7, 1, 0]);
  });

  it.each([
    ['a timestamp in front', '080a 7fffffff 80000000 0101', SegmentOption.TIMESTAMP],
    ['a timestamp behind the end of the list', '00000000 080a 00000001 00000002 0101', 0],
    ['a timestamp of a wrong length', '0809 00000001 000000 010101', 0],
    ['one SACK block', '0101 050a 00000001 00000002', SegmentOption.SACK],
    ['a SACK option without block', '0101 0502', 0],
    ['SACK permitted', '0101 0402', 0],
    ['Fast Open', '2206 01020304 0101', SegmentOption.FAST_OPEN],
    ['Fast Open of the experiment', 'fe04 f989', SegmentOption.FAST_OPEN],
    ['another experiment', 'fe04 e2d4', 0],
    ['MD5', '1312 00000000 00000000 00000000 00000000 0101', SegmentOption.AUTH_OR_MPTCP],
    ['TCP-AO', '1d04 0000', SegmentOption.AUTH_OR_MPTCP],
    ['MPTCP', '1e04 0000', SegmentOption.AUTH_OR_MPTCP],
    ['an unknown kind before MSS', 'fd04 0000 02040218', SegmentOption.MSS],
    ['a length of zero, which ends the walk', '0900 0000 020405b4', 0],
    ['a length of one', '0901 0000 020405b4', 0],
    ['a length beyond the header', '02ff05b4', 0],
    ['a kind without length at the end', '010101 02', 0],
    ['no options', '', 0],
  ])('%s', (_, options, expected) => {
    expect(syn(options).bits).toBe(expected);
  });

  it('keeps the extreme values of a timestamp', () => {
    const { batch } = syn('0101080a ffffffff 80000000');
    expect([batch.tsval[0], batch.tsecr[0]]).toEqual([0xffffffff, 0x80000000]);
  });

  it('keeps the first of several SACK blocks', () => {
    const { batch } = syn('0101 0512 fffffff0 00000010 00000001 00000002');
    expect([batch.sackLeft[0], batch.sackRight[0]]).toEqual([0xfffffff0, 0x10]);
  });

  it('says that options were cut by the snap length, so that none counts as absent', () => {
    expect(syn(LINUX_SYN, { capturedLen: HEADERS + 4, originalLen: HEADERS + 20 }).bits).toBe(
      SegmentOption.CUT | SegmentOption.MSS,
    );
    expect(syn(LINUX_SYN, { capturedLen: HEADERS + 8, originalLen: HEADERS + 20 }).bits).toBe(
      SegmentOption.CUT | SegmentOption.MSS,
    );
    expect(syn(LINUX_SYN, { capturedLen: HEADERS - 4, originalLen: HEADERS + 20 }).bits).toBe(SegmentOption.CUT);
  });

  it('says so of the usual timestamp layout, too', () => {
    for (let capturedLen = HEADERS; capturedLen < HEADERS + 12; capturedLen += 1) {
      const { bits } = syn('0101080a 00000001 00000002', { capturedLen, originalLen: HEADERS + 12 });
      expect(bits).toBe(SegmentOption.CUT);
    }
  });

  it('does not say so where the list had ended before the cut', () => {
    expect(syn('020405b4 00000000', { capturedLen: HEADERS + 5, originalLen: HEADERS + 8 }).bits).toBe(
      SegmentOption.MSS,
    );
  });

  it('gives SYNs of one stack one layout, whatever the values, and other orders another', () => {
    const layout = (options: Part): number => syn(options).batch.optionLayout[0]!;
    expect(layout(LINUX_SYN)).toBe(layout('02040218 0402 080a 12345678 00000000 01 030301'));
    expect(layout(LINUX_SYN)).not.toBe(layout('020405b4 01 030308 0101 0402'));
    expect(layout('01010402')).not.toBe(layout('04020101'));
  });

  it('gives no layout to segments without SYN', () => {
    const { batch } = decode(ethernet(0x0800, ipv4(tcp({ options: LINUX_SYN }))));
    expect(batch.optionLayout[0]).toBe(0);
  });

  it('gives a layout to a SYN with nothing but a timestamp', () => {
    expect(syn('0101080a 00000001 00000002').batch.optionLayout[0]).not.toBe(0);
  });
});
