// npm run profile: where the time of a run goes, by stage and thread, as V8's sampling profiler sees it.
//
//   npm run profile -- [OPTIONS] [CAPTURE] [-- OPTIONS OF ANALYZE]
//
//   CAPTURE         one of captures.mjs (short, bulk, slow, flood), or a file (short)
//   --scale F       so large a part of the capture's connections (0.2; not of a file)
//   --top N         also the N functions that took longest (15)
//   --captures DIR  where captures are, or are made (test/bench/captures)
//
// The threads run beside each other, so what they took is no sum of the whole; shares are of what all of them worked. The
// profiler counts a thread that waits for a processor as one that works: on a busy machine everything looks longer. It
// costs a few percent itself.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CAPTURES, DEFAULT_FOLDER, provideCapture, warm } from './captures.mjs';
import { IN_MODULES, analyzeCommand } from './comparisons.mjs';
import { STAGES, stagesOf, threadOf, WAIT } from './stages.mjs';

const INTERVAL_US = 250;
const THREADS = ['reader', 'main', 'writer', 'other'];

const args = process.argv.slice(2);
const end = args.includes('--') ? args.indexOf('--') : args.length;
const { values: options, positionals } = parseArgs({
  args: args.slice(0, end),
  allowPositionals: true,
  options: {
    scale: { type: 'string', default: '0.2' },
    top: { type: 'string', default: '15' },
    captures: { type: 'string', default: DEFAULT_FOLDER },
  },
});
const [name = 'short'] = positionals;
const isKnown = Object.hasOwn(CAPTURES, name);
const scale = Number(options.scale);
if (!isKnown && !existsSync(name))
  fail(`no capture and no file ${name}: there are ${Object.keys(CAPTURES).join(', ')}`);
if (!(scale > 0 && scale <= 1)) fail('--scale is more than 0 and at most 1');

const work = mkdtempSync(join(tmpdir(), 'tcpclose-profile-'));
try {
  const capture = isKnown ? await provideCapture(name, options.captures, scale) : name;
  warm(capture);
  const profiling = ['--cpu-prof', `--cpu-prof-dir=${work}`, `--cpu-prof-interval=${INTERVAL_US}`];
  const [, ...analyze] = analyzeCommand(capture, join(work, 'out.db'), args.slice(end + 1), IN_MODULES);
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [...profiling, ...analyze], { encoding: 'utf8' });
  const seconds = (performance.now() - start) / 1000;
  if (status !== 0) console.error(`analyze ended with status ${status}: ${stderr}`);
  const threads = readdirSync(work)
    .filter((file) => file.endsWith('.cpuprofile'))
    .map((file) => JSON.parse(readFileSync(join(work, file), 'utf8')))
    .map((profile) => ({ thread: threadOf(profile), ...stagesOf(profile) }))
    .sort((a, b) => THREADS.indexOf(a.thread) - THREADS.indexOf(b.thread));
  console.log(`${seconds.toFixed(2)} s from start to end, writing the profiles included\n`);
  printStages(threads);
  printFunctions(threads, Number(options.top));
} finally {
  rmSync(work, { recursive: true, force: true });
}

function fail(message) {
  console.error(message);
  process.exit(2);
}

function printStages(threads) {
  const timesOf = (stage) => threads.map(({ stages }) => stages.get(stage) ?? 0);
  const working = STAGES.filter((stage) => stage !== WAIT);
  const worked = threads.map((_, i) => sum(working.map((stage) => timesOf(stage)[i])));
  const share = (times) => `${((sum(times) / sum(worked)) * 100).toFixed(1)} %`;
  const line = (stage, times, last) => [stage, ...times.map(milliseconds), last];
  const rows = working.map((stage) => [stage, timesOf(stage)]).filter(([, times]) => sum(times) > 0);
  printTable(
    ['stage', ...threads.map(({ thread }) => `${thread}, ms`), 'share'],
    [
      ...rows.map(([stage, times]) => line(stage, times, share(times))),
      line('all work', worked, share(worked)),
      line(WAIT, timesOf(WAIT), ''),
    ],
  );
}

function printFunctions(threads, top) {
  const functions = threads
    .flatMap(({ thread, functions: all }) => [...all].map(([key, time]) => [time, thread, ...key.split('\t')]))
    .filter(([, , stage]) => stage !== WAIT)
    .sort(([a], [b]) => b - a)
    .slice(0, top)
    .map(([time, thread, stage, place]) => [place, stage, thread, milliseconds(time)]);
  if (functions.length === 0) return;
  console.log();
  printTable(['function', 'stage', 'thread', 'ms'], functions);
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

function milliseconds(microseconds) {
  return Math.round(microseconds / 1000).toString();
}

/** Words to the left, numbers to the right. */
function printTable(heads, rows) {
  const isNumber = heads.map((_, i) => rows.every((cells) => /^[\d. %]*$/.test(cells[i])));
  const widths = heads.map((head, i) => Math.max(head.length, ...rows.map((cells) => cells[i].length)));
  const padded = (cell, i) => (isNumber[i] ? cell.padStart(widths[i]) : cell.padEnd(widths[i]));
  for (const cells of [heads, widths.map((width) => '-'.repeat(width)), ...rows])
    console.log(cells.map(padded).join('  ').trimEnd());
}
