import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { AddressTable, ipv4Text, ipv6Text } from '../../src/segment/address-table.js';

function viewOf(text: string): DataView {
  return new DataView(Uint8Array.from(ipaddr.IPv6.parse(text).toByteArray()).buffer);
}

/** 16 octets, most of them 0, as addresses are. */
const addressOctets = fc.array(fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 255 })), {
  minLength: 16,
  maxLength: 16,
});

describe('AddressTable', () => {
  it('numbers addresses in order of appearance and knows them again', () => {
    const table = new AddressTable();
    const numbers = ['2001:db8::1', '2001:db8::2', '2001:db8::1', '::'].map((text) => table.intern(viewOf(text), 0));
    expect(numbers).toEqual([0, 1, 0, 2]);
    expect(table.size).toBe(3);
  });

  it('keeps every address when it grows', () => {
    const table = new AddressTable();
    for (let i = 0; i < 20000; i += 1) expect(table.internWords(0x20010db8, 0, i % 7, i)).toBe(i);
    for (let i = 0; i < 20000; i += 1) expect(table.internWords(0x20010db8, 0, i % 7, i)).toBe(i);
    expect(table.text(6, 19999)).toBe('2001:db8::4e1f');
  });

  it('gives back the octets', () => {
    fc.assert(
      fc.property(addressOctets, (given) => {
        const table = new AddressTable();
        const number = table.intern(new DataView(Uint8Array.from(given).buffer), 0);
        const out = new Uint8Array(16);
        table.write(number, new DataView(out.buffer), 0);
        expect([...out]).toEqual(given);
      }),
    );
  });

  it('orders as the octets do', () => {
    const table = new AddressTable();
    const [a, b, c] = ['2001:db8::ff', '2001:db8::1:0', '2001:db7:ffff::'].map((text) => table.intern(viewOf(text), 0));
    expect(table.compare(a!, b!)).toBeLessThan(0);
    expect(table.compare(b!, c!)).toBeGreaterThan(0);
    expect(table.compare(a!, a!)).toBe(0);
  });
});

describe('address text', () => {
  it.each([
    ['2001:db8::1', '2001:db8::1'],
    ['2001:0DB8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['64:ff9b::c000:201', '64:ff9b::c000:201'],
  ])('writes %s as %s', (given, expected) => {
    const table = new AddressTable();
    expect(table.text(6, table.intern(viewOf(given), 0))).toBe(expected);
  });

  it('agrees with ipaddr.js on every IPv6 address that is not IPv4-mapped', () => {
    fc.assert(
      fc.property(addressOctets, (given) => {
        const address = new ipaddr.IPv6(given);
        fc.pre(!address.isIPv4MappedAddress());
        const view = new DataView(Uint8Array.from(given).buffer);
        expect(ipv6Text(view.getUint32(0), view.getUint32(4), view.getUint32(8), view.getUint32(12))).toBe(
          address.toRFC5952String(),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('agrees with ipaddr.js on IPv4', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (n) => {
        expect(ipv4Text(n)).toBe(new ipaddr.IPv4([n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]).toString());
      }),
    );
  });
});

describe('a table in another thread', () => {
  it('has the same numbers once it was given the words of the first, in pieces', () => {
    const [one, other] = [new AddressTable(), new AddressTable()];
    for (const upTo of [3, 3, 2000]) {
      for (let i = 0; i < upTo; i += 1) one.internWords(0x20010db8, 0, 0, i * 7);
      other.addWords(one.wordsFrom(other.size));
      expect(other.size).toBe(one.size);
    }
    for (let number = 0; number < one.size; number += 1) expect(other.text(6, number)).toBe(one.text(6, number));
  });
});
