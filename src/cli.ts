#!/usr/bin/env node
/** The program: builds the commands, and turns what they throw into a message and an exit status. */
import { Command, CommanderError } from 'commander';
import { defineAnalyze } from './commands/analyze.js';
import { ExitStatus } from './commands/exit-status.js';
import { defineExplain } from './commands/explain.js';
import { defineQuery } from './commands/query.js';
import { defineReport } from './commands/report.js';
import type { Runner } from './commands/runner.js';
import { defineSchema } from './commands/schema.js';
import { withCommonOptions } from './commands/common-options.js';
import { Terminal } from './commands/terminal.js';
import { toolVersion } from './commands/version.js';
import { TcpcloseError, UsageError } from './errors.js';

const COMMANDS = {
  analyze: defineAnalyze,
  report: defineReport,
  query: defineQuery,
  explain: defineExplain,
  schema: defineSchema,
};

let status: number = ExitStatus.DONE;

const run: Runner =
  (action) =>
  async (...args) => {
    const command = args.at(-1) as Command; // commander hands the arguments, then the options, then the command
    const options = { ...program.opts(), ...command.opts() };
    status = await action(new Terminal(options), options as never, ...(args.slice(0, -2) as never));
  };

const program = withCommonOptions(new Command('tcpclose'))
  .description('Who closed first, what was reset and why, which SYN met TIME_WAIT: from captures to SQLite')
  .version(toolVersion(), '-V, --version')
  .exitOverride()
  .showSuggestionAfterError()
  .showHelpAfterError('(tcpclose COMMAND --help tells more)')
  .addHelpText('after', '\nExample: tcpclose analyze web.pcap.gz && tcpclose query web.db --named resets');
for (const [name, define] of Object.entries(COMMANDS)) define(withCommonOptions(program.command(name)), run);

// A reader that has seen enough (head, less) is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(status);
  });
}

try {
  await program.parseAsync();
} catch (error) {
  status = statusOf(error);
}
process.exitCode = status;

/** Says what went wrong, unless commander has said it already. */
function statusOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitStatus.DONE : ExitStatus.USAGE;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`tcpclose: ${message}\n`);
  if (error instanceof UsageError) return ExitStatus.USAGE;
  if (!(error instanceof TcpcloseError) && error instanceof Error)
    process.stderr.write(`This is a fault of tcpclose, please report it:\n${error.stack ?? ''}\n`);
  return ExitStatus.FAILED;
}
