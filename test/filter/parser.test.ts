import { describe, expect, it } from 'vitest';
import { parseFilter } from '../../src/filter/parser.js';
import { FilterSyntaxError } from '../../src/filter/syntax-error.js';
import { EXPRESSIONS } from './support/expressions.js';

const tree = (expression: string): unknown => parseFilter(expression);

/** What is refused, with the place in the expression: `^` under its first character, as users see it. */
function refusal(expression: string): FilterSyntaxError {
  try {
    parseFilter(expression);
  } catch (error) {
    if (error instanceof FilterSyntaxError) return error;
    throw error;
  }
  throw new Error(`${expression} was accepted`);
}

describe('an expression', () => {
  it.each(EXPRESSIONS)('is read: %s', (expression) => {
    expect(() => tree(expression)).not.toThrow();
  });

  it.each([
    ['tcp&&udp', 'tcp and udp'],
    ['tcp||udp', 'tcp or udp'],
    ['!tcp', 'not tcp'],
    ['  tcp\n and\tudp ', 'tcp and udp'],
    ['((tcp)) and (udp)', 'tcp and udp'],
    ['port 80 or 443', 'port 80 or port 443'],
    ['port (80 or 443)', 'port 80 or port 443'],
    ['tcp src port 80 and not 443', 'tcp src port 80 and not tcp src port 443'],
    ['host 192.0.2.1 and 192.0.2.2', 'host 192.0.2.1 and host 192.0.2.2'],
    ['port 80 or (tcp) or 443', 'port 80 or tcp or port 443'],
    ['not port 80 or 443', '(not port 80) or port 443'],
    ['src 192.0.2.1', 'src host 192.0.2.1'],
    ['dst or src 192.0.2.1', 'host 192.0.2.1'],
    ['dst and src port 80', 'src and dst port 80'],
    ['port http or https', 'port 80 or 443'],
    ['portrange 90-80', 'portrange 80-90'],
    ['portrange ftp-data-ssh', 'portrange 20-22'],
    ['port 0x50', 'port 80'],
    ['port 0120', 'port 80'],
    ['net 10', 'net 10.0.0.0/8'],
    ['net 192.0.2', 'net 192.0.2.0/24'],
    ['net 192.0.2.0 mask 255.255.255.0', 'net 192.0.2.0/24'],
    ['host 2001:DB8:0:0::1', 'host 2001:db8::1'],
    ['host ::ffff:192.0.2.1', 'host ::ffff:c000:201'],
    ['net 2001:db8::/128', 'host 2001:db8::'],
    ['ether host 01-00-5e-00-00-fb', 'ether host 1:0:5e:0:0:fb'],
    ['ether host 0100.5e00.00fb', 'ether host 01005e0000fb'],
    ['link[0] = 1', 'ether[0] == 1'],
    ['tcp[tcpflags] & tcp-syn != 0', 'tcp[13] & 2 != 0'],
    ['less 60', 'len <= 60'],
    ['greater 60', 'length >= 60'],
    ['ip[0] + 2 * 3 = 7', 'ip[0] + (2 * 3) = 7'],
    ['len & 3 + 4 << 1 | 1 = 5', '(len & ((3 + 4) << 1)) | 1 = 5'],
    ['len - 1 - 1 = 5', '(len - 1) - 1 = 5'],
    // libpcap gives % and ^ no rank: they take all that stands to their right.
    ['len % 3 + 1 = 5', 'len % (3 + 1) = 5'],
    ['len * 3 % 2 = 5', 'len * (3 % 2) = 5'],
    ['ip proto tcp2 or 6', null],
    ['vlan (5)', 'vlan 5'],
    ['multicast', 'ether multicast'],
  ])('%j means %j', (expression, meaning) => {
    if (meaning === null) expect(refusal(expression).message).toContain('^');
    else expect(tree(expression)).toEqual(tree(meaning));
  });

  it('binds "and" and "or" alike, from left to right', () => {
    expect(tree('tcp or udp and ip6')).toEqual(tree('(tcp or udp) and ip6'));
    expect(tree('tcp or udp and ip6')).not.toEqual(tree('tcp or (udp and ip6)'));
  });

  it('may be a list of thousands', () => {
    const hosts = Array.from({ length: 5000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
    expect(() => tree(`host ${hosts.join(' or ')}`)).not.toThrow();
  });
});

describe('an expression that is not understood is refused with the place and what would be accepted:', () => {
  it.each([
    ['prot 80', '^', 'no word of the language'],
    ['tcp and prot 80', '        ^', 'portrange'],
    ['host example.com', '     ^', 'names are not looked up'],
    ['src web', '    ^', 'names are not looked up'],
    ['port htp', '     ^', 'a number from 0 to 65535'],
    ['port 65536', '     ^', 'the largest port is 65535'],
    ['port 80-90', '     ^', 'portrange'],
    ['portrange 80-99999', '          ^', 'the largest port'],
    ['port 192.0.2.1', '     ^', 'and no address'],
    ['port', '    ^', 'a port from 0 to 65535'],
    ['port and tcp', '     ^', 'a port from 0 to 65535'],
    ['ip port 80', '        ^', 'tcp, udp and sctp have'],
    ['tcp 80', '    ^', 'port or portrange'],
    ['ip 192.0.2.1', '   ^', 'host, net or proto'],
    ['80', '^', 'write port'],
    ['192.0.2.1', '^', 'write host or net'],
    ['port 80 or tcp or 443', '                  ^', 'write port'],
    ['(port 80) or 443', '             ^', 'write port'],
    ['port 80 443', '        ^', '"and", "or" or the end'],
    ['port 80, 443', '       ^', 'no part of a filter'],
    ['tcp and', '       ^', 'is expected here'],
    ['tcp and or udp', '        ^', 'is expected here'],
    ['(tcp', '    ^', ') is expected'],
    ['tcp)', '   ^', 'no parenthesis is open'],
    ['()', ' ^', 'is expected here'],
    ['', '^', 'empty'],
    ['   ', '   ^', 'empty'],
    ['host 300.1.1.1', '     ^', 'each part is 0 to 255'],
    ['host 2001:db8::1::2', '     ^', 'no IPv6 address'],
    ['host 192.0.2.0/24', '     ^', 'write net before it'],
    ['net 192.0.2.1/24', '    ^', 'did you mean 192.0.2.0?'],
    ['net 192.0.2.0/33', '              ^', 'from 0 to 32'],
    ['net 10/8', '      ^', '"and", "or" or the end'],
    ['net 10.0.0.0 mask 8', '                  ^', '255.255.0.0'],
    ['net 2001:db8::1/32', '    ^', 'bits after the first 32'],
    ['host 2001:db8::/32', '     ^', 'write net before it'],
    ['ip host ::1', '        ^', 'ip cannot stand before an IPv6 address'],
    ['ip6 host 192.0.2.1', '         ^', 'ip6 cannot stand before an IPv4 address'],
    ['tcp host 192.0.2.1', '         ^', '"tcp and host 192.0.2.1"'],
    ['host 1:2:3:4:5:6', '     ^', 'ether host'],
    ['src proto 6', '    ^', 'no direction'],
    ['tcp proto 6', '          ^', 'means nothing'],
    ['proto nothing', '      ^', 'gre'],
    ['proto tcp', '      ^', '\\tcp'],
    ['proto 256', '      ^', 'from 0 to 255'],
    ['ether proto 1000', '            ^', 'from 1501'],
    ['ether', '     ^', 'host, src, dst, proto'],
    ['vlan 4096', '     ^', '4095'],
    ['less tcp', '     ^', 'a number of octets'],
    ['tcp[13', '      ^', '] is expected'],
    ['tcp[13]', '       ^', 'must be compared'],
    ['tcp[13] & 7', '           ^', 'must be compared'],
    ['tcp[13] = syn', '          ^', 'a number is expected'],
    ['len = len-5', '      ^', 'Put spaces around a minus sign'],
    ['ip[0:3] = 1', '     ^', '1, 2 or 4'],
    ['ah[0] = 1', '^', 'no octets'],
    ['len / 0 = 1', '    ^', 'divided by 0'],
    ['len << 32 = 1', '    ^', '31 bits'],
    ['len > 4294967296', '      ^', 'the largest number is 4294967295'],
    ['port 08', '     ^', 'octal'],
    ['mpls and tcp', '^', 'tcpdump knows the word "mpls", tcpclose does not'],
    ['tcp and gateway 192.0.2.1', '        ^', 'tcpdump knows the word "gateway"'],
    ['ip6 broadcast', '    ^', 'no broadcast'],
  ])('%j', (expression, place, accepted) => {
    const error = refusal(expression);
    const [said, shown, pointer] = error.message.split('\n');
    expect(said).toContain(accepted);
    expect(shown).toBe(`  ${expression}`);
    expect(pointer?.replace(/\^+$/, '^')).toBe(`  ${place}`);
    expect(error.at).toBe(place.length - 1);
  });

  it('the caret spans the word', () => {
    expect(refusal('tcp and prot 80').message.split('\n')[2]).toBe(`  ${' '.repeat(8)}^^^^`);
  });

  it('a long expression is shown around the place, and nothing of it acts on a terminal', () => {
    const error = refusal(`${'tcp or '.repeat(100)}\u001b[31mprot`);
    const [, shown, pointer] = error.message.split('\n');
    expect(shown?.length).toBeLessThanOrEqual(80);
    expect(pointer?.length).toBeLessThanOrEqual(80);
    expect(shown).toMatch(/^ {2}\.\.\..*\[31mprot$/);
    expect(error.message).not.toContain('\u001b');
  });

  it('parentheses within each other without end do not exhaust the stack', () => {
    for (const open of ['(', 'not ', 'port (', 'tcp[', 'len = (', 'len = -', 'len + ', 'len % '])
      expect(refusal(open.repeat(100_000)).message).toContain('^');
  });
});
