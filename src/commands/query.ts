import { Option, type Command } from 'commander';
import { UsageError } from '../errors.js';
import type { RowFormatName } from '../report/registry.js';
import type { Bound } from '../store/query-parameters.js';
import type { SavedQuery } from '../store/saved-queries/saved-query.js';
import { parseAssignment, parseTimeLimit } from './option-values.js';
import { withExamples } from './help.js';
import type { Runner } from './runner.js';
import type { CommonOptions, Terminal } from './terminal.js';

interface Options extends CommonOptions {
  readonly named?: string;
  readonly param: ReadonlyMap<string, string>;
  readonly list?: boolean;
  readonly format: RowFormatName;
  readonly timeout: number;
}

/** Nothing that a person waits for takes so long; it ends what runs away where nobody looks. */
const TIME_LIMIT_NS = 300e9;

export function defineQuery(command: Command, run: Runner): void {
  command
    .description('ask the database: SQL of your own, or a saved query; read-only')
    .argument('[database]', 'a database that tcpclose analyze made')
    .argument('[sql]', 'what to ask; - reads it from standard input')
    .option('--named <name>', 'run a saved query')
    .addOption(
      new Option('--param <name=value>', 'a value for :name in the SQL; repeatable')
        .argParser(parseAssignment)
        .default(new Map(), 'none'),
    )
    .option('--list', 'list the saved queries and their parameters')
    .addOption(
      new Option('--format <name>', 'how rows are printed')
        .choices(['table', 'csv', 'tsv', 'json', 'ndjson', 'markdown', 'zeek'])
        .default('table'),
    )
    .addOption(
      new Option('--timeout <duration>', 'stop a query that takes longer, or none')
        .argParser(parseTimeLimit)
        .default(TIME_LIMIT_NS, '5min'),
    )
    .action(run(queryCommand));
  withExamples(command, [
    'tcpclose analyze samples/refused.pcap --quiet',
    'tcpclose query --list',
    'tcpclose query refused.db --named resets-by-cause --param port=443',
    'tcpclose query refused.db "SELECT id, close FROM connections" --format csv',
  ]);
}

async function queryCommand(
  terminal: Terminal,
  options: Options,
  database: string | undefined,
  sql: string | undefined,
): Promise<number> {
  if (options.list === true) {
    await list(terminal, options.format);
    return 0;
  }
  if (database === undefined)
    throw new UsageError(
      'no-database-named',
      'name a database: tcpclose query FILE.db SQL, or --list for the saved queries.',
    );
  const question = options.named === undefined ? await own(sql, options) : await saved(sql, options.named, options);
  const { runQuery } = await import('./query-runner.js');
  const common = { quiet: terminal.quiet, ...(options.color === undefined ? {} : { color: options.color }) };
  return runQuery({ database, ...question, format: options.format, options: common }, options.timeout);
}

interface Question {
  readonly sql: string;
  readonly parameters: Bound;
  readonly title: string;
}

async function own(sql: string | undefined, options: Options): Promise<Question> {
  if (sql === undefined)
    throw new UsageError('no-sql', 'say what to ask: SQL in quotes, or --named NAME (--list lists them).');
  const text = sql === '-' ? await standardInput() : sql;
  const { bindOwnSql } = await import('../store/query-parameters.js');
  return { sql: text, parameters: bindOwnSql(text, options.param), title: 'query' };
}

async function saved(sql: string | undefined, name: string, options: Options): Promise<Question> {
  if (sql !== undefined) throw new UsageError('sql-and-name', 'give SQL or --named NAME, not both.');
  const [{ SAVED_QUERIES }, { bindSavedQuery }, { didYouMeanOrAll }] = await Promise.all([
    import('../store/saved-queries.js'),
    import('../store/query-parameters.js'),
    import('../store/nearest.js'),
  ]);
  const query = SAVED_QUERIES.find((candidate) => candidate.name === name);
  if (query !== undefined) return { sql: query.sql, parameters: bindSavedQuery(query, options.param), title: name };
  const names = SAVED_QUERIES.map((candidate) => candidate.name);
  throw new UsageError('no-such-query', `there is no saved query ${name}. ${didYouMeanOrAll(name, names)}`);
}

async function list(terminal: Terminal, format: RowFormatName): Promise<void> {
  const [{ SAVED_QUERIES }, { ROW_FORMATS }] = await Promise.all([
    import('../store/saved-queries.js'),
    import('../report/registry.js'),
  ]);
  const parameters = ({ parameters: declared = [] }: SavedQuery): string =>
    declared.map((p) => `${p.name}${p.default === undefined ? '' : `=${String(p.default ?? '')}`}`).join(', ');
  const rows = SAVED_QUERIES.map((query) => [query.name, query.about, parameters(query)]);
  const limits = { width: terminal.width, style: terminal.style, title: 'saved-queries' };
  await terminal.printAll(ROW_FORMATS[format](['name', 'question', 'parameters'], rows, limits));
}

async function standardInput(): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of process.stdin) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString('utf8');
}
