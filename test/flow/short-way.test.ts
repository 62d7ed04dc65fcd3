import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openRecording } from '../../src/capture/recording.js';
import { RECORD_WORDS } from '../../src/flow/connection-table.js';
import type { FlowListener } from '../../src/flow/events.js';
import { Tracker } from '../../src/flow/tracker.js';
import { AddressTable } from '../../src/segment/address-table.js';
import { SegmentDecoder } from '../../src/segment/decode.js';
import { SegmentBatch } from '../../src/segment/segment-batch.js';

const SAMPLES = fileURLToPath(new URL('../../samples', import.meta.url));
const LAB = fileURLToPath(new URL('../../../shared/lab/captures', import.meta.url));

/** What a tracker remembers, and what it told of on the way. */
class Followed {
  readonly told: unknown[] = [];
  readonly tracker: Tracker;

  constructor(shortWay: boolean) {
    const tell =
      (what: string) =>
      (slot: number, ...rest: unknown[]) => {
        this.told.push([what, slot, structuredClone(rest.filter((fact) => !(fact instanceof SegmentBatch)))]);
      };
    const listener = new Proxy({} as FlowListener, { get: (_, name) => tell(String(name)) });
    this.tracker = new Tracker({ timeWaitNs: 60e9, shortWay }, listener);
  }

  /** Each word with its place in the record. */
  get memory(): string[] {
    const { i32, firstSlot, slots } = this.tracker.table;
    return [...i32.subarray(firstSlot * RECORD_WORDS, slots * RECORD_WORDS)].map(
      (word, i) => `${i % RECORD_WORDS}: ${word}`,
    );
  }
}

async function follow(file: string, ways: readonly Followed[]): Promise<void> {
  const recording = await openRecording([file]);
  const decoder = new SegmentDecoder(new AddressTable());
  const batch = new SegmentBatch(100);
  const consume = (): void => {
    for (const { tracker } of ways) tracker.consume(batch, 1);
    batch.clear();
  };
  for await (const { cursor } of recording.captures()) {
    do {
      while (cursor.next()) {
        decoder.decode(cursor, batch);
        if (batch.length === 100) consume();
      }
    } while (await cursor.refill());
    consume();
  }
}

const captures = (folder: string): string[] =>
  fs.existsSync(folder)
    ? fs
        .readdirSync(folder, { recursive: true })
        .map((name) => path.join(folder, String(name)))
        .filter((file) => /\.pcap(ng)?$/.test(file))
    : [];

describe('the short way of plain segments', () => {
  it.each(captures(SAMPLES).map((file) => [path.relative(SAMPLES, file), file]))(
    'leaves behind what the long way does: samples/%s',
    async (_, file) => {
      const ways = [new Followed(true), new Followed(false)] as const;
      await follow(file, ways);
      expect(ways[0].memory).toEqual(ways[1].memory);
      expect(ways[0].told).toEqual(ways[1].told);
    },
  );

  it.skipIf(!fs.existsSync(LAB))(
    'does so in every capture of the lab (skipped where ../shared is not there)',
    async () => {
      for (const file of captures(LAB)) {
        const ways = [new Followed(true), new Followed(false)] as const;
        await follow(file, ways);
        expect(ways[0].memory, file).toEqual(ways[1].memory);
        expect(ways[0].told, file).toEqual(ways[1].told);
      }
    },
  );
});
