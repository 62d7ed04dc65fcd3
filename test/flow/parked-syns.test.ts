import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openRecording } from '../../src/capture/recording.js';
import { ConnectionFlag, Head, RECORD_WORDS } from '../../src/flow/connection-table.js';
import type { FlowListener } from '../../src/flow/events.js';
import { ParkedSyns } from '../../src/flow/parked-syns.js';
import { Tracker } from '../../src/flow/tracker.js';
import { AddressTable } from '../../src/segment/address-table.js';
import { SegmentDecoder } from '../../src/segment/decode.js';
import { SegmentBatch } from '../../src/segment/segment-batch.js';
import { capture, parseConversation } from '../support/conversation.js';
import { analyzeCaptures } from '../support/run.js';
import { scratchFile } from '../capture/support/reading.js';

const SAMPLES = fileURLToPath(new URL('../../samples', import.meta.url));
const LAB = fileURLToPath(new URL('../../../shared/lab/captures', import.meta.url));
/** Where a record lies, and whether its row was written before, is all that parking may change. */
const PLACE: ReadonlySet<number> = new Set([Head.CHAIN, Head.OLDER, Head.NEWER]);
const WRITING = ConnectionFlag.WRITTEN | ConnectionFlag.CHANGED;

/** The last that a tracker tells of each connection. */
class LastWords {
  readonly rows = new Map<number, number[]>();
  readonly left = new Map<number, number>();
  readonly tracker: Tracker;

  constructor(parkAfterNs: number) {
    const quiet = (): void => undefined;
    const listener: FlowListener = {
      onSyn: quiet,
      onTimeWait: quiet,
      onTimeWaitSyn: quiet,
      onPaws: quiet,
      onReset: quiet,
      onZeekPart: quiet,
      onSettled: (slot) => this.rows.set(this.id(slot), this.words(slot)),
      onPlain: (first) => first,
      onAllHeard: () => undefined,
      onLeave: (slot) => this.leaves(this.id(slot)),
      onLoneSynLeaves: ({ id }) => this.leaves(id),
    };
    this.tracker = new Tracker({ timeWaitNs: 60e9, parkAfterNs }, listener);
  }

  private leaves(id: number): void {
    this.left.set(id, (this.left.get(id) ?? 0) + 1);
  }

  private id(slot: number): number {
    return this.tracker.table.u32[this.tracker.table.at(slot) + Head.ID]!;
  }

  private words(slot: number): number[] {
    const { table } = this.tracker;
    const words = [...table.i32.subarray(table.at(slot), table.at(slot) + RECORD_WORDS)];
    words[Head.FLAGS]! &= ~WRITING;
    return words.map((word, i) => (PLACE.has(i) ? 0 : word));
  }
}

/** Batches of one segment, for what is parked is parked between batches. */
async function follow(file: string, ways: readonly LastWords[]): Promise<void> {
  const recording = await openRecording([file]);
  const decoder = new SegmentDecoder(new AddressTable());
  const batch = new SegmentBatch(1);
  for await (const { cursor } of recording.captures()) {
    do {
      while (cursor.next()) {
        decoder.decode(cursor, batch);
        for (const { tracker } of ways) tracker.consume(batch, 1);
        batch.clear();
      }
    } while (await cursor.refill());
  }
  for (const { tracker } of ways) {
    tracker.endConnections();
    tracker.finish();
  }
}

async function expectSame(file: string): Promise<void> {
  const ways = [new LastWords(0), new LastWords(Infinity)] as const;
  await follow(file, ways);
  expect(ways[0].rows).toEqual(ways[1].rows);
  expect(ways[0].left).toEqual(ways[1].left);
}

const captures = (folder: string): string[] =>
  fs.existsSync(folder)
    ? fs
        .readdirSync(folder, { recursive: true })
        .map((name) => path.join(folder, String(name)))
        .filter((file) => /\.pcap(ng)?$/.test(file))
    : [];

const A_SYN =
  'A = 192.0.2.1:40000   B = 198.51.100.7:443\n0.0 A > B S 1000:1000(0) win 65535 <mss 1460,TS val 77 ecr 0,wscale 7>\n';

describe('a SYN that nobody answered', () => {
  it.each(captures(SAMPLES).map((file) => [path.relative(SAMPLES, file), file]))(
    'is told of in the same words whether it was parked or not: samples/%s',
    (_, file) => expectSame(file),
  );

  it.skipIf(!fs.existsSync(LAB))(
    'is so in every capture of the lab (skipped where ../shared is not there)',
    async () => {
      for (const file of captures(LAB)) await expectSame(file);
    },
    300_000,
  );

  it('leaves the table, and comes back with every word of its record', async () => {
    const way = new LastWords(Infinity);
    await followWithoutEnd(scratchFile(capture(parseConversation(A_SYN))), way);
    const { table } = way.tracker;
    const first = table.firstSlot;
    const before = [...table.i32.subarray(table.at(first), table.at(first) + RECORD_WORDS)];
    const parked = new ParkedSyns();
    expect(parked.fits(table, first)).toBe(true);
    parked.park(table, first);
    table.release(first);
    expect([parked.size, table.size]).toEqual([1, 0]);
    const place = parked.places - 1;
    const seenNs = parked.seenNs(place);
    const slot = parked.unpark(place, table);
    way.tracker.zeek.resume(slot, seenNs);
    expect([parked.size, table.size, slot]).toEqual([0, 1, first]);
    expect([...table.i32.subarray(table.at(first), table.at(first) + RECORD_WORDS)]).toEqual(before);
  });

  it('is not parked where it carries data, was sent again, or was answered', async () => {
    for (const more of [
      '0.0 A > B S 1000:1010(10) win 65535\n',
      '0.0 A > B S 1000:1000(0) win 65535\n1.0 A > B S 1000:1000(0) win 65535\n',
      '0.0 A > B S 1000:1000(0) win 65535\n0.1 B > A S. 5000:5000(0) ack 1001 win 65535\n',
    ]) {
      const way = new LastWords(Infinity);
      const ends = 'A = 192.0.2.1:40000   B = 198.51.100.7:443\n';
      await followWithoutEnd(scratchFile(capture(parseConversation(ends + more))), way);
      expect(new ParkedSyns().fits(way.tracker.table, 0)).toBe(false);
    }
  });

  it('is found again by an answer that comes a minute later, in another capture', async () => {
    const answer =
      'A = 192.0.2.1:40000   B = 198.51.100.7:443\n60.0 B > A S. 5000:5000(0) ack 1001 win 65535\n60.1 A > B . 1001:1001(0) ack 5001\n';
    const { analysis } = await analyzeCaptures([
      capture(parseConversation(A_SYN)),
      capture(parseConversation(OTHER_SYN(30))),
      capture(parseConversation(answer)),
    ]);
    const rows = analysis.connections.filter((c) => c.client_ip === '192.0.2.1');
    expect(rows).toMatchObject([
      {
        client_isn: 1000,
        server_isn: 5000,
        handshake: 'complete',
        syn_count: 1,
        incarnation: 1,
      },
    ]);
  });

  it('is one connection for each ISN where its port comes back after it was given up', async () => {
    const { analysis } = await analyzeCaptures([
      capture(parseConversation(A_SYN)),
      capture(parseConversation(OTHER_SYN(30))),
      capture(parseConversation(OTHER_SYN(300))),
      capture(parseConversation(A_SYN.replace('0.0', '301.0').replaceAll('1000', '9000'))),
    ]);
    const rows = analysis.connections.filter((c) => c.client_ip === '192.0.2.1');
    expect(rows.map((c) => [c.client_isn, c.incarnation, c.handshake])).toEqual([
      [1000, 1, 'syn-only'],
      [9000, 2, 'syn-only'],
    ]);
  });
});

const OTHER_SYN = (at: number): string =>
  `A = 192.0.2.9:40000   B = 198.51.100.7:443\n${at}.0 A > B S ${at}:${at}(0) win 65535\n`;

async function followWithoutEnd(file: string, way: LastWords): Promise<void> {
  const recording = await openRecording([file]);
  const decoder = new SegmentDecoder(new AddressTable());
  const batch = new SegmentBatch(16);
  for await (const { cursor } of recording.captures()) {
    do while (cursor.next()) decoder.decode(cursor, batch);
    while (await cursor.refill());
  }
  way.tracker.consume(batch, 1);
}
