import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openRecording } from '../../src/capture/recording.js';
import { RECORD_WORDS } from '../../src/flow/connection-table.js';
import type { FlowListener } from '../../src/flow/events.js';
import { ShortWay } from '../../src/flow/short-way.js';
import { Tracker } from '../../src/flow/tracker.js';
import { AddressTable } from '../../src/segment/address-table.js';
import { SegmentDecoder } from '../../src/segment/decode.js';
import { SegmentBatch } from '../../src/segment/segment-batch.js';
import { captureFile, parseConversation } from '../support/conversation.js';

const SAMPLES = fileURLToPath(new URL('../../samples', import.meta.url));
const LAB = fileURLToPath(new URL('../../../shared/lab/captures', import.meta.url));
const CORPUS = fileURLToPath(new URL('../../../shared/corpus', import.meta.url));
/** Of files of the corpus that are followed here, octets. */
const LONGEST = 4 << 20;

/** A connection of end `A` with data both ways, which `closer` closes first; `more` stands in each segment. */
function ordinary(port: number, closer: 'A' | 'B', more: string): string {
  const closes =
    closer === 'A'
      ? ['A > B F. 1101 ack 5301', 'B > A . 5301 ack 1102', 'B > A F. 5301 ack 1102', 'A > B . 1102 ack 5302']
      : ['B > A F. 5301 ack 1101', 'A > B . 1101 ack 5302', 'A > B F. 1101 ack 5302', 'B > A . 5302 ack 1102'];
  const segments = [
    'A > B S 1000',
    'B > A S. 5000 ack 1001',
    'A > B . 1001 ack 5001',
    'A > B P. 1001(100) ack 5001',
    'B > A . 5001 ack 1101',
    'B > A P. 5001(300) ack 1101',
    'A > B . 1101 ack 5301',
    ...closes,
  ];
  return [`A = 10.1.1.1:${port}  B = 10.1.1.2:443`, ...segments.map((line) => `+0.01 ${line} ${more}`)].join('\n');
}

/** After these Zeek's automaton knows the way of ordinary connections: before that all segments go the long way. */
const ORDINARY = parseConversation(
  Array.from({ length: 24 }, (_, i) =>
    ordinary(40000 + i, i % 2 === 0 ? 'A' : 'B', i % 3 === 0 ? '' : `<TS val ${100 * (i + 1)} ecr 0>`),
  ).join('\n'),
);
let folder: string;
let ordinaryFile: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tcpclose-test-'));
  ordinaryFile = path.join(folder, 'ordinary.pcap');
  fs.writeFileSync(ordinaryFile, captureFile(ORDINARY));
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

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
async function compare(file: string): Promise<void> {
  const ways = [new Followed(true), new Followed(false)] as const;
  await follow(ordinaryFile, ways, ELSEWHERE);
  await follow(file, ways).catch((error: unknown) => {
    if ((error as Error).name !== 'CaptureError') throw error; // it is none
  });
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
    await follow(ordinaryFile, [way]);
    take.mockClear();
    await follow(ordinaryFile, [way], ELSEWHERE);
    const taken = take.mock.results.reduce((sum, { value }, i) => sum + (value as number) - take.mock.calls[i]![0], 0);
    expect(taken).toBeGreaterThan(24 * 6);
    take.mockRestore();
  });

  it.each(captures(SAMPLES).map((file) => [path.relative(SAMPLES, file), file]))(
    'leaves behind what the long way does: samples/%s',
    async (_, file) => compare(file),
  );

  it.skipIf(!fs.existsSync(LAB))(
    'does so in every capture of the lab and of the corpus (skipped where ../shared is not there)',
    async () => {
      for (const file of [...captures(LAB), ...captures(CORPUS)]) await compare(file);
    },
    120_000,
  );
});
