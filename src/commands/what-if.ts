import { Option, type Command } from 'commander';
import { UsageError } from '../errors.js';
import type { StackName } from '../index.js';
import { withExamples } from './help.js';
import { parseDuration } from './option-values.js';
import type { Runner } from './runner.js';
import type { CommonOptions, Terminal } from './terminal.js';

interface Options extends CommonOptions {
  readonly timeWait?: number;
  readonly stack?: StackName;
  readonly twRecycle?: boolean;
  readonly twReuse?: boolean;
  /** False where --no-timestamps was given. */
  readonly timestamps: boolean;
  readonly format: 'text' | 'json';
}

/** The names of STACKS, which is not loaded to print help; a test holds them to it. */
const STACK_NAMES = ['linux', 'freebsd', 'openbsd', 'macos', 'gvisor', 'windows', 'rfc1122', 'rfc6191'];

export function defineWhatIf(command: Command, run: Runner): void {
  command
    .description('judge the same SYNs and closes under other rules')
    .argument('<database>', 'a database that tcpclose analyze made')
    .option('--time-wait <duration>', 'how long TIME_WAIT lasts (default: as analyzed)', parseDuration)
    .addOption(new Option('--stack <name>', 'the stack that holds TIME_WAIT').choices(STACK_NAMES))
    .option('--tw-recycle', 'its tcp_tw_recycle is on (Linux before 4.12)')
    .option('--tw-reuse', 'tcp_tw_reuse is on at the clients (Linux)')
    .option('--no-timestamps', 'no connection has timestamps')
    .addOption(new Option('--format <name>', 'what to print').choices(['text', 'json']).default('text'))
    .action(run(whatIfCommand));
  withExamples(command, [
    'tcpclose analyze samples/time-wait-matrix.pcap --quiet',
    'tcpclose what-if time-wait-matrix.db --stack freebsd',
    'tcpclose what-if time-wait-matrix.db --no-timestamps --time-wait 30s',
  ]);
}

async function whatIfCommand(terminal: Terminal, options: Options, database: string): Promise<number> {
  if (options.twRecycle === true && options.stack !== undefined && options.stack !== 'linux')
    throw new UsageError(
      'not-linux',
      `--tw-recycle: only Linux has tcp_tw_recycle. Leave out --stack ${options.stack}.`,
    );
  const [{ STACKS, chooseRules, withDatabase }, { whatIf }, { recordedTimeWait }, { describeWhatIf, whatIfJson }] =
    await Promise.all([
      import('../index.js'),
      import('../store/what-if/what-if.js'),
      import('../store/recorded-time-wait.js'),
      import('../report/what-if/what-if.js'),
    ]);
  await withDatabase(database, async (db) => {
    const rules = chooseRules({
      timeWaitNs: options.timeWait ?? recordedTimeWait(db),
      stack: options.stack ?? null,
      twRecycle: options.twRecycle === true,
      twReuse: options.twReuse === true,
      noTimestamps: !options.timestamps,
    });
    const stack = rules.stack === null ? null : STACKS[rules.stack];
    const { timeWaitNs, ...asked } = rules;
    const what = describeWhatIf(database, whatIf(db, rules), {
      ...asked,
      timeWaitS: timeWaitNs / 1e9,
      stackTitle: stack?.title ?? null,
      stackTimeWaitS: stack?.timeWaitS ?? null,
      stackGiven: options.stack !== undefined,
    });
    if (options.format === 'json') await terminal.print(whatIfJson(what));
    else {
      const { width, style } = terminal.page;
      await terminal.print((await import('../report/what-if/text.js')).whatIfText(what, width, style));
    }
  });
  return 0;
}
