import { readFileSync } from 'node:fs';
import Database from 'better-sqlite3';

/**
 * A row as a plain object. Whole numbers are numbers where that is exact, else (nanoseconds since 1970) bigints.
 */
export type Row = Record<string, number | bigint | string | null>;

/** A finished database, read into memory: the file may go. */
export class Analysis {
  readonly #database: Database.Database;

  constructor(file: string) {
    const octets = readFileSync(file);
    // A database in memory has no write-ahead log: the two version octets of the header must say so.
    octets.fill(1, 18, 20);
    this.#database = new Database(octets);
    this.#database.defaultSafeIntegers();
  }

  /** For code under test that asks the database itself. */
  get database(): Database.Database {
    return this.#database;
  }

  query(sql: string, ...parameters: unknown[]): Row[] {
    const rows = this.#database.prepare<unknown[], Row>(sql).all(...parameters);
    for (const row of rows) {
      for (const [name, value] of Object.entries(row)) {
        if (typeof value === 'bigint' && Number.isSafeInteger(Number(value))) row[name] = Number(value);
      }
    }
    return rows;
  }

  get captures(): Row[] {
    return this.query('SELECT * FROM captures ORDER BY id');
  }

  get connections(): Row[] {
    return this.query('SELECT * FROM connections ORDER BY id');
  }

  /** The one connection that there is; it is an error when there are more or none. */
  get connection(): Row {
    const { connections } = this;
    if (connections.length !== 1) throw new Error(`expected one connection, there are ${connections.length}`);
    return connections[0]!;
  }

  get timeWaitSyns(): Row[] {
    return this.query('SELECT * FROM time_wait_syns ORDER BY id');
  }

  get pawsRejections(): Row[] {
    return this.query('SELECT * FROM paws_rejections ORDER BY id');
  }

  get natSources(): Row[] {
    return this.query('SELECT * FROM nat_sources ORDER BY source_ip, destination_ip');
  }

  get regressions(): Row[] {
    return this.query('SELECT * FROM timestamp_regressions ORDER BY id');
  }

  get findings(): Row[] {
    return this.query('SELECT * FROM findings ORDER BY id');
  }
}
