import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { analyze } from '../../src/analyze.js';
import type { AnalyzeOptions, AnalyzeResult } from '../../src/analyze.js';
import { Analysis } from './analysis.js';
import { capture } from './conversation.js';
import type { CaptureOptions, Frame } from './conversation.js';
import { checkResetPairs } from './reset-pairs.js';

/** What a test may want of the pipeline: all but where it reads and writes. */
export type RunOptions = Omit<AnalyzeOptions, 'inputs' | 'output'>;

export interface Run extends AnalyzeResult {
  /** The database that was written. */
  readonly analysis: Analysis;
}

/**
 * Takes a conversation through the whole pipeline, in this process: octets, decoder, engine, database. Whatever it is about,
 * causes and codes of resets must go together.
 */
export async function analyzeConversation(
  conversation: string | readonly Frame[],
  options: RunOptions & CaptureOptions = {},
): Promise<Analysis> {
  return (await analyzeCaptures([capture(conversation, options)], options)).analysis;
}

/** Analyses capture files given as octets; they become one recording, `1.pcap`, `2.pcap` and so on. */
export async function analyzeCaptures(captures: readonly Uint8Array[], options: RunOptions = {}): Promise<Run> {
  return inTemporaryFolder(async (folder) => {
    const inputs = captures.map((_, i) => join(folder, `${i + 1}.pcap`));
    await Promise.all(inputs.map((path, i) => writeFile(path, captures[i]!)));
    return analyzeInto(folder, inputs, options);
  });
}

/** Analyses capture files that are there already: samples, golden captures. */
export async function analyzeFiles(paths: readonly string[], options: RunOptions = {}): Promise<Run> {
  return inTemporaryFolder((folder) => analyzeInto(folder, paths, options));
}

async function analyzeInto(folder: string, inputs: readonly string[], options: RunOptions): Promise<Run> {
  const output = join(folder, 'out.db');
  const result = await analyze({ ...options, inputs, output });
  const analysis = new Analysis(output);
  checkResetPairs(analysis.connections);
  return { ...result, analysis };
}

/** Whatever `use` does, the folder is gone afterwards. */
async function inTemporaryFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'tcpclose-test-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
