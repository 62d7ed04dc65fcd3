/**
 * Adds one recording to a database that has others: every id moves past those that are there, and relative times are
 * counted from the first recording's epoch. SQLite does it in 64-bit integers, so recordings may lie years apart.
 */
import fs from 'node:fs';
import Database from 'better-sqlite3';
import { CONNECTION_ROW, ROW_LAYOUTS, ZEEK_SHIFT, type RowLayout } from '../flow/row-layout.js';
import { NO_SERVICE } from './bulk/connection-tally.js';
import { APPLICATION_ID, INDEXES, missingSteps, SCHEMA_STEPS, viewStatements } from './schema.js';

/** Copies `existing` to `joined` and adds what `addition` holds. `existing` is not touched; `addition` is removed. */
export function mergeRecording(existing: string, addition: string, joined: string): void {
  fs.copyFileSync(existing, joined, fs.constants.COPYFILE_FICLONE);
  const db = new Database(joined);
  try {
    if (db.pragma('application_id', { simple: true }) !== APPLICATION_ID)
      throw new Error('it is not a tcpclose database, so nothing can be added to it');
    const version = db.pragma('user_version', { simple: true }) as number;
    if (version > SCHEMA_STEPS.length) throw new Error('it was made by a newer tcpclose');
    db.pragma('synchronous = OFF');
    db.pragma('foreign_keys = OFF');
    db.prepare('ATTACH ? AS addition').run(addition);
    db.exec('BEGIN');
    for (const step of missingSteps(version)) db.exec(step);
    db.pragma(`user_version = ${SCHEMA_STEPS.length}`);
    addRows(db);
    for (const statement of [...INDEXES, ...viewStatements()]) db.exec(statement);
    db.exec('COMMIT');
    db.exec('DETACH addition');
    db.pragma('analysis_limit = 1000');
    db.exec('ANALYZE');
  } finally {
    db.close();
  }
  fs.rmSync(addition, { force: true });
}

function addRows(db: Database.Database): void {
  const integer = (sql: string): bigint => db.prepare(sql).pluck().safeIntegers().get() as bigint;
  const lastId = (table: string): bigint => integer(`SELECT COALESCE(max(id), 0) FROM main.${table}`);
  const connections = lastId('connection_row');
  const captures = lastId('captures');
  const recordings = lastId('recordings');
  const shift =
    integer("SELECT CAST(value AS INTEGER) FROM addition.meta WHERE key = 'epoch_ns'") -
    integer("SELECT CAST(value AS INTEGER) FROM main.meta WHERE key = 'epoch_ns'");

  addAddresses(db);
  addTally(db, connections);
  addHistories(db);
  db.exec(
    `INSERT INTO main.recordings SELECT id + ${recordings}, created, tool_version, command_line, parameters, first_connection_id + ${connections} FROM addition.recordings`,
  );
  db.exec(
    `INSERT INTO main.captures SELECT ${columnsOf(db, 'captures', { id: `id + ${captures}`, recording_id: `recording_id + ${recordings}` })} FROM addition.captures`,
  );
  db.exec(
    `INSERT INTO main.undecoded SELECT ${columnsOf(db, 'undecoded', { capture_id: `capture_id + ${captures}` })} FROM addition.undecoded`,
  );
  for (const layout of ROW_LAYOUTS as readonly RowLayout[]) {
    const offset = layout === CONNECTION_ROW || layout.byConnection === true ? connections : lastId(layout.table);
    db.exec(
      `INSERT INTO main.${layout.table} SELECT ${moved(layout, offset, connections, captures, shift)} FROM addition.${layout.table}`,
    );
  }
  db.exec(
    `INSERT INTO main.connection_community SELECT id + ${connections}, community_id FROM addition.connection_community`,
  );
  db.function('moved_evidence', { deterministic: true }, (json) =>
    movedEvidence(json as string, Number(connections), Number(captures)),
  );
  const finding = {
    id: `id + ${lastId('findings')}`,
    connection_id: `connection_id + ${connections}`,
    capture_id: `capture_id + ${captures}`,
    evidence: 'moved_evidence(evidence)',
  };
  db.exec(`INSERT INTO main.findings SELECT ${columnsOf(db, 'findings', finding)} FROM addition.findings`);
}

/** Addresses that the database knows keep their id; `address_moved` maps the others' old ids to the new ones. */
function addAddresses(db: Database.Database): void {
  db.exec(`INSERT INTO main.address(ip) SELECT ip FROM addition.address WHERE ip NOT IN (SELECT ip FROM main.address) ORDER BY id;
    CREATE TEMP TABLE address_moved AS SELECT a.id AS old, m.id AS new FROM addition.address AS a JOIN main.address AS m ON m.ip = a.ip;
    CREATE UNIQUE INDEX temp.address_moved_old ON address_moved(old)`);
}

/** Adds the counts; where one of the two has none, though it has connections, nothing would count them all. */
function addTally(db: Database.Database, connections: bigint): void {
  const isCounted = (schema: string): boolean =>
    db
      .prepare(
        `SELECT EXISTS (SELECT 1 FROM ${schema}.connection_tally) OR NOT EXISTS (SELECT 1 FROM ${schema}.connection_row)`,
      )
      .pluck()
      .get() === 1;
  if (!isCounted('main') || !isCounted('addition')) {
    db.exec('DELETE FROM main.connection_tally');
    return;
  }
  db.exec(
    `INSERT INTO main.connection_tally
     SELECT COALESCE(m.new, ${NO_SERVICE}), server_port, outcome, reset, connections, one_sided, first_id + ${connections}
     FROM addition.connection_tally AS t LEFT JOIN temp.address_moved AS m ON m.old = t.server_address WHERE true
     ON CONFLICT DO UPDATE SET connections = connections + excluded.connections, one_sided = one_sided + excluded.one_sided`,
  );
}

/** The same for the pairs of Zeek's conn_state and history. */
function addHistories(db: Database.Database): void {
  const same = '(conn_state, history) IS (h.conn_state, h.history)';
  db.exec(`INSERT INTO main.zeek_history(conn_state, history) SELECT conn_state, history FROM addition.zeek_history AS h
      WHERE NOT EXISTS (SELECT 1 FROM main.zeek_history WHERE ${same}) ORDER BY id;
    CREATE TEMP TABLE history_moved AS SELECT h.id AS old, (SELECT id FROM main.zeek_history WHERE ${same}) AS new FROM addition.zeek_history AS h;
    CREATE UNIQUE INDEX temp.history_moved_old ON history_moved(old)`);
}

const newHistory = (old: string): string => `(SELECT new FROM temp.history_moved WHERE old = ${old})`;

const isAddress = (name: string): boolean => name === 'address' || name.endsWith('_address');
const isConnection = (name: string): boolean => name === 'connection_id' || name === 'previous_connection_id';

/** The columns of a numeric row as they are in the joined database. -1 stays -1. */
function moved(layout: RowLayout, offset: bigint, connections: bigint, captures: bigint, shift: bigint): string {
  return layout.columns
    .map((name) => {
      if (name === 'id') return `id + ${offset}`;
      if (isConnection(name)) return `${name} + ${connections}`;
      if (isAddress(name)) return `(SELECT new FROM temp.address_moved WHERE old = ${name})`;
      if (name === 'history') return newHistory(name);
      if (name === 'outcome') {
        const code = `(outcome >> ${ZEEK_SHIFT})`;
        const moved = `(${newHistory(`${code} >> 1`)} << 1) | (${code} & 1)`;
        return `(outcome & ${2 ** ZEEK_SHIFT - 1}) | (COALESCE(${moved}, 0) << ${ZEEK_SHIFT})`;
      }
      if (name.endsWith('_at')) return `CASE ${name} WHEN -1 THEN -1 ELSE ${name} + ${captures << 32n} END`;
      if (name === 'first_rel') return `first_rel + ${shift}`;
      if (name.endsWith('_rel')) return `CASE ${name} WHEN -1 THEN -1 ELSE ${name} + ${shift} END`;
      return name;
    })
    .join(', ');
}

/** All columns of a table, some of them replaced. */
function columnsOf(db: Database.Database, table: string, replaced: Readonly<Record<string, string>>): string {
  const names = db.prepare('SELECT name FROM pragma_table_info(?) ORDER BY cid').pluck().all(table) as string[];
  return names.map((name) => replaced[name] ?? name).join(', ');
}

/** Evidence may name connections and captures, under keys that say so. */
function movedEvidence(json: string, connections: number, captures: number): string {
  return JSON.stringify(JSON.parse(json), (key, value: unknown) => {
    if (typeof value !== 'number') return value;
    if (key === 'connection_id' || key.endsWith('_connection_id')) return value + connections;
    if (key === 'capture_id' || key.endsWith('_capture_id')) return value + captures;
    return value;
  });
}
