import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect } from 'vitest';
import { openRecording } from '../../../src/capture/recording.js';
import { ConnectionFlag, Head, RECORD_WORDS } from '../../../src/flow/connection-table.js';
import type { FlowListener } from '../../../src/flow/events.js';
import type { EndSnapshot } from '../../../src/flow/end-snapshot.js';
import { ResetSeen } from '../../../src/flow/reset-seen.js';
import { Tracker } from '../../../src/flow/tracker.js';
import { AddressTable } from '../../../src/segment/address-table.js';
import { SegmentDecoder } from '../../../src/segment/decode.js';
import { SegmentBatch } from '../../../src/segment/segment-batch.js';
import { captureFile, parseConversation, type Frame } from '../../support/conversation.js';

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
    ordinary(40000 + i, i % 2 === 0 ? 'A' : 'B', i % 3 === 0 ? '' : `<TS val ${100 * (i + 1)} ecr ${100 * (i + 1)}>`),
  ).join('\n'),
);
let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tcpclose-test-'));
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

/** Between two captures, ns: nothing of the first is forgotten yet; all of it is. And what makes other addresses of its own. */
const SOON_AFTER_NS = 1e9;
export const LONG_AFTER_NS = 600e9;
export const ELSEWHERE = 0x55000000;
const FAR_ELSEWHERE = 0x33000000;

/** What a tracker remembers, and what it told of on the way. */
export class Followed {
  readonly told: unknown[] = [];
  readonly tracker: Tracker;

  constructor(shortWay: boolean) {
    const tell =
      (what: string) =>
      (slot: number, ...rest: unknown[]) => {
        const facts = rest
          .filter((fact) => !(fact instanceof SegmentBatch))
          .map((fact) => (fact instanceof ResetSeen ? spelledOut(fact) : structuredClone(fact)));
        this.told.push([what, slot, facts, /Settled|Leave/.test(what) ? this.record(slot) : null]);
      };
    const leave: FlowListener['onPlain'] = (first) => first;
    const listener = new Proxy({} as FlowListener, {
      get: (_, name) => (name === 'onPlain' ? leave : tell(String(name))),
    });
    this.tracker = new Tracker({ timeWaitNs: 60e9, shortWay }, listener);
  }

  private record(slot: number): string {
    const { table } = this.tracker;
    return table.i32.slice(table.at(slot), table.at(slot) + RECORD_WORDS).join(' ');
  }

  get memory(): Int32Array {
    const { i32, firstSlot, slots } = this.tracker.table;
    return i32.slice(firstSlot * RECORD_WORDS, slots * RECORD_WORDS);
  }

  /** What it knows beside records. */
  get rest(): unknown {
    const { copies, now, clockSteps, returned, stories, table, zeek, vantage } = this.tracker;
    const connections: unknown[] = [];
    for (let slot = table.firstSlot; slot < table.slots; slot++) {
      const isLive = (table.i32[table.at(slot) + Head.FLAGS]! & ConnectionFlag.LIVE) !== 0;
      if (isLive) connections.push(structuredClone(zeek.connection(slot)));
    }
    const told: unknown[] = [];
    for (let slot = 0; slot < table.slots; slot++) {
      const story = stories.get(slot);
      if (story !== undefined) told.push([slot, Object.entries(story), story.resets.map(spelledOut)]);
    }
    return { copies, now, clockSteps, returned, handshakes: vantage.countsOf(1), stories: told, connections };
  }
}

/** What the getters of a reset and of its ends say: structuredClone leaves them out. */
function spelledOut(seen: ResetSeen | EndSnapshot): Record<string, unknown> {
  const facts = seen as unknown as Record<string, unknown>;
  const getters = Object.entries(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(seen) as object))
    .filter(([, property]) => property.get !== undefined)
    .map(([name]) => [name, facts[name]] as const);
  const ends = seen instanceof ResetSeen ? [spelledOut(seen.sender), spelledOut(seen.receiver)] : [];
  return { ...Object.fromEntries(getters), ends };
}

/** Each word with its place in the record. */
const spelled = (memory: Int32Array): string[] => [...memory].map((word, i) => `${i % RECORD_WORDS}: ${word}`);

/**
 * So long after what was followed before, in batches of 100. `elsewhere`: between other hosts than those of the file.
 * `capacity`: of the batches.
 */
export async function follow(
  file: string,
  ways: readonly { readonly tracker: Tracker }[],
  elsewhere = 0,
  afterNs = SOON_AFTER_NS,
  capacity = 100,
): Promise<void> {
  const recording = await openRecording([file]);
  const decoder = new SegmentDecoder(new AddressTable());
  const batch = new SegmentBatch(capacity);
  const { now } = ways[0]!.tracker;
  const startNs = now === 0 ? 0 : now + afterNs;
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

/** The file that ordinary connections are in. */
export function ordinaryFile(): string {
  return fileOf(ORDINARY, 'ordinary.pcap');
}

/** A capture file of these frames, until the next one of that name. */
export function fileOf(frames: readonly Frame[], name = 'scratch.pcap'): string {
  const file = path.join(folder, name);
  fs.writeFileSync(file, captureFile(frames));
  return file;
}

/**
 * Both ways leave the same behind and tell the same, after ordinary connections elsewhere. `times`: the file is followed so
 * often, each time elsewhere, for then Zeek's automaton knows its way, too.
 */
export async function compare(file: string, times = 1, afterNs = SOON_AFTER_NS, capacity = 100): Promise<void> {
  const ways = [new Followed(true), new Followed(false)] as const;
  await follow(ordinaryFile(), ways, ELSEWHERE, afterNs, capacity);
  for (let i = 1; i <= times; i++) {
    await follow(file, ways, i === times ? 0 : FAR_ELSEWHERE, afterNs, capacity).catch((error: unknown) => {
      if ((error as Error).name !== 'CaptureError') throw error; // it is none
    });
  }
  expectSameInTheEnd(ways, file);
}

/** Both ways leave the same behind and tell the same, now and when the input is over. */
export function expectSameInTheEnd(ways: readonly [Followed, Followed], file = ''): void {
  expectSame(ways, file);
  for (const { tracker } of ways) {
    tracker.endConnections();
    tracker.finish();
  }
  expectSame(ways, file);
}

function expectSame([one, other]: readonly [Followed, Followed], file: string): void {
  const [short, long] = [one.memory, other.memory];
  if (!short.every((word, i) => word === long[i])) expect(spelled(short), file).toEqual(spelled(long));
  expect(short.length, file).toBe(long.length);
  for (const [a, b] of [
    [one.told, other.told],
    [one.rest, other.rest],
  ]) {
    if (!isDeepStrictEqual(a, b)) expect(a, file).toEqual(b);
  }
}
