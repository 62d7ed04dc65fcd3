import ipaddr from 'ipaddr.js';
import { FLAG_LETTERS } from './frame.js';
import type { Endpoint, Frame, SegmentFrame, TcpOption } from './frame.js';

/** The text does not follow the notation; the message names the line. */
export class NotationError extends Error {
  readonly line: number;
  constructor(line: number, text: string, problem: string) {
    super(`conversation line ${line}: ${problem}\n    ${text.trim()}`);
    this.name = 'NotationError';
    this.line = line;
  }
}

const SYN = 0x02;
const ACK = 0x10;
const RST = 0x04;
const ENDPOINT = /([A-Za-z]\w*)\s*=\s*(\[[^\]\s]+\]|[^\s:[\]]+):(\d+)/y;
const TOKEN = /<[^>]*>|"[^"]*"|[^\s<"]+/g;

/** Reads a conversation (the notation is described in `conversation.ts`). Frames come in the order of the lines. */
export function parseConversation(text: string): Frame[] {
  const reader = new Reader();
  text.split('\n').forEach((line, index) => reader.line(line, index + 1));
  return reader.frames;
}

class Reader {
  readonly frames: Frame[] = [];
  readonly #endpoints = new Map<string, Endpoint>();
  /** Last ISN of a sender towards a receiver, for relative numbers. */
  readonly #isns = new Map<string, number>();
  /** Next IPv4 identification of an address and port. */
  readonly #ids = new Map<string, number>();
  #relative = false;
  #timeNs = 0;
  #number = 0;
  #text = '';

  line(text: string, number: number): void {
    this.#number = number;
    this.#text = text;
    const content = withoutComment(text).trim();
    if (content === '') return;
    if (content === 'relative' || content === 'absolute') this.#relative = content === 'relative';
    else if (/^[+\d]/.test(content)) this.#packetLine(content);
    else this.#endpointLine(content);
  }

  #fail(problem: string): never {
    throw new NotationError(this.#number, this.#text, problem);
  }

  #endpointLine(content: string): void {
    let at = 0;
    while (at < content.length) {
      ENDPOINT.lastIndex = at;
      const match = ENDPOINT.exec(content);
      if (match === null) {
        this.#fail('expected a packet (`TIME A > B FLAGS ...`), `NAME = ADDRESS:PORT`, `relative` or `absolute`');
      }
      const [whole, name, host, portText] = match as unknown as [string, string, string, string];
      const ip = host.replace(/^\[|\]$/g, '');
      if (!ipaddr.isValid(ip) || (host.startsWith('[') ? !ip.includes(':') : !ipaddr.IPv4.isValidFourPartDecimal(ip))) {
        this.#fail(`${host} is no address: write 192.0.2.1:80 or [2001:db8::1]:80`);
      }
      const port = Number(portText);
      if (port > 65535) this.#fail(`port ${portText} is above 65535`);
      this.#endpoints.set(name, { name, ip, octets: Uint8Array.from(ipaddr.parse(ip).toByteArray()), port });
      at += whole.length;
      while (content[at] === ' ' || content[at] === '\t' || content[at] === ',') at++;
    }
  }

  #packetLine(content: string): void {
    const tokens = new Tokens(content.match(TOKEN) ?? []);
    const timeNs = this.#time(tokens.next());
    this.#timeNs = timeNs;
    if (tokens.take('copy')) this.#copy(timeNs, tokens);
    else if (tokens.take('raw')) this.#raw(timeNs, tokens);
    else this.#segment(timeNs, tokens);
  }

  #time(token: string): number {
    const match = /^(\+?)(\d+)(?:\.(\d{1,9}))?$/.exec(token);
    if (match === null) this.#fail(`${token} is no time: write seconds, as 1.25, or +0.5 for "after the line before"`);
    const ns = Number(match[2]) * 1e9 + Number((match[3] ?? '').padEnd(9, '0'));
    return match[1] === '+' ? this.#timeNs + ns : ns;
  }

  #copy(timeNs: number, tokens: Tokens): void {
    const last = this.frames.at(-1);
    if (last === undefined) this.#fail('`copy` repeats the frame before it, and there is none');
    if ('raw' in last) this.frames.push({ ...last, ...this.#rawExtras(tokens, last), line: this.#number, timeNs });
    else this.frames.push({ ...last, ...this.#extras(tokens, last), line: this.#number, timeNs });
  }

  #raw(timeNs: number, tokens: Tokens): void {
    const hex: string[] = [];
    while (/^[0-9a-f]+$/i.test(tokens.peek()) && tokens.peek().length % 2 === 0) hex.push(tokens.next());
    const raw = this.#hex(hex.join(''));
    const extras = this.#rawExtras(tokens, { cut: null, interfaceId: 0 });
    this.frames.push({ line: this.#number, timeNs, raw, ...extras });
  }

  #rawExtras(tokens: Tokens, before: { cut: number | null; interfaceId: number }) {
    let { cut, interfaceId } = before;
    while (!tokens.done) {
      const key = tokens.key();
      if (key === 'cut') cut = this.#count(tokens, key, 0xffffffff);
      else if (key === 'if') interfaceId = this.#count(tokens, key, 255);
      else this.#fail(`${key} is unknown here: expected \`cut N\` or \`if N\``);
    }
    return { cut, interfaceId };
  }

  #segment(timeNs: number, tokens: Tokens): void {
    const from = this.#endpoint(tokens.next());
    if (!tokens.take('>')) this.#fail('expected `A > B` after the time');
    const to = this.#endpoint(tokens.next());
    if (from.octets.length !== to.octets.length) this.#fail(`${from.name} and ${to.name} are of different IP versions`);
    const flags = this.#flags(tokens.next());
    const [seq, length] = this.#sequence(tokens, from, to, flags);
    if ((flags & SYN) !== 0) this.#isns.set(direction(from, to), seq);
    const start: SegmentFrame = {
      line: this.#number,
      timeNs,
      from,
      to,
      flags,
      seq,
      ack: 0,
      window: flags === RST ? 0 : 65535, // as stacks answer
      urgent: 0,
      options: [],
      payload: new Uint8Array(length),
      ttl: 64,
      id: -1,
      dontFragment: true,
      vlans: [],
      cut: null,
      ipLength: null,
      dataOffset: null,
      checksum: null,
      interfaceId: 0,
    };
    const extras = this.#extras(tokens, start);
    if ((flags & ACK) !== 0 && extras.ack === undefined) this.#fail('the flag `.` needs `ack N`');
    const frame = { ...start, ...extras };
    this.frames.push(frame.id === -1 ? { ...frame, id: this.#nextId(from, flags) } : frame);
  }

  /** What may follow flags and sequence numbers, in any order. */
  #extras(tokens: Tokens, segment: SegmentFrame): Partial<SegmentFrame> {
    const { from, to } = segment;
    const extras: { -readonly [K in keyof SegmentFrame]?: SegmentFrame[K] } = {};
    while (!tokens.done) {
      if (tokens.peek().startsWith('<')) {
        extras.options = this.#options(tokens.next().slice(1, -1), from, to);
        continue;
      }
      const key = tokens.key();
      switch (key) {
        case 'ack':
          if ((segment.flags & ACK) === 0) this.#fail('`ack` without the flag `.`: write `rawack N` if that is meant');
          extras.ack = this.#serial(tokens.next(), this.#isns.get(direction(to, from)));
          break;
        case 'rawack':
          extras.ack = this.#serial(tokens.next(), undefined);
          break;
        case 'win':
          extras.window = this.#count(tokens, key, 65535);
          break;
        case 'urg':
          extras.urgent = this.#count(tokens, key, 65535);
          break;
        case 'ttl':
          extras.ttl = this.#count(tokens, key, 255);
          break;
        case 'id':
          extras.id = this.#count(tokens, key, 65535);
          break;
        case 'nodf':
          extras.dontFragment = false;
          break;
        case '@vlan':
          extras.vlans = [...(extras.vlans ?? []), this.#count(tokens, key, 4095)];
          break;
        case 'cut':
          extras.cut = this.#count(tokens, key, 0xffffffff);
          break;
        case 'iplen':
          extras.ipLength = this.#count(tokens, key, 65535);
          break;
        case 'doff':
          extras.dataOffset = this.#count(tokens, key, 15);
          break;
        case 'sum':
          extras.checksum = this.#count(tokens, key, 65535);
          break;
        case 'if':
          extras.interfaceId = this.#count(tokens, key, 255);
          break;
        case 'data':
          extras.payload = this.#data(tokens.next(), segment.payload.length);
          break;
        default:
          this.#fail(`${key} is unknown: see the notation in test/support/conversation.ts`);
      }
    }
    return extras;
  }

  #endpoint(name: string): Endpoint {
    return this.#endpoints.get(name) ?? this.#fail(`${name} has no address yet: write \`${name} = 192.0.2.1:40000\``);
  }

  #flags(token: string): number {
    const letters = token.replace(/^\[|\],?$/g, '');
    if (letters === 'none') return 0;
    let flags = 0;
    for (const letter of letters) {
      const bit = FLAG_LETTERS.find(([name]) => name === letter)?.[1];
      if (bit === undefined) this.#fail(`${letter} is no TCP flag: expected some of S F R P . U E W, or \`none\``);
      if ((flags & bit) !== 0) this.#fail(`the flag ${letter} is there twice`);
      flags |= bit;
    }
    return flags;
  }

  /** `1000:1100(100)`, `1000(100)` or `1000`; nothing means 0. */
  #sequence(tokens: Tokens, from: Endpoint, to: Endpoint, flags: number): [seq: number, length: number] {
    const token = tokens.peek();
    if (!/^[=\-\d]/.test(token)) this.#fail('expected the sequence numbers, as 1000:1100(100), after the flags');
    tokens.next();
    const match = /^(=?[-+\d]+)(?::(=?[-+\d]+))?(?:\((\d+)\))?$/.exec(token);
    if (match === null) this.#fail(`${token} is no sequence range: write 1000:1100(100)`);
    const base = (flags & SYN) !== 0 ? undefined : this.#isns.get(direction(from, to));
    const seq = this.#serial(match[1] ?? '', base, (flags & SYN) !== 0);
    const end = match[2] === undefined ? undefined : this.#serial(match[2], base, (flags & SYN) !== 0);
    const length = match[3] === undefined ? (end === undefined ? 0 : (end - seq) >>> 0) : Number(match[3]);
    if (end !== undefined && (seq + length) >>> 0 !== end) {
      this.#fail(
        `${token}: from ${seq} to ${end} are ${(end - seq) >>> 0} octets (SYN and FIN are not counted), not ${length}`,
      );
    }
    if (length > 65535) this.#fail(`${token}: ${length} octets do not fit into a packet`);
    return [seq, length];
  }

  /** A sum of numbers modulo 2^32; in relative mode counted from `base`, unless it begins with `=`. */
  #serial(token: string, base: number | undefined, isn = false): number {
    const match = /^(=?)(-?\d+(?:[-+]\d+)*)$/.exec(token);
    if (match === null) this.#fail(`${token} is no number`);
    let sum = 0;
    for (const term of match[2]?.match(/[-+]?\d+/g) ?? []) sum += Number(term);
    if (Math.abs(sum) > 2 ** 33) this.#fail(`${token} is no 32-bit number`);
    if (!this.#relative || match[1] === '=' || isn) return sum >>> 0;
    if (base === undefined) {
      if (sum !== 0) this.#fail(`${token} is relative to an ISN that no line before it has shown; write =${token}`);
      return 0;
    }
    return (base + sum) >>> 0;
  }

  #count(tokens: Tokens, key: string, most: number): number {
    const token = tokens.done ? '' : tokens.next();
    const value = /^(\d+|0x[0-9a-f]+)$/i.test(token) ? Number(token) : NaN;
    if (!(value <= most)) this.#fail(`${key} needs a number from 0 to ${most}`);
    return value;
  }

  #data(token: string, length: number): Uint8Array {
    if (!/^".*"$/.test(token)) this.#fail('`data` needs text in double quotes');
    const octets = Uint8Array.from(Buffer.from(token.slice(1, -1), 'latin1'));
    if (octets.length !== length)
      this.#fail(`the text has ${octets.length} octets, the sequence numbers say ${length}`);
    return octets;
  }

  #hex(text: string): Uint8Array {
    if (!/^([0-9a-f]{2})*$/i.test(text)) this.#fail(`${text} is no sequence of octets in hexadecimal`);
    return Uint8Array.from(Buffer.from(text, 'hex'));
  }

  #options(text: string, from: Endpoint, to: Endpoint): TcpOption[] {
    const items = text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
    const options = items.map((item) => this.#option(item, from, to));
    const literal = options.some(({ kind }) => kind < 2);
    const laid = literal ? options : alignAsLinux(options);
    const length = laid.reduce((sum, { kind, data }) => sum + (kind < 2 ? 1 : 2 + data.length), 0);
    if (length > 40) this.#fail(`the options take ${length} octets; there is room for 40`);
    return laid;
  }

  #option(item: string, from: Endpoint, to: Endpoint): TcpOption {
    const words = item.split(/\s+/);
    const sender = this.#isns.get(direction(to, from));
    const [name = '', ...rest] = words;
    switch (name) {
      case 'nop':
        return { kind: 1, data: NONE };
      case 'eol':
        return { kind: 0, data: NONE };
      case 'mss':
        return { kind: 2, data: octets(2, this.#count(new Tokens(rest), 'mss', 65535)) };
      case 'wscale':
        return { kind: 3, data: octets(1, this.#count(new Tokens(rest), 'wscale', 255)) };
      case 'sackOK':
        return { kind: 4, data: NONE };
      case 'sack': {
        const edges = rest.flatMap((block) => block.split(':'));
        if (edges.length === 0 || edges.length % 2 !== 0)
          this.#fail('write `sack LEFT:RIGHT`, several with spaces between');
        return { kind: 5, data: concat(edges.map((edge) => octets(4, this.#serial(edge, sender)))) };
      }
      case 'TS': {
        const match = /^TS val (\d+) ecr (\d+)$/.exec(words.join(' '));
        if (match === null || Number(match[1]) > 0xffffffff || Number(match[2]) > 0xffffffff) {
          this.#fail(`${item}: write \`TS val N ecr N\`, 32-bit numbers`);
        }
        return { kind: 8, data: concat([octets(4, Number(match[1])), octets(4, Number(match[2]))]) };
      }
      case 'fastopen':
        return { kind: 34, data: this.#hex(rest.join('')) };
      case 'kind':
        return { kind: this.#count(new Tokens(rest), 'kind', 255), data: this.#hex(rest.slice(1).join('')) };
      default:
        return this.#fail(
          `${name} is no TCP option: expected mss, wscale, sackOK, sack, TS, nop, eol, fastopen or \`kind N HEX\``,
        );
    }
  }

  /** As Linux does it: SYN-ACKs and RSTs without a socket carry 0, else each socket counts from a number of its own. */
  #nextId(from: Endpoint, flags: number): number {
    if ((flags & (SYN | ACK)) === (SYN | ACK) || (flags & (RST | ACK)) === RST) return 0;
    const key = `${from.ip} ${from.port}`;
    const id = this.#ids.get(key) ?? from.octets.reduce((hash, octet) => (hash * 31 + octet) & 0x3fff, from.port) + 1;
    this.#ids.set(key, (id + 1) & 0xffff);
    return id;
  }
}

/** The words of a line, read from left to right. `key=value` is two words. */
class Tokens {
  readonly #tokens: string[];
  #at = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = [...tokens];
  }

  get done(): boolean {
    return this.#at >= this.#tokens.length;
  }

  peek(): string {
    return this.#tokens[this.#at] ?? '';
  }

  next(): string {
    return this.#tokens[this.#at++] ?? '';
  }

  /** The next word, which names what follows; a trailing comma (as tcpdump writes) is ignored. */
  key(): string {
    const token = this.next();
    const equals = token.indexOf('=');
    if (equals <= 0) return token.replace(/,$/, '');
    if (equals + 1 < token.length) this.#tokens[--this.#at] = token.slice(equals + 1);
    return token.slice(0, equals);
  }

  take(word: string): boolean {
    if (this.peek() !== word) return false;
    this.#at++;
    return true;
  }
}

const NONE = new Uint8Array(0);

/**
 * Puts `nop`s in front of options whose length is no multiple of four, as Linux lays them out; the pair sackOK, TS
 * fills its words by itself.
 */
function alignAsLinux(options: readonly TcpOption[]): TcpOption[] {
  const nop: TcpOption = { kind: 1, data: NONE };
  const laid: TcpOption[] = [];
  options.forEach((option, i) => {
    const paired =
      (option.kind === 4 && options[i + 1]?.kind === 8) || (option.kind === 8 && options[i - 1]?.kind === 4);
    const over = paired ? 0 : (option.data.length + 2) % 4;
    for (let n = over; n > 0 && n < 4; n++) laid.push(nop);
    laid.push(option);
  });
  return laid;
}

function withoutComment(line: string): string {
  return line.replace(/("[^"]*")|#.*$/g, (_whole, quoted: string | undefined) => quoted ?? '');
}

function direction(from: Endpoint, to: Endpoint): string {
  return `${from.ip} ${from.port} ${to.ip} ${to.port}`;
}

function octets(count: number, value: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => Math.floor(value / 256 ** (count - 1 - i)) % 256);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
