import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { analyze, type AnalyzeOptions } from '../../../src/analyze.js';
import { extract, type ExtractResult } from '../../../src/extract.js';
import type { Selection } from '../../../src/store/packet-selection.js';
import { readFile, type Reading } from '../../capture/support/reading.js';
import { temporaryFolder } from '../../store/support/write.js';

const folder = temporaryFolder();
let count = 0;

export interface Analyzed {
  readonly folder: string;
  readonly database: string;
}

/** A folder of its own in which these captures lie and were analysed. */
export async function analyzed(
  captures: Readonly<Record<string, Uint8Array>>,
  options: Partial<AnalyzeOptions> = {},
): Promise<Analyzed> {
  const own = join(folder, String(count++));
  const inputs = Object.entries(captures).map(([name, octets]) => {
    const path = join(own, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, octets);
    return path;
  });
  const database = join(own, 'out.db');
  await analyze({ inputs, output: database, ...options });
  return { folder: own, database };
}

export interface Extracted extends ExtractResult {
  readonly path: string;
  readonly reading: Reading;
}

/** Extracts into a file and reads that again. */
export async function extracted(
  { folder: own, database }: Analyzed,
  selection: Partial<Selection>,
  capturesFolder?: string,
): Promise<Extracted> {
  const path = join(own, `${count++}.pcapng`);
  const all = { ids: [], findings: [], where: undefined, ...selection };
  const result = await extract({ database, selection: all, capturesFolder }, { path });
  return { ...result, path, reading: await readFile(path) };
}

/** Sequence numbers of the TCP segments in Ethernet frames with an IPv4 header without options. */
export function sequenceNumbers(reading: Reading): number[] {
  return reading.records.map(({ data }) => Buffer.from(data, 'hex').readUInt32BE(14 + 20 + 4));
}

export const hasTshark = spawnSync('tshark', ['--version']).status === 0;

/** What tshark says of each frame, one list a frame; it must have nothing to complain of. */
export function tshark(path: string, ...fields: string[]): string[][] {
  const { status, stdout, stderr } = spawnSync(
    'tshark',
    ['-r', path, '-T', 'fields', '-E', 'separator=/t', ...fields.flatMap((field) => ['-e', field])],
    { encoding: 'utf8' },
  );
  const complaints = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('Running as user'));
  if (status !== 0 || complaints.length > 0) throw new Error(`tshark: ${complaints.join('\n')}`);
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split('\t'));
}
