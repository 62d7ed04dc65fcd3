import fs from 'node:fs';
import Database from 'better-sqlite3';
import { StoreError, UsageError } from '../errors.js';
import { olderDatabase } from './older-database.js';
import { APPLICATION_ID, SCHEMA_STEPS } from './schema.js';
import { damageOf, sqliteFault } from './sqlite-fault.js';

/**
 * Opens one of our databases to read. One that an older tcpclose made is refused, unless `evenOlder`: for those who ask
 * only what they know to be there.
 * @throws TcpcloseError that says what is wrong with the file, and what to do.
 */
export function openDatabase(path: string, { evenOlder = false } = {}): Database.Database {
  if (path === '')
    throw new UsageError(
      'empty-name',
      'the name of the database is empty (a shell variable that is not set?). Name a database that tcpclose analyze made.',
    );
  if (!isFile(path))
    throw new StoreError('not-a-database', `${path}: is not a file. Name a database that tcpclose analyze made.`);
  let db: Database.Database | null = null;
  try {
    db = new Database(path, { readonly: true, fileMustExist: true });
    check(db, path);
    const older = evenOlder ? null : olderDatabase(db, path);
    if (older !== null) throw older;
    return db;
  } catch (error) {
    db?.close();
    if (error instanceof StoreError) throw error;
    const fault = sqliteFault(error);
    if (fault !== null) throw new StoreError('no-sqlite', `${path}: ${fault}`, { cause: error });
    const code = (error as { code?: string }).code;
    if (code === 'SQLITE_NOTADB')
      throw new StoreError(
        'not-a-database',
        `${path}: is not a database. If it is a capture, make one with: tcpclose analyze ${path}`,
        { cause: error },
      );
    const damage = damageOf(error);
    if (damage !== null) throw new StoreError('damaged', `${path}: ${damage}`, { cause: error });
    throw new StoreError('cannot-read', `${path}: cannot be read as a database (${(error as Error).message}).`, {
      cause: error,
    });
  }
}

/** @throws StoreError where there is nothing, or nothing that may be read. */
function isFile(path: string): boolean {
  try {
    const isOne = fs.statSync(path).isFile();
    if (isOne) fs.accessSync(path, fs.constants.R_OK);
    return isOne;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM')
      throw new StoreError('cannot-read', `${path}: no permission to read it. Ask its owner, or have it copied.`, {
        cause: error,
      });
    throw new StoreError(
      'no-database',
      `${path}: there is no such file. Make it with: tcpclose analyze CAPTURE -o ${path}`,
      { cause: error },
    );
  }
}

function check(db: Database.Database, path: string): void {
  if (db.pragma('application_id', { simple: true }) !== APPLICATION_ID)
    throw new StoreError(
      'not-ours',
      `${path}: is an SQLite database, but none that tcpclose made. Name one that it made, or another name to make one: tcpclose analyze CAPTURE -o FILE`,
    );
  const version = db.pragma('user_version', { simple: true }) as number;
  if (version > SCHEMA_STEPS.length)
    throw new StoreError(
      'newer-database',
      `${path}: was made by a newer tcpclose (schema ${version}, this one knows ${SCHEMA_STEPS.length}). Update tcpclose to read it.`,
    );
}
