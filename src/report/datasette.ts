import { SAVED_QUERIES, type QueryParameter, type SavedQuery } from '../store/saved-queries.js';
import type { TableDocs } from '../store/schema-docs.js';

/**
 * What Datasette shows beside the tables (https://docs.datasette.io/en/stable/metadata.html): the sentence for each table
 * and column, and the saved queries. `database` is the name that Datasette gives the file: without folder and `.db`.
 */
export function datasetteMetadata(tables: readonly TableDocs[], database: string): string {
  const described = tables.map((table) => [
    table.name,
    {
      description: table.about,
      columns: Object.fromEntries(table.columns.map((column) => [column.name, column.about])),
      ...(table.name.endsWith('_row') ? { hidden: true } : {}),
    },
  ]);
  const metadata = {
    title: 'tcpclose',
    description: 'Who closed each TCP connection first, what was reset and why, and which SYN met TIME_WAIT',
    databases: {
      [database]: {
        tables: Object.fromEntries(described) as unknown,
        queries: Object.fromEntries(SAVED_QUERIES.map((query) => [query.name, cannedQuery(query)])) as unknown,
      },
    },
  };
  return `${JSON.stringify(metadata, null, 2)}\n`;
}

function cannedQuery({ about, sql, parameters = [] }: SavedQuery) {
  const values = new Map(parameters.map((parameter) => [parameter.name, fromForm(parameter)]));
  return {
    title: about,
    description: parameters.map((parameter) => `${parameter.name}: ${parameter.about}`).join('; '),
    sql: sql.replaceAll(/:([a-z]+)\b/g, (text, name: string) => values.get(name) ?? text),
  };
}

/** A form gives every value as text, and an empty field as empty text. */
function fromForm({ name, type, default: absent = null }: QueryParameter): string {
  const text = `NULLIF(:${name}, '')`;
  const value = type === 'text' ? text : `CAST(${text} AS ${type === 'integer' ? 'INTEGER' : 'REAL'})`;
  return absent === null ? value : `COALESCE(${value}, ${typeof absent === 'string' ? `'${absent}'` : String(absent)})`;
}
