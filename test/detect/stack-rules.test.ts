import { describe, expect, it } from 'vitest';
import * as stacks from '../../src/detect/stack-rules.js';
import type { SynOnTimeWait } from '../../src/detect/stack-rules.js';
import type { StackVerdict } from '../../src/flow/vocabulary.js';

/** The number after the client's FIN, TS.Recent, and the holder's window. */
const F = 1_000_000;
const T = 500_000;
const WINDOW = 65_535;

const ISN = { higher: F + 100_000, inside: F + 1000, next: F + 1, equal: F, lower: F - 1000 } as const;
const TSVAL = { newer: T + 10, equal: T, older: T - 1 } as const;

interface Condition {
  /** The old connection had timestamps; what the SYN's say. */
  readonly old: boolean;
  readonly ts: keyof typeof TSVAL | 'none' | 'some';
  readonly isn: keyof typeof ISN;
}

function syn({ old, ts, isn }: Condition): SynOnTimeWait {
  const tsval = ts === 'none' ? null : ts === 'some' ? 77 : TSVAL[ts];
  return { isn: ISN[isn], finalSeq: F, tsval, tsRecent: old ? T : null, window: WINDOW };
}

const [A, C, D] = ['accept', 'challenge', 'drop'] as const;

// close-rules 4.5. OpenBSD's cells with a dash, and what comes after its TIME_WAIT case, are not known: null.
const ROWS: readonly [
  Condition,
  Record<'rfc6191' | 'linux' | 'freebsd' | 'openbsd' | 'macos' | 'gvisor', StackVerdict>,
][] = [
  [
    { old: true, ts: 'newer', isn: 'higher' },
    { rfc6191: A, linux: A, freebsd: A, openbsd: A, macos: A, gvisor: A },
  ],
  [
    { old: true, ts: 'newer', isn: 'inside' },
    { rfc6191: A, linux: A, freebsd: A, openbsd: A, macos: C, gvisor: A },
  ],
  [
    { old: true, ts: 'newer', isn: 'lower' },
    { rfc6191: A, linux: A, freebsd: D, openbsd: A, macos: C, gvisor: D },
  ],
  [
    { old: true, ts: 'newer', isn: 'equal' },
    { rfc6191: A, linux: A, freebsd: D, openbsd: A, macos: C, gvisor: D },
  ],
  [
    { old: true, ts: 'equal', isn: 'higher' },
    { rfc6191: A, linux: A, freebsd: A, openbsd: A, macos: A, gvisor: A },
  ],
  [
    { old: true, ts: 'equal', isn: 'next' },
    { rfc6191: A, linux: A, freebsd: A, openbsd: A, macos: C, gvisor: A },
  ],
  [
    { old: true, ts: 'equal', isn: 'lower' },
    { rfc6191: D, linux: C, freebsd: D, openbsd: null, macos: C, gvisor: D },
  ],
  [
    { old: true, ts: 'equal', isn: 'equal' },
    { rfc6191: A, linux: C, freebsd: D, openbsd: null, macos: C, gvisor: D },
  ],
  [
    { old: true, ts: 'older', isn: 'higher' },
    { rfc6191: D, linux: C, freebsd: A, openbsd: A, macos: C, gvisor: A },
  ],
  [
    { old: true, ts: 'older', isn: 'lower' },
    { rfc6191: D, linux: C, freebsd: D, openbsd: null, macos: C, gvisor: D },
  ],
  [
    { old: true, ts: 'none', isn: 'higher' },
    { rfc6191: A, linux: A, freebsd: A, openbsd: A, macos: A, gvisor: A },
  ],
  [
    { old: true, ts: 'none', isn: 'lower' },
    { rfc6191: D, linux: C, freebsd: D, openbsd: null, macos: C, gvisor: D },
  ],
  [
    { old: true, ts: 'none', isn: 'equal' },
    { rfc6191: A, linux: C, freebsd: D, openbsd: null, macos: C, gvisor: D },
  ],
  [
    { old: false, ts: 'some', isn: 'higher' },
    { rfc6191: A, linux: A, freebsd: A, openbsd: A, macos: A, gvisor: A },
  ],
  [
    { old: false, ts: 'some', isn: 'lower' },
    { rfc6191: A, linux: C, freebsd: D, openbsd: A, macos: C, gvisor: D },
  ],
  [
    { old: false, ts: 'some', isn: 'equal' },
    { rfc6191: A, linux: C, freebsd: D, openbsd: A, macos: C, gvisor: D },
  ],
  [
    { old: false, ts: 'none', isn: 'higher' },
    { rfc6191: A, linux: A, freebsd: A, openbsd: A, macos: A, gvisor: A },
  ],
  [
    { old: false, ts: 'none', isn: 'lower' },
    { rfc6191: D, linux: C, freebsd: D, openbsd: null, macos: C, gvisor: D },
  ],
  [
    { old: false, ts: 'none', isn: 'equal' },
    { rfc6191: A, linux: C, freebsd: D, openbsd: null, macos: C, gvisor: D },
  ],
];

for (const stack of ['rfc6191', 'linux', 'freebsd', 'openbsd', 'macos', 'gvisor'] as const) {
  describe(`${stack}, row by row of close-rules 4.5`, () => {
    it.each(
      ROWS.map(([condition, says]) => [condition.isn, condition.ts, condition.old, says[stack], condition] as const),
    )('ISN %s, timestamp %s, the old connection with timestamps %s: %s', (_isn, _ts, _old, expected, condition) => {
      expect(stacks[stack](syn(condition))).toBe(expected);
    });
  });
}

describe.each(['rfc1122', 'windows'] as const)('%s looks at the number alone', (stack) => {
  const other = stack === 'rfc1122' ? C : D;
  it.each([
    ['higher', A],
    ['next', A],
    ['equal', other],
    ['lower', other],
  ] as const)('ISN %s: %s', (isn, expected) => {
    for (const ts of ['newer', 'equal', 'older', 'none'] as const) {
      expect(stacks[stack](syn({ old: true, ts, isn })), ts).toBe(expected);
    }
  });
});

describe('linux, as observed (close-rules appendix A)', () => {
  it.each<[string, number, number | null, number | null, StackVerdict]>([
    ['A1 higher and newer', F + 1000, T + 10, T, A],
    ['A2 lower but newer', F - 1000, T + 10, T, A],
    ['A3 lower, timestamp equal', F - 1000, T, T, C],
    ['A4 lower, no timestamp', F - 1000, null, T, C],
    ['A5 higher, no timestamp', F + 1000, null, T, A],
    ['A6 higher, one tick older', F + 1000, T - 1, T, C],
    ['A6 higher, 5000 ticks older', F + 1000, T - 5000, T, C],
    ['A6 higher, timestamp zero', F + 1000, 0, T, C],
    ['A7 equal, timestamp equal', F, T, T, C],
    ['A7 equal, no timestamp', F, null, T, C],
    ['A7 equal, one tick newer', F, T + 1, T, A],
    ['A8 one above', F + 1, T, T, A],
    ['A9 2^31 - 1 above', F + 2 ** 31 - 1, null, T, A],
    ['A9 exactly 2^31 away counts as higher', F + 2 ** 31, null, T, A],
    ['A10 timestamps only now, lower', F - 1000, 77, null, C],
    ['A10b timestamps only now, higher', F + 1000, 77, null, A],
    ['a TS.Recent of zero rejects nothing', F + 1000, 0xffffffff, 0, A],
    ['a TS.Recent in the upper half: zero is newer', F - 1000, 0, 0xfffffff0, A],
  ])('%s', (_, isn, tsval, tsRecent, expected) => {
    expect(stacks.linux({ isn: isn >>> 0, finalSeq: F, tsval, tsRecent, window: WINDOW })).toBe(expected);
  });

  it('compares across the wrap', () => {
    const near = { finalSeq: 0xfffffff0, tsRecent: 0xfffffff0, window: WINDOW };
    expect(stacks.linux({ ...near, isn: 10, tsval: 0xfffffff0 })).toBe(A);
    expect(stacks.linux({ ...near, isn: 0xffffff00, tsval: 3 })).toBe(A);
    expect(stacks.linux({ ...near, isn: 10, tsval: 0xffffffef })).toBe(C);
  });
});

describe('macos reopens only for a number beyond the receive window', () => {
  it.each([
    [F + WINDOW - 1, C],
    [F + WINDOW, C],
    [F + WINDOW + 1, A],
  ])('ISN %i: %s', (isn, expected) => {
    expect(stacks.macos({ isn, finalSeq: F, tsval: null, tsRecent: null, window: WINDOW })).toBe(expected);
  });
});

describe('openbsd takes the TS.Recent of a connection without timestamps for zero', () => {
  it.each([
    [1, A],
    [2 ** 31 - 1, A],
    [0, null],
    [2 ** 31 + 1, null],
  ])('TSval %i: %s', (tsval, expected) => {
    expect(stacks.openbsd({ isn: F - 1000, finalSeq: F, tsval, tsRecent: null, window: WINDOW })).toBe(expected);
  });
});

it('rfc 6191 counts from the number of the FIN itself: the one after it is greater', () => {
  expect(stacks.rfc6191({ isn: F, finalSeq: F, tsval: null, tsRecent: null, window: WINDOW })).toBe(A);
  expect(stacks.rfc6191({ isn: F - 1, finalSeq: F, tsval: null, tsRecent: null, window: WINDOW })).toBe(D);
  expect(stacks.rfc6191({ isn: 0, finalSeq: 0, tsval: null, tsRecent: null, window: WINDOW })).toBe(A);
});
