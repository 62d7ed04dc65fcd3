import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closedLate } from '../../src/detect/closes/close-wait.js';
import { createEngine } from '../../src/detect/engine.js';
import { PlainRows } from '../../src/detect/plain-rows.js';
import { HostHeaders } from '../../src/detect/resets/host-headers.js';
import { Host } from '../../src/detect/resets/host-layout.js';
import { ZeekRows } from '../../src/detect/rows/zeek-rows.js';
import { ConnectionColumn } from '../../src/flow/connection-columns.js';
import { ConnectionFlag, End, EndFlag, Head, endOffset } from '../../src/flow/connection-table.js';
import { ConnectionView } from '../../src/flow/connection-view.js';
import { Desk } from '../../src/flow/desk.js';
import { ZEEK_SHIFT } from '../../src/flow/row-layout.js';
import type { RowSink } from '../../src/flow/row-sink.js';
import { ZeekKind, ZeekWord } from '../../src/flow/zeek-codes.js';
import { KEPT_NS } from '../../src/flow/zeek-settings.js';
import { BATCH_CAPACITY } from '../../src/reading/batch-sink.js';
import { Family } from '../../src/segment/segment-batch.js';
import { Followed, fileOf, follow, ordinaryFile } from '../flow/support/both-ways.js';
import type { Analysis } from '../support/analysis.js';
import { established, parseConversation } from '../support/conversation.js';
import { analyzeConversation, analyzeFiles } from '../support/run.js';
import { LONE_SYN, LONE_SYN_END, PLAIN, PLAIN_END } from './support/plain-flags.js';

const SAMPLES = fileURLToPath(new URL('../../samples', import.meta.url));
const LAB = fileURLToPath(new URL('../../../shared/lab/captures', import.meta.url));

const captures = (folder: string): string[] =>
  fs
    .readdirSync(folder, { recursive: true })
    .map((name) => path.join(folder, String(name)))
    .filter((file) => /\.pcap(ng)?$/.test(file));

/** All tables but those that tell of the run itself. */
function contents(analysis: Analysis): unknown {
  const tables = analysis
    .query("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('meta', 'recordings')")
    .map(({ name }) => String(name));
  return tables.map((table) => [table, analysis.query(`SELECT * FROM "${table}"`)]);
}

/** Analyses the file with and without the short ways, and expects the same database. */
async function expectSame(file: string): Promise<void> {
  const [short, long] = await Promise.all([
    analyzeFiles([file]),
    analyzeFiles([file], {
      engine: (options, sink, addresses) => createEngine({ ...options, shortWay: false }, sink, addresses),
    }),
  ]);
  expect(contents(short.analysis), file).toEqual(contents(long.analysis));
}

describe('with the short ways and without, the database is the same', () => {
  it('of ordinary connections and of all samples', async () => {
    for (const file of [ordinaryFile(), ...captures(SAMPLES)]) await expectSame(file);
  }, 120_000);

  it.skipIf(!fs.existsSync(LAB))(
    'of every fifth capture of the lab (skipped where ../shared is not there)',
    async () => {
      for (const [i, file] of captures(LAB).entries()) if (i % 5 === 0) await expectSame(file);
    },
    600_000,
  );

  it('of more closes at a time than there is room for rows', async () => {
    const talks = Array.from({ length: 3 * Desk.PLAIN_ROOM }, (_, i) =>
      established({ client: `192.0.2.1:${40000 + i}`, at: i / 1000 }).closedBy(i % 7 === 0 ? 'server' : 'client'),
    );
    await expectSame(fileOf(parseConversation(talks.join('\n'))));
  });
});

it('a close that is heard again after its row was written has one row in the end, with all of it, and none in other tables', async () => {
  const talk = established().closedBy('client');
  const { client, server } = talk.next;
  const elsewhere = Array.from({ length: 2 * BATCH_CAPACITY }, (_, i) => `+0.00001 X > Y P. ${1000 + i}(1) ack 2000`);
  const analysis = await analyzeConversation(`${talk}
    X = 192.0.2.9:50000  Y = 198.51.100.9:80
    ${elsewhere.join('\n')}
    +0.001 A > B . ${client} ack ${server}
    ${elsewhere.join('\n')}`);
  const [row] = analysis.query(
    'SELECT id, close, client_packets, server_packets FROM connections WHERE client_port = 40000',
  );
  expect(row).toEqual({ id: 1, close: 'fin', client_packets: 5, server_packets: 2 });
  expect(analysis.query('SELECT id FROM connection_extra_row WHERE id = 1')).toEqual([]);
});

/** A time near one second. */
const ns = fc.integer({ min: 0, max: 40 }).map((quarters) => 1e9 + quarters / 4);
const seldom = <T>(usual: T, ...others: T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 19, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });

const end = fc.record({
  finNs: fc.oneof({ weight: 9, arbitrary: ns }, fc.constant(61e9), fc.constant(61e9 + 10)),
  isn: fc.integer({ min: -2, max: 2 }),
  bytes: fc.integer({ min: 0, max: 3 }),
  more: seldom(0, 1, -1),
  acked: seldom(0, 1),
  ttl: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 3 })),
});
const close = fc.record({
  clientHigh: fc.boolean(),
  v6: seldom(false, true),
  extra: seldom(0, ConnectionFlag.CHANGED, ConnectionFlag.WRITTEN, ConnectionFlag.RTT_AMBIGUOUS),
  addresses: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0xfffffff0, max: 0xfffffff2 })),
  ends: fc.tuple(end, end),
  synAckNs: fc.integer({ min: 0, max: 40 }),
  node: fc.integer({ min: 0, max: 30 }),
  originatorHigh: fc.boolean(),
  zeekBits: seldom<number>(ZeekWord.TIMED, 0, ZeekWord.TIMED | ZeekWord.RARE),
  zeekLate: seldom(0, 0.75, 1, -1),
});
type Close = typeof close extends fc.Arbitrary<infer T> ? T : never;

/** A SYN that nobody answered. */
const syn = fc.record({
  clientHigh: fc.boolean(),
  v6: seldom(false, true),
  extra: seldom(0, ConnectionFlag.CHANGED, ConnectionFlag.WRITTEN, ConnectionFlag.RESUMED),
  isn: fc.integer({ min: -2, max: 2 }),
  bytes: seldom(0, 1),
  more: seldom(0, 1, -1),
  packets: seldom(1, 2),
  node: fc.integer({ min: 0, max: 30 }),
  originatorHigh: fc.boolean(),
  zeekBits: seldom<number>(0, ZeekWord.TIMED, ZeekWord.RARE),
});
type Syn = typeof syn extends fc.Arbitrary<infer T> ? T : never;

/** One that settles the short way, as far as Zeek's automaton has that node. */
const ORDINARY_END = { finNs: 1e9, isn: 1, bytes: 2, more: 0, acked: 0, ttl: [1, 1] as [number, number] };
const ORDINARY: Close = {
  clientHigh: false,
  v6: false,
  extra: 0,
  addresses: [1, 2],
  ends: [ORDINARY_END, ORDINARY_END],
  synAckNs: 1,
  node: 9,
  originatorHigh: false,
  zeekBits: ZeekWord.TIMED,
  zeekLate: 0,
};

/** Holds the settling of one close after the other to what the long way makes of it. */
class BothWays {
  readonly #followed = new Followed(true);
  readonly #plain: PlainRows;
  readonly #view: ConnectionView;
  readonly #zeek: ZeekRows;
  readonly #memory = new ArrayBuffer(Host.PLACES * Host.WORDS * 4);
  readonly #hosts = new HostHeaders(this.#memory);
  /** Of Zeek's automaton. */
  #nodes = 0;
  taken = 0;
  left = 0;

  private constructor() {
    const { table } = this.#followed.tracker;
    const appender = { values: new Float64Array(99), at: 0, commit: () => undefined, flush: () => undefined };
    const sink = { rows: () => appender, addressId: () => 1, zeekHistory: () => undefined };
    this.#plain = PlainRows.over(table)!;
    this.#view = new ConnectionView(table);
    this.#zeek = new ZeekRows(sink as unknown as RowSink, this.#plain.histories);
  }

  /** Zeek's automaton has the nodes of ordinary connections. */
  static async afterOrdinary(): Promise<BothWays> {
    const ways = new BothWays();
    await follow(ordinaryFile(), [ways.#followed]);
    const { automaton } = ways.#followed.tracker.zeek;
    while ((automaton.node(ways.#nodes) as unknown) !== undefined) ways.#nodes++;
    return ways;
  }

  expectSame(drawn: Close): void {
    const slot = this.#draw(drawn);
    if (this.#settles(slot, (c) => !closedLate(c))) this.#hosts.note(this.#view.select(slot));
    this.#followed.tracker.table.release(slot);
  }

  expectSameSyn(drawn: Syn): void {
    const slot = this.#drawSyn(drawn);
    this.#settles(slot, () => drawn.bytes === 0 && drawn.more === 0);
    this.#followed.tracker.table.release(slot);
  }

  /** Whether it settles the short way, as it is to if the long way has no more to say of it and it `mayBe` plain. */
  #settles(slot: number, mayBe: (c: ConnectionView) => boolean): boolean {
    const { table, zeek } = this.#followed.tracker;
    const c = this.#view.select(slot);
    const z = table.i32[table.at(slot) + Head.ZEEK]!;
    const isRare = (z & ZeekWord.RARE) !== 0;
    const code = isRare ? 0 : this.#zeek.settle(c, zeek.connection(slot));
    const isPlain = this.#plain.judge(slot, code, c.address(0), c.address(1));
    const row = [...this.#plain.values.subarray(0, ConnectionColumn.COUNT)];
    const state = table.i32[table.at(slot) + Head.FLAGS]!;
    const takes = isPlain && mayBe(c) && code > 0 && this.#plain.histories[z >> ZeekWord.NODE_SHIFT] !== 0;

    table.i32[Desk.PLAIN_SLOTS / 4 + 7] = slot;
    expect(this.#plain.settle(7, 8)).toBe(takes ? 8 : 7);
    if (takes) {
      this.taken++;
      expect([...this.#plain.values.subarray(0, ConnectionColumn.COUNT)]).toEqual(row);
      expect(row[4]! / 2 ** ZEEK_SHIFT).toBeGreaterThanOrEqual(code);
    } else {
      this.left++;
    }
    const written = ConnectionFlag.WRITTEN | ConnectionFlag.PLAIN_ROW;
    const after = takes ? (state | written) & ~ConnectionFlag.CHANGED : state;
    expect(table.i32[table.at(slot) + Head.FLAGS]).toBe(after);
    return takes;
  }

  /** How many of so many like that settle in one go. */
  settleTogether(drawn: Close, count: number): number {
    for (let i = 0; i < count; i++) this.#followed.tracker.table.i32[Desk.PLAIN_SLOTS / 4 + i] = this.#draw(drawn);
    return this.#plain.settle(0, count);
  }

  /** All that both know of servers. */
  expectSameHosts(): void {
    const words = Host.PLACES * Host.WORDS;
    const short = new Int32Array(this.#followed.tracker.table.i32.buffer, Desk.HOSTS, words);
    expect(new Int32Array(this.#memory).some((word) => word !== 0)).toBe(true);
    expect([...short]).toEqual([...new Int32Array(this.#memory)]);
  }

  #draw(c: Close): number {
    const { table } = this.#followed.tracker;
    const { i32, f64 } = table;
    const slot = table.create(c.v6 ? Family.V6 : Family.V4, ...c.addresses, (40000 << 16) | 443, -1);
    const at = table.at(slot);
    i32[at + Head.FLAGS]! |= PLAIN | c.extra | (c.clientHigh ? ConnectionFlag.CLIENT_HIGH : 0);
    i32[at + Head.ID] = 17;
    i32[at + Head.INCARNATION] = i32[at + Head.SYNS] = i32[at + Head.SYN_ACKS] = 1;
    i32[at + Head.FIRST_FRAME] = i32[at + Head.FIRST_CAPTURE] = i32[at + Head.LAST_CAPTURE] = 1;
    i32[at + Head.LAST_FRAME] = 9;
    f64[(at + Head.FIRST_NS) >> 1] = 1e9;
    f64[(at + Head.SYN_ACK_NS) >> 1] = 1e9 + c.synAckNs;
    f64[(at + Head.LAST_NS) >> 1] = f64[(at + Head.ENDED_NS) >> 1] = 61e9 + 20;
    const fins = c.ends.map(({ finNs }) => finNs);
    f64[(at + Head.ZEEK_NS) >> 1] = Math.max(...fins) + c.zeekLate + KEPT_NS[ZeekKind.COMPLETE];
    const orig = c.originatorHigh ? ZeekWord.ORIG : 0;
    i32[at + Head.ZEEK] = ((c.node % this.#nodes) << ZeekWord.NODE_SHIFT) | c.zeekBits | orig;
    c.ends.forEach((e, index) => {
      const mine = at + endOffset(index);
      const theirs = at + endOffset(1 - index);
      const isClient = (index === 1) === c.clientHigh;
      i32[mine + End.FLAGS] = PLAIN_END | (isClient ? EndFlag.SYN : EndFlag.SYN_ACK);
      i32[mine + End.ISN] = e.isn;
      i32[mine + End.MAX_END] = i32[mine + End.FIN_END] = e.isn + e.bytes + 2 + e.more;
      i32[theirs + End.MAX_ACK] = e.isn + e.bytes + 2 + e.acked;
      i32[mine + End.FIN_ACK] = isClient ? -1000 : 1000;
      i32[mine + End.FIN_FRAME] = i32[mine + End.FIN_CAPTURE] = 1;
      i32[mine + End.PACKETS] = 4;
      i32[mine + End.TTL] = (e.ttl[0] << 8) | (e.ttl[1] << 16);
      f64[(mine + End.BYTES) >> 1] = e.bytes;
      f64[(mine + End.FIN_NS) >> 1] = f64[(mine + End.FIN_ACKED_NS) >> 1] = e.finNs;
      f64[(mine + End.OPENING_AT) >> 1] = 2 ** 32 + 2;
    });
    return slot;
  }

  #drawSyn(s: Syn): number {
    const { table } = this.#followed.tracker;
    const { i32, f64 } = table;
    const slot = table.create(s.v6 ? Family.V6 : Family.V4, 1, 0xfffffff0, (40000 << 16) | 443, -1);
    const at = table.at(slot);
    i32[at + Head.FLAGS]! |= LONE_SYN | s.extra | (s.clientHigh ? ConnectionFlag.CLIENT_HIGH : 0);
    i32[at + Head.ID] = 17;
    i32[at + Head.INCARNATION] = i32[at + Head.SYNS] = 1;
    i32[at + Head.FIRST_FRAME] = i32[at + Head.FIRST_CAPTURE] = i32[at + Head.LAST_FRAME] = 1;
    i32[at + Head.LAST_CAPTURE] = 1;
    f64[(at + Head.FIRST_NS) >> 1] = f64[(at + Head.LAST_NS) >> 1] = 1e9;
    f64[(at + Head.ZEEK_NS) >> 1] = 1e9 + 5 + KEPT_NS[ZeekKind.COMPLETE]; // read where Zeek takes both ends for closed
    const orig = s.originatorHigh ? ZeekWord.ORIG : 0;
    i32[at + Head.ZEEK] = ((s.node % this.#nodes) << ZeekWord.NODE_SHIFT) | s.zeekBits | orig;
    const mine = at + endOffset(s.clientHigh ? 1 : 0);
    i32[mine + End.FLAGS] = LONE_SYN_END;
    i32[mine + End.ISN] = s.isn;
    i32[mine + End.MAX_END] = s.isn + 1 + s.more;
    i32[mine + End.PACKETS] = s.packets;
    f64[(mine + End.BYTES) >> 1] = s.bytes;
    return slot;
  }
}

/** Settles many that were drawn, each both ways. */
async function settleMany<T>(drawn: fc.Arbitrary<T>, settle: (ways: BothWays, one: T) => void): Promise<BothWays> {
  const ways = await BothWays.afterOrdinary();
  fc.assert(
    fc.property(drawn, (one) => settle(ways, one)),
    { numRuns: 20_000 },
  );
  expect(Math.min(ways.taken, ways.left)).toBeGreaterThan(500);
  return ways;
}

it('a SYN that nobody answered settles the short way, too, if it is plain to us and to Zeek', async () => {
  await settleMany(syn, (ways, drawn) => ways.expectSameSyn(drawn));
});

it('a close settles the short way if it is plain to us and to Zeek: with the same row, and the same knowledge of its server', async () => {
  const ways = await settleMany(close, (all, drawn) => all.expectSame(drawn));
  ways.expectSameHosts();
  expect(ways.settleTogether(ORDINARY, Desk.PLAIN_ROOM + 6)).toBe(Desk.PLAIN_ROOM);
});
