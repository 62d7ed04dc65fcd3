// npm run corpus: the built program over the real captures of other projects, which lie beside the repository and never
// in it. Every capture is analysed by a process of its own, as a user would do it, so that exit status, time and peak
// memory are those of that capture alone; a start costs some 0.2 s, and two run at a time. What the database says of
// captures with TCP is then compared with tshark's view of them, and the view zeek_conn with the conn.log rows that Zeek
// publishes for some.
//
//   --only PATTERN    captures whose path holds PATTERN (a regular expression)
//   --json OUT        everything that was found, as JSON
//   --jobs N          processes at a time (2)
//   --time-limit S    seconds for one capture (30)
//   --memory-limit M  MB of peak memory for one capture (500)
//
// Percentages are of the captures in which tshark sees TCP; where only we see some, that is listed.
// Exit status 1 where a demand is not met. differences.json and zeek-differences.json beside this file say why known
// differences are there; they count as differences all the same.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import Database from 'better-sqlite3';
import { compare } from './compare.mjs';
import { listCaptures, readOracle, sha256 } from './oracle.mjs';
import { analyze } from './program.mjs';
import { compareZeek } from './zeek.mjs';

const SHARED = fileURLToPath(new URL('../../../shared/corpus', import.meta.url));
const REASONS = JSON.parse(readFileSync(new URL('differences.json', import.meta.url), 'utf8'));
const ZEEK_REASONS = JSON.parse(readFileSync(new URL('zeek-differences.json', import.meta.url), 'utf8'));
const THRESHOLDS = { packets: 99, tuples: 99, fins: 99.5, zeekStates: 98, zeekHistories: 95 };

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    json: { type: 'string' },
    jobs: { type: 'string', default: '2' },
    'time-limit': { type: 'string', default: '30' },
    'memory-limit': { type: 'string', default: '500' },
  },
});

const folder = join(SHARED, 'open');
if (!existsSync(folder)) {
  console.log('skipped: there is no corpus beside the repository (../shared/corpus)');
  process.exit(0);
}
const oracle = readOracle(join(SHARED, 'oracle.jsonl.gz'));
const zeekOracle = readOracle(join(SHARED, 'zeek-conn.jsonl.gz'));
const pattern = new RegExp(options.only);
const captures = listCaptures(folder).filter((path) => pattern.test(path));
const work = mkdtempSync(join(tmpdir(), 'tcpclose-corpus-'));
const results = [];
const start = performance.now();
try {
  const waiting = captures.values();
  await Promise.all(Array.from({ length: Number(options.jobs) }, (_, job) => runAll(waiting, job)));
} finally {
  rmSync(work, { recursive: true, force: true });
}
results.sort((a, b) => (a.capture < b.capture ? -1 : 1));
process.exitCode = report(results, (performance.now() - start) / 1000) ? 0 : 1;
if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(results, null, 1));

async function runAll(waiting, job) {
  for (const capture of waiting) {
    results.push(await runOne(capture, join(work, `${job}.db`)));
    if (process.stderr.isTTY) process.stderr.write(`\r${results.length} of ${captures.length}`);
  }
}

async function runOne(capture, database) {
  const path = join(folder, capture);
  const run = await analyze(path, database, Number(options['time-limit']));
  const hash = sha256(path);
  const expected = oracle.get(hash);
  const problems = judgeRun(run, existsSync(database));
  const ours = readDatabase(database);
  const agreement = expected === undefined ? null : compare(ours, expected);
  const zeek = zeekOracle.has(hash) ? compareZeek(ours.zeek, zeekOracle.get(hash)) : null;
  // A format that we do not read is one difference of the capture, not one for each connection in it.
  if (run.status === 1 && agreement !== null) agreement.fins = { equal: 0, all: 0 };
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(database + suffix, { force: true });
  const { stderr, ...facts } = run;
  return { capture, ...facts, message: stderr.trim(), hasTcp: expected?.tcp_packets > 0, problems, agreement, zeek };
}

/** What is wrong with the way in which the program ended: nothing, as a rule. */
function judgeRun({ status, signal, timedOut, stderr, peakKiB }, hasDatabase) {
  if (timedOut) return [`took longer than ${options['time-limit']} s`];
  if (signal !== null) return [`ended by ${signal}`];
  const problems = [];
  if (![0, 1, 3].includes(status)) problems.push(`exit status ${status}: ${stderr.trim()}`);
  if (/^\s+at .*[:(]/m.test(stderr)) problems.push(`a stack trace: ${stderr.trim()}`);
  if (status !== 0 && stderr.trim() === '') problems.push(`exit status ${status} without a message`);
  if ((status === 1) === hasDatabase)
    problems.push(`exit status ${status}, ${hasDatabase ? 'but a' : 'and no'} database`);
  if (peakKiB === null) problems.push('peak memory unknown');
  else if (peakKiB > Number(options['memory-limit']) * 1000)
    problems.push(`took ${Math.round(peakKiB / 1000)} MB of memory`);
  return problems;
}

function readDatabase(file) {
  if (!existsSync(file)) return { tcpPackets: 0, connections: [], zeek: [] };
  const database = new Database(file, { readonly: true });
  try {
    return {
      tcpPackets: database.prepare('SELECT sum(tcp_packets) FROM captures').pluck().get(),
      connections: database
        .prepare(
          'SELECT client_ip, client_port, server_ip, server_port, client_fin_frame, server_fin_frame FROM connections',
        )
        .all(),
      zeek: database.prepare('SELECT * FROM zeek_conn ORDER BY ts').all(),
    };
  } finally {
    database.close();
  }
}

/** Prints everything; whether all demands are met. */
function report(all, seconds) {
  for (const { capture, problems, agreement, zeek } of all) {
    for (const problem of problems) console.log(`${capture}: ${problem}`);
    for (const difference of agreement?.differences ?? []) console.log(`${capture}: ${difference}`);
    if (REASONS[capture] !== undefined && agreement?.differences.length > 0)
      console.log(`    known: ${REASONS[capture]}`);
    for (const difference of zeek?.differences ?? []) console.log(`${capture}: ${difference}`);
    if (ZEEK_REASONS[capture] !== undefined && zeek?.differences.length > 0)
      console.log(`    known: ${ZEEK_REASONS[capture]}`);
  }
  const compared = all.filter(({ agreement, hasTcp }) => agreement !== null && hasTcp);
  const fins = { equal: 0, all: 0 };
  for (const { agreement } of compared) {
    fins.equal += agreement.fins.equal;
    fins.all += agreement.fins.all;
  }
  const zeek = { all: 0, state: 0, history: 0 };
  for (const { rows } of all.flatMap((run) => run.zeek ?? [])) for (const key in zeek) zeek[key] += rows[key];
  const counts = [0, 1, 3].map(
    (status) => `${all.filter((run) => run.status === status).length} with status ${status}`,
  );
  const slowest = all.reduce((most, run) => (run.seconds > most.seconds ? run : most), { seconds: 0, capture: '' });
  const largest = all.reduce((most, run) => ((run.peakKiB ?? 0) > most.peakKiB ? run : most), {
    peakKiB: 0,
    capture: '',
  });
  console.log(`${all.length} captures in ${seconds.toFixed(0)} s: ${counts.join(', ')}`);
  console.log(`slowest: ${slowest.seconds.toFixed(1)} s, ${slowest.capture}`);
  console.log(`most memory: ${Math.round(largest.peakKiB / 1000)} MB, ${largest.capture}`);
  const failed = all.filter(({ problems }) => problems.length > 0).length;
  console.log(`runs that ended as they should not: ${failed}`);
  const met = [
    failed === 0,
    share(
      'captures with equal tcp_packets',
      compared.filter(({ agreement }) => agreement.packets).length,
      compared.length,
      THRESHOLDS.packets,
    ),
    share(
      'captures with equal four-tuples',
      compared.filter(({ agreement }) => agreement.tuples).length,
      compared.length,
      THRESHOLDS.tuples,
    ),
    share('four-tuples with equal first FINs', fins.equal, fins.all, THRESHOLDS.fins),
    share("rows with Zeek's conn_state", zeek.state, zeek.all, THRESHOLDS.zeekStates),
    share("rows with Zeek's history", zeek.history, zeek.all, THRESHOLDS.zeekHistories),
  ];
  return met.every((good) => good);
}

function share(what, part, whole, threshold) {
  const percent = whole === 0 ? 100 : (100 * part) / whole;
  console.log(`${what}: ${part} of ${whole}, ${percent.toFixed(2)} % (at least ${threshold} % wanted)`);
  return percent >= threshold;
}
