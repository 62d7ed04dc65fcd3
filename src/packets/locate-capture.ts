import { statSync } from 'node:fs';
import path from 'node:path';
import { identifyFile } from '../capture/file-head.js';
import { STDIN_PATH } from '../capture/standard-input.js';
import { CaptureError } from '../errors.js';
import type { CaptureFile } from '../store/packet-selection.js';

export interface LocateOptions {
  /** Where the database lies: paths that were relative then may be so to it. */
  readonly databasePath: string;
  /** A directory in which captures that moved are looked for, by as much of their old path as there is, then by name. */
  readonly capturesFolder?: string | undefined;
}

/**
 * The path at which the capture lies now. It is the same file by its size and the SHA-256 of its first octets.
 *
 * @throws CaptureError 'from-stdin', 'capture-missing' or 'capture-changed'
 */
export async function locateCapture(capture: CaptureFile, options: LocateOptions): Promise<string> {
  if (capture.path === STDIN_PATH)
    throw new CaptureError(
      'from-stdin',
      'the packets came from standard input and were not kept. Write them to a file first (tcpdump -w FILE), and analyze that.',
    );
  let changed: string | null = null;
  for (const candidate of candidates(capture.path, options)) {
    if (statSync(candidate, { throwIfNoEntry: false })?.isFile() !== true) continue;
    const difference = await differenceOf(candidate, capture);
    if (difference === null) return candidate;
    changed ??= `${candidate}: is not the file that was analyzed: ${difference}. Its frames may be others now. Name the folder of the old file with --captures, or analyze it again.`;
  }
  if (changed !== null) throw new CaptureError('capture-changed', changed);
  const where = options.capturesFolder === undefined ? '' : `, nor in ${options.capturesFolder}`;
  throw new CaptureError(
    'capture-missing',
    `${capture.path}: this capture is not there any more${where}. Name the folder that it lies in with --captures DIR.`,
  );
}

function candidates(recorded: string, { databasePath, capturesFolder }: LocateOptions): Set<string> {
  const parts = recorded.split(/[/\\]+/).filter((part) => part !== '' && part !== '.' && part !== '..');
  const folder = capturesFolder;
  const moved = folder === undefined ? [] : parts.map((_, i) => path.join(folder, ...parts.slice(i)));
  const beside = path.dirname(databasePath);
  return new Set([...moved, recorded, path.resolve(beside, recorded), path.join(beside, parts.at(-1) ?? recorded)]);
}

/** How the file differs from the one that was analyzed; null: not at all, as far as is looked. */
async function differenceOf(candidate: string, { bytes, headSha256 }: CaptureFile): Promise<string | null> {
  let now;
  try {
    now = await identifyFile(candidate);
  } catch (error) {
    return `it cannot be read (${(error as Error).message})`;
  }
  if (bytes !== null && now.bytes !== bytes) return `it had ${bytes} octets then and has ${now.bytes} now`;
  return headSha256 !== null && now.headSha256 !== headSha256 ? 'its first octets differ' : null;
}
