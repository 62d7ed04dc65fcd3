import type { Database } from 'better-sqlite3';
import { StoreError } from '../errors.js';
import { openDatabase } from './open.js';
import { damageOf } from './sqlite-fault.js';

/**
 * Opens one of our databases, lets `use` read it, and closes it.
 * @throws TcpcloseError that says what is wrong with the file, and what to do; also where only a part is damaged.
 */
export async function withDatabase<T>(
  path: string,
  use: (db: Database) => T | Promise<T>,
  options?: Parameters<typeof openDatabase>[1],
): Promise<T> {
  const db = openDatabase(path, options);
  try {
    return await use(db);
  } catch (error) {
    const damage = damageOf(error);
    throw damage === null ? error : new StoreError('damaged', `${path}: ${damage}`, { cause: error });
  } finally {
    db.close();
  }
}
