import Database from 'better-sqlite3';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { datasetteMetadata } from '../../src/report/datasette.js';
import { SAVED_QUERIES } from '../../src/store/saved-queries.js';
import { SCHEMA_DOCS } from '../../src/store/schema-docs.js';
import { parameterNames } from '../../src/store/sql-text.js';
import { connection, temporaryFolder, write } from '../store/support/write.js';

interface Metadata {
  readonly databases: Record<
    string,
    {
      readonly tables: Record<string, { description: string; columns: Record<string, string>; hidden?: boolean }>;
      readonly queries: Record<string, { sql: string; title: string }>;
    }
  >;
}
const { web } = (JSON.parse(datasetteMetadata(SCHEMA_DOCS, 'web')) as Metadata).databases;

describe('metadata for Datasette', () => {
  it('describes every table, view and column, and hides the packed ones', () => {
    for (const { name, about, columns } of SCHEMA_DOCS) {
      expect(web?.tables[name]?.description).toBe(about);
      expect(Object.keys(web?.tables[name]?.columns ?? {})).toEqual(columns.map((column) => column.name));
      expect(web?.tables[name]?.hidden ?? false).toBe(name.endsWith('_row'));
    }
  });

  it('has every saved query, and each answers with the fields of its form left empty or filled in as text', async () => {
    const file = join(temporaryFolder(), 'web.db');
    await write(file, (sink) => connection(sink));
    const db = new Database(file, { readonly: true });
    expect(Object.keys(web?.queries ?? {})).toEqual(SAVED_QUERIES.map(({ name }) => name));
    for (const { name, sql, parameters = [] } of SAVED_QUERIES) {
      const form = web?.queries[name]?.sql ?? '';
      expect(parameterNames(form)).toEqual(parameterNames(sql));
      const fields = (text: string) => Object.fromEntries(parameters.map((parameter) => [parameter.name, text]));
      expect(() => db.prepare(form).all(fields(''))).not.toThrow();
      expect(() => db.prepare(form).all(fields('1'))).not.toThrow();
    }
    const ports = (port: string) => db.prepare(web?.queries.closers?.sql ?? '').all({ port, server: '' });
    const [closer] = ports('') as { server_port: number }[];
    expect(ports(String(closer?.server_port))).toEqual(ports(''));
    expect(ports('1')).toEqual([]);
    db.close();
  });
});
