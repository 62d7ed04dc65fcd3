import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressValue } from '../../src/packets/address-value.js';
import { AddressTable } from '../../src/segment/address-table.js';

const word = fc.oneof(fc.constant(0), fc.constant(0xffff), fc.integer({ min: 0, max: 0xffffffff }));

describe('an address as the database writes it is the number that the decoder gives it', () => {
  it('IPv6, with zeros left out anywhere', () => {
    fc.assert(
      fc.property(word, word, word, word, (a, b, c, d) => {
        const table = new AddressTable();
        const value = table.internWords(a, b, c, d);
        expect(addressValue(table.text(6, value), table)).toEqual({ family: 6, value });
      }),
    );
  });

  it.each(['::', '::1', '2001:db8::', '::ffff:192.0.2.1', '1:2:3:4:5:6:7:8'])('%s', (ip) => {
    const table = new AddressTable();
    expect(table.text(6, addressValue(ip, table).value)).toBe(ip);
  });

  it.each(['0.0.0.0', '192.0.2.1', '255.255.255.255'])('%s', (ip) => {
    const table = new AddressTable();
    expect(table.text(4, addressValue(ip, table).value)).toBe(ip);
  });
});
