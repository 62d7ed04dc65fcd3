/** Who closed first, for each service. */
import type { Database } from 'better-sqlite3';

export interface Service {
  readonly serverIp: string;
  readonly serverPort: number;
  readonly connections: number;
  readonly clientFirst: number;
  readonly serverFirst: number;
  readonly bothFirst: number;
  readonly neither: number;
  readonly byReset: number;
  readonly refused: number;
  readonly unanswered: number;
  readonly open: number;
  /** Of clientFirst and serverFirst: by a reset in its name that seems not to come from there. */
  readonly clientInName: number;
  readonly serverInName: number;
}

/** The busiest services, and how many there are. */
export function busiestServices(db: Database, limit: number): { services: Service[]; total: number } {
  const rows = db
    .prepare<[number], Service & { total: number }>(
      `SELECT server_ip AS serverIp, server_port AS serverPort, connections, client_first AS clientFirst, server_first AS serverFirst,
         both_first AS bothFirst, neither, by_reset AS byReset, refused, unanswered, open,
         client_in_name AS clientInName, server_in_name AS serverInName, count(*) OVER () AS total
       FROM closers ORDER BY connections DESC, server_ip, server_port LIMIT ?`,
    )
    .all(limit);
  return { services: rows, total: rows[0]?.total ?? 0 };
}
