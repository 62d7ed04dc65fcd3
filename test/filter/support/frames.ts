import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCapture } from '../../../src/capture/open.js';
import type { FilteredRecord } from '../../../src/filter/outer-headers.js';
import { SAMPLE_FRAMES } from '../../wire/support/sample-frames.js';

const SAMPLES = fileURLToPath(new URL('../../../samples', import.meta.url));
/** Captures of other projects, which lie beside the repository where they are at hand. */
const CORPUS = fileURLToPath(new URL('../../../../shared/corpus/open', import.meta.url));
/** Of each capture no more are taken: the corpus is large, and its variety lies in its captures. */
const FRAMES_OF_A_CAPTURE = 50;

/** A frame in memory of its own, as a filter takes it. */
export function frame(octets: Uint8Array, linkType: number, originalLen = octets.length): FilteredRecord {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  return { view, at: 0, end: octets.length, originalLen, linkType };
}

/** Frames of every kind by link type: one of each header and tunnel, those of samples/, and those of the corpus. */
export async function manyFrames(): Promise<Map<number, FilteredRecord[]>> {
  const byLinkType = new Map<number, FilteredRecord[]>();
  const add = (one: FilteredRecord): void => {
    const others = byLinkType.get(one.linkType);
    if (others === undefined) byLinkType.set(one.linkType, [one]);
    else others.push(one);
  };
  for (const { octets, linkType } of SAMPLE_FRAMES) add(frame(octets, linkType));
  for (const path of captureFiles()) (await framesOf(path)).forEach(add);
  return byLinkType;
}

/** The first records of a capture, by our own reader; of no capture none. */
async function framesOf(path: string): Promise<FilteredRecord[]> {
  const frames: FilteredRecord[] = [];
  const capture = await openCapture(path).catch(() => null);
  if (capture === null) return frames;
  const { cursor } = capture;
  do {
    while (frames.length < FRAMES_OF_A_CAPTURE && cursor.next())
      frames.push(frame(cursor.bytes.slice(cursor.at, cursor.end), cursor.linkType, cursor.originalLen));
  } while (frames.length < FRAMES_OF_A_CAPTURE && (await cursor.refill()));
  await cursor.close();
  return frames;
}

function captureFiles(): string[] {
  return [SAMPLES, CORPUS]
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !/\.(?:md|tsv)$/.test(entry.name))
        .map((entry) => join(entry.parentPath, entry.name)),
    );
}
