// npm run bench: how long the whole program takes for a capture, database included, and how much memory at its peak.
//
// Times on a shared machine mean nothing by themselves. So each run of ours is paired with a run of something that does
// the least that must be done, one right after the other, and the median of the pairs' ratios is what counts:
//   short   against floor.c: read, decode and track in C on one core, without detectors or output
//   bulk    against cat: read the file
//   slow    as short, spread over 25 minutes: peak memory when connections end and are forgotten
//   flood   10 million unanswered SYNs (not unless named)
//   small   a fifth of short (not unless named); with --peers, other programs on the same file
//
//   --only short,bulk   which captures (short,bulk,slow)
//   --pairs N           pairs of runs for each (5; slow and flood: 1)
//   --captures DIR      where the captures are, or are made (test/bench/captures)
//   --peers             also tshark, tcptrace, argus: one run each on small, minutes
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import Database from 'better-sqlite3';
import { CAPTURES, provideCapture, warm } from './captures.mjs';
import { isInstalled, measure, median } from './measure.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    pairs: { type: 'string' },
    captures: { type: 'string', default: fileURLToPath(new URL('captures', import.meta.url)) },
    peers: { type: 'boolean', default: false },
  },
});
const names = (options.only ?? (options.peers ? 'small' : 'short,bulk,slow')).split(',');
const unknown = names.filter((name) => !Object.hasOwn(CAPTURES, name));
if (unknown.length > 0) {
  console.error(`no capture ${unknown.join(', ')}: there are ${Object.keys(CAPTURES).join(', ')}`);
  process.exit(2);
}

const work = mkdtempSync(join(tmpdir(), 'tcpclose-bench-'));
try {
  const floor = buildFloor();
  console.log(circumstances());
  console.log(
    '| capture | packets | seconds | packets/s | MB/s | peak MB | against | its seconds | ratio | spread | pairs |',
  );
  console.log('| --- | --: | --: | --: | --: | --: | --- | --: | --: | --- | --: |');
  for (const name of names) console.log(row(name, await measurePairs(name, floor)));
  if (options.peers || isInstalled('tcpdump')) await printPeers(names[0]);
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** The path of the compiled floor.c; null without a compiler. */
function buildFloor() {
  const compiler = ['cc', 'gcc', 'clang'].find(isInstalled);
  if (compiler === undefined) {
    console.error('no C compiler (cc, gcc, clang): floor.c is left out, cat takes its place');
    return null;
  }
  const out = join(work, 'floor');
  execFileSync(compiler, ['-O3', '-march=native', fileURLToPath(new URL('floor.c', import.meta.url)), '-o', out]);
  return out;
}

async function measurePairs(name, floor) {
  const { against, bytes, pairs } = CAPTURES[name];
  const path = provideCapture(name, options.captures);
  const reference = against === 'floor' && floor === null ? 'cat' : against;
  const database = join(work, `${name}.db`);
  const ours = [];
  const theirs = [];
  let packets = 0;
  warm(path);
  for (let i = 0; i < Number(options.pairs ?? pairs); i++) {
    ours.push(
      await measure(['node', join(ROOT, 'dist/cli.js'), 'analyze', path, '-o', database, '--quiet', '--force']),
    );
    if (reference !== null) theirs.push(await measure([reference === 'floor' ? floor : 'cat', path]));
    packets = countPackets(database);
  }
  rmSync(database, { force: true });
  return { bytes, packets, reference, ours, theirs };
}

function countPackets(database) {
  const connection = new Database(database, { readonly: true });
  const packets = connection.prepare('SELECT sum(packets) FROM captures').pluck().get();
  connection.close();
  return packets;
}

function row(name, { bytes, packets, reference, ours, theirs }) {
  const seconds = median(ours.map((run) => run.seconds));
  const peak = Math.max(...ours.map((run) => run.peakKiB ?? NaN));
  const ratios = theirs.map((run, i) => ours[i].seconds / run.seconds);
  const cells = [
    name,
    packets,
    seconds.toFixed(2),
    Math.round(packets / seconds),
    Math.round(bytes / 1e6 / seconds),
    Number.isNaN(peak) ? 'unknown' : Math.round((peak * 1024) / 1e6),
    reference ?? '',
    theirs.length === 0 ? '' : median(theirs.map((run) => run.seconds)).toFixed(2),
    ratios.length === 0 ? '' : median(ratios).toFixed(2),
    ratios.length === 0 ? '' : `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`,
    ours.length,
  ];
  return `| ${cells.join(' | ')} |`;
}

/** What other programs take for the same file, one run each; those that are not installed are left out. */
async function printPeers(name) {
  const path = provideCapture(name, options.captures);
  const fields = ['frame.number', 'frame.time_epoch', 'ip.src', 'ip.dst', 'tcp.srcport', 'tcp.dstport', 'tcp.seq_raw'];
  fields.push('tcp.ack_raw', 'tcp.flags', 'tcp.len', 'tcp.options.timestamp.tsval', 'tcp.stream');
  const slow = [
    ['tcptrace', '-n', '-l', path],
    ['argus', '-r', path, '-w', join(work, 'argus')],
    ['tshark', '-r', path, '-q', '-z', 'conv,tcp'],
    ['tshark', '-r', path, '-T', 'fields', ...fields.flatMap((field) => ['-e', field])],
  ];
  const peers = [['tcpdump', '-nr', path, '-w', '/dev/null', 'tcp[13] & 7 != 0'], ...(options.peers ? slow : [])];
  console.log(`\nOther programs on ${name}, one run each:\n\n| program | seconds | peak MB |\n| --- | --: | --: |`);
  for (const command of peers.filter(([program]) => isInstalled(program))) {
    const shown = command
      .map((word) => (word.includes(' ') ? `'${word}'` : word))
      .join(' ')
      .replaceAll(path, 'FILE')
      .replaceAll(work, 'DIR')
      .replace(/-e .*/, `(${fields.length} fields)`);
    const text = await measure(command).then(
      ({ seconds, peakKiB }) =>
        `${seconds.toFixed(2)} | ${peakKiB === null ? 'unknown' : Math.round((peakKiB * 1024) / 1e6)}`,
      () => 'failed | ',
    );
    console.log(`| \`${shown.replaceAll('|', '\\|')}\` | ${text} |`);
  }
}

function circumstances() {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const processors = cpus();
  const machine = `${processors.length} x ${processors[0]?.model ?? 'unknown processor'}, ${Math.round(totalmem() / 1e9)} GB`;
  return `tcpclose ${version}${commit()}, Node ${process.version}, ${machine}, ${new Date().toISOString().slice(0, 10)}\n`;
}

function commit() {
  try {
    return ` (${execFileSync('git', ['-C', ROOT, 'rev-parse', '--short', 'HEAD'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()})`;
  } catch {
    return '';
  }
}
