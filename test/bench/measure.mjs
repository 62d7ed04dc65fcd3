import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';

const TIME = '/usr/bin/time';
const HAS_GNU_TIME = spawnSync(TIME, ['-f', '%M', process.execPath, '-e', '0'], { stdio: 'ignore' }).status === 0;
const MEMORY_REPORT = new URL('../support/memory-report.mjs', import.meta.url).href;

/** Whether a program of that name is in a directory of PATH, or there is one at that path. It is not started. */
export function isInstalled(program) {
  if (isAbsolute(program)) return existsSync(program);
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.some((folder) => folder !== '' && existsSync(join(folder, program)));
}

/** What the shell has Node load at each start, certificates say, is no part of what is measured. */
const ENVIRONMENT = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('NODE_')));

/**
 * Runs a command to its end: wall-clock seconds of the whole process, and its peak memory. Where GNU time is not there, a
 * Node program tells its peak itself, and starts 20 ms later for it; of others it is null.
 *
 * @returns {Promise<{ seconds: number, peakKiB: number | null }>}
 */
export async function measure([name, ...args]) {
  const program = name === 'node' ? process.execPath : name;
  if (!HAS_GNU_TIME) return run(program, name === 'node' ? ['--import', MEMORY_REPORT, ...args] : args);
  const out = join(tmpdir(), `tcpclose-time-${process.pid}`);
  const { seconds } = await run(TIME, ['-f', '%M', '-o', out, program, ...args]);
  const peakKiB = Number(readFileSync(out, 'utf8'));
  rmSync(out);
  return { seconds, peakKiB };
}

/** The program that ours is compared with could not do it. */
export class OtherFailed extends Error {}

/**
 * Runs both commands so many times, in turn; which of the two comes first changes from pair to pair.
 *
 * @throws OtherFailed where the second command fails; where the first does, what `measure` throws
 */
export async function measurePairs(ours, theirs, pairs) {
  const runs = { ours: [], theirs: [] };
  const measureOurs = async () => runs.ours.push(await measure(ours));
  const measureTheirs = async () => runs.theirs.push(await measureOther(theirs));
  for (let pair = 0; pair < pairs; pair++) {
    for (const side of pair % 2 === 0 ? [measureOurs, measureTheirs] : [measureTheirs, measureOurs]) await side();
  }
  return runs;
}

async function measureOther(command) {
  try {
    return await measure(command);
  } catch (error) {
    throw new OtherFailed(error.message, { cause: error });
  }
}

/**
 * Wall-clock seconds from the start of a program to its end. What it writes to descriptor 3 is its peak memory, KiB.
 *
 * @throws where it does not end with status 0
 */
export function run(program, args) {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe', 'pipe'], env: ENVIRONMENT });
    let stderr = '';
    let memory = '';
    let seconds = 0;
    child.stderr.on('data', (chunk) => (stderr += chunk));
    child.stdio[3].on('data', (chunk) => (memory += chunk));
    child.on('error', reject);
    child.on('exit', () => (seconds = (performance.now() - start) / 1000));
    child.on('close', (status) => {
      if (status === 0) resolve({ seconds, peakKiB: /^\d+\s*$/.test(memory) ? Number(memory) : null });
      else reject(new Error(`${[program, ...args].join(' ')} ended with status ${status}: ${stderr}`));
    });
  });
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
