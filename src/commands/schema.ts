import path from 'node:path';
import { Option, type Command } from 'commander';
import { UsageError } from '../errors.js';
import type { TableDocs } from '../store/schema-docs.js';
import { withExamples } from './help.js';
import type { Runner } from './runner.js';
import type { CommonOptions, Terminal } from './terminal.js';

interface Options extends CommonOptions {
  readonly format: 'text' | 'json' | 'datasette';
  readonly database: string;
}

export function defineSchema(command: Command, run: Runner): void {
  command
    .description('tables, views and columns, each explained')
    .argument('[table]', 'only this table or view')
    .addOption(new Option('--format <name>', 'what to print').choices(['text', 'json', 'datasette']).default('text'))
    .option('--database <file>', 'the database that metadata for Datasette is about', 'tcpclose.db')
    .action(run(schemaCommand));
  withExamples(command, [
    'tcpclose schema connections',
    'tcpclose schema --format datasette --database web.db > metadata.json',
  ]);
}

async function schemaCommand(terminal: Terminal, options: Options, name: string | undefined): Promise<number> {
  const { SCHEMA_DOCS } = await import('../store/schema-docs.js');
  const tables = SCHEMA_DOCS.filter((table) => name === undefined || table.name === name);
  if (tables.length === 0) throw await noSuchTable(String(name), SCHEMA_DOCS);
  if (options.format === 'datasette') {
    const { datasetteMetadata } = await import('../report/datasette.js');
    await terminal.print(datasetteMetadata(tables, path.parse(options.database).name));
  } else if (options.format === 'json') {
    const plain = tables.map(({ name: table, kind, about, columns }) => ({
      name: table,
      kind,
      about,
      columns: columns.map((c) => ({ name: c.name, about: c.about })),
    }));
    await terminal.print(`${JSON.stringify(plain, null, 2)}\n`);
  } else {
    await terminal.print(tables.map((table) => tableText(table, terminal)).join('\n'));
  }
  return 0;
}

async function noSuchTable(name: string, tables: readonly TableDocs[]): Promise<UsageError> {
  const { didYouMeanOrAll } = await import('../store/nearest.js');
  const names = tables.map((table) => table.name);
  return new UsageError('no-such-table', `there is no table or view ${name}. ${didYouMeanOrAll(name, names)}`);
}

function tableText(table: TableDocs, terminal: Terminal): string {
  const label = Math.max(...table.columns.map((column) => column.name.length));
  const columns = table.columns.map((column) => `  ${column.name.padEnd(label)}  ${column.about}\n`);
  return `${terminal.style.bold(table.name)} (${table.kind}): ${table.about}\n${columns.join('')}`;
}
