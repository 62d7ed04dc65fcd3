import { expect, it } from 'vitest';
import { openRecording } from '../../src/capture/recording.js';
import { ConnectionFlag, Head } from '../../src/flow/connection-table.js';
import type { FlowListener } from '../../src/flow/events.js';
import { Tracker } from '../../src/flow/tracker.js';
import { AddressTable } from '../../src/segment/address-table.js';
import { SegmentDecoder } from '../../src/segment/decode.js';
import { SegmentBatch } from '../../src/segment/segment-batch.js';
import { scratchFile } from '../capture/support/reading.js';
import { capture, parseConversation } from '../support/conversation.js';

const ENDS = `A = 192.0.2.1:40000  B = 198.51.100.7:443  X = 192.0.2.9:50000  Y = 198.51.100.9:80\n`;
/** Something else that goes on: without it no time passes. */
const elsewhere = (...seconds: number[]): string =>
  seconds.map((s, i) => `${s} X > Y P. ${1000 + i}(1) ack 2000\n`).join('');

/**
 * The tracker after the conversation, in batches of one segment: connections settle and leave between batches. `settles`
 * is told of each that does.
 */
async function tracked(conversation: string, settles: () => void = () => undefined): Promise<Tracker> {
  const quiet = (): void => undefined;
  const heard: Partial<FlowListener> = { onSettled: settles, onPlain: (first) => first };
  const listener = new Proxy(heard as FlowListener, { get: (_, event) => heard[event as keyof FlowListener] ?? quiet });
  const tracker = new Tracker({ timeWaitNs: 60e9 }, listener);
  const recording = await openRecording([scratchFile(capture(parseConversation(ENDS + conversation)))]);
  const decoder = new SegmentDecoder(new AddressTable());
  const batch = new SegmentBatch(1);
  for await (const { cursor } of recording.captures()) {
    do {
      while (cursor.next()) {
        decoder.decode(cursor, batch);
        tracker.consume(batch, 1);
        batch.clear();
      }
    } while (await cursor.refill());
  }
  return tracker;
}

const ABORTED = `0.00 A > B S 1000
0.01 B > A S. 5000 ack 1001
0.02 A > B . 1001 ack 5001
0.03 A > B R 1001
`;

it('a connection that a reset ended is remembered over a pause, for it may go on and show that the reset took no effect', async () => {
  const tracker = await tracked(
    `${ABORTED}${elsewhere(1, 80, 120)}121 B > A P. 5001(10) ack 1001\n121.1 A > B . 1001 ack 5011\n121.2 A > B P. 1001(10) ack 5011\n121.3 B > A . 5011 ack 1011`,
  );
  const { table, stories } = tracker;
  expect(table.size).toBe(2);
  const known = Array.from({ length: table.slots }, (_, slot) => stories.get(slot)).filter(
    (story) => story !== undefined,
  );
  expect(known.map(({ resets }) => resets.map(({ outlived }) => outlived))).toEqual([[true]]);
});

it('and is forgotten when no SYN can meet its TIME_WAIT, had it one', async () => {
  expect((await tracked(ABORTED + elsewhere(1, 239))).table.size).toBe(2);
  expect((await tracked(ABORTED + elsewhere(1, 241, 242))).table.size).toBe(1);
});

const CLOSED = `0.00 A > B S 1000
0.01 B > A S. 5000 ack 1001
0.02 A > B . 1001 ack 5001
0.03 A > B F. 1001 ack 5001
0.04 B > A F. 5001 ack 1002
0.05 A > B . 1002 ack 5002
`;

it('a complete close is told of with the segment that completes it; what a reset ended, when 0.1 s have shown no more of it', async () => {
  let settled = 0;
  const count = (): number => settled++;
  await tracked(CLOSED, count);
  expect(settled).toBe(1);
  await tracked(ABORTED + elsewhere(0.1), count);
  expect(settled).toBe(1);
  await tracked(ABORTED + elsewhere(0.14), count);
  expect(settled).toBe(2);
});

it('what comes after that has a close told of once more in the end, be it a copy that the capture made: Zeek counts it', async () => {
  for (const [later, times] of [
    ['', 1],
    ['+0.0001 copy\n', 2],
    ['0.25 B > A F. 5001 ack 1002\n0.26 A > B . 1002 ack 5002\n', 2],
  ] as const) {
    let settled = 0;
    const tracker = await tracked(CLOSED + later, () => settled++);
    tracker.endConnections();
    tracker.finish();
    expect(settled).toBe(times);
  }
});

const REFUSED = '0.00 A > B S 1000\n0.01 B > A R. 0 ack 1001\n';

it('an attempt that was refused is remembered for one more copy of its SYN, and forgotten ten seconds after its last packet', async () => {
  const again = await tracked(`${REFUSED}${elsewhere(1)}4 A > B S 1000\n4.01 B > A R. 0 ack 1001\n${elsewhere(5, 13)}`);
  expect(again.table.size).toBe(2);
  const slots = Array.from({ length: again.table.slots - again.table.firstSlot }, (_, i) => again.table.firstSlot + i);
  const refused = slots.find(
    (slot) => (again.table.i32[again.table.at(slot) + Head.FLAGS]! & ConnectionFlag.REFUSED) !== 0,
  );
  expect(again.table.i32[again.table.at(refused!) + Head.SYNS]).toBe(2);
  expect((await tracked(REFUSED + elsewhere(1, 9))).table.size).toBe(2);
  expect((await tracked(REFUSED + elsewhere(1, 11, 12))).table.size).toBe(1);
});
