import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../dist/bin/cli.js', import.meta.url));
const MEMORY_REPORT = new URL('../support/memory-report.mjs', import.meta.url).href;

/**
 * Runs the built program over one capture in a process of its own, as a user would.
 *
 * `status` is null where a signal ended it; `peakKiB` is null where it did not live to tell.
 * @returns {Promise<{ status: number | null, signal: string | null, timedOut: boolean, stderr: string, seconds: number, peakKiB: number | null }>}
 */
export function analyze(capture, database, timeLimitSeconds) {
  const args = ['--import', MEMORY_REPORT, CLI, 'analyze', capture, '-o', database, '--quiet'];
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
    let stderr = '';
    let memory = '';
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, timeLimitSeconds * 1000);
    child.stderr.on('data', (chunk) => (stderr += chunk));
    child.stdio[3].on('data', (chunk) => (memory += chunk));
    child.on('error', reject);
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      const peakKiB = memory === '' ? null : Number(memory);
      resolve({ status, signal, timedOut, stderr, seconds: (performance.now() - start) / 1000, peakKiB });
    });
  });
}
