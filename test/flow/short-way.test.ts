import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { Desk } from '../../src/flow/desk.js';
import { ShortWay } from '../../src/flow/short-way.js';
import { BATCH_CAPACITY } from '../../src/reading/batch-sink.js';
import { Column } from '../../src/segment/segment-columns.js';
import { parseConversation } from '../support/conversation.js';
import { compare, ELSEWHERE, fileOf, follow, Followed, LONG_AFTER_NS, ordinaryFile } from './support/both-ways.js';

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

describe('the short way of plain segments', () => {
  it('has room for a batch of the reader, which is laid down at once', () => {
    expect(Desk.ROWS).toBe(BATCH_CAPACITY);
    expect(Desk.ROWS * Column.ROW).toBeLessThanOrEqual(Desk.EDGES);
  });

  it('is that of all segments of ordinary connections, from the SYN on', async () => {
    const take = vi.spyOn(ShortWay.prototype, 'take');
    const way = new Followed(true);
    await follow(ordinaryFile(), [way]);
    take.mockClear();
    await follow(ordinaryFile(), [way], ELSEWHERE);
    expect(take.mock.results.length).toBeGreaterThan(1);
    take.mock.results.forEach(({ value }, i) => expect(value).toBe(take.mock.calls[i]![1]));
    take.mockRestore();
  });

  it('is that of all but their SYNs where a four-tuple has been forgotten, which might be theirs', async () => {
    const take = vi.spyOn(ShortWay.prototype, 'take');
    const begin = vi.spyOn(ShortWay.prototype, 'begin');
    const way = new Followed(true);
    await follow(ordinaryFile(), [way]);
    await follow(ordinaryFile(), [way], ELSEWHERE, LONG_AFTER_NS);
    take.mockClear();
    begin.mockClear();
    await follow(ordinaryFile(), [way], ELSEWHERE * 2, LONG_AFTER_NS);
    const left = take.mock.results.filter(({ value }, i) => value !== take.mock.calls[i]![1]);
    expect(left).toHaveLength(24);
    expect(begin.mock.results.map(({ value }) => value as boolean)).toEqual(left.map(() => true));
    take.mockRestore();
    begin.mockRestore();
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
    120_000,
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
