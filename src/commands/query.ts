import { Option, type Command } from 'commander';
import { UsageError } from '../errors.js';
import type { RowFormatName } from '../report/registry.js';
import type { SavedQuery } from '../store/saved-queries.js';
import type { Runner } from './runner.js';
import type { CommonOptions, Terminal } from './terminal.js';

interface Options extends CommonOptions {
  readonly named?: string;
  readonly list?: boolean;
  readonly format: RowFormatName;
}

export function defineQuery(command: Command, run: Runner): void {
  command
    .description('run SQL on a database, read-only')
    .argument('[database]', 'a database that tcpclose analyze made')
    .argument('[sql]', 'what to ask; - reads it from standard input')
    .option('--named <name>', 'run a saved query')
    .option('--list', 'list the saved queries')
    .addOption(
      new Option('--format <name>', 'how rows are printed')
        .choices(['table', 'csv', 'tsv', 'json', 'ndjson', 'markdown'])
        .default('table'),
    )
    .action(run(queryCommand));
}

async function queryCommand(
  terminal: Terminal,
  options: Options,
  database: string | undefined,
  sql: string | undefined,
): Promise<number> {
  const { SAVED_QUERIES } = await import('../store/saved-queries.js');
  const { ROW_FORMATS } = await import('../report/registry.js');
  const format = ROW_FORMATS[options.format];
  const limits = { width: terminal.width };
  if (options.list === true) {
    await terminal.printAll(
      format(
        ['name', 'question'],
        SAVED_QUERIES.map((query) => [query.name, query.about]),
        limits,
      ),
    );
    return 0;
  }
  if (database === undefined)
    throw new UsageError(
      'no-database-named',
      'name a database: tcpclose query FILE.db SQL, or --list for the saved queries.',
    );
  const text = await sqlOf(sql, options.named, SAVED_QUERIES);
  const [{ openDatabase }, { runSql }] = await Promise.all([import('../store/open.js'), import('../store/run-sql.js')]);
  const db = openDatabase(database);
  try {
    const { columns, rows } = runSql(db, text);
    await terminal.printAll(format(columns, rows, limits));
  } finally {
    db.close();
  }
  return 0;
}

async function sqlOf(
  sql: string | undefined,
  named: string | undefined,
  saved: readonly SavedQuery[],
): Promise<string> {
  if (sql !== undefined && named !== undefined)
    throw new UsageError('sql-and-name', 'give SQL or --named NAME, not both.');
  if (named !== undefined) {
    const query = saved.find((candidate) => candidate.name === named);
    if (query === undefined)
      throw new UsageError(
        'no-such-query',
        `there is no saved query ${named}. There are: ${saved.map((q) => q.name).join(', ')}.`,
      );
    return query.sql;
  }
  if (sql === undefined)
    throw new UsageError('no-sql', 'say what to ask: SQL in quotes, or --named NAME (--list lists them).');
  if (sql !== '-') return sql;
  const pieces: Buffer[] = [];
  for await (const piece of process.stdin) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString('utf8');
}
