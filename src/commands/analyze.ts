import { Option, type Command } from 'commander';
import { LEVELS, type AnalyzeCommandOptions } from './analyze-options.js';
import { withExamples } from './help.js';
import { parseCount, parseDuration, parseJobs, parseMemory } from './option-values.js';
import type { Runner } from './runner.js';
import type { Terminal } from './terminal.js';

export function defineAnalyze(command: Command, run: Runner): void {
  command
    .description('read captures, write one SQLite database, print a summary')
    .argument('<capture...>', 'files, directories of captures, or - for standard input')
    .option('-o, --output <file>', 'where the database goes (default: CAPTURE.db here)')
    .option('--force', 'replace the output if it exists')
    .option('--append', 'add another recording to the output if it exists')
    .option('--filter <expression>', "analyse only what it accepts, in tcpdump's syntax")
    .addOption(
      new Option(
        '--time-wait <duration>',
        'how long TIME_WAIT is taken to last (default: 60s; with --append, as there)',
      ).argParser(parseDuration),
    )
    .addOption(new Option('--fail-on <level>', 'exit with 4 where a finding is as grave').choices(LEVELS))
    .option('--community-id', 'compute the Community ID of each connection')
    .option('--sha256', 'compute the SHA-256 of each capture')
    .addOption(
      new Option('--census-hosts <n>', 'hosts in the censuses, highest peaks first').argParser(parseCount).default(100),
    )
    .addOption(
      new Option(
        '--jobs <n>',
        'threads, of which 3 are of use; 1: read and follow in one (default: what pays here)',
      ).argParser(parseJobs),
    )
    .addOption(
      new Option('--max-memory <size>', 'past it the longest silent connections are written out, marked').argParser(
        parseMemory,
      ),
    )
    .addOption(new Option('--reader <name>', 'what reads classic pcap').choices(['own', 'pcap-parser']).default('own'))
    .action(
      run(async (terminal: Terminal, options: AnalyzeCommandOptions, inputs: string[]) =>
        (await import('./run-analyze.js')).runAnalyze(terminal, options, inputs),
      ),
    );
  withExamples(command, [
    'tcpclose analyze samples/refused.pcap',
    'tcpclose analyze samples/time-wait-*.pcap -o time-wait.db --fail-on critical',
    'cat samples/refused.pcap | tcpclose analyze - -o piped.db',
  ]);
}
