import { Option, type Command } from 'commander';

/** Options that hold for every command, before its name and after it. */
export function withCommonOptions(command: Command): Command {
  return command
    .option('-q, --quiet', 'print results and errors only')
    .addOption(new Option('--color <when>', 'colours').choices(['auto', 'always', 'never']))
    .option('--no-color', 'no colours, as with NO_COLOR set');
}
