import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { openRecording } from '../../src/capture/recording.js';
import { RECORD_WORDS } from '../../src/flow/connection-table.js';
import type { FlowListener } from '../../src/flow/events.js';
import { ShortWay } from '../../src/flow/short-way.js';
import { Tracker } from '../../src/flow/tracker.js';
import { AddressTable } from '../../src/segment/address-table.js';
import { SegmentDecoder } from '../../src/segment/decode.js';
import { SegmentBatch } from '../../src/segment/segment-batch.js';

const SAMPLES = fileURLToPath(new URL('../../samples', import.meta.url));
const LAB = fileURLToPath(new URL('../../../shared/lab/captures', import.meta.url));
const CORPUS = fileURLToPath(new URL('../../../shared/corpus', import.meta.url));
/** Of files of the corpus that are followed here, octets. */
const LONGEST = 4 << 20;
/** Many ordinary connections, after which Zeek's automaton knows the way of such: before that all go the long way. */
const ORDINARY = path.join(SAMPLES, 'time-wait-churn.pcap');

/** Between two captures, ns; and what makes other addresses of those in a capture. */
const LONG_AFTER_NS = 600e9;
const ELSEWHERE = 0x55000000;

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

  get memory(): Int32Array {
    const { i32, firstSlot, slots } = this.tracker.table;
    return i32.slice(firstSlot * RECORD_WORDS, slots * RECORD_WORDS);
  }
}

/** Each word with its place in the record. */
const spelled = (memory: Int32Array): string[] => [...memory].map((word, i) => `${i % RECORD_WORDS}: ${word}`);

/** Long after what was followed before. `elsewhere`: between other hosts than those of the file. */
async function follow(file: string, ways: readonly Followed[], elsewhere = 0): Promise<void> {
  const recording = await openRecording([file]);
  const decoder = new SegmentDecoder(new AddressTable());
  const batch = new SegmentBatch(100);
  const { now } = ways[0]!.tracker;
  const startNs = now === 0 ? 0 : now + LONG_AFTER_NS;
  const consume = (): void => {
    for (let row = 0; row < batch.length; row++) {
      batch.timeNs[row]! += startNs;
      batch.src[row]! ^= elsewhere;
      batch.dst[row]! ^= elsewhere;
    }
    for (const { tracker } of ways) tracker.consume(batch, 1);
    batch.clear();
  };
  for await (const { cursor } of recording.captures()) {
    do {
      while (cursor.next()) {
        decoder.decode(cursor, batch);
        if (batch.length >= 100) consume();
      }
    } while (await cursor.refill());
    consume();
  }
}

/** Both ways leave the same behind and tell the same, after ordinary connections elsewhere. */
async function compare(...files: readonly string[]): Promise<void> {
  const ways = [new Followed(true), new Followed(false)] as const;
  await follow(ORDINARY, ways, ELSEWHERE);
  for (const file of files) {
    await follow(file, ways).catch((error: unknown) => {
      if ((error as Error).name !== 'CaptureError') throw error; // it is none
    });
  }
  const file = files.join(' ');
  const [short, long] = [ways[0].memory, ways[1].memory];
  if (!short.every((word, i) => word === long[i])) expect(spelled(short), file).toEqual(spelled(long));
  expect(short.length, file).toBe(long.length);
  expect(ways[0].told, file).toEqual(ways[1].told);
}

const captures = (folder: string): string[] =>
  fs.existsSync(folder)
    ? fs
        .readdirSync(folder, { recursive: true })
        .map((name) => path.join(folder, String(name)))
        .filter((file) => /\.pcap(ng)?$/.test(file) && fs.statSync(file).size <= LONGEST)
    : [];

describe('the short way of plain segments', () => {
  it('is taken by most segments of ordinary connections', async () => {
    const take = vi.spyOn(ShortWay.prototype, 'take');
    const way = new Followed(true);
    await follow(ORDINARY, [way]);
    take.mockClear();
    await follow(ORDINARY, [way], ELSEWHERE);
    const taken = take.mock.results.reduce((sum, { value }, i) => sum + (value as number) - take.mock.calls[i]![0], 0);
    expect(taken).toBeGreaterThan(500);
    take.mockRestore();
  });

  it.each(captures(SAMPLES).map((file) => [path.relative(SAMPLES, file), file]))(
    'leaves behind what the long way does: samples/%s',
    async (_, file) => compare(file),
  );

  it.skipIf(!fs.existsSync(LAB))(
    'does so in every capture of the lab and of the corpus (skipped where ../shared is not there)',
    async () => {
      for (const file of captures(LAB)) await compare(file);
      const others = captures(CORPUS);
      for (let i = 0; i < others.length; i += 20) await compare(...others.slice(i, i + 20));
    },
    120_000,
  );
});
