import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { analyze } from '../../../src/analyze.js';
import { CONNECTION_ROW, OUTCOME_BITS } from '../../../src/flow/row-layout.js';
import { SIDES } from '../../../src/flow/vocabulary.js';
import { summarize } from '../../../src/report/summary.js';
import { ConnectionTally, MAX_GROUPS, MAX_SERVICES, NO_SERVICE } from '../../../src/store/bulk/connection-tally.js';

const SAMPLES = fileURLToPath(new URL('../../../samples', import.meta.url));
const captures = fs.readdirSync(SAMPLES).filter((name) => /\.pcap(ng)?$/.test(name));

let folder: string;
beforeAll(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tcpclose-test-'))));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

/** The summary of a database, and that of the same database without its tally. */
function bothSummaries(file: string): [unknown, unknown] {
  const db = new Database(file);
  try {
    expect(db.prepare('SELECT sum(connections) FROM connection_tally').pluck().get()).toBe(
      db.prepare('SELECT count(*) FROM connection_row').pluck().get(),
    );
    const counted = summarize(db, file);
    db.exec('DELETE FROM connection_tally');
    return [counted, summarize(db, file)];
  } finally {
    db.close();
  }
}

/** An outcome: the client closed first. */
const CLIENT_FIRST = SIDES.indexOf('client') << OUTCOME_BITS.closed_first.shift;

interface Row {
  readonly id: number;
  readonly server: number;
  readonly outcome: number;
  readonly reset: number;
  readonly clientPackets: number;
}

function put(tally: ConnectionTally, row: Row, weight: 1 | -1): void {
  const values = new Float64Array(CONNECTION_ROW.columns.length);
  const set = (column: (typeof CONNECTION_ROW.columns)[number], value: number): void => {
    values[CONNECTION_ROW.columns.indexOf(column)] = value;
  };
  set('id', row.id);
  set('server_address', row.server);
  set('ports', 50_000 * 65536 + 443);
  set('outcome', row.outcome + 7 * 2 ** 32);
  set('reset', row.reset);
  set('client_packets', row.clientPackets);
  set('server_packets', 3);
  tally.add(values, 0, weight);
}

const anyRow = fc.record({
  id: fc.integer({ min: 1, max: 1000 }),
  server: fc.integer({ min: 1, max: 400 }),
  outcome: fc.constantFrom(1, 2, 2 ** 28),
  reset: fc.constantFrom(0, 5),
  clientPackets: fc.constantFrom(0, 4),
});

describe('the tally of connections', () => {
  it('counts what is there after rows came and were replaced, in any order', () => {
    fc.assert(
      fc.property(fc.array(anyRow, { maxLength: 400 }), (rows) => {
        const tally = new ConnectionTally();
        const there = new Map<number, Row>();
        for (const row of rows) {
          const before = there.get(row.id);
          if (before !== undefined) put(tally, before, -1);
          there.set(row.id, row);
          put(tally, row, 1);
        }
        const groups = [...tally.groups()];
        expect(groups.reduce((sum, group) => sum + group.connections, 0)).toBe(there.size);
        for (const group of groups) {
          const mine = [...there.values()].filter(
            (row) => row.server === group.server && row.outcome === group.outcome && row.reset === group.reset,
          );
          expect(group.serverPort).toBe(443);
          expect(group.connections).toBe(mine.length);
          expect(group.oneSided).toBe(mine.filter((row) => row.clientPackets === 0).length);
          // One that left the group takes what is known of the first with it; a wrong one is never told.
          if (group.firstId !== -1) expect(group.firstId).toBe(Math.min(...mine.map((row) => row.id)));
        }
      }),
    );
  });

  it('tells of no group where there are too many to keep', () => {
    const tally = new ConnectionTally();
    const row = { outcome: CLIENT_FIRST, reset: 0, clientPackets: 1 };
    for (let id = 1; id <= MAX_GROUPS; id++) put(tally, { ...row, id, server: id }, 1);
    expect([...tally.groups()]).toHaveLength(MAX_GROUPS);
    put(tally, { ...row, id: MAX_GROUPS + 1, server: MAX_GROUPS + 1 }, 1);
    expect([...tally.groups()]).toEqual([]);
  });

  it('counts what nobody closed first without its service where there are many services, as in a scan', () => {
    const tally = new ConnectionTally();
    const refused = { outcome: 1, reset: 5, clientPackets: 1 };
    const more = 10;
    for (let id = 1; id <= MAX_SERVICES + more; id++) put(tally, { ...refused, id, server: id }, 1);
    const closed = { id: MAX_SERVICES + more + 1, server: 3, outcome: CLIENT_FIRST, reset: 0, clientPackets: 1 };
    put(tally, closed, 1);
    put(tally, { ...refused, id: MAX_SERVICES + 2, server: MAX_SERVICES + 2 }, -1);
    put(tally, { ...refused, id: 7, server: 7 }, -1);
    const groups = [...tally.groups()];
    const of = (server: number, outcome: number): (number | undefined)[] => {
      const group = groups.find((g) => g.server === server && g.outcome === outcome);
      return [group?.connections, group?.firstId];
    };
    expect(of(NO_SERVICE, 1)).toEqual([more - 1, MAX_SERVICES + 1]);
    expect(of(7, 1)).toEqual([undefined, undefined]);
    expect(of(3, 1)).toEqual([1, 3]);
    expect(of(3, CLIENT_FIRST)).toEqual([1, closed.id]);
    expect(groups.reduce((sum, { connections }) => sum + connections, 0)).toBe(MAX_SERVICES + more - 1);
  });

  it.each(captures)('makes the summary that the rows make: samples/%s', async (name) => {
    const output = path.join(folder, `${name}.db`);
    await analyze({ inputs: [path.join(SAMPLES, name)], output });
    const [counted, scanned] = bothSummaries(output);
    expect(counted).toEqual(scanned);
  });

  it('adds up where a recording is appended', async () => {
    const output = path.join(folder, 'appended.db');
    for (const name of ['refused.pcap', 'time-wait-challenged.pcap', 'refused.pcap'])
      await analyze({ inputs: [path.join(SAMPLES, name)], output, mode: fs.existsSync(output) ? 'append' : 'replace' });
    const [counted, scanned] = bothSummaries(output);
    expect(counted).toEqual(scanned);
  });

  it('is left out where a recording is appended to one that has none', async () => {
    const output = path.join(folder, 'without.db');
    await analyze({ inputs: [path.join(SAMPLES, 'refused.pcap')], output });
    const db = new Database(output);
    db.exec('DELETE FROM connection_tally');
    db.close();
    await analyze({ inputs: [path.join(SAMPLES, 'refused.pcap')], output, mode: 'append' });
    const joined = new Database(output, { readonly: true });
    expect(joined.prepare('SELECT count(*) FROM connection_tally').pluck().get()).toBe(0);
    expect(summarize(joined, output).connections.count).toBe(
      joined.prepare('SELECT count(*) FROM connection_row').pluck().get(),
    );
    joined.close();
  });
});
