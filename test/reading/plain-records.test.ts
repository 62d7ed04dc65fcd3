import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EpochHolder } from '../../src/capture/epoch.js';
import { openCapture } from '../../src/capture/open.js';
import { BATCH_CAPACITY, BATCH_ROWS } from '../../src/reading/batch-sink.js';
import { CaptureReader } from '../../src/reading/capture-reader.js';
import { PlainDesk } from '../../src/reading/plain-desk.js';
import { PlainRecords } from '../../src/reading/plain-records.js';
import { AddressTable } from '../../src/segment/address-table.js';
import { SegmentDecoder } from '../../src/segment/decode.js';
import { SegmentBatch, octetsFor } from '../../src/segment/segment-batch.js';
import { captureFile, parseConversation, type CaptureFormat } from '../support/conversation.js';
import { rowsOf } from './support/collect.js';

const SAMPLES = fileURLToPath(new URL('../../samples', import.meta.url));
const LAB = fileURLToPath(new URL('../../../shared/lab/captures', import.meta.url));
const CORPUS = fileURLToPath(new URL('../../../shared/corpus', import.meta.url));
/** Of files that are read for this, octets. */
const LONGEST = 1 << 20;

/** Small, so that a sample is many chunks: records lie across their borders, and all but the first are plain ones' place. */
const SIZES = { chunkLen: 900, headroom: 400 };

let folder: string;
beforeAll(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tcpclose-test-'))));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

interface Read {
  readonly rows: readonly string[];
  readonly facts: unknown;
  /** Records that went the short way. */
  readonly plain: number;
}

class CountedPlain {
  taken = 0;
  readonly records: PlainRecords;

  constructor(records: PlainRecords) {
    this.records = records;
    const take = records.take.bind(records);
    records.take = (...given) => {
      take(...given);
      this.taken += records.taken;
    };
  }
}

async function read(file: string, shortWay: boolean): Promise<Read> {
  const capture = await openCapture(file, new EpochHolder(), SIZES);
  try {
    const records = shortWay ? PlainRecords.forChunksOf(SIZES.chunkLen + SIZES.headroom) : null;
    const counted = records === null ? null : new CountedPlain(records);
    const addresses = new AddressTable();
    const rows: string[] = [];
    const sink = {
      first: () => records?.batch ?? new SegmentBatch(BATCH_CAPACITY),
      handOn: (batch: SegmentBatch) => {
        rows.push(...rowsOf(batch, addresses));
        batch.clear();
        return batch;
      },
      onProgress: () => undefined,
    };
    const reader = new CaptureReader(1, capture, null, new SegmentDecoder(addresses), sink, records);
    await reader.read(sink.first(), () => undefined);
    return { rows, facts: reader.row(0n, null, null), plain: counted?.taken ?? 0 };
  } finally {
    await capture.cursor.close();
  }
}

/** Both ways give the same; how many records went the short one. */
async function compare(file: string): Promise<number> {
  const [short, long] = [await read(file, true), await read(file, false)];
  expect(short.rows, file).toEqual(long.rows);
  expect(short.facts, file).toEqual(long.facts);
  return short.plain;
}

const captures = (from: string): string[] =>
  fs.existsSync(from)
    ? fs
        .readdirSync(from, { recursive: true })
        .map((name) => path.join(from, String(name)))
        .filter((file) => /\.pcap$/.test(file) && fs.statSync(file).size <= LONGEST)
    : [];

function scratch(octets: Uint8Array): string {
  const file = path.join(folder, 'scratch.pcap');
  fs.writeFileSync(file, octets);
  return file;
}

const ROUNDS = Array.from(
  { length: 20 },
  (_, i) => `+0.01 A > B P. ${1001 + 100 * i}(100) ack 5001 <TS val ${3 + i} ecr 9>
+0.01 B > A . 5001 ack ${1101 + 100 * i} <TS val ${10 + i} ecr ${3 + i}${i % 3 === 0 ? ', sack 7000:7100' : ''}>`,
);
const TALK = parseConversation(`A = 192.0.2.1:40000  B = 198.51.100.7:443
0.00 A > B S 1000 <mss 1460,sackOK,TS val 1 ecr 0,wscale 7>
+0.01 B > A S. 5000 ack 1001 <mss 1460,sackOK,TS val 9 ecr 1,wscale 7>
+0.01 A > B . 1001 ack 5001 <TS val 2 ecr 9>
${ROUNDS.join('\n')}
+0.01 A > B F. 3001 ack 5001 cut 60`);

describe('the short way of plain records', () => {
  it('has the place on its desk that batches have', () => {
    expect([PlainDesk.CAPACITY, PlainDesk.FULL]).toEqual([BATCH_CAPACITY, BATCH_ROWS]);
    expect(octetsFor(BATCH_CAPACITY)).toBeLessThanOrEqual(PlainDesk.PREVIOUS_NS);
  });

  it.each(['pcap', 'pcap-ns', 'pcap-be'] as CaptureFormat[])(
    'takes nearly all records of a plain %s',
    async (format) => {
      expect(await compare(scratch(captureFile(TALK, { format })))).toBeGreaterThan(20);
    },
  );

  it.each(captures(SAMPLES).map((file) => [path.relative(SAMPLES, file), file]))(
    'gives what the decoder gives: samples/%s',
    async (_, file) => {
      await compare(file);
    },
  );

  it.skipIf(!fs.existsSync(LAB))(
    'does so in every capture of the lab and of the corpus (skipped where ../shared is not there)',
    async () => {
      let plain = 0;
      for (const file of [...captures(LAB), ...captures(CORPUS)]) {
        try {
          plain += await compare(file);
        } catch (error) {
          if ((error as Error).name !== 'CaptureError') throw error; // is none, and both ways say so
        }
      }
      expect(plain).toBeGreaterThan(10_000);
    },
    600_000,
  );

  it('gives what the decoder gives of a damaged file, and the same damage', async () => {
    const whole = captureFile(TALK, { format: 'pcap' });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 24, max: whole.length - 1 }), fc.integer({ min: 0, max: 255 })), {
          minLength: 1,
          maxLength: 6,
        }),
        async (changes) => {
          const octets = Uint8Array.from(whole);
          for (const [at, value] of changes) octets[at] = value;
          await compare(scratch(octets));
        },
      ),
      { numRuns: 300 },
    );
  });
});
