import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_SAMPLES, PairMemory, Waiting } from '../../src/detect/clocks/pair-layout.js';
import { PairTable, v6Of } from '../../src/detect/clocks/source-pairs.js';
import { RATES, areOnLine, fitClocks, ofOnePort, onOneLine } from '../../src/detect/clocks/timestamp-clocks.js';
import { NatTimestamps } from '../../src/detect/nat-timestamps.js';
import { ConnectionTable, End, EndFlag, Head, endOffset } from '../../src/flow/connection-table.js';
import type { RowLayout } from '../../src/flow/row-layout.js';
import type { RowAppender, RowSink } from '../../src/flow/row-sink.js';
import { Segment } from '../../src/flow/segment.js';
import { Family, SegmentBatch } from '../../src/segment/segment-batch.js';
import { AddressIds } from '../../src/store/address-ids.js';

interface Syn {
  readonly ms: number;
  readonly tsval: number;
  readonly port: number;
}

/** A table that has seen these SYNs of one source, and the first word of their pair. */
function pairOf(syns: readonly Syn[]): readonly [PairTable, number] {
  const pairs = new PairTable();
  const at = pairs.get(v6Of(Family.V4), 1, 2);
  for (const { ms, tsval, port } of syns) {
    const syn = pairs.waiting(0);
    pairs.f64[(syn + Waiting.NS) >> 1] = ms * 1e6;
    pairs.i32[syn + Waiting.TSVAL] = tsval;
    pairs.i32[syn + Waiting.PORT] = port;
    pairs.addSample(at, syn);
  }
  return [pairs, at];
}

/** SYNs of clocks of some rate, most of them of the same one. */
const sources = fc
  .record({
    hz: fc.constantFrom(...RATES),
    base: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    syns: fc.array(
      fc.record({
        stepMs: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 90_000 })),
        offTicks: fc.oneof({ arbitrary: fc.constant(0), weight: 60 }, fc.integer({ min: -400, max: 400 })),
        port: fc.oneof({ arbitrary: fc.constant(40_000), weight: 5 }, fc.integer({ min: 1, max: 65_535 })),
      }),
      { minLength: 1, maxLength: MAX_SAMPLES + 3 },
    ),
  })
  .map(({ hz, base, syns }) => {
    let ms = 0;
    return syns.map(({ stepMs, offTicks, port }): Syn => {
      ms += stepMs;
      return { ms, tsval: ((base + Math.round((ms * hz) / 1000) + offTicks) % 2 ** 32) >>> 0, port };
    });
  });

describe('what a source and its destination keep of their SYNs', () => {
  it('is, in few words, what all of them say', () => {
    let onOneClock = 0;
    fc.assert(
      fc.property(sources, (syns) => {
        const [pairs, at] = pairOf(syns);
        const samples = pairs.samples(at);
        const { count, port, tsval } = samples;
        expect(count).toBe(Math.min(syns.length, MAX_SAMPLES));
        expect(pairs.areOfOnePort(at)).toBe(port.slice(0, count).every((p) => p === port[0]));
        expect(pairs.areOfOneTsval(at)).toBe(tsval.slice(0, count).every((value) => value === tsval[0]));
        const rate = pairs.onlyLine(at);
        expect(rate).toBe(RATES.find((hz) => areOnLine(samples, hz)) ?? null);
        if (pairs.areOfOnePort(at)) expect(fitClocks(samples)).toEqual(ofOnePort(count));
        if (pairs.areOfOnePort(at) || rate === null) return;
        expect(fitClocks(samples)).toEqual(onOneLine(rate));
        onOneClock++;
      }),
    );
    expect(onOneClock).toBeGreaterThan(10);
  });

  it('is no line where a clock of another rate was set in between', () => {
    const clock = (from: number, hz: number): Syn[] =>
      [0, 1, 2, 3, 4].map((i) => ({ ms: from + i * 1000, tsval: i * hz + from, port: 40_000 + i }));
    const [pairs, at] = pairOf([...clock(0, 1000), ...clock(5000, 250)]);
    expect(pairs.onlyLine(at)).toBeNull();
  });
});

/** What happens on the way: a SYN, or a connection on which the lower end (0) or the higher one (1) goes into TIME_WAIT. */
const happenings = fc.array(
  fc.record({
    holder: fc.constantFrom(null, null, 0, 1),
    v6: fc.constantFrom(false, false, false, true),
    host: fc.integer({ min: 0, max: 5 }),
    peer: fc.constantFrom(100, 101, 0xffffffff),
    stepMs: fc.oneof(
      { weight: 40, arbitrary: fc.integer({ min: 0, max: 300 }) },
      { weight: 1, arbitrary: fc.constantFrom(-5, 30_000, 61_000, 5e9) },
    ),
    offTicks: fc.oneof(
      { weight: 20, arbitrary: fc.constant(0) },
      { weight: 6, arbitrary: fc.integer({ min: -2, max: 2 }) },
      fc.integer({ min: -100_000, max: 100_000 }),
    ),
    stamped: fc.constantFrom(true, true, true, true, true, true, true, false),
    onTimeWait: fc.boolean(),
    sinceMs: fc.constantFrom(0, 300, 1_000, 59_000, 62_000),
    port: fc.integer({ min: 1, max: 6 }),
  }),
  { minLength: 300, maxLength: 700 },
);
type Happening = typeof happenings extends fc.Arbitrary<(infer T)[]> ? T : never;

/** All rows that a detector writes of these and what it reports at the end, and what lies in its memory then. */
function natRows(
  events: readonly Happening[],
  shortWay: boolean,
): { rows: unknown[]; memory: Int32Array; taken: number } {
  const rows: unknown[] = [];
  const pairs = new PairTable(shortWay);
  let taken = 0;
  const take = pairs.take.bind(pairs);
  pairs.take = (first, end) => {
    const next = take(first, end);
    taken += next - first;
    return next;
  };
  const ids = new AddressIds();
  const sink = {
    rows: ({ table, columns }: RowLayout): RowAppender => {
      const values = new Float64Array(columns.length);
      return { values, at: 0, commit: () => rows.push([table, ...values]), flush: () => undefined };
    },
    addressId: (family: number, address: number) => ids.idOf(family, address),
  } as unknown as RowSink;
  const nat = new NatTimestamps(sink, pairs);
  const batch = new SegmentBatch(1);
  const syn = new Segment();
  const table = new ConnectionTable();
  let ms = 0;
  events.forEach((event, id) => {
    ms = Math.max(0, ms + event.stepMs);
    const { host, peer, port, holder } = event;
    const family = event.v6 ? Family.V6 : Family.V4;
    const tsval = (host * 2 ** 30 + ms * [1, 0.25, 0.1][host % 3]! + event.offTicks + 2 ** 33) % 2 ** 32;
    if (holder === null) {
      batch.family[0] = family;
      batch.src[0] = host;
      batch.dst[0] = peer;
      batch.srcPort[0] = 40_000 + port;
      batch.tsval[0] = event.stamped ? tsval : 0;
      batch.timeNs[0] = ms * 1e6;
      batch.frame[0] = id + 1;
      nat.onSyn(id + 1, syn.select(batch, 0, 1), event.onTimeWait);
      return;
    }
    const slot = table.create(family, host, peer, port, -1);
    const record = table.at(slot);
    const mine = record + endOffset(holder);
    table.i32[mine + End.FLAGS] = EndFlag.TS_RECENT_KNOWN;
    table.i32[record + endOffset(1 - holder) + End.FLAGS] = EndFlag.TIMESTAMP;
    table.i32[record + endOffset(1 - holder) + End.FIN_END] = 1; // not acknowledged by the FIN of the holder
    table.i32[mine + End.TS_RECENT] = tsval;
    table.f64[(mine + End.TS_RECENT_NS) >> 1] = Math.max(0, ms - event.sinceMs) * 1e6;
    table.f64[(record + Head.ENDED_NS) >> 1] = ms * 1e6;
    nat.onTimeWait(table, record);
    table.release(slot);
  });
  nat.finish(false, (summary) => rows.push(summary));
  const memory = pairs.i32.slice(PairMemory.BEGIN / 4, pairs.i32[PairMemory.TAKEN / 4]! / 4);
  return { rows, memory, taken };
}

describe('the short way of SYNs, and of what TIME_WAIT leaves behind', () => {
  it('leaves the same behind as the long way, and is that of most', () => {
    let all = 0;
    let short = 0;
    fc.assert(
      fc.property(happenings, (events) => {
        const { rows, memory, taken } = natRows(events, true);
        const long = natRows(events, false);
        expect(rows).toEqual(long.rows);
        expect(memory.every((word, i) => word === long.memory[i])).toBe(true);
        all += events.length;
        short += taken;
      }),
    );
    expect(short / all).toBeGreaterThan(0.3);
  });
});
