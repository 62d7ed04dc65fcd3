/** The thread that owns the database while it is written. See writer.ts for the other side. */
import fs from 'node:fs';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { Census } from '../detect/census.js';
import { SettledConnections } from '../detect/settled-connections.js';
import { CONNECTION_ROW, ROW_LAYOUTS, type RowLayout } from '../flow/row-layout.js';
import type { FindingRow, ZeekHistoryRow } from '../flow/row-sink.js';
import { ConnectionTally } from './bulk/connection-tally.js';
import { RowLoader } from './bulk/row-loader.js';
import { correctCensus, writeCensus } from './census-rows.js';
import { communityId } from './community-id.js';
import { renumberIncarnations } from './incarnations.js';
import { mergeRecording } from './merge.js';

import { RowInserter } from './row-inserter.js';
import { RowPasser, type RowTable } from './row-passer.js';
import { APPLICATION_ID, INDEXES, missingSteps, SCHEMA_STEPS, viewStatements } from './schema.js';
import {
  Control,
  SETTLED,
  SLOT_VALUES,
  type CaptureRow,
  type FromWorker,
  type Provenance,
  type ToWorker,
  type WriterEnd,
  type WriterStart,
} from './writer-protocol.js';

const { start, replies } = workerData as {
  start: WriterStart;
  replies: MessagePort;
};
const control = new Int32Array(start.control);
const requests = parentPort;
if (requests === null) throw new Error('writer-worker.js runs as a worker thread only');

let db: Database.Database | null = null;
const census = new Census(start.timeWaitNs);
const tally = new ConnectionTally();
/** The one table that has as many rows as the capture has connections; its pages are made here, not by SQLite. */
const loader = new RowLoader(CONNECTION_ROW.columns.length, start.path, (values, at, weight) => {
  census.add(values, at, weight);
  tally.add(values, at, weight);
});
/** Where the rows of each table go, by its number. */
let tables: RowTable[] = [];
/** Whether the pages of connection_row are in the file. */
let isLoaded = false;
const settled = new SettledConnections((layout) => {
  const table = ROW_LAYOUTS.findIndex((other) => other === layout);
  return new RowPasser(layout.columns.length, (values, rows) => tables[table]?.insert(values, rows));
});

function connect(): Database.Database {
  const opened = new Database(start.path);
  opened.pragma('page_size = 4096');
  opened.pragma('journal_mode = OFF'); // the file is thrown away if anything fails
  opened.pragma('synchronous = OFF'); // synchronised once, at the end
  opened.pragma('locking_mode = EXCLUSIVE');
  opened.pragma('cache_size = -16384');
  opened.pragma('temp_store = MEMORY');
  opened.pragma('foreign_keys = OFF'); // rows come in any order; the keys hold in the end
  opened.exec('BEGIN');
  return opened;
}

function open(): Database.Database {
  const opened = connect();
  opened.pragma(`application_id = ${APPLICATION_ID}`);
  for (const step of missingSteps(0)) opened.exec(step);
  opened.pragma(`user_version = ${SCHEMA_STEPS.length}`);
  tables = tablesOf(opened);
  return opened;
}

function tablesOf(to: Database.Database): RowTable[] {
  return ROW_LAYOUTS.map((layout) => (layout === CONNECTION_ROW ? loader : inserter(to, layout)));
}

function database(): Database.Database {
  return (db ??= open());
}

function handle(message: ToWorker): void {
  if (message.kind === 'abort') {
    discard();
    reply({ kind: 'aborted' });
    return;
  }
  if (message.kind === 'leave') {
    replies.close();
    requests?.close();
    return;
  }
  const opened = database();
  switch (message.kind) {
    case 'rows': {
      const values = new Float64Array(
        start.slots,
        message.slot * SLOT_VALUES * Float64Array.BYTES_PER_ELEMENT,
        SLOT_VALUES,
      );
      if (message.table === SETTLED) settled.judge(values, message.rows);
      else tables[message.table]?.insert(values, message.rows);
      return;
    }
    case 'addresses':
      return insertAddresses(opened, message.firstId, message.ips);
    case 'findings':
      return insertFindings(opened, message.rows);
    case 'zeek-histories':
      return insertHistories(opened, message.rows);
    case 'all-connections':
      return load(opened);
    case 'finish':
      if (!isLoaded) load(opened);
      finish(database(), message.end);
      return reply({ kind: 'finished' });
  }
}

/** Its statements are made with the first row: few captures have rows for all tables. */
function inserter(to: Database.Database, layout: RowLayout): RowTable {
  let rows: RowInserter | null = null;
  return { insert: (values, count) => (rows ??= new RowInserter(to, layout)).insert(values, count) };
}

/** Puts the pages of connection_row into the file, which nobody may have open meanwhile, and opens it again. */
function load(opened: Database.Database): void {
  const root = opened
    .prepare<[string], number>('SELECT rootpage FROM sqlite_schema WHERE name = ?')
    .pluck()
    .get(CONNECTION_ROW.table);
  opened.exec('COMMIT');
  opened.close();
  loader.load(start.path, root ?? 0);
  db = connect();
  loader.close();
  isLoaded = true;
  tables = tablesOf(db);
}

function insertAddresses(to: Database.Database, firstId: number, texts: readonly string[]): void {
  const insert = to.prepare('INSERT INTO address(id, ip) VALUES (?, ?)');
  texts.forEach((ip, i) => insert.run(firstId + i, ip));
}

/** Made at the end, for an address may come after the connections that name it. */
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

function finish(to: Database.Database, end: WriterEnd): void {
  if (start.communityId) insertCommunityIds(to);
  if (end.returned === null || end.returned.length > 0) renumberIncarnations(to, end.returned);
  to.prepare('UPDATE findings SET at_ns = at_ns + ?').run(end.epochNs);
  insertProvenance(to, end.provenance, end.epochNs);
  end.captures.forEach((capture) => insertCapture(to, capture));
  correctCensus(to, census);
  writeCensus(to, census, lastPacket(end), start.censusHosts);
  insertTally(to);
  if (end.append === null) {
    for (const statement of [...INDEXES, ...viewStatements()]) to.exec(statement);
    to.pragma('analysis_limit = 1000');
    to.exec('ANALYZE');
  }
  to.exec('COMMIT');
  to.close();
  if (end.append !== null) mergeRecording(end.append.existing, start.path, end.append.joined);
  synchronise(end.append?.joined ?? start.path);
}

function insertTally(to: Database.Database): void {
  const insert = to.prepare('INSERT INTO connection_tally VALUES (?, ?, ?, ?, ?, ?, ?)');
  for (const { server, serverPort, outcome, reset, connections, oneSided, firstId } of tally.groups())
    insert.run(server, serverPort, outcome, reset, connections, oneSided, firstId === -1 ? null : firstId);
}

/** Time of the last packet of all captures, ns since the epoch. */
function lastPacket(end: WriterEnd): number {
  return Math.max(0, ...end.captures.map(({ lastNs }) => (lastNs === null ? 0 : Number(lastNs - end.epochNs))));
}

function insertProvenance(to: Database.Database, provenance: Provenance, epochNs: bigint): void {
  const meta = to.prepare('INSERT INTO meta(key, value) VALUES (?, ?)');
  const entries: Record<string, string | number | boolean | bigint | null> = {
    tool: 'tcpclose',
    tool_version: provenance.toolVersion,
    command_line: provenance.commandLine,
    created: provenance.created,
    epoch_ns: epochNs,
    time_wait_ns: provenance.timeWaitNs,
    sqlite_version: to.prepare('SELECT sqlite_version()').pluck().get() as string,
    node_version: process.version,
    ...provenance.parameters,
  };
  for (const [key, value] of Object.entries(entries)) meta.run(key, value === null ? null : String(value));
  to.prepare(
    'INSERT INTO recordings(id, created, tool_version, command_line, parameters, first_connection_id) VALUES (1, ?, ?, ?, ?, 1)',
  ).run(
    provenance.created,
    provenance.toolVersion,
    provenance.commandLine,
    JSON.stringify({
      ...provenance.parameters,
      time_wait_ns: provenance.timeWaitNs,
    }),
  );
}

function insertCapture(to: Database.Database, c: CaptureRow): void {
  to.prepare(
    `INSERT INTO captures(id, path, format, compression, link_types, snaplen, packets, tcp_packets, undecoded_packets, bytes, first_ns, last_ns,
       drops_reported, damage, sha256, head_sha256, backward_steps, cut_frames, vantage, recording_id)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)`,
  ).run(
    c.id,
    c.path,
    c.format,
    c.compression,
    c.linkTypes.length === 0 ? null : c.linkTypes.join(','),
    c.snaplen,
    c.packets,
    c.tcpPackets,
    c.undecodedPackets,
    c.bytes,
    c.firstNs,
    c.lastNs,
    c.dropsReported,
    c.damage,
    c.sha256,
    c.headSha256,
    c.backwardSteps,
    c.cutFrames,
    c.vantage,
  );
  const undecoded = to.prepare(
    'INSERT INTO undecoded(capture_id, reason, packets, meaning, undecided) VALUES (?, ?, ?, ?, ?)',
  );
  for (const row of c.undecoded) undecoded.run(c.id, row.reason, row.packets, row.meaning, row.undecided ? 1 : 0);
}

function synchronise(path: string): void {
  const fd = fs.openSync(path, 'r+');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** The database is closed by now: a thread that ends with an open one can crash Node. */
function reply(message: FromWorker): void {
  replies.postMessage(message);
}

function fail(error: unknown): void {
  failed = true;
  const cause = error as Error & { code?: string };
  try {
    discard();
  } catch {
    // The first error is the one to tell.
  }
  const [code, message] = explain(cause);
  reply({ kind: 'failed', code, message });
  Atomics.store(control, Control.FAILED, 1);
}

/** Closes and removes everything. */
function discard(): void {
  loader.close();
  db?.close();
  fs.rmSync(start.path, { force: true });
}

function explain(cause: Error & { code?: string }): [code: string, message: string] {
  const code = cause.code ?? '';
  if (code === 'SQLITE_FULL' || code === 'ENOSPC') {
    return ['disk-full', 'the disk is full, nothing was written. Free some space, or choose another place with -o.'];
  }
  if (['SQLITE_CANTOPEN', 'EACCES', 'ENOENT', 'EROFS'].includes(code)) {
    return ['cannot-write', `cannot be written (${cause.message}). Choose another place with -o.`];
  }
  return [
    'cannot-write',
    `could not be written: ${cause.message}. Nothing is left behind; choose another place with -o, or report this.`,
  ];
}

let failed = false;
/** Runs one piece of work; an error is told, and all work after it left undone. */
function attempt(work: () => void): void {
  try {
    work();
  } catch (error) {
    fail(error);
  }
}

requests.on('message', (message: ToWorker) => {
  if (failed && message.kind !== 'leave') return;
  attempt(() => handle(message));
  Atomics.add(control, Control.DONE, 1);
  Atomics.notify(control, Control.DONE);
});
attempt(database); // at once: an output that cannot be written is known before much was read
