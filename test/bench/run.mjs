// npm run bench: how long the whole program takes for a capture, summary and database included, how much memory at its
// peak, and how that stands to what others take for the same file.
//
// Times on a shared machine mean nothing by themselves. So each run of ours is paired with a run of something else, one
// right after the other, and the median of the pairs' ratios is what counts. The least that must be done is floor.c: read,
// decode and track in C on one core, without detectors or output. comparisons.mjs has them all. What is not installed is
// left out, and the table says so. All of it takes some seven minutes beside making the captures, and writes its table into
// the README; a run of some sections, or of smaller captures, prints it alone.
//
//   npm run bench -- [OPTIONS] [SECTION...]
//
//   SECTION         short, bulk, slow, flood, gzip, zstd, tcpdump, peers (argus, tcptrace, tshark), growth, start (all)
//   --scale F       captures of so large a part of their connections, to try the suite (1)
//   --pairs N       pairs of runs for each comparison (5; fewer where one takes long)
//   --captures DIR  where the captures are, or are made: 3.5 GB (test/bench/captures)
//   --no-write      leave the README as it is
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import Database from 'better-sqlite3';
import { format, resolveConfig } from 'prettier';
import { DEFAULT_FOLDER, provideCapture, warm } from './captures.mjs';
import { analyzeCommand, buildFloor, comparisons } from './comparisons.mjs';
import { growth } from './growth.mjs';
import { circumstances, load } from './machine.mjs';
import { isInstalled, OtherFailed, measurePairs } from './measure.mjs';
import { startUp } from './start-up.mjs';
import { row, table, withFigures } from './table.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DEFAULT_PAIRS = 5;
/** The part of `short` that all of it is held against. */
const TENTH = 0.1;

const { values: options, positionals: chosen } = parseArgs({
  allowPositionals: true,
  options: {
    pairs: { type: 'string' },
    scale: { type: 'string', default: '1' },
    captures: { type: 'string', default: DEFAULT_FOLDER },
    'no-write': { type: 'boolean', default: false },
  },
});
const scale = Number(options.scale);
const pairs = options.pairs === undefined ? null : Number(options.pairs);
if (!(scale > 0 && scale <= 1)) fail('--scale is more than 0 and at most 1');
if (pairs !== null && !(Number.isInteger(pairs) && pairs > 0)) fail('--pairs is a whole number from 1');

const sections = [...new Set(comparisons(null, '').map(({ section }) => section)), 'growth', 'start'];
const unknown = chosen.filter((name) => !sections.includes(name));
if (unknown.length > 0) fail(`no section ${unknown.join(', ')}: there are ${sections.join(', ')}`);

const work = mkdtempSync(join(tmpdir(), 'tcpclose-bench-'));
try {
  const figures = await measureAll();
  console.log(`\n${figures}\n`);
  if (chosen.length > 0 || scale !== 1)
    console.log('The README was left as it is: only a run of everything writes it.');
  else if (!options['no-write']) await writeReadme(figures);
} finally {
  rmSync(work, { recursive: true, force: true });
}

function fail(message) {
  console.error(message);
  process.exit(2);
}

/** The table, and what must be known to read it. */
async function measureAll() {
  const isChosen = (section) => chosen.length === 0 || chosen.includes(section);
  const before = load();
  const results = [];
  const missing = new Set();
  for (const comparison of comparisons(buildFloor(work), work)) {
    const { section, needs, against } = comparison;
    if (!isChosen(section)) continue;
    const isThere = isInstalled(needs);
    const result = isThere ? await compare(comparison) : null;
    if (result === null) missing.add(`${against} (${isThere ? 'failed' : `needs ${needs}`})`);
    else results.push(result);
  }
  const texts = [];
  if (results.length > 0) texts.push(table(results));
  if (scale !== 1) texts.push(`Captures of ${scale} times the connections that are named: the figures mean little.`);
  if (isChosen('growth')) texts.push(await measureGrowth());
  if (isChosen('start')) texts.push(await startUp(work));
  if (missing.size > 0) texts.push(`Not measured: ${[...missing].join(', ')}.`);
  texts.push(`${circumstances(ROOT)} ${before}`);
  return texts.join('\n\n');
}

/** All pairs of one comparison; null where the other program fails. */
async function compare(comparison) {
  const { capture, compression = null, part = 1, theirs } = comparison;
  const plain = await provide(capture, part);
  const path = await provide(capture, part, compression);
  const database = join(work, 'out.db');
  const ours = analyzeCommand(path, database, comparison.options);
  try {
    const runs = await measurePairs(ours, theirs(path), pairs ?? comparison.pairs ?? DEFAULT_PAIRS);
    const result = { comparison, runs, packets: countPackets(database), bytes: statSync(plain).size };
    console.error(row(result));
    return result;
  } catch (error) {
    if (!(error instanceof OtherFailed)) throw error;
    console.error(`left out: ${error.message}`);
    return null;
  } finally {
    rmSync(database, { force: true });
  }
}

async function measureGrowth() {
  return growth(await provide('short', 1), await provide('short', TENTH), pairs ?? DEFAULT_PAIRS, work);
}

/** The path of so large a part of a capture, which is in memory now. */
async function provide(capture, part, compression = null) {
  const path = await provideCapture(capture, options.captures, scale * part, compression);
  warm(path);
  return path;
}

function countPackets(database) {
  const connection = new Database(database, { readonly: true });
  const packets = connection.prepare('SELECT sum(packets) FROM captures').pluck().get();
  connection.close();
  return packets;
}

async function writeReadme(figures) {
  const path = join(ROOT, 'README.md');
  const config = await resolveConfig(path, { config: join(ROOT, 'test/prettier.json') });
  writeFileSync(path, await format(withFigures(readFileSync(path, 'utf8'), figures), { ...config, filepath: path }));
  console.log('This stands in the README now.');
}
