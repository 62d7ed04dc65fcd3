import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { EpochHolder } from '../../../src/capture/epoch.js';
import { openCapture, type OpenOptions } from '../../../src/capture/open.js';
import type { CaptureFacts, Damage, RecordCursor } from '../../../src/capture/record.js';
import { CaptureError } from '../../../src/errors.js';

const folder = mkdtempSync(join(tmpdir(), 'tcpclose-capture-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

/** Where a test may write what it likes; gone afterwards. */
export function scratchPath(name: string): string {
  return join(folder, name);
}

/** Writes these octets to a file of their own and returns its path. */
export function scratchFile(octets: Uint8Array, name = `capture-${files++}`): string {
  const path = scratchPath(name);
  writeFileSync(path, octets);
  return path;
}

/** What a cursor showed of one record. */
export interface ReadRecord {
  readonly frame: number;
  readonly timeNs: number;
  readonly linkType: number;
  readonly fcsLen: number;
  readonly interfaceId: number;
  readonly originalLen: number;
  readonly data: string;
}

export interface Reading {
  readonly records: readonly ReadRecord[];
  readonly damage: Damage | null;
  readonly facts: CaptureFacts;
  readonly epochNs: bigint;
}

/** Moves a cursor to its end, keeping every record. */
export async function drain(cursor: RecordCursor): Promise<ReadRecord[]> {
  const records: ReadRecord[] = [];
  do {
    while (cursor.next()) {
      const { frame, timeNs, linkType, fcsLen, interfaceId, originalLen } = cursor;
      const data = Buffer.from(cursor.bytes.subarray(cursor.at, cursor.end)).toString('hex');
      records.push({ frame, timeNs, linkType, fcsLen, interfaceId, originalLen, data });
    }
  } while (await cursor.refill());
  return records;
}

/** Reads a whole capture file. */
export async function readFile(path: string, options: OpenOptions = {}, epoch = new EpochHolder()): Promise<Reading> {
  const { cursor } = await openCapture(path, epoch, options);
  try {
    const records = await drain(cursor);
    return { records, damage: cursor.damage, facts: cursor.facts(), epochNs: epoch.epochNanoseconds() };
  } finally {
    await cursor.close();
  }
}

/** Reads these octets as a capture file. */
export function read(octets: Uint8Array, options: OpenOptions = {}): Promise<Reading> {
  return readFile(scratchFile(octets, 'octets'), options);
}

/** The error that opening these octets gives. Fails where it gives none, or another kind. */
export async function openingError(octets: Uint8Array, options: OpenOptions = {}): Promise<CaptureError> {
  return pathError(scratchFile(octets, 'octets'), options);
}

export async function pathError(path: string, options: OpenOptions = {}): Promise<CaptureError> {
  try {
    const { cursor } = await openCapture(path, new EpochHolder(), options);
    await cursor.close();
  } catch (error) {
    if (error instanceof CaptureError) return error;
    throw error;
  }
  throw new Error(`${path} could be opened`);
}
