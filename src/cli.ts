#!/usr/bin/env node
/** The program: builds the commands, and turns what they throw into a message and an exit status. */
import './commands/ahead.js';
import { Command } from 'commander';
import { defineAnalyze } from './commands/analyze.js';
import { ExitStatus } from './commands/exit-status.js';
import { defineExplain } from './commands/explain.js';
import { defineExtract } from './commands/extract.js';
import { tellFailure } from './commands/failure.js';
import { programHelp } from './commands/help.js';
import { defineQuery } from './commands/query.js';
import { defineReport } from './commands/report.js';
import type { Runner } from './commands/runner.js';
import { defineSchema } from './commands/schema.js';
import { defineShow } from './commands/show.js';
import { withCommonOptions } from './commands/common-options.js';
import { defineWhatIf } from './commands/what-if.js';
import { endWith, watchOutput, Terminal } from './commands/terminal.js';
import { toolVersion } from './commands/version.js';

const COMMANDS = {
  analyze: defineAnalyze,
  report: defineReport,
  query: defineQuery,
  show: defineShow,
  extract: defineExtract,
  'what-if': defineWhatIf,
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
  .description(
    'Who closed each TCP connection first, what was reset and why, which SYN met\nTIME_WAIT: from captures to an SQLite database and a summary.',
  )
  .version(toolVersion(), '-V, --version')
  .exitOverride()
  .showSuggestionAfterError()
  .showHelpAfterError('(tcpclose COMMAND --help tells more)');
for (const [name, define] of Object.entries(COMMANDS)) define(withCommonOptions(program.command(name)), run);
program.helpInformation = () => programHelp(program);

watchOutput();
void program
  .parseAsync()
  .catch((error: unknown) => (status = tellFailure(error)))
  .then(() => endWith(status));
