/** The database while it is written, by the one thread that owns it. */
import fs from 'node:fs';
import Database from 'better-sqlite3';
import { Census } from '../detect/census/census.js';
import { SettledConnections } from '../detect/rows/settled-connections.js';
import { CONNECTION_ROW, NAT_SOURCE_ROW, ROW_LAYOUTS, type RowLayout } from '../flow/row-layout.js';
import type { FindingRow, ZeekHistoryRow } from '../flow/row-sink.js';
import { ConnectionTally } from './bulk/connection-tally.js';
import { OrderedRows } from './bulk/ordered-rows.js';
import { RowLoader } from './bulk/row-loader.js';
import { correctCensus, writeCensus } from './census-rows.js';
import { communityId } from './community-id.js';
import { renumberIncarnations } from './incarnations.js';
import { mergeRecording } from './merge.js';
import { insertCapture, insertProvenance, insertTally } from './recording-rows.js';
import { RowInserter, ROWS_A_STATEMENT } from './row-inserter.js';
import { RowPasser, type RowTable } from './row-passer.js';
import { APPLICATION_ID, INDEXES, formatOf, missingSteps, SCHEMA_STEPS } from './schema.js';
import { VIEWS } from './views/index.js';
import { createView } from './views/view.js';
import {
  SETTLED,
  SLOT_VALUES,
  type ConnectionsEnd,
  type Work,
  type WriterEnd,
  type WriterStart,
} from './writer-protocol.js';

export class NewDatabase {
  readonly #start: WriterStart;
  readonly #census: Census;
  readonly #tally = new ConnectionTally();
  /** The one table that has as many rows as the capture has connections; its pages are made here, not by SQLite. */
  readonly #loader: RowLoader;
  /** They come last, and there are as many as addresses that sent SYNs: as many as SYNs, where those were forged. */
  readonly #natSources: OrderedRows;
  readonly #settled: SettledConnections;
  #db: Database.Database;
  /** Where the rows of each table go, by its number. */
  #tables: RowTable[];

  /** Makes the file. @throws what SQLite throws where it cannot be written. */
  constructor(start: WriterStart) {
    this.#start = start;
    this.#census = new Census(start.timeWaitNs);
    this.#loader = new RowLoader(formatOf(CONNECTION_ROW), start.path, (values, at, weight) => {
      this.#census.add(values, at, weight);
      this.#tally.add(values, at, weight);
    });
    this.#natSources = new OrderedRows(formatOf(NAT_SOURCE_ROW), `${start.path}-sources`);
    this.#settled = new SettledConnections((layout) => {
      const table = ROW_LAYOUTS.findIndex((other) => other === layout);
      return new RowPasser(layout.columns.length, (values, rows) => this.#tables[table]?.insert(values, rows));
    });
    this.#db = connect(start.path, makeTables);
    this.#tables = this.#tablesOf(this.#db);
  }

  #tablesOf(to: Database.Database): RowTable[] {
    return ROW_LAYOUTS.map((layout) => {
      if (layout === CONNECTION_ROW) return this.#loader;
      return layout === NAT_SOURCE_ROW ? this.#natSources : inserter(to, layout);
    });
  }

  /** After 'finish' the database is closed and on disk. */
  do(work: Work): void {
    switch (work.kind) {
      case 'rows': {
        const from = work.slot * SLOT_VALUES * Float64Array.BYTES_PER_ELEMENT;
        const values = new Float64Array(this.#start.slots, from, SLOT_VALUES);
        if (work.table === SETTLED) this.#settled.judge(values, work.rows);
        else this.#tables[work.table]?.insert(values, work.rows);
        return;
      }
      case 'addresses':
        return insertAddresses(this.#db, work.firstId, work.ips);
      case 'findings':
        return insertFindings(this.#db, work.rows);
      case 'zeek-histories':
        return insertHistories(this.#db, work.rows);
      case 'connections-end':
        this.#load();
        return this.#sumUp(work.end);
      case 'finish':
        return this.#finish(work.end);
    }
  }

  /** Closes and removes everything. Safe at any moment. */
  discard(): void {
    this.#loader.close();
    this.#natSources.close();
    this.#db.close();
    fs.rmSync(this.#start.path, { force: true });
  }

  /** Puts the pages of connection_row into the file. */
  #load(): void {
    this.#fill(CONNECTION_ROW, (root) => this.#loader.load(this.#start.path, root));
    this.#loader.close();
    if (fs.statSync(this.#start.path).size >= WORTH_AHEAD) synchroniseAhead(this.#start.path);
  }

  /** Has the table, which is empty, filled by others: `fill` is told its root page, and nobody has the file open meanwhile. */
  #fill(layout: RowLayout, fill: (root: number) => void): void {
    const root = this.#db
      .prepare<[string], number>('SELECT rootpage FROM sqlite_schema WHERE name = ?')
      .pluck()
      .get(layout.table);
    this.#db.exec('COMMIT');
    this.#db.close();
    fill(root ?? 0);
    this.#db = connect(this.#start.path);
    this.#tables = this.#tablesOf(this.#db);
  }

  /** What rests on nothing but connections: it is done while the detectors sum up. */
  #sumUp(end: ConnectionsEnd): void {
    const to = this.#db;
    if (!this.#start.appends) for (const view of VIEWS) to.exec(createView(view));
    if (this.#start.communityId) insertCommunityIds(to);
    if (end.returned === null || end.returned.length > 0) renumberIncarnations(to, end.returned);
    end.captures.forEach((capture) => insertCapture(to, capture));
    correctCensus(to, this.#census);
    writeCensus(to, this.#census, lastPacket(end), this.#start.censusHosts);
    insertTally(to, this.#tally);
  }

  #finish(end: WriterEnd): void {
    const sources = this.#natSources;
    if (sources.areMany) this.#fill(NAT_SOURCE_ROW, (root) => sources.attach(this.#start.path, root));
    else sources.passTo(new RowInserter(this.#db, NAT_SOURCE_ROW));
    sources.close();
    const to = this.#db;
    to.prepare('UPDATE findings SET at_ns = at_ns + ?').run(end.epochNs);
    insertProvenance(to, end.provenance, end.epochNs);
    if (end.append === null) {
      for (const statement of INDEXES) to.exec(statement);
      analyze(to);
    }
    to.exec('COMMIT');
    to.close();
    if (end.append !== null) mergeRecording(end.append.existing, this.#start.path, end.append.joined);
    synchronise(end.append?.joined ?? this.#start.path);
  }
}

function connect(path: string, begin: (db: Database.Database) => void = () => undefined): Database.Database {
  const db = new Database(path);
  try {
    db.pragma('page_size = 4096');
    db.pragma('journal_mode = MEMORY'); // the file is thrown away if anything fails; OFF is refused
    db.pragma('synchronous = OFF'); // synchronised once, at the end
    db.pragma('locking_mode = EXCLUSIVE');
    db.pragma('cache_size = -4096'); // KiB; connection_row, nearly all of the file, goes past it
    db.pragma('temp_store = MEMORY');
    db.pragma('foreign_keys = OFF'); // rows come in any order; the keys hold in the end
    db.exec('BEGIN');
    begin(db);
    return db;
  } catch (error) {
    db.close(); // a thread that ends with an open one can crash Node
    throw error;
  }
}

function makeTables(db: Database.Database): void {
  db.pragma(`application_id = ${APPLICATION_ID}`);
  for (const step of missingSteps(0)) db.exec(step);
  db.pragma(`user_version = ${SCHEMA_STEPS.length}`);
}

/** Its statements are made with the first row: few captures have rows for all tables. */
function inserter(to: Database.Database, layout: RowLayout): RowTable {
  let rows: RowInserter | null = null;
  return { insert: (values, count) => (rows ??= new RowInserter(to, layout)).insert(values, count) };
}

function insertAddresses(to: Database.Database, firstId: number, texts: readonly string[]): void {
  const insert = 'INSERT INTO address(id, ip) VALUES (?, ?)';
  let row = 0;
  if (texts.length >= ROWS_A_STATEMENT) {
    const many = to.prepare(insert + ', (?, ?)'.repeat(ROWS_A_STATEMENT - 1));
    for (; row + ROWS_A_STATEMENT <= texts.length; row += ROWS_A_STATEMENT) {
      const first = firstId + row;
      many.run(texts.slice(row, row + ROWS_A_STATEMENT).flatMap((ip, i) => [first + i, ip]));
    }
  }
  const one = to.prepare(insert);
  for (; row < texts.length; row++) one.run(firstId + row, texts[row]);
}

/** Made when all have come, for an address may come after the connections that name it. */
function insertCommunityIds(to: Database.Database): void {
  const insert = to.prepare('INSERT INTO connection_community(id, community_id) VALUES (?, ?)');
  const next = to.prepare<[number], { id: number; client: string; server: string; ports: number }>(
    `SELECT c.id, ca.ip AS client, sa.ip AS server, c.ports FROM connection_row AS c
     JOIN address AS ca ON ca.id = c.client_address JOIN address AS sa ON sa.id = c.server_address
     WHERE c.id > ? ORDER BY c.id LIMIT 4096`,
  );
  for (let rows = next.all(0); rows.length > 0; rows = next.all(rows.at(-1)?.id ?? 0)) {
    for (const c of rows)
      insert.run(c.id, communityId(c.client, Math.floor(c.ports / 65536), c.server, c.ports % 65536));
  }
}

function insertFindings(to: Database.Database, rows: readonly FindingRow[]): void {
  const insert = to.prepare(
    `INSERT INTO findings(detector, kind, severity, confidence, connection_id, capture_id, frame, at_ns, summary, evidence, source)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  for (const row of rows) {
    const atRel = row.atRel === null || !Number.isFinite(row.atRel) ? null : Math.round(row.atRel); // finish() adds the epoch
    insert.run(
      row.detector,
      row.kind,
      row.severity,
      row.confidence,
      row.connectionId,
      row.captureId,
      row.frame,
      atRel,
      row.summary,
      JSON.stringify(row.evidence),
      row.source,
    );
  }
}

function insertHistories(to: Database.Database, rows: readonly ZeekHistoryRow[]): void {
  const insert = to.prepare('INSERT INTO zeek_history(id, conn_state, history) VALUES (?, ?, ?)');
  for (const row of rows) insert.run(row.id, row.connState, row.history);
}

/** Time of the last packet of all captures, ns since the epoch. */
function lastPacket(end: ConnectionsEnd): number {
  return Math.max(0, ...end.captures.map(({ lastNs }) => (lastNs === null ? 0 : Number(lastNs - end.epochNs))));
}

/** As `ANALYZE` does, but for the table without an index: of that it learns the number of rows alone, from all its pages. */
function analyze(to: Database.Database): void {
  to.pragma('analysis_limit = 1000');
  const tables = to
    .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .pluck()
    .all();
  for (const table of tables) if (table !== CONNECTION_ROW.table) to.exec(`ANALYZE "${table}"`);
  const rows = to.prepare<[], number>(`SELECT max(id) FROM ${CONNECTION_ROW.table}`).pluck().get() ?? 0;
  if (rows > 0)
    to.prepare('INSERT INTO sqlite_stat1(tbl, idx, stat) VALUES (?, NULL, ?)').run(CONNECTION_ROW.table, String(rows));
}

/** From this size on, octets, the disk may begin early. */
const WORTH_AHEAD = 8 << 20;

/**
 * Has what was written go to the disk while more is: less is left for `synchronise`, which tells of what went wrong. (To
 * close it drops SQLite's lock, but nobody else knows the file yet.)
 */
function synchroniseAhead(path: string): void {
  const fd = fs.openSync(path, 'r+');
  fs.fdatasync(fd, () => fs.closeSync(fd));
}

function synchronise(path: string): void {
  const fd = fs.openSync(path, 'r+');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}
