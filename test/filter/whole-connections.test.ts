import { describe, expect, it } from 'vitest';
import { RecordFilter } from '../../src/filter/filter.js';

describe('a filter', () => {
  it.each([
    'tcp port 80 or 443',
    'host 192.0.2.1 and not net 10.0.0.0/8',
    'src and dst net 192.0.2.0/24',
    'vlan 5 and ip6 and portrange 1-1023',
    'ether host 1:2:3:4:5:6',
    'not (udp or arp)',
  ])('keeps connections whole where it treats both directions alike: %s', (expression) => {
    expect(new RecordFilter(expression).keepsConnectionsWhole).toBe(true);
  });

  it.each([
    'src port 80',
    'tcp and dst 192.0.2.1',
    'tcp[13] & 7 != 0',
    'less 100',
    'not (src net 192.0.2.0/24)',
    'ether dst 1:2:3:4:5:6 or tcp',
    'tcp or multicast',
  ])('may cut connections where it asks for a direction, octets or a length: %s', (expression) => {
    expect(new RecordFilter(expression).keepsConnectionsWhole).toBe(false);
  });
});
