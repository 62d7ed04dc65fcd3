import Database from 'better-sqlite3';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { bindSavedQuery } from '../../src/store/query-parameters.js';
import { SAVED_QUERIES } from '../../src/store/saved-queries.js';
import { SCHEMA_DOCS } from '../../src/store/schema-docs.js';
import { parameterNames } from '../../src/store/sql-text.js';
import { APPLICATION_ID, SCHEMA_STEPS } from '../../src/store/schema.js';
import { connection, temporaryFolder, write } from './support/write.js';

const file = join(temporaryFolder(), 'web.db');
let db: Database.Database;
beforeAll(async () => {
  await write(file, (sink) => connection(sink));
  db = new Database(file, { readonly: true });
});

/** The names that users were promised, in the order that they were written down. Columns may be added, none may go. */
const PROMISED: Readonly<Record<string, string>> = {
  captures:
    'id path format compression link_types snaplen packets tcp_packets undecoded_packets bytes first_ns last_ns drops_reported damage sha256',
  connections: `id client_ip client_port server_ip server_port roles incarnation first_ns last_ns first_seen last_seen duration_s
    capture_id first_frame last_capture_id last_frame wireshark_filter community_id handshake handshake_rtt_s syn_count syn_ack_count
    client_isn server_isn timestamps client_packets server_packets client_bytes server_bytes client_unique_bytes server_unique_bytes
    client_retransmissions server_retransmissions close closed_first closed_first_confidence close_note client_fin_frame server_fin_frame
    client_fin_ns server_fin_ns reset_by reset_cause reset_code reset_confidence reset_frame reset_ns reset_origin reset_acceptable
    idle_before_end_s longest_idle_s time_wait_at time_wait_ns client_state server_state close_wait_s`,
  time_wait_syns: `id connection_id previous_connection_id client_ip client_port server_ip server_port frame at_ns elapsed_s isn
    previous_final_seq isn_delta isn_relation tsval previous_tsval ts_delta ts_relation outcome attempts retry_delay_s confidence rfc1122
    rfc6191 linux freebsd openbsd macos gvisor windows explanation`,
  paws_rejections: `id connection_id sender frame at_ns seq len flags tsval ts_recent ts_delta margin_s state outcome impact confidence
    evidence_frame explanation`,
  nat_sources:
    'source_ip destination_ip syns regressions estimated_hosts clock_hz verdict confidence tw_recycle_drops explanation',
  timestamp_regressions: `id source_ip destination_ip connection_id previous_connection_id frame at_ns tsval previous_tsval ts_delta
    elapsed_s tw_recycle_drop`,
  findings: 'id detector kind severity confidence connection_id capture_id frame at_ns summary evidence source',
  time_wait_census: 'at_ns ip time_wait',
  state_census: 'at_ns ip state connections',
};

const columnsOf = (table: string): string[] =>
  db.prepare('SELECT name FROM pragma_table_info(?) ORDER BY cid').pluck().all(table) as string[];

describe('the schema', () => {
  it.each(Object.entries(PROMISED))('%s has every promised column', (table, names) => {
    expect(columnsOf(table)).toEqual(expect.arrayContaining(names.split(/\s+/)));
  });

  it.each(['closers', 'resets', 'half_closed', 'tuple_reuse', 'port_pressure', 'idle_timeouts'])(
    'the view %s answers',
    (view) => {
      expect(() => db.prepare(`SELECT * FROM ${view}`).all()).not.toThrow();
    },
  );

  it('every table, view and column is explained, and nothing else is', () => {
    const there = db
      .prepare(
        "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY name",
      )
      .pluck()
      .all() as string[];
    expect(SCHEMA_DOCS.map((table) => table.name).sort()).toEqual(there);
    for (const table of SCHEMA_DOCS) {
      expect(table.about).toMatch(/\.$|\?$/);
      expect(
        table.columns.map((column) => column.name),
        table.name,
      ).toEqual(columnsOf(table.name));
      for (const column of table.columns)
        expect(column.about, `${table.name}.${column.name}`).toMatch(/^[A-Z0-9a-z].*\.$/);
    }
  });

  it('tables are strict, keys are declared and hold, and the file says what it is', () => {
    const strict = db.prepare(
      "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND NOT strict AND name NOT LIKE 'sqlite_%'",
    );
    expect(strict.pluck().all()).toEqual([]);
    expect(db.pragma('foreign_key_list(connection_row)')).toHaveLength(2);
    expect(db.pragma('foreign_key_check')).toEqual([]);
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(db.pragma('application_id', { simple: true })).toBe(APPLICATION_ID);
    expect(db.pragma('user_version', { simple: true })).toBe(SCHEMA_STEPS.length);
    expect(db.pragma('journal_mode', { simple: true })).toBe('delete');
  });

  it('meta tells version, command line and every parameter', () => {
    const meta = Object.fromEntries(db.prepare('SELECT key, value FROM meta').raw().all() as [string, string][]);
    expect(meta).toMatchObject({
      tool: 'tcpclose',
      tool_version: '1.2.3',
      command_line: 'tcpclose analyze web.pcap',
      reader: 'own',
      time_wait_ns: '60000000000',
      epoch_ns: '1700000000123456789',
    });
  });

  it.each(SAVED_QUERIES)('the saved query $name runs, with and without what can be given', (query) => {
    const { sql, parameters = [] } = query;
    const needed = parameters.filter((parameter) => parameter.default === undefined);
    for (const given of [needed, parameters]) {
      const values = bindSavedQuery(query, new Map(given.map(({ name }) => [name, '1'])));
      expect(() => db.prepare(sql).all(values)).not.toThrow();
    }
    expect(parameterNames(sql).sort()).toEqual(parameters.map(({ name }) => name).sort());
  });
});
