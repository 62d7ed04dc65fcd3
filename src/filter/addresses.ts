/** Addresses as they are written in an expression, to numbers. Each gives null where the text is none. */

/** An IPv4 address of two to four parts, or a network of fewer: `10.1` is 10.1.0.0 of which 16 bits count. */
export interface Ipv4Prefix {
  /** Unsigned 32-bit; parts that are not written are 0. */
  readonly address: number;
  /** Bits that are written. */
  readonly bits: number;
}

export function parseIpv4(text: string): Ipv4Prefix | null {
  const parts = text.split('.').map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : 256));
  if (parts.length > 4 || parts.some((part) => part > 255)) return null;
  const address = [...parts, 0, 0, 0].slice(0, 4).reduce((sum, part) => sum * 256 + part, 0);
  return { address, bits: parts.length * 8 };
}

/** The text forms of RFC 4291 §2.2, to four unsigned 32-bit words. */
export function parseIpv6(text: string): readonly number[] | null {
  const groups = withHexTail(text);
  if (groups === null) return null;
  const halves = groups.split('::');
  if (halves.length > 2) return null;
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  const all = [...head, ...new Array<string>(missing).fill('0'), ...tail];
  if (all.some((group) => !/^[0-9a-f]{1,4}$/i.test(group))) return null;
  const values = all.map((group) => parseInt(group, 16));
  return [0, 2, 4, 6].map((i) => (values[i] ?? 0) * 0x10000 + (values[i + 1] ?? 0));
}

/** `::ffff:192.0.2.1` with its last 32 bits written as two groups. */
function withHexTail(text: string): string | null {
  if (!text.includes('.')) return text;
  const cut = text.lastIndexOf(':') + 1;
  const tail = parseIpv4(text.slice(cut));
  if (cut === 0 || tail?.bits !== 32) return null;
  return `${text.slice(0, cut)}${(tail.address >>> 16).toString(16)}:${(tail.address & 0xffff).toString(16)}`;
}

export interface MacAddress {
  /** First two octets, and the other four. */
  readonly high: number;
  readonly low: number;
}

const MAC_FORMS = [
  /^(?:[0-9a-f]{1,2}:){5}[0-9a-f]{1,2}$/i,
  /^(?:[0-9a-f]{1,2}-){5}[0-9a-f]{1,2}$/i,
  /^(?:[0-9a-f]{1,2}\.){5}[0-9a-f]{1,2}$/i,
];

/** Six octets with `:`, `-` or `.` between them, three groups of four digits, or twelve digits. */
export function parseMac(text: string): MacAddress | null {
  const digits = MAC_FORMS.some((form) => form.test(text))
    ? text.split(/[:.-]/).map((octet) => octet.padStart(2, '0'))
    : /^(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}$|^[0-9a-f]{12}$/i.test(text)
      ? [text.replaceAll('.', '')]
      : null;
  if (digits === null) return null;
  const hex = digits.join('');
  return { high: parseInt(hex.slice(0, 4), 16), low: parseInt(hex.slice(4), 16) };
}

/** Unsigned 32-bit mask of `bits` leading ones, 0 … 32. */
export function maskOfBits(bits: number): number {
  return bits === 0 ? 0 : (-1 << (32 - bits)) >>> 0;
}
