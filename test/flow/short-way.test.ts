import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { Desk } from '../../src/flow/desk.js';
import { ParkedSyns } from '../../src/flow/parked-syns.js';
import { ShortWay } from '../../src/flow/short-way.js';
import { BATCH_CAPACITY } from '../../src/reading/batch-sink.js';
import { Column } from '../../src/segment/segment-columns.js';
import { parseConversation } from '../support/conversation.js';
import {
  compare,
  ELSEWHERE,
  expectSameInTheEnd,
  fileOf,
  follow,
  Followed,
  LONG_AFTER_NS,
  ordinaryFile,
} from './support/both-ways.js';

const SAMPLES = fileURLToPath(new URL('../../samples', import.meta.url));
const LAB = fileURLToPath(new URL('../../../shared/lab/captures', import.meta.url));
const CORPUS = fileURLToPath(new URL('../../../shared/corpus', import.meta.url));
/** Of files of the corpus that are followed here, octets. */
const LONGEST = 4 << 20;

const captures = (folder: string): string[] =>
  fs.existsSync(folder)
    ? fs
        .readdirSync(folder, { recursive: true })
        .map((name) => path.join(folder, String(name)))
        .filter((file) => /\.pcap(ng)?$/.test(file) && fs.statSync(file).size <= LONGEST)
    : [];

/** The rows of the desk that the short way did not take meanwhile. */
async function leftBy(follows: () => Promise<void>): Promise<number[]> {
  const take = vi.spyOn(ShortWay.prototype, 'take');
  await follows();
  const { calls, results } = take.mock;
  expect(calls.length).toBeGreaterThan(1);
  const left = results.map(({ value }) => value as number).filter((row, i) => row !== calls[i]![1]);
  take.mockRestore();
  return left;
}

describe('the short way of plain segments', () => {
  it('has room for a batch of the reader, which is laid down at once', () => {
    expect(Desk.ROWS).toBe(BATCH_CAPACITY);
    expect(Desk.ROWS * Column.ROW).toBeLessThanOrEqual(Desk.EDGES);
  });

  it('is that of all segments of ordinary connections, from the SYN on', async () => {
    const way = new Followed(true);
    await follow(ordinaryFile(), [way]);
    expect(await leftBy(() => follow(ordinaryFile(), [way], ELSEWHERE))).toEqual([]);
  });

  it('is so where four-tuples have been forgotten, which might be theirs', async () => {
    const way = new Followed(true);
    await follow(ordinaryFile(), [way]);
    await follow(ordinaryFile(), [way], ELSEWHERE, LONG_AFTER_NS);
    const left = await leftBy(() => follow(ordinaryFile(), [way], ELSEWHERE * 2, LONG_AFTER_NS));
    expect(left).toEqual([]);
  });

  it('leaves behind what the long way does where a four-tuple comes back that has been forgotten', async () => {
    const ways = [new Followed(true), new Followed(false)] as const;
    await follow(ordinaryFile(), ways);
    await follow(ordinaryFile(), ways, ELSEWHERE, LONG_AFTER_NS);
    await follow(ordinaryFile(), ways, 0, LONG_AFTER_NS);
    expect(ways[0].tracker.returned).toHaveLength(24);
    expectSameInTheEnd(ways);
  });

  describe('where a SYN without an answer has been parked', () => {
    const TUPLE = 'A = 192.0.2.1:40000  B = 198.51.100.7:443\n';
    const fileOfSegments = (...segments: string[]): string => fileOf(parseConversation(TUPLE + segments.join('\n')));
    /** After ordinary connections, and then that SYN. */
    async function afterSyn(ways: readonly Followed[]): Promise<void> {
      const park = vi.spyOn(ParkedSyns.prototype, 'park');
      await follow(ordinaryFile(), ways);
      await follow(fileOfSegments('0 A > B S 1000'), ways);
      await follow(ordinaryFile(), ways, ELSEWHERE);
      expect(park).toHaveBeenCalledTimes(ways.length);
      park.mockRestore();
    }

    it('is that of all segments on other four-tuples', async () => {
      const way = new Followed(true);
      await afterSyn([way]);
      expect(await leftBy(() => follow(ordinaryFile(), [way], ELSEWHERE * 2))).toEqual([]);
    });

    it.each([
      ['its answer', '0 B > A S. 5000 ack 1001', '0.1 A > B . 1001 ack 5001', '0.2 A > B P. 1001(9) ack 5001'],
      ['its copy', '0 A > B S 1000'],
      ['another SYN', '0 A > B S 900000', '0.1 B > A S. 5000 ack 900001', '0.2 A > B . 900001 ack 5001'],
      ['a SYN of the other end', '0 B > A S 5000', '0.1 A > B S. 1000 ack 5001', '0.2 B > A S. 5000 ack 1001'],
      ['a reset', '0 B > A R. 0 ack 1001'],
    ])('leaves behind what the long way does after %s', async (_, ...segments) => {
      const ways = [new Followed(true), new Followed(false)] as const;
      await afterSyn(ways);
      await follow(fileOfSegments(...segments), ways);
      await follow(ordinaryFile(), ways, ELSEWHERE * 2);
      expectSameInTheEnd(ways);
    });
  });

  it.each(captures(SAMPLES).map((file) => [path.relative(SAMPLES, file), file]))(
    'leaves behind what the long way does: samples/%s',
    async (_, file) => {
      await compare(file);
      await compare(file, 1, LONG_AFTER_NS, BATCH_CAPACITY);
    },
  );

  it.skipIf(!fs.existsSync(LAB))(
    'does so in every capture of the lab and of the corpus (skipped where ../shared is not there)',
    async () => {
      for (const file of [...captures(LAB), ...captures(CORPUS)]) await compare(file);
    },
    600_000,
  );

  it.each([
    [
      'a SYN-ACK that acknowledges a FIN, too, which came before it',
      `0 A > B S 1000
       1 A > B F 1000
       1.1 B > A S. 5000 ack 1001
       1.2 A > B . 1001 ack 5001`,
    ],
    [
      'an ACK that completes the handshake and the close',
      `0 A > B S 1000
       0.1 B > A S. 5000 ack 1001
       0.2 A > B F 1001
       0.3 B > A F. 5001 ack 1002
       0.4 A > B . 1002 ack 5002`,
    ],
    [
      'a SYN that echoes a timestamp',
      `0 A > B S 1000 <TS val 7 ecr 5>
       0.1 B > A S. 5000 ack 1001 <TS val 9 ecr 7>
       0.2 A > B . 1001 ack 5001 <TS val 8 ecr 9>`,
    ],
    [
      'a client whose SYN had a time to live of zero',
      `0 A > B S 1000 ttl 0
       0.19 B > A S. 5000 ack 1001 ttl 64
       0.2 A > B . 1001 ack 5001 ttl 64`,
    ],
    [
      'a FIN of an end whose window was shut before',
      `0 A > B S 1000
       0.1 B > A S. 5000 ack 1001
       0.2 A > B . 1001 ack 5001
       0.3 A > B . 1001 ack 5001 win 0
       0.4 A > B F. 1001 ack 5001`,
    ],
    [
      'data from a host to the same address and port',
      `A = 192.0.2.1:80  B = 192.0.2.1:80
       0 A > B S 1000
       0.1 B > A S. 5000 ack 1001
       0.2 A > B . 1001 ack 5001
       0.3 A > B P. 1001(100) ack 5001`,
    ],
  ])('leaves behind what the long way does: %s', async (_, segments) => {
    const file = fileOf(parseConversation(`A = 192.0.2.1:40000  B = 198.51.100.7:443\n${segments}`));
    await compare(file, 2);
  });
});
