/** What `tcpclose analyze` does, apart from its options: all that it needs is loaded at once, and by it alone. */
import { analyze, type AnalyzeListener, type AnalyzeOptions, type AnalyzeResult } from '../analyze.js';
import { UsageError } from '../errors.js';
import type { Severity } from '../index.js';
import { readsPipe } from '../reading/reads-apart.js';
import { summarize } from '../report/summary.js';
import { summaryText } from '../report/text.js';
import { withDatabase } from '../store/with-database.js';
import { LEVELS, type AnalyzeCommandOptions } from './analyze-options.js';
import { defaultOutput } from './default-output.js';
import { ExitStatus } from './exit-status.js';
import { cleaningUp } from './on-signal.js';
import type { Terminal } from './terminal.js';
import { toolVersion } from './version.js';

/** Returns the exit status. */
export async function runAnalyze(
  terminal: Terminal,
  options: AnalyzeCommandOptions,
  inputs: string[],
): Promise<number> {
  if (options.force === true && options.append === true)
    throw new UsageError(
      'force-and-append',
      '--force replaces the output and --append adds to it: choose one of the two.',
    );
  const output = options.output ?? defaultOutput(inputs[0] ?? '-');
  const request: AnalyzeOptions = {
    inputs,
    output,
    mode: options.force === true ? 'replace' : options.append === true ? 'append' : 'refuse',
    ...(options.filter === undefined ? {} : { filter: options.filter }),
    ...(options.timeWait === undefined ? {} : { timeWaitNs: options.timeWait }),
    ...(options.jobs === undefined ? {} : { jobs: options.jobs }),
    ...(options.maxMemory === undefined ? {} : { maxMemory: options.maxMemory }),
    reader: options.reader,
    communityId: options.communityId === true,
    sha256: options.sha256 === true,
    censusHosts: options.censusHosts,
    commandLine: ['tcpclose', ...process.argv.slice(2)].join(' '),
    toolVersion: toolVersion(),
  };
  const result = await watched(terminal, inputs, (listener) => analyze(request, listener));
  tellOddities(terminal, result);
  if (!terminal.quiet) await printSummary(terminal, output);
  return statusOf(result, options.failOn);
}

/** Shows progress, and leaves nothing behind when the user interrupts, but for a pipe: that only ends. */
async function watched(
  terminal: Terminal,
  inputs: readonly string[],
  work: (listener: AnalyzeListener) => Promise<AnalyzeResult>,
): Promise<AnalyzeResult> {
  const bar = terminal.showsProgress ? new (await import('./progress.js')).ProgressBar() : null;
  let discardFiles = (): void => undefined;
  let endInput: (() => void) | null = null; // not before it begins to read
  let isToEnd = false;
  const cleanUp = (): void => {
    bar?.stop();
    discardFiles();
  };
  const listener: AnalyzeListener = {
    onProgress: (read, total) => bar?.update(read, total),
    onStart: (discard) => (discardFiles = discard),
    onReading: (end) => {
      endInput = end;
      if (isToEnd) end();
    },
  };
  // Ctrl-C is how `tcpdump -w - | tcpclose analyze -` is ended: what was captured is what was wanted.
  const endsWell = (): boolean => {
    if (isToEnd || !readsPipe(inputs)) return false; // the second time it is meant
    isToEnd = true;
    endInput?.();
    bar?.stop();
    terminal.note('interrupted: what was captured until now is analysed. Interrupt again to throw it away.');
    return true;
  };
  return cleaningUp(cleanUp, () => work(listener), endsWell).finally(() => bar?.stop());
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
  // Even older: nothing is missing in what was just written.
  await withDatabase(output, (db) => terminal.print(summaryText(summarize(db, output), terminal.page)), {
    evenOlder: true,
  });
}

function statusOf(result: AnalyzeResult, failOn: Severity | undefined): number {
  const grave =
    failOn !== undefined && LEVELS.slice(LEVELS.indexOf(failOn)).some((level) => result.findings[level] > 0);
  if (grave) return ExitStatus.FINDINGS;
  return result.damages.length > 0 ? ExitStatus.DAMAGED_INPUT : ExitStatus.DONE;
}
