import { InvalidArgumentError, Option, type Command } from 'commander';
import type { ExtractResult } from '../extract.js';
import { UsageError } from '../errors.js';
import { counted } from '../report/plain.js';
import { ExitStatus } from './exit-status.js';
import { withExamples } from './help.js';
import { cleaningUp } from './on-signal.js';
import type { Runner } from './runner.js';
import type { CommonOptions, Terminal } from './terminal.js';
import { toolVersion } from './version.js';

interface Options extends CommonOptions {
  readonly write: string;
  readonly finding: readonly number[];
  readonly where?: string;
  readonly captures?: string;
  readonly force?: boolean;
}

export function defineExtract(command: Command, run: Runner): void {
  command
    .description('write the packets of connections to a pcapng, with the verdicts')
    .argument('<database>', 'a database that tcpclose analyze made')
    .argument('[id...]', 'connections, as in connection_id of a query')
    .requiredOption('-w, --write <file>', 'where the packets go; - for standard output')
    .addOption(
      new Option('--finding <id>', 'the connections of a finding; repeatable')
        .argParser(gatherNumber)
        .default([], 'none'),
    )
    .option('--where <sql>', 'the connections for which this holds (columns of connections)')
    .option('--captures <dir>', 'where captures that moved are')
    .option('--force', 'replace the output if it exists')
    .action(run(extractCommand));
  withExamples(command, [
    'tcpclose analyze samples/time-wait-challenged.pcap --quiet',
    'tcpclose extract time-wait-challenged.db --finding 3 -w challenged.pcapng',
    'tcpclose extract time-wait-challenged.db 1 2 -w two.pcapng',
    'tcpclose extract time-wait-challenged.db --where "id < 3" -w same.pcapng',
  ]);
}

function gatherNumber(text: string, before: readonly number[]): readonly number[] {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Give a number, as in 8.');
  return [...before, Number(text)];
}

async function extractCommand(
  terminal: Terminal,
  options: Options,
  database: string,
  ids: readonly string[],
): Promise<number> {
  const wrong = ids.find((id) => !/^\d{1,15}$/.test(id));
  if (wrong !== undefined)
    throw new UsageError('not-an-id', `${wrong}: is no number of a connection. Give numbers, or --where SQL.`);
  if (ids.length === 0 && options.finding.length === 0 && options.where === undefined)
    throw new UsageError('nothing-selected', 'say which connections: their ids, --finding ID, or --where SQL.');
  if (options.write === '-' && process.stdout.isTTY)
    throw new UsageError('stdout-is-terminal', 'packets are not for a terminal: pipe them on, or give -w FILE.');
  const { extract } = await import('../extract.js');
  let discardFiles = (): void => undefined;
  const request = {
    database,
    selection: { ids: ids.map(Number), findings: options.finding, where: options.where },
    capturesFolder: options.captures,
    application: `tcpclose ${toolVersion()}`,
    onStart: (discard: () => void) => (discardFiles = discard),
  };
  const target =
    options.write === '-'
      ? { write: (octets: Uint8Array) => terminal.print(octets) }
      : { path: options.write, force: options.force === true };
  const result = await cleaningUp(
    () => discardFiles(),
    () => extract(request, target),
  );
  await tell(terminal, result, options.write);
  return result.damages.length > 0 ? ExitStatus.DAMAGED_INPUT : ExitStatus.DONE;
}

async function tell(terminal: Terminal, result: ExtractResult, target: string): Promise<void> {
  const { connections, packets, damages, notes } = result;
  for (const damage of damages) terminal.warn(damage);
  for (const note of notes) terminal.note(note);
  const written = `${counted(packets, 'packet')} of ${counted(connections, 'connection')}`;
  if (target === '-') terminal.note(`standard output: ${written}.`);
  else if (!terminal.quiet) await terminal.print(`${target}: ${written}\n`);
}
