import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeClose } from '../../src/detect/closes/close-verdict.js';
import { PlainRows } from '../../src/detect/plain-rows.js';
import { ConnectionRows } from '../../src/detect/rows/connection-row.js';
import { ConnectionColumn } from '../../src/flow/connection-columns.js';
import { ConnectionFlag, ConnectionTable, End, EndFlag, Head, endOffset } from '../../src/flow/connection-table.js';
import { ConnectionView } from '../../src/flow/connection-view.js';
import type { FlowListener } from '../../src/flow/events.js';
import { CONNECTION_ROW, type RowLayout } from '../../src/flow/row-layout.js';
import type { RowAppender } from '../../src/flow/row-sink.js';
import { Tracker } from '../../src/flow/tracker.js';
import { fileOf, follow, ordinaryFile } from '../flow/support/both-ways.js';
import { parseConversation } from '../support/conversation.js';
import { LONE_SYN, LONE_SYN_END, PLAIN, PLAIN_END } from './support/plain-flags.js';

const SAMPLES = fileURLToPath(new URL('../../samples', import.meta.url));
const LAB = fileURLToPath(new URL('../../../shared/lab/captures', import.meta.url));
const CORPUS = fileURLToPath(new URL('../../../shared/corpus', import.meta.url));
/** Of files of the corpus that are followed here, octets. */
const LONGEST = 4 << 20;

const ZEEK = 77;
const [LOW_ADDRESS, HIGH_ADDRESS] = [1001, 1002];

/** Holds the row that the short way makes of a connection to those of the long way. */
class BothWays {
  readonly #plain: PlainRows;
  readonly #view: ConnectionView;
  readonly #appenders = new Map<RowLayout, RowAppender & { rows: number[][] }>();
  readonly #rows: ConnectionRows;
  #low = 0;
  /** Connections that the short way took, and all. */
  plain = 0;
  all = 0;

  constructor(table: ConnectionTable) {
    this.#plain = PlainRows.over(table)!;
    this.#view = new ConnectionView(table);
    this.#rows = new ConnectionRows({
      rows: (layout) => this.#appender(layout),
      addressId: (_, address) => (address === this.#low ? LOW_ADDRESS : HIGH_ADDRESS),
    });
  }

  /** The connection in `slot` has no story; it is `now`. */
  expectSame(slot: number, now: number): void {
    this.all++;
    const c = this.#view.select(slot);
    this.#low = c.address(0);
    const high = c.address(1) === this.#low ? LOW_ADDRESS : HIGH_ADDRESS;
    if (!this.#plain.judge(slot, ZEEK, LOW_ADDRESS, high)) return;
    this.plain++;
    for (const { rows } of this.#appenders.values()) rows.length = 0;
    this.#rows.write(c, judgeClose(c, null, now), null, ZEEK);
    const expected = [...this.#appenders].map(([layout, { rows }]) => [layout.table, rows]);
    const found = expected.map(([table]) => [
      table,
      table === CONNECTION_ROW.table ? [[...this.#plain.values.subarray(0, ConnectionColumn.COUNT)]] : [],
    ]);
    expect(found).toEqual(expected);
  }

  #appender(layout: RowLayout): RowAppender {
    const values = new Float64Array(layout.columns.length);
    const rows: number[][] = [];
    const appender = { values, at: 0, rows, commit: () => void rows.push([...values]), flush: () => undefined };
    this.#appenders.set(layout, appender);
    return appender;
  }
}

/** A tracker whose settled connections are judged both ways. */
class Judged {
  readonly tracker: Tracker;
  readonly ways: BothWays;

  constructor() {
    const listener: Partial<FlowListener> = { onSettled: (slot) => this.#onSettled(slot), onPlain: (first) => first };
    const deaf = new Proxy(listener, { get: (known, name) => known[name as keyof FlowListener] ?? (() => undefined) });
    this.tracker = new Tracker({ timeWaitNs: 60e9 }, deaf as FlowListener);
    this.ways = new BothWays(this.tracker.table);
  }

  #onSettled(slot: number): void {
    const { table, now } = this.tracker;
    const flags = table.i32[table.at(slot) + Head.FLAGS]!;
    if ((flags & ConnectionFlag.STORY) === 0) this.ways.expectSame(slot, now);
  }

  async follow(file: string): Promise<void> {
    await follow(file, [this]).catch((error: unknown) => {
      if ((error as Error).name !== 'CaptureError') throw error; // it is none
    });
  }

  end(): void {
    this.tracker.endConnections();
    this.tracker.finish();
  }
}

const captures = (folder: string): string[] =>
  fs
    .readdirSync(folder, { recursive: true })
    .map((name) => path.join(folder, String(name)))
    .filter((file) => /\.pcap(ng)?$/.test(file) && fs.statSync(file).size <= LONGEST);

/** Connections of these files that the short way took, and all. */
async function judge(files: readonly string[]): Promise<{ plain: number; all: number }> {
  const sum = { plain: 0, all: 0 };
  for (const file of files) {
    const judged = new Judged();
    await judged.follow(file);
    judged.end();
    sum.plain += judged.ways.plain;
    sum.all += judged.ways.all;
  }
  return sum;
}

/** Flags that a record may have or lack: none that only a story explains. */
const STATES = [
  ConnectionFlag.SYN,
  ConnectionFlag.SYN_ACK,
  ConnectionFlag.HANDSHAKE,
  ConnectionFlag.FINISHED,
  ConnectionFlag.RTT_KNOWN,
  ConnectionFlag.CLIENT_HIGH,
  ConnectionFlag.FIRST_HIGH,
  ConnectionFlag.V6,
  ConnectionFlag.CHANGED,
  ConnectionFlag.ATTEMPT,
  ConnectionFlag.SIMULTANEOUS_OPEN,
  ConnectionFlag.CHALLENGED,
  ConnectionFlag.REPLACED,
  ConnectionFlag.WRITTEN,
  ConnectionFlag.RTT_AMBIGUOUS,
  ConnectionFlag.CLIENT_AS_BEFORE,
  ConnectionFlag.RESUMED,
  ConnectionFlag.OPTIONS_CUT,
  ConnectionFlag.EVICTED,
];
/** Bits of `EndFlag`. */
const END_FLAGS = 19;

/** A number near 2^32, on either side. */
const serial = fc.integer({ min: -3, max: 3 });
const ns = fc.integer({ min: 0, max: 4000 }).map((quarters) => quarters / 4);
/** Nearly always nothing; else one flag that is turned over. */
const odd = (flags: readonly number[]): fc.Arbitrary<number> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(...flags) });
const oneOrMore = fc.oneof({ weight: 9, arbitrary: fc.constant(1) }, fc.integer({ min: 0, max: 3 }));
const seldom = fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 3 }));

const end = fc.record({
  flags: odd(Array.from({ length: END_FLAGS }, (_, bit) => 1 << bit)),
  heldBack: fc.boolean(),
  finEnd: serial,
  finAck: serial,
  isn: serial,
  times: fc.tuple(ns, ns, ns),
  openingAt: fc.integer({ min: 0, max: 3 }),
  packets: fc.integer({ min: 1, max: 9 }),
  bytes: fc.integer({ min: 0, max: 9 }),
  repeated: seldom,
  retransmissions: seldom,
  frame: fc.integer({ min: 0, max: 9 }),
});
const connection = fc.record({
  flags: odd(STATES),
  clientHigh: fc.boolean(),
  ends: fc.tuple(end, end),
  times: fc.tuple(ns, ns, ns, ns, ns, ns, ns, ns),
  syns: oneOrMore,
  synAcks: oneOrMore,
  incarnation: oneOrMore,
  frames: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 9 })),
});
type Drawn = typeof connection extends fc.Arbitrary<infer T> ? T : never;

const HEAD_TIMES = [
  Head.FIRST_NS,
  Head.LAST_NS,
  Head.SYN_ACK_NS,
  Head.RTT,
  Head.IDLE_END,
  Head.IDLE_MAX,
  Head.ENDED_NS,
  Head.TIME_WAIT_LAST_NS,
] as const;

/** A close, or a SYN that nobody answered; but for what is odd. */
type Sort = 'close' | 'syn';

function draw(table: ConnectionTable, c: Drawn, sort: Sort): number {
  const { i32, f64 } = table;
  const slot = table.create(4, 0x0a000001, 0x0a000002, (40000 << 16) | 443, -1);
  const at = table.at(slot);
  i32[at + Head.ID] = 17;
  i32[at + Head.FLAGS] =
    ((sort === 'close' ? PLAIN : LONE_SYN) | (c.clientHigh ? ConnectionFlag.CLIENT_HIGH : 0)) ^ c.flags;
  i32[at + Head.INCARNATION] = c.incarnation;
  i32[at + Head.SYNS] = c.syns;
  i32[at + Head.SYN_ACKS] = sort === 'close' ? c.synAcks : c.synAcks - 1;
  [i32[at + Head.FIRST_FRAME], i32[at + Head.LAST_FRAME]] = c.frames;
  [i32[at + Head.FIRST_CAPTURE], i32[at + Head.LAST_CAPTURE]] = [1, 1];
  HEAD_TIMES.forEach((field, i) => (f64[(at + field) >> 1] = c.times[i]!));
  c.ends.forEach((e, index) => {
    const mine = at + endOffset(index);
    const isClient = (index === 1) === c.clientHigh;
    i32[mine + End.FLAGS] =
      (sort === 'close' ? flagsOfClose(isClient, e.heldBack) : isClient ? LONE_SYN_END : 0) ^ e.flags;
    i32[mine + End.FIN_END] = e.finEnd;
    i32[mine + End.FIN_ACK] = e.finAck;
    i32[mine + End.ISN] = e.isn;
    i32[mine + End.PACKETS] = e.packets;
    i32[mine + End.RETRANSMISSIONS] = e.retransmissions;
    i32[mine + End.FIN_FRAME] = sort === 'close' ? e.frame : 0;
    i32[mine + End.FIN_CAPTURE] = 1;
    f64[(mine + End.BYTES) >> 1] = e.bytes;
    f64[(mine + End.REPEATED) >> 1] = e.repeated;
    f64[(mine + End.OPENING_AT) >> 1] = e.openingAt === 0 ? 0 : 2 ** 32 + e.openingAt;
    [End.FIN_NS, End.FIN_ACKED_NS, End.LAST_DATA_NS].forEach((field, i) => (f64[(mine + field) >> 1] = e.times[i]!));
  });
  return slot;
}

function flagsOfClose(isClient: boolean, heldBack: boolean): number {
  return PLAIN_END | (isClient ? EndFlag.SYN : EndFlag.SYN_ACK) | (heldBack ? EndFlag.PEER_HELD_BACK : 0);
}

describe('the short way of plain rows', () => {
  it('is taken by ordinary connections', async () => {
    const { plain, all } = await judge([ordinaryFile()]);
    expect([plain, all]).toEqual([24, 24]);
  });

  it('is taken by SYNs that nobody answered, with options or without', async () => {
    const syns = ['S 1000', 'S 1000 <mss 1460,TS val 7 ecr 0>'].map(
      (segment, i) => `A = 192.0.2.1:${40000 + i}  B = 198.51.100.7:443\n0 A > B ${segment}`,
    );
    const { plain, all } = await judge([fileOf(parseConversation(syns.join('\n')))]);
    expect([plain, all]).toEqual([2, 2]);
  });

  it('makes the rows of the long way: in all samples', async () => {
    const { plain } = await judge(captures(SAMPLES));
    expect(plain).toBeGreaterThan(0);
  });

  it.skipIf(!fs.existsSync(LAB))(
    'and in every capture of the lab and of the corpus (skipped where ../shared is not there)',
    async () => {
      const { plain, all } = await judge([...captures(LAB), ...captures(CORPUS)]);
      expect(plain).toBeGreaterThan(all / 100);
    },
    600_000,
  );

  it('and of any record that is nearly plain, however odd', () => {
    const table = new ConnectionTable();
    const ways = new BothWays(table);
    const plain = { close: 0, syn: 0 };
    fc.assert(
      fc.property(connection, fc.constantFrom('close', 'syn'), (c, sort) => {
        const slot = draw(table, c, sort);
        const before = ways.plain;
        ways.expectSame(slot, 2000);
        plain[sort] += ways.plain - before;
        table.release(slot);
      }),
      { numRuns: 20_000 },
    );
    expect(Math.min(plain.close, plain.syn)).toBeGreaterThan(100);
  });
});
