import fc from 'fast-check';

const pick = (...texts: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...texts);
const joined = (...parts: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(...parts).map((words) => words.filter((word) => word !== '').join(' '));

const direction = pick('', '', 'src', 'dst', 'src or dst', 'src and dst');
const port = pick('80', '443', '53', '22', '0x50', '65535');
const address = pick('192.168.1.1', '10.0.0.1', '127.0.0.1', '::1', 'fe80::1');
const network = pick('10.0.0.0/8', '192.168', '172.16.0.0/12', '10', 'fe80::/10', '192.168.0.0 mask 255.255.0.0');
const several = (value: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof(
    value,
    joined(value, pick('or', 'and', '||'), value),
    fc.tuple(value, value).map(([a, b]) => `(${a} or not ${b})`),
  );

const octets = fc
  .oneof(fc.tuple(pick('ip', 'tcp', 'udp', 'ip6', 'ether'), fc.nat(20), pick('', ':1', ':2', ':4')))
  .map(([protocol, index, size]) => `${protocol}[${index}${size}]`);
const number = pick('0', '1', '7', '0x10', '64', '1500', 'tcp-syn');
/** Only the operand on the left asks for a header: libpcap forgets to look whether one is there that the right needs. */
const arithmetic = fc.oneof(
  octets,
  pick('len'),
  joined(octets, pick('&', '|', '^', '+', '-', '*', '<<', '>>', '%', '/'), pick('1', '3', '7', '0x1f')),
  fc
    .tuple(octets, pick('&', '>>'), pick('3', '15'), pick('+', '*', '%'), pick('2', '5'))
    .map((words) => words.join(' ')),
);

const primitive = fc.oneof(
  pick('ip', 'ip6', 'tcp', 'udp', 'arp', 'icmp', 'icmp6', 'vlan', 'vlan 100', 'multicast', 'ip broadcast'),
  joined(pick('', 'tcp', 'udp'), direction, pick('port'), several(port)),
  joined(direction, pick('portrange'), pick('1-1023', '1024-65535', '80')),
  joined(direction, pick('host'), several(address)),
  joined(direction, pick('net'), several(network)),
  joined(pick('proto'), several(pick('6', '17', '1'))),
  joined(pick('less', 'greater'), pick('60', '100', '1500')),
  joined(arithmetic, pick('=', '!=', '<', '>', '<=', '>='), number),
);

/** Any expression that tcpdump takes, with parentheses, negations, and values that go on. */
export const anyExpression: fc.Arbitrary<string> = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    primitive,
    joined(tie('expression'), pick('and', 'or', '&&', '||'), tie('expression')),
    tie('expression').map((of) => `(${of})`),
    tie('expression').map((of) => `not (${of})`),
    joined(pick('not', '!'), primitive),
  ),
})).expression;

/** A few words of the language in any order, most of them nonsense together. */
export const anyWords: fc.Arbitrary<string> = fc
  .array(
    pick(
      ...['tcp', 'ip', 'host', 'port', 'net', 'src', 'dst', 'and', 'or', 'not', '(', ')', '80', '443', '10.0.0.1', '/'],
      ...['8', 'vlan', 'len', '[', ']', '&', '=', '>', 'ip6', '::1', 'less', '10.0.0.0', 'tcp port 80'],
      ...['tcp[13]', 'or 443', 'portrange', '80-90', 'ether', 'multicast', '1:2:3:4:5:6', 'mask', '255.0.0.0'],
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((words) => words.join(' '));
