/**
 * The second pipeline, beside `analyze.ts`: connections of a database -> the captures that they came from -> their packets
 * as one pcapng file, with the verdicts as packet comments.
 */
import { existsSync, statSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import type { Database } from 'better-sqlite3';
import { StoreError, TcpcloseError, UsageError } from './errors.js';
import { locateCapture } from './packets/locate-capture.js';
import { capturesOf, writePackets, type WrittenPackets } from './packets/write-packets.js';
import { frameComments } from './store/frame-comments.js';
import { OutputFile } from './store/output-file.js';
import {
  captureFiles,
  selectedConnections,
  rulesOfRecording,
  wantedConnections,
  type Selection,
} from './store/packet-selection.js';
import { withDatabase } from './store/with-database.js';

export interface ExtractOptions {
  /** A database that `analyze` made. */
  readonly database: string;
  readonly selection: Selection;
  /** A directory in which captures that moved are looked for. */
  readonly capturesFolder?: string | undefined;
  /** What the file says it was written by. */
  readonly application?: string;
  /** Given once, before anything is written: removes the temporary file at once. For signal handlers. */
  readonly onStart?: (discardFiles: () => void) => void;
}

/** Where the packets go: a file, which appears whole or not at all, or whatever takes octets. */
export type ExtractTarget =
  { readonly path: string; readonly force?: boolean } | { readonly write: (octets: Uint8Array) => Promise<void> };

export interface ExtractResult extends WrittenPackets {
  readonly connections: number;
}

/** Connections named in the file's own comment; past this, their number. */
const NAMED = 20;

/** @throws TcpcloseError; then nothing was written */
export function extract(options: ExtractOptions, target: ExtractTarget): Promise<ExtractResult> {
  return withDatabase(options.database, (db) => extractFrom(db, options, target));
}

async function extractFrom(db: Database, options: ExtractOptions, target: ExtractTarget): Promise<ExtractResult> {
  const ids = selectedConnections(db, options.selection);
  if (ids.length === 0)
    throw new UsageError('no-connection-selected', 'no connection in this database is like that; nothing was written.');
  const wanted = wantedConnections(db, ids);
  const captures: Parameters<typeof writePackets>[0]['captures'][number][] = [];
  const where = { databasePath: options.database, capturesFolder: options.capturesFolder };
  for (const capture of capturesOf(wanted, captureFiles(db))) {
    try {
      captures.push({ ...capture, foundAt: await locateCapture(capture, where) });
    } catch (error) {
      if (capture.isRequired) throw error;
    }
  }
  const request = {
    wanted,
    captures,
    comments: frameComments(db, ids),
    rules: (recordingId: number) => rulesOfRecording(db, recordingId),
    application: options.application ?? 'tcpclose',
    title: `${ids.length === 1 ? 'connection' : 'connections'} ${ids.length <= NAMED ? ids.join(', ') : `(${ids.length} of them)`} of ${options.database}`,
  };
  if ('write' in target) return { ...(await writePackets(request, target.write)), connections: ids.length };
  refuseToOverwrite(target.path, target.force === true, [options.database, ...captures.map((c) => c.foundAt)]);
  const written = await intoFile(target.path, options.onStart, (write) => writePackets(request, write));
  return { ...written, connections: ids.length };
}

async function intoFile<Result>(
  path: string,
  onStart: ExtractOptions['onStart'],
  work: (write: (octets: Uint8Array) => Promise<void>) => Promise<Result>,
): Promise<Result> {
  const output = new OutputFile(path, 'replace', '-w');
  onStart?.(() => output.discard());
  let file: FileHandle | null = null;
  try {
    const temporary = output.temporary();
    file = await open(temporary, 'wx');
    const handle = file;
    const result = await work((octets) => handle.writeFile(octets));
    await file.sync();
    await file.close();
    file = null;
    output.publish(temporary);
    return result;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof TcpcloseError || code === undefined) throw error;
    throw new StoreError(
      'cannot-write',
      `${path}: cannot be written (${(error as Error).message}). Choose another place with -w.`,
      { cause: error },
    );
  } finally {
    await file?.close();
    output.discard();
  }
}

/** An existing file only where it may be replaced, and never the database or one of the captures. */
function refuseToOverwrite(path: string, force: boolean, inputs: readonly string[]): void {
  if (!existsSync(path)) return;
  const there = statSync(path);
  for (const input of inputs) {
    const stat = statSync(input);
    if (stat.dev === there.dev && stat.ino === there.ino)
      throw new UsageError(
        'output-is-input',
        `${path}: is read from, and would be overwritten. Choose another name with -w.`,
      );
  }
  if (!force)
    throw new StoreError(
      'output-exists',
      `${path}: exists already, nothing was written. Use --force to replace it, or another name with -w.`,
    );
}
