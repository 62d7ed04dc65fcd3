import { InvalidArgumentError, Option, type Command } from 'commander';
import { withExamples } from './help.js';
import type { Runner } from './runner.js';
import type { CommonOptions, Terminal } from './terminal.js';

interface Options extends CommonOptions {
  readonly raw?: boolean;
  readonly format: 'text' | 'json';
}

export function defineShow(command: Command, run: Runner): void {
  command
    .description('explain connections: their key segments, states and verdicts')
    .argument('<database>', 'a database that tcpclose analyze made')
    .argument('<id...>', 'connections, as in connection_id of a query', connectionIds)
    .option('--raw', 'sequence numbers as on the wire')
    .addOption(new Option('--format <name>', 'what to print').choices(['text', 'json']).default('text'))
    .action(run(showCommand));
  withExamples(command, [
    'tcpclose analyze samples/time-wait-challenged.pcap --quiet',
    'tcpclose show time-wait-challenged.db 8',
  ]);
}

/** One after the other, as commander hands them. */
function connectionIds(text: string, before: readonly number[] | undefined): number[] {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Give the number of a connection, as in 8.');
  return [...(before ?? []), Number(text)];
}

async function showCommand(
  terminal: Terminal,
  options: Options,
  database: string,
  ids: readonly number[],
): Promise<number> {
  const [{ DETECTORS, withDatabase }, { connectionFacts }, { explainConnection, explainedJson }, { explainedText }] =
    await Promise.all([
      import('../index.js'),
      import('../store/connection-facts.js'),
      import('../report/ladder/explained-connection.js'),
      import('../report/ladder/explained-text.js'),
    ]);
  const rules = Object.fromEntries(DETECTORS.map(({ meta }) => [meta.id, meta.references]));
  await withDatabase(database, async (db) => {
    const explained = [...new Set(ids)].map((id) => explainConnection(connectionFacts(db, id), rules));
    if (options.format === 'json') {
      await terminal.print(explainedJson(explained));
      return;
    }
    const { width, style } = terminal.page;
    const raw = options.raw === true;
    await terminal.print(explained.map((one) => explainedText(one, { width, style, raw, database })).join('\n'));
  });
  return 0;
}
