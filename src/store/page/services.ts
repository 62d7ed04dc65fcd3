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

const SERVICE = `server_ip AS serverIp, server_port AS serverPort, connections, client_first AS clientFirst, server_first AS serverFirst,
  both_first AS bothFirst, neither, by_reset AS byReset, refused, unanswered, open, client_in_name AS clientInName, server_in_name AS serverInName`;

/** The busiest services, and how many there are. */
export function busiestServices(db: Database, limit: number): { services: Service[]; total: number } {
  const rows = db
    .prepare<[number], Service & { total: number }>(
      `SELECT ${SERVICE}, count(*) OVER () AS total FROM closers ORDER BY connections DESC, server_ip, server_port LIMIT ?`,
    )
    .all(limit);
  return { services: rows, total: rows[0]?.total ?? 0 };
}

export interface ClosedServices {
  /** The busiest at which anybody closed. */
  readonly services: readonly Service[];
  /** All services, and their connections. */
  readonly total: number;
  readonly all: CloserCounts;
}

export function closedServices(db: Database, limit: number): ClosedServices {
  const every = db.prepare<[], Service>(
    `SELECT ${SERVICE} FROM closers ORDER BY connections DESC, server_ip, server_port`,
  );
  const services: Service[] = [];
  let total = 0;
  const all = {
    connections: 0,
    clientFirst: 0,
    serverFirst: 0,
    bothFirst: 0,
    neither: 0,
    clientInName: 0,
    serverInName: 0,
  };
  for (const service of every.iterate()) {
    total++;
    for (const name of Object.keys(all) as (keyof CloserCounts)[]) all[name] += service[name];
    if (service.neither < service.connections && services.length < limit) services.push(service);
  }
  return { services, total, all };
}
