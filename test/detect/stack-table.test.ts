import { describe, expect, it } from 'vitest';
import { established } from '../support/conversation.js';
import type { Talk } from '../support/conversation.js';
import { analyzeConversation } from '../support/run.js';

const ISNS = { clientIsn: 1_000_000, serverIsn: 5_000_000 };
// The server closes first and is in TIME_WAIT from 0.05 s on: RCV.NXT is Fc, TS.Recent T, its last window WINDOW.
const WITH = established({ ...ISNS, timestamps: true }).closedBy('server');
const WITHOUT = established(ISNS).closedBy('server');
const Fc = WITH.next.client;
const T = 100_040;
/** 65535, scaled by the 7 of the handshake. */
const WINDOW = 65_535 * 2 ** 7;

const ISN = {
  beyond: Fc + WINDOW + 1,
  inside: Fc + 1000,
  equal: Fc,
  lower: Fc - 1000,
  opposite: Fc + 2 ** 31,
} as const;
const TSVAL = { newer: T + 10, equal: T, older: T - 1, some: 7, none: null } as const;

const [A, C, D] = ['accept', 'challenge', 'drop'] as const;
type Verdict = 'accept' | 'challenge' | 'drop' | null;

interface TableRow {
  /** Its number in close-rules 4.5. */
  readonly row: number;
  readonly old: Talk;
  readonly isn: keyof typeof ISN;
  readonly ts: keyof typeof TSVAL;
  /** rfc1122, rfc6191, linux, freebsd, openbsd, macos, gvisor, windows; null: not known. */
  readonly says: readonly Verdict[];
}

/**
 * close-rules 4.5, row by row; "higher" is there twice, for macOS asks where the receive window ends. A dash of OpenBSD is
 * null. RFC 1122 and Windows have no column there: the number alone, by the contract. Row 15 says of gVisor that nobody
 * looked: its seqnum.LessThan has the same cast.
 */
const TABLE: readonly TableRow[] = [
  { row: 1, old: WITH, isn: 'beyond', ts: 'newer', says: [A, A, A, A, A, A, A, A] },
  { row: 1, old: WITH, isn: 'inside', ts: 'newer', says: [A, A, A, A, A, C, A, A] },
  { row: 2, old: WITH, isn: 'lower', ts: 'newer', says: [C, A, A, D, A, C, D, D] },
  { row: 3, old: WITH, isn: 'equal', ts: 'newer', says: [C, A, A, D, A, C, D, D] },
  { row: 4, old: WITH, isn: 'beyond', ts: 'equal', says: [A, A, A, A, A, A, A, A] },
  { row: 4, old: WITH, isn: 'inside', ts: 'equal', says: [A, A, A, A, A, C, A, A] },
  { row: 5, old: WITH, isn: 'lower', ts: 'equal', says: [C, D, C, D, null, C, D, D] },
  { row: 6, old: WITH, isn: 'equal', ts: 'equal', says: [C, A, C, D, null, C, D, D] },
  { row: 7, old: WITH, isn: 'beyond', ts: 'older', says: [A, D, C, A, A, C, A, A] },
  { row: 7, old: WITH, isn: 'inside', ts: 'older', says: [A, D, C, A, A, C, A, A] },
  { row: 8, old: WITH, isn: 'lower', ts: 'older', says: [C, D, C, D, null, C, D, D] },
  { row: 9, old: WITH, isn: 'beyond', ts: 'none', says: [A, A, A, A, A, A, A, A] },
  { row: 9, old: WITH, isn: 'inside', ts: 'none', says: [A, A, A, A, A, C, A, A] },
  { row: 10, old: WITH, isn: 'lower', ts: 'none', says: [C, D, C, D, null, C, D, D] },
  { row: 10, old: WITH, isn: 'equal', ts: 'none', says: [C, A, C, D, null, C, D, D] },
  { row: 11, old: WITHOUT, isn: 'beyond', ts: 'some', says: [A, A, A, A, A, A, A, A] },
  { row: 11, old: WITHOUT, isn: 'inside', ts: 'some', says: [A, A, A, A, A, C, A, A] },
  { row: 12, old: WITHOUT, isn: 'lower', ts: 'some', says: [C, A, C, D, A, C, D, D] },
  { row: 12, old: WITHOUT, isn: 'equal', ts: 'some', says: [C, A, C, D, A, C, D, D] },
  { row: 13, old: WITHOUT, isn: 'beyond', ts: 'none', says: [A, A, A, A, A, A, A, A] },
  { row: 13, old: WITHOUT, isn: 'inside', ts: 'none', says: [A, A, A, A, A, C, A, A] },
  { row: 14, old: WITHOUT, isn: 'lower', ts: 'none', says: [C, D, C, D, null, C, D, D] },
  { row: 14, old: WITHOUT, isn: 'equal', ts: 'none', says: [C, A, C, D, null, C, D, D] },
  { row: 15, old: WITH, isn: 'opposite', ts: 'newer', says: [A, A, A, A, A, A, A, A] },
  { row: 15, old: WITH, isn: 'opposite', ts: 'equal', says: [A, D, A, A, A, A, A, A] },
];

const STACKS = ['rfc1122', 'rfc6191', 'linux', 'freebsd', 'openbsd', 'macos', 'gvisor', 'windows'] as const;

describe('what each stack would do with a SYN on TIME_WAIT', () => {
  it.each(TABLE)('table 4.5, row $row: ISN $isn, timestamp $ts', async ({ old, isn, ts, says }) => {
    const tsval = TSVAL[ts];
    const options = tsval === null ? '' : `<mss 1460, sackOK, TS val ${tsval} ecr 0>`;
    const { timeWaitSyns } = await analyzeConversation(`${old}\n2 A > B S ${ISN[isn] >>> 0} ${options}`);
    expect(timeWaitSyns).toHaveLength(1);
    expect(STACKS.map((stack) => timeWaitSyns[0]![stack])).toEqual(says);
  });

  it.each([
    ['an ordinary SYN-ACK', `60.06 B > A S. 99000000 ack ${Fc - 999}`, 'open'],
    ['an ordinary reset', `60.06 B > A R. 0 ack ${Fc - 999}`, 'refused'],
  ])('table 4.5, row 16: none of them once TIME_WAIT is over, and %s is no verdict of it', async (_, answer, close) => {
    const syn = `60.0501 A > B S ${Fc - 1000} <TS val ${T - 5} ecr 0>`;
    const analysis = await analyzeConversation(`${WITH}\n${syn}\n${answer}`);
    expect(analysis.timeWaitSyns).toEqual([]);
    expect(analysis.pawsRejections).toEqual([]);
    expect(analysis.connections[1]).toMatchObject({ incarnation: 2, close });
  });
});
