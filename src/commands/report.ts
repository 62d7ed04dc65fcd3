import { Option, type Command } from 'commander';
import type { CommonOptions, Terminal } from './terminal.js';
import type { Runner } from './runner.js';

interface Options extends CommonOptions {
  readonly format: 'text' | 'json';
}

export function defineReport(command: Command, run: Runner): void {
  command
    .description('print the summary of a database')
    .argument('<database>', 'a database that tcpclose analyze made')
    .addOption(new Option('--format <name>', 'what to print').choices(['text', 'json']).default('text'))
    .action(run(reportCommand));
}

async function reportCommand(terminal: Terminal, options: Options, database: string): Promise<number> {
  const [{ openDatabase }, { summarize }] = await Promise.all([
    import('../store/open.js'),
    import('../report/summary.js'),
  ]);
  const db = openDatabase(database);
  try {
    const summary = summarize(db, database);
    if (options.format === 'json') await terminal.print((await import('../report/json.js')).summaryJson(summary));
    else await terminal.print((await import('../report/text.js')).summaryText(summary, terminal.page));
  } finally {
    db.close();
  }
  return 0;
}
