/** Who closed first, for each service. */
import type { Database } from 'better-sqlite3';

/** Connections, by who closed them first. */
export interface CloserCounts {
  readonly connections: number;
  readonly clientFirst: number;
  readonly serverFirst: number;
  readonly bothFirst: number;
  readonly neither: number;
  /** Of clientFirst and serverFirst: by a reset in its name that seems not to come from there. */
  readonly clientInName: number;
  readonly serverInName: number;
}

export interface Service extends CloserCounts {
  readonly serverIp: string;
  readonly serverPort: number;
  readonly byReset: number;
  readonly refused: number;
  readonly unanswered: number;
  readonly open: number;
}

/** All services of a database: how many, their connections, and some of the busiest. */
export interface Services {
  readonly total: number;
  readonly all: CloserCounts;
  readonly busiest: readonly Service[];
  /** The busiest at which anybody closed. */
  readonly closed: readonly Service[];
}

const COUNTS = ['connections', 'clientFirst', 'serverFirst', 'bothFirst', 'neither', 'clientInName', 'serverInName'];

/** `limits`: of how many services to tell. A scan has millions of them: they are counted once, and kept by SQLite. */
export function countServices(db: Database, limits: { readonly busiest: number; readonly closed: number }): Services {
  db.exec(`CREATE TEMP TABLE service AS
    SELECT server_ip AS serverIp, server_port AS serverPort, connections, client_first AS clientFirst, server_first AS serverFirst,
      both_first AS bothFirst, neither, by_reset AS byReset, refused, unanswered, open, client_in_name AS clientInName,
      server_in_name AS serverInName
    FROM closers`);
  try {
    const listed = (where: string, limit: number): Service[] =>
      db
        .prepare<[number], Service>(
          `SELECT * FROM temp.service ${where} ORDER BY connections DESC, serverIp, serverPort LIMIT ?`,
        )
        .all(limit);
    const sums = COUNTS.map((name) => `total(${name}) AS ${name}`);
    const all = db.prepare(`SELECT count(*) AS total, ${sums.join(', ')} FROM temp.service`).get() as CloserCounts & {
      total: number;
    };
    return {
      total: all.total,
      all,
      busiest: listed('', limits.busiest),
      closed: listed('WHERE neither < connections', limits.closed),
    };
  } finally {
    db.exec('DROP TABLE temp.service');
  }
}
