import { Option, type Command } from 'commander';
import type { AnalyzeListener, AnalyzeOptions, AnalyzeResult } from '../analyze.js';
import type { Severity } from '../index.js';
import { UsageError } from '../errors.js';
import { defaultOutput } from './default-output.js';
import { ExitStatus } from './exit-status.js';
import { parseCount, parseDuration, parseJobs, parseMemory } from './option-values.js';
import { withExamples } from './help.js';
import { cleaningUp } from './on-signal.js';
import type { Runner } from './runner.js';
import type { CommonOptions, Terminal } from './terminal.js';
import { toolVersion } from './version.js';

interface Options extends CommonOptions {
  readonly output?: string;
  readonly force?: boolean;
  readonly append?: boolean;
  readonly timeWait: number;
  readonly reader: 'own' | 'pcap-parser';
  readonly failOn?: Severity;
  readonly communityId?: boolean;
  readonly sha256?: boolean;
  readonly censusHosts: number;
  readonly filter?: string;
  readonly jobs?: number;
  readonly maxMemory?: number;
}

/** Worst last, as in the database. */
const LEVELS = ['info', 'notice', 'warning', 'critical'] as const satisfies readonly Severity[];

export function defineAnalyze(command: Command, run: Runner): void {
  command
    .description('read captures, write one SQLite database, print a summary')
    .argument('<capture...>', 'files, directories of captures, or - for standard input')
    .option('-o, --output <file>', 'where the database goes (default: CAPTURE.db here)')
    .option('--force', 'replace the output if it exists')
    .option('--append', 'add another recording to the output if it exists')
    .option('--filter <expression>', "analyse only what it accepts, in tcpdump's syntax")
    .addOption(
      new Option('--time-wait <duration>', 'how long TIME_WAIT is taken to last')
        .argParser(parseDuration)
        .default(60e9, '60s'),
    )
    .addOption(new Option('--fail-on <level>', 'exit with 4 where a finding is as grave').choices(LEVELS))
    .option('--community-id', 'compute the Community ID of each connection')
    .option('--sha256', 'compute the SHA-256 of each capture')
    .addOption(
      new Option('--census-hosts <n>', 'hosts in the censuses, highest peaks first').argParser(parseCount).default(100),
    )
    .addOption(
      new Option('--jobs <n>', 'threads; 1: read and follow in one (default: what pays here)').argParser(parseJobs),
    )
    .addOption(
      new Option('--max-memory <size>', 'past it the longest silent connections are written out, marked').argParser(
        parseMemory,
      ),
    )
    .addOption(new Option('--reader <name>', 'what reads classic pcap').choices(['own', 'pcap-parser']).default('own'))
    .action(run(analyzeCommand));
  withExamples(command, [
    'tcpclose analyze samples/refused.pcap',
    'tcpclose analyze samples/time-wait-*.pcap -o time-wait.db --fail-on critical',
    'cat samples/refused.pcap | tcpclose analyze - -o piped.db',
  ]);
}

async function analyzeCommand(terminal: Terminal, options: Options, inputs: string[]): Promise<number> {
  if (options.force === true && options.append === true)
    throw new UsageError(
      'force-and-append',
      '--force replaces the output and --append adds to it: choose one of the two.',
    );
  const { analyze } = await import('../analyze.js');
  const output = options.output ?? defaultOutput(inputs[0] ?? '-');
  const request: AnalyzeOptions = {
    inputs,
    output,
    mode: options.force === true ? 'replace' : options.append === true ? 'append' : 'refuse',
    ...(options.filter === undefined ? {} : { filter: options.filter }),
    timeWaitNs: options.timeWait,
    ...(options.jobs === undefined ? {} : { jobs: options.jobs }),
    ...(options.maxMemory === undefined ? {} : { maxMemory: options.maxMemory }),
    reader: options.reader,
    communityId: options.communityId === true,
    sha256: options.sha256 === true,
    censusHosts: options.censusHosts,
    commandLine: ['tcpclose', ...process.argv.slice(2)].join(' '),
    toolVersion: toolVersion(),
  };
  const result = await watched(terminal, (listener) => analyze(request, listener));
  tellOddities(terminal, result);
  if (!terminal.quiet) await printSummary(terminal, output);
  return statusOf(result, options.failOn);
}

/** Shows progress, and leaves nothing behind when the user interrupts. */
async function watched(
  terminal: Terminal,
  work: (listener: AnalyzeListener) => Promise<AnalyzeResult>,
): Promise<AnalyzeResult> {
  const bar = terminal.showsProgress ? new (await import('./progress.js')).ProgressBar() : null;
  let discardFiles = (): void => undefined;
  const cleanUp = (): void => {
    bar?.stop();
    discardFiles();
  };
  const listener: AnalyzeListener = {
    onProgress: (read, total) => bar?.update(read, total),
    onStart: (discard) => (discardFiles = discard),
  };
  return cleaningUp(cleanUp, () => work(listener)).finally(() => bar?.stop());
}

/** Damage is told even with --quiet, for it changes what the database is worth. */
function tellOddities(terminal: Terminal, result: AnalyzeResult): void {
  for (const damage of result.damages) terminal.warn(damage);
  for (const note of result.notes) terminal.note(note);
  if (result.leftOut > 0)
    terminal.note(
      `${result.leftOut} ${result.leftOut === 1 ? 'file' : 'files'} in the directory left out: not captures.`,
    );
}

async function printSummary(terminal: Terminal, output: string): Promise<void> {
  const [{ openDatabase }, { summarize }, { summaryText }] = await Promise.all([
    import('../store/open.js'),
    import('../report/summary.js'),
    import('../report/text.js'),
  ]);
  const db = openDatabase(output);
  try {
    await terminal.print(summaryText(summarize(db, output), terminal.page));
  } finally {
    db.close();
  }
}

function statusOf(result: AnalyzeResult, failOn: Severity | undefined): number {
  const grave =
    failOn !== undefined && LEVELS.slice(LEVELS.indexOf(failOn)).some((level) => result.findings[level] > 0);
  if (grave) return ExitStatus.FINDINGS;
  return result.damages.length > 0 ? ExitStatus.DAMAGED_INPUT : ExitStatus.DONE;
}
