import {
  chmodSync,
  mkdtempSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  CLOCK_SAMPLE_ROW,
  CONNECTION_ROW,
  RECYCLE_DROP_ROW,
  TIME_WAIT_CENSUS_ROW,
  TUPLE_REUSE_ROW,
  ZEEK_CONN_ROW,
  ZEEK_SHIFT,
} from '../../src/flow/row-layout.js';
import type { FindingRow, RowSink, ZeekHistoryRow } from '../../src/flow/row-sink.js';
import { AddressIds } from '../../src/store/address-ids.js';
import { append, connection, EPOCH_NS, extra, temporaryFolder, write, written } from './support/write.js';

const folder = temporaryFolder();
let names = 0;
const fresh = (): string => {
  const own = join(folder, String(names++));
  mkdirSync(own);
  return join(own, 'web.db');
};
const left = (file: string): string[] => readdirSync(join(file, '..'));

const FINDING: FindingRow = {
  detector: 'time-wait-syn', kind: 'challenged', severity: 'warning', confidence: 'strong', connectionId: 1, captureId: 1, frame: 7, atRel: 5,
  summary: 'one', evidence: { connection_id: 1, isn_delta: -3 }, source: 'RFC 6191 §2',
}; // prettier-ignore

/** Where the database is written. */
const PLACES = [
  ['a thread of its own', true],
  ['the thread that analyses', false],
] as const;

describe.each(PLACES)('the writer, in %s', (_place, apart) => {
  it('replaces a row that is sent again with the same id, in the same batch and in a later one', async () => {
    const { connections } = await written(
      fresh(),
      (sink) => {
        connection(sink, { id: 1, client_bytes: 1 });
        connection(sink, { id: 1, client_bytes: 2 });
        for (let id = 2; id <= 5000; id++) connection(sink, { id, client_bytes: id });
        connection(sink, { id: 2, client_bytes: 77 });
        extra(sink, { id: 2, incarnation: 1, client_repeated: 7 });
        extra(sink, { id: 2, incarnation: 2, client_repeated: 17 });
      },
      { apart },
    );
    expect(connections).toHaveLength(5000);
    expect(connections.slice(0, 3)).toMatchObject([
      { id: 1, client_bytes: 2 },
      { id: 2, client_bytes: 77, client_unique_bytes: 60, incarnation: 2 },
      { id: 3, client_bytes: 3 },
    ]);
  });

  it('takes rows in any order of ids, more than fit in the memory that both threads share', async () => {
    const rows = 60_000;
    const analysis = await written(
      fresh(),
      (sink) => {
        for (let n = 0; n < rows; n++) connection(sink, { id: ((n * 7919) % rows) + 1, client_bytes: n });
      },
      { apart },
    );
    expect(analysis.query('SELECT count(*) AS n, sum(client_bytes) AS bytes FROM connections')).toEqual([
      { n: rows, bytes: (rows * (rows - 1)) / 2 },
    ]);
  });

  it('stores values that no column can hold as the nearest that it can: absurd times stop nobody', async () => {
    const { connections } = await written(
      fresh(),
      (sink) => {
        connection(sink, { id: 1, lasted_span: 1e30, client_isn: NaN, close_wait_span: Infinity, client_bytes: 0.4 });
        connection(sink, { id: 2 });
      },
      { apart },
    );
    expect(connections).toHaveLength(2);
    expect(connections[0]).toMatchObject({ client_isn: null, client_bytes: 0 });
  });

  it('gives each address one number', () => {
    const ids = new AddressIds();
    const numbers = Array.from({ length: 20_000 }, (_, n) => ids.idOf(n % 2 === 0 ? 4 : 6, n >> 1));
    expect(numbers).toEqual(Array.from({ length: 20_000 }, (_, n) => n + 1));
    expect(Array.from({ length: 20_000 }, (_, n) => ids.idOf(n % 2 === 0 ? 4 : 6, n >> 1))).toEqual(numbers);
    expect(ids.size).toBe(20_000);
  });

  it('keeps findings with their time and evidence, more than fit in one message', async () => {
    const { findings } = await written(
      fresh(),
      (sink) => {
        connection(sink);
        for (let n = 0; n < 1000; n++) sink.finding({ ...FINDING, atRel: n === 999 ? null : n });
      },
      { apart },
    );
    expect(findings).toHaveLength(1000);
    expect(findings[5]).toMatchObject({ at_ns: EPOCH_NS + 5n, evidence: '{"connection_id":1,"isn_delta":-3}' });
    expect(findings[999]).toMatchObject({ at_ns: null });
  });
});

describe.each(PLACES)('the output, written in %s', (_place, apart) => {
  it('refuses what exists and leaves it as it is', async () => {
    const file = fresh();
    writeFileSync(file, 'mine');
    await expect(write(file, () => undefined, { apart })).rejects.toMatchObject({
      code: 'output-exists',
      message: expect.stringContaining('--force'),
    });
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  it('replaces what exists where asked to, through a symbolic link', async () => {
    const file = fresh();
    writeFileSync(file, 'mine');
    symlinkSync(file, `${file}.link`);
    await write(`${file}.link`, (sink) => connection(sink), { mode: 'replace', apart });
    expect(left(file)).toEqual(['web.db', 'web.db.link']);
    expect(readFileSync(file).subarray(0, 15).toString()).toBe('SQLite format 3');
  });

  it('an error of the writer reaches the caller, and nothing is left behind', async () => {
    const file = fresh();
    const wrong: FindingRow = { ...FINDING, severity: 'fatal' as 'critical' };
    await expect(write(file, (sink) => sink.finding(wrong), { apart })).rejects.toMatchObject({
      name: 'StoreError',
      code: 'cannot-write',
    });
    expect(left(file)).toEqual([]);
  });

  it('an error of the writer stops a producer that goes on and on', async () => {
    const file = fresh();
    const endless = (sink: RowSink): void => {
      for (let n = 0; n < 256; n++) sink.finding({ ...FINDING, severity: 'fatal' as 'critical' });
      for (let id = 1; id < 1e9; id++) connection(sink, { id });
    };
    await expect(write(file, endless, { apart })).rejects.toMatchObject({ name: 'StoreError' });
    expect(left(file)).toEqual([]);
  });

  it('an error of the producer leaves nothing behind', async () => {
    const file = fresh();
    const fails = (sink: RowSink): void => {
      for (let id = 1; id <= 5000; id++) connection(sink, { id });
      throw new Error('no more');
    };
    await expect(write(file, fails, { apart })).rejects.toThrow('no more');
    expect(left(file)).toEqual([]);
  });

  it('a folder that is not there is an error that says so', async () => {
    await expect(write(join(folder, 'nowhere', 'web.db'), () => undefined, { apart })).rejects.toMatchObject({
      code: 'cannot-write',
    });
  });

  it('so is a name that the system does not take', async () => {
    await expect(write(join(folder, `${'x'.repeat(300)}.db`), () => undefined, { apart })).rejects.toMatchObject({
      code: 'cannot-write',
      message: expect.stringContaining('Choose another place with -o') as string,
    });
  });

  // Root may look into every folder.
  it.runIf(process.getuid?.() !== 0)('so is a folder that may not be looked into', async () => {
    const locked = mkdtempSync(join(folder, 'locked-'));
    chmodSync(locked, 0);
    await expect(write(join(locked, 'web.db'), () => undefined, { apart })).rejects.toMatchObject({
      code: 'cannot-write',
    });
  });

  it('a file that came to be during the run is not overwritten', async () => {
    const file = fresh();
    await expect(write(file, () => writeFileSync(file, 'mine'), { apart })).rejects.toMatchObject({
      code: 'output-changed',
    });
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect(left(file)).toEqual(['web.db']);
  });
});

describe('appending', () => {
  it('joins what was written in the thread that analyses, too', async () => {
    const file = fresh();
    await write(file, (sink) => connection(sink), { apart: false });
    const { connections } = await written(file, (sink) => connection(sink), { mode: 'append', apart: false });
    expect(connections.map(({ id }) => id)).toEqual([1, 2]);
  });

  it("keeps Zeek's histories once each, with the connections that have them", async () => {
    const file = fresh();
    type History = Omit<ZeekHistoryRow, 'id'>;
    const SF: History = { connState: 'SF', history: 'ShAFf' };
    const S0: History = { connState: 'S0', history: 'S' };
    const odd: History = { connState: 'OTH', history: null };
    const fill = (histories: readonly History[]) => (sink: RowSink) => {
      histories.forEach((history, i) => {
        sink.zeekHistory({ id: i + 1, ...history });
        connection(sink, { id: i + 1, first_rel: i, outcome: 5 + (i + 1) * 2 * 2 ** ZEEK_SHIFT });
      });
      connection(sink, { id: 9, first_rel: 9, outcome: 5 });
      append(sink, ZEEK_CONN_ROW, {
        ...{ id: 9 * 2 ** 20, connection_id: 9, part: 0, history: 1, first_rel: 9, lasted_span: 0 },
        ...{ orig_address: sink.addressId(4, 2), resp_address: sink.addressId(4, 1), ports: 443 * 65_536 + 40_000 },
        ...{ orig_packets: 1, resp_packets: 0, orig_bytes: 0, resp_bytes: 0 },
      });
    };
    await write(file, fill([SF, odd]));
    const both = await written(file, fill([S0, odd, SF]), { mode: 'append', epochNs: EPOCH_NS + 1_000n });
    const seen = both.query('SELECT uid, id_orig_p, conn_state, history FROM zeek_conn ORDER BY length(uid), uid');
    expect(seen.map((row) => Object.values(row).join(' '))).toEqual([
      'C1 40000 SF ShAFf',
      'C2 40000 OTH ',
      'C10 40000 S0 S',
      'C11 40000 OTH ',
      'C12 40000 SF ShAFf',
      'C9.0 443 SF ShAFf',
      'C18.0 443 S0 S',
    ]);
    expect(both.query('SELECT count(*) AS n FROM zeek_history')).toEqual([{ n: 3 }]);
    expect(both.query('SELECT DISTINCT outcome & 4294967295 AS low FROM connection_row')).toEqual([{ low: 5 }]);
  });

  it('adds a recording with ids that go on, times of its own epoch, addresses once, and nothing joined', async () => {
    const file = fresh();
    const fill = (sink: RowSink): void => {
      connection(sink, { id: 1, client_fin_past: 3, client_fin_rel: 10 });
      connection(sink, { id: 2, server_address: sink.addressId(4, 3) });
      extra(sink, { id: 2, incarnation: 2 });
      sink.finding(FINDING);
    };
    await write(file, fill);
    const years = 3n * 365n * 86_400_000_000_000n;
    const both = await written(file, fill, { mode: 'append', epochNs: EPOCH_NS + years + 1n });
    expect(both.connections).toMatchObject([
      { id: 1, first_ns: EPOCH_NS, capture_id: 1, client_fin_frame: 4, client_fin_ns: EPOCH_NS + 10n },
      { id: 2, incarnation: 2, server_ip: '10.0.0.3' },
      {
        id: 3,
        first_ns: EPOCH_NS + years + 1n,
        capture_id: 2,
        client_fin_frame: 4,
        client_fin_ns: EPOCH_NS + years + 11n,
        server_fin_ns: null,
      },
      { id: 4, incarnation: 2, server_ip: '10.0.0.3' },
    ]);
    expect(both.captures).toMatchObject([
      { id: 1, recording_id: 1 },
      { id: 2, recording_id: 2 },
    ]);
    expect(both.query('SELECT count(*) AS n FROM address')).toEqual([{ n: 3 }]);
    expect(both.findings).toMatchObject([
      { id: 1, connection_id: 1, capture_id: 1, at_ns: EPOCH_NS + 5n },
      {
        id: 2,
        connection_id: 3,
        capture_id: 2,
        at_ns: EPOCH_NS + years + 6n,
        evidence: '{"connection_id":3,"isn_delta":-3}',
      },
    ]);
    expect(both.query('SELECT first_connection_id AS first FROM recordings')).toEqual([{ first: 1 }, { first: 3 }]);
    expect(both.query('PRAGMA foreign_key_check')).toEqual([]);
    expect(left(file)).toEqual(['web.db']);
  });

  it('moves the ids, frames and times of every table that names a connection', async () => {
    const file = fresh();
    const fill = (sink: RowSink): void => {
      connection(sink, { id: 1 });
      connection(sink, { id: 2 });
      const [source_address, destination_address] = [sink.addressId(4, 1), sink.addressId(4, 3)];
      const numbers = { isn: 9, previous_final_seq: 7, tsval: 5, previous_tsval: -1, window: 500, facts: 1 };
      append(sink, TUPLE_REUSE_ROW, { id: 2, previous_connection_id: 1, age_span: 1e9, ...numbers });
      const syn = { syn_at: 2 ** 32 + 6, syn_rel: 30, tsval: 5 };
      append(sink, RECYCLE_DROP_ROW, { id: 1, connection_id: 2, ...syn, remembered_tsval: 8 });
      append(sink, CLOCK_SAMPLE_ROW, { id: 1, source_address, destination_address, syn_rel: 30, tsval: 5, clock: 1 });
      const samples = { from_rel: 0, step_span: 1e9, samples: 2, address: destination_address };
      append(sink, TIME_WAIT_CENSUS_ROW, { id: 1, ...samples, time_wait: 3 });
    };
    await write(file, fill);
    const both = await written(file, fill, { mode: 'append', epochNs: EPOCH_NS + 100n });
    const reuse = { age_span: 1e9, isn: 9, previous_final_seq: 7, tsval: 5, previous_tsval: -1, window: 500, facts: 1 };
    expect(both.query('SELECT * FROM tuple_reuse_row ORDER BY id')).toEqual([
      { id: 2, previous_connection_id: 1, ...reuse },
      { id: 4, previous_connection_id: 3, ...reuse },
    ]);
    expect(both.query('SELECT * FROM tw_recycle_drop_row ORDER BY id')).toEqual([
      { id: 1, connection_id: 2, syn_at: 2 ** 32 + 6, syn_rel: 30, tsval: 5, remembered_tsval: 8 },
      { id: 2, connection_id: 4, syn_at: 2 * 2 ** 32 + 6, syn_rel: 130, tsval: 5, remembered_tsval: 8 },
    ]);
    const ips = 's.ip AS source, d.ip AS destination';
    const join = 'JOIN address AS s ON s.id = source_address JOIN address AS d ON d.id = destination_address';
    expect(both.query(`SELECT c.id, ${ips}, syn_rel, clock FROM clock_sample_row AS c ${join} ORDER BY c.id`)).toEqual([
      { id: 1, source: '10.0.0.1', destination: '10.0.0.3', syn_rel: 30, clock: 1 },
      { id: 2, source: '10.0.0.1', destination: '10.0.0.3', syn_rel: 130, clock: 1 },
    ]);
    expect(both.query('SELECT id, from_rel, address, time_wait FROM time_wait_census_row ORDER BY id')).toMatchObject([
      { id: 1, from_rel: 0, time_wait: 3 },
      { id: 2, from_rel: 100, time_wait: 3 },
    ]);
    expect(both.query('PRAGMA foreign_key_check')).toEqual([]);
  });

  it('to nothing makes a new database', async () => {
    const { connections } = await written(fresh(), (sink) => connection(sink), { mode: 'append' });
    expect(connections).toHaveLength(1);
  });

  it('to something else is refused, and it stays as it is', async () => {
    const file = fresh();
    writeFileSync(file, 'mine');
    await expect(write(file, (sink) => connection(sink), { mode: 'append' })).rejects.toMatchObject({
      name: 'StoreError',
    });
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect(left(file)).toEqual(['web.db']);
    expect(existsSync(file)).toBe(true);
  });
});

describe('the layout of connection rows', () => {
  it('begins with the id, as every table does', () => {
    expect(CONNECTION_ROW.columns[0]).toBe('id');
  });
});
