import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { analyzeCommand } from './comparisons.mjs';
import { isInstalled, measure, median, run } from './measure.mjs';

const SAMPLE = fileURLToPath(new URL('../../samples/refused.pcap', import.meta.url));
const STARTS = 15;

/** One sentence: from the start of the process to its first look at a capture, beside what Node alone takes. */
export async function startUp(work) {
  if (!isInstalled('mkfifo')) return 'Start-up was not measured: mkfifo is not installed.';
  const starts = [];
  const alone = [];
  for (let i = 0; i < STARTS; i++) {
    starts.push(await measureStart(work));
    alone.push((await measure([process.execPath, '-e', '0'])).seconds);
  }
  const spread = `${milliseconds(Math.min(...starts))} to ${milliseconds(Math.max(...starts))}, ${STARTS} starts`;
  return (
    `Start-up, until a capture is opened: ${milliseconds(median(starts))} (${spread}); ` +
    `Node alone takes ${milliseconds(median(alone))} for \`node -e 0\`.`
  );
}

function milliseconds(seconds) {
  return `${Math.round(seconds * 1000)} ms`;
}

/**
 * Seconds from the start of the program to its first look at its input, a named pipe: to open one waits for the other end.
 * `--jobs 1` is what a file gets; a pipe would be read in a thread of its own.
 */
async function measureStart(work) {
  const pipe = join(work, 'pipe');
  execFileSync('mkfifo', [pipe]);
  try {
    const [, ...args] = analyzeCommand(pipe, join(work, 'start.db'), ['--jobs', '1']);
    const start = performance.now();
    const ended = run(process.execPath, args);
    ended.catch(() => undefined); // told below; until then the pipe is waited for
    const opened = open(pipe, 'w').then((file) => ({ file, seconds: (performance.now() - start) / 1000 }));
    const first = await Promise.race([opened, ended]);
    if (first.file === undefined) throw new Error(`${args.join(' ')} ended without a look at its input`);
    await first.file.writeFile(readFileSync(SAMPLE));
    await first.file.close();
    await ended;
    return first.seconds;
  } finally {
    closeSync(openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK)); // whoever still waits for the other end
    rmSync(pipe);
  }
}
