import fc from 'fast-check';
import { describe, it } from 'vitest';
import { compare, fileOf } from '../flow/support/both-ways.js';
import { parseConversation } from '../support/conversation.js';

type Side = 0 | 1;

const plain = fc.constantFrom('data', 'data', 'data', 'data', 'ack', 'ack', 'ack', 'fin');
const odd = fc.constantFrom(
  ...(['syn', 'synack', 'finData', 'finAgain', 'finAlone', 'reset', 'resetAck', 'again', 'hole', 'fill'] as const),
  ...([
    'keepalive',
    'shut',
    'sack',
    'copy',
    'copy',
    'finShut',
    'oldAck',
    'unseenAck',
    'noFlags',
    'reopen',
    'synData',
    'cut',
  ] as const),
  ...(['noTtl', 'strangeEcho', 'stampBack', 'noStamp'] as const),
);

const deed = fc.record({
  of: fc.constantFrom(0, 0, 0, 1, 2),
  side: fc.constantFrom<Side>(0, 1),
  verb: fc.oneof({ weight: 8, arbitrary: plain }, { weight: 1, arbitrary: odd }),
  /** ms until then. */
  gap: fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom(0, 0.05, 1, 10) },
    { weight: 1, arbitrary: fc.constantFrom(300, 6_000, 70_000, 241_000, -2, -3_000) },
  ),
});
type Deed = typeof deed extends fc.Arbitrary<infer T> ? T : never;

const beginning = fc.record({
  /** Connections with the same number follow each other on one four-tuple. */
  tuple: fc.constantFrom(0, 1, 2),
  isns: fc.tuple(fc.constantFrom(1000, 0xffffff9c, 0x7fffffce), fc.constantFrom(5000, 0xfffffffe, 0x80000000)),
  stamped: fc.boolean(),
  /** Segments of its handshake that are there. */
  opens: fc.constantFrom(0, 1, 2, 3, 3, 3),
});
type Beginning = typeof beginning extends fc.Arbitrary<infer T> ? T : never;

const NAMES = ['A', 'B'] as const;
const TUPLES = [
  'A = 192.0.2.7:443  B = 192.0.2.1:40000',
  'A = 192.0.2.1:40000  B = 198.51.100.7:443',
  'B = 192.0.2.1:40001  A = 192.0.2.1:40001',
];

/** One connection as its ends know it; says its segments in the notation. */
class Chat {
  readonly #begun: Beginning;
  readonly #next: [number, number];
  readonly #acked: [number, number];
  readonly #last: [string, string] = ['A > B none 0', 'B > A none 0'];
  /** The next segment acknowledges no more than the one before it of its sender. */
  #isLate = false;
  readonly #clock = [5000, 0xfffffff0];

  constructor(begun: Beginning) {
    this.#begun = begun;
    this.#next = [...begun.isns];
    this.#acked = [begun.isns[1], begun.isns[0]];
  }

  get endpoints(): string {
    return TUPLES[this.#begun.tuple]!;
  }

  opening(): string[] {
    const all = [() => this.#say(0, 'S', 0, 1), () => this.#say(1, 'S.', 0, 1), () => this.#say(0, '.', 0)];
    return all.slice(0, this.#begun.opens).map((line) => line());
  }

  does({ side, verb, gap }: Deed): string {
    const next = this.#next[side];
    this.#isLate = gap === 0;
    switch (verb) {
      case 'data':
        return this.#say(side, 'P.', 100);
      case 'ack':
        return this.#say(side, '.', 0);
      case 'fin':
        return this.#say(side, 'F.', 0, 1);
      case 'finData':
        return this.#say(side, 'FP.', 40, 1);
      case 'finAgain':
        return this.#at(side, 'F.', next - 1, 0);
      case 'finAlone':
        return this.#say(side, 'F', 0, 1);
      case 'syn':
        return this.#at(side, 'S', this.#begun.isns[side], 0);
      case 'synData':
        return this.#at(side, 'S', this.#begun.isns[side], 20);
      case 'synack':
        return this.#at(side, 'S.', this.#begun.isns[side], 0);
      case 'reopen':
        this.#next[side] = (next + 100_000) >>> 0;
        return this.#say(side, 'S', 0, 1);
      case 'reset':
        return this.#at(side, 'R', next, 0);
      case 'resetAck':
        return this.#at(side, 'R.', next, 0);
      case 'again':
        return this.#last[side];
      case 'hole':
        this.#next[side] = (next + 50) >>> 0;
        return this.#say(side, 'P.', 10);
      case 'fill':
        return this.#at(side, 'P.', next - 60, 50);
      case 'keepalive':
        return this.#at(side, '.', next - 1, 0);
      case 'shut':
        return this.#at(side, '.', next, 0, 'win 0');
      case 'finShut':
        return this.#say(side, 'F.', 0, 1, 'win 0');
      case 'sack':
        return this.#at(side, '.', next, 0, '', `sack ${(this.#next[1 - side]! - 30) >>> 0}:${this.#next[1 - side]}`);
      case 'copy':
        return 'copy';
      case 'oldAck':
        return this.#at(side, '.', next, 0, '', '', -1);
      case 'unseenAck':
        return this.#at(side, '.', next, 0, '', '', 500);
      case 'noFlags':
        return this.#at(side, 'P', next, 10);
      case 'cut':
        return this.#say(side, 'P.', 100, 0, 'cut 60');
      case 'noTtl':
        return this.#say(side, '.', 0, 0, 'ttl 0');
      case 'strangeEcho':
        return this.#at(side, '.', next, 0, '', 'TS val 7000 ecr 123456789');
      case 'stampBack':
        this.#clock[side] = (this.#clock[side]! - 5000) >>> 0;
        return this.#say(side, 'P.', 5);
      case 'noStamp':
        return this.#at(side, '.', next, 0, '', 'nop');
    }
  }

  /** The next segment of an end, with so many octets and numbers more. */
  #say(side: Side, flags: string, len: number, numbers = 0, more = ''): string {
    const line = this.#at(side, flags, this.#next[side], len, more);
    this.#next[side] = (this.#next[side] + len + numbers) >>> 0;
    return line;
  }

  #at(side: Side, flags: string, seq: number, len: number, more = '', option = '', ackOff = 0): string {
    const other = (1 - side) as Side;
    if (flags.includes('.') && !this.#isLate) this.#acked[side] = this.#next[other];
    const ack = flags.includes('.') ? `ack ${(this.#acked[side] + ackOff) >>> 0}` : '';
    const clocks = this.#clock;
    clocks[side] = (clocks[side]! + 1) >>> 0;
    const echo = flags.includes('.') ? clocks[other] : 0;
    const stamp = this.#begun.stamped && option !== 'nop' ? `TS val ${clocks[side]} ecr ${echo}` : '';
    const options = [
      ...(flags.includes('S') ? ['mss 1460', 'wscale 7'] : []),
      option.startsWith('TS') ? '' : stamp,
      option,
    ];
    const written = options.filter((one) => one !== '' && one !== 'nop').join(', ');
    const line = `${NAMES[side]} > ${NAMES[other]} ${flags} ${seq >>> 0}(${len}) ${ack} ${more} ${written === '' ? '' : `<${written}>`}`;
    this.#last[side] = line;
    return line;
  }
}

function written(beginnings: readonly Beginning[], deeds: readonly Deed[]): string {
  const chats = beginnings.map((begun) => new Chat(begun));
  const lines = ['A = 192.0.2.9:9  B = 192.0.2.9:10', '10.0 A > B none 0']; // elsewhere, for a copy to repeat
  let ms = 10_000;
  for (const chat of chats) {
    lines.push(chat.endpoints);
    for (const line of chat.opening()) lines.push(`${((ms += 10) / 1000).toFixed(6)} ${line}`);
  }
  for (const deed of deeds) {
    const chat = chats[deed.of % chats.length]!;
    ms = Math.max(0, ms + deed.gap);
    lines.push(chat.endpoints, `${(ms / 1000).toFixed(6)} ${chat.does(deed)}`);
  }
  return lines.join('\n');
}

describe('the short way of plain segments', () => {
  it('leaves behind and tells what the long way does, whatever one to three connections do', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(beginning, { minLength: 1, maxLength: 3 }),
        fc.array(deed, { maxLength: 40, size: 'max' }),
        async (beginnings, deeds) => {
          await compare(fileOf(parseConversation(written(beginnings, deeds))), 2);
        },
      ),
      { numRuns: Number(process.env['RUNS'] ?? 150) },
    );
  }, 120_000);
});
