import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { createEngine } from '../../src/detect/engine.js';
import { capture, established, interleave } from '../support/conversation.js';
import { sample } from '../cli/support/program.js';
import { readFile } from '../capture/support/reading.js';
import { analyzed, extracted, hasTshark, sequenceNumbers, tshark } from './support/extracting.js';

const A = `${established().sends('client', 100).closedBy('server')}`;
const B = `${established({ client: '192.0.2.9:41000', clientIsn: 7000, serverIsn: 9000, at: 0.001 }).sends('client', 50)}`;
const udp = '0.0005 raw ffffffffffff0000000000010800450000200000400040110000c0000201c633640700350035000c0000';

describe('the packets of a connection', () => {
  it('are those of its addresses and ports, and no others', async () => {
    const frames = interleave(A, B, udp);
    const database = await analyzed({ 'a.pcap': capture(frames) });
    const { packets, reading, damages, notes } = await extracted(database, { ids: [2] });
    expect({ packets, damages, notes }).toEqual({ packets: 5, damages: [], notes: [] });
    expect(sequenceNumbers(reading)).toEqual([7000, 9000, 7001, 7001, 9001]);
  });

  it('come octet for octet, with their times and lengths, also those that the snap length cut', async () => {
    const octets = capture(A, { format: 'pcap-ns', snaplen: 60 });
    const database = await analyzed({ 'a.pcap': octets });
    const { reading, path } = await extracted(database, { ids: [1] });
    const before = await readFile(join(database.folder, 'a.pcap'));
    const shape = ({ records, epochNs }: typeof before) => ({ records, epochNs });
    expect(shape(await readFile(path))).toEqual(shape(before));
    expect(reading.facts.snaplen).toBe(60);
  });

  it('keep their order and interface where several files, compressed or not, are one recording', async () => {
    const at = (seconds: number, text: string) =>
      interleave(text).filter((f) => Math.floor(f.timeNs / 1e9) === seconds);
    const long = `${established()}\n1.0 A > B P. 1001:1101(100) ack 5001\n2.0 A > B P. 1101:1201(100) ack 5001 if 1`;
    const database = await analyzed({
      'c.pcap': capture(at(0, long)),
      'b.pcap.gz': gzipSync(capture(at(1, long), { format: 'pcap-be' })),
      'a.pcapng': capture(at(2, long), { format: 'pcapng-be', snaplen: 500 }),
    });
    const { reading } = await extracted(database, { where: 'client_packets = 4' });
    expect(sequenceNumbers(reading)).toEqual([1000, 5000, 1001, 1001, 1101]);
    expect(reading.records.map(({ interfaceId }) => interfaceId)).toEqual([0, 0, 0, 1, 2]);
    expect(reading.records.map(({ timeNs }) => Math.floor(timeNs / 1e9))).toEqual([0, 0, 0, 1, 2]);
  });

  it('do not end where a file ends', async () => {
    const frames = interleave(A);
    const database = await analyzed({ '1.pcap': capture(frames.slice(0, 4)), '2.pcap': capture(frames.slice(4)) });
    expect((await extracted(database, { ids: [1] })).packets).toBe(frames.length);
  });

  it('go along with the copies that the capture made of them, up to the last packet', async () => {
    const database = await analyzed({
      'a.pcap': capture(
        A.split('\n')
          .flatMap((line) => (line.includes('>') ? [line, '+0.0001 copy'] : [line]))
          .join('\n'),
      ),
    });
    const { packets, damages } = await extracted(database, { ids: [1] });
    expect({ packets, damages }).toEqual({ packets: 2 * interleave(A).length - 1, damages: [] });
  });

  it('are told apart where the connection left memory for want of it, and went on', async () => {
    const others = [1, 2, 3].map((n) => established({ client: `192.0.2.1${n}:40000`, at: n }));
    const database = await analyzed(
      {
        '1.pcap': capture(`${established()}`),
        '2.pcap': capture(interleave(...others.map(String))),
        '3.pcap': capture(interleave('A = 192.0.2.1:40000 B = 198.51.100.7:443\n5.0 A > B P. 1001:1101(100) ack 5001')),
      },
      {
        engine: (options, sink, addresses) => createEngine({ ...options, maxRecordBytes: 2000 }, sink, addresses),
      },
    );
    const before = await extracted(database, { ids: [1] });
    const after = await extracted(database, { where: "roles = 'guessed'" });
    expect(sequenceNumbers(before.reading)).toEqual([1000, 5000, 1001]);
    expect(sequenceNumbers(after.reading)).toEqual([1001]);
  });

  it('are told from those of the next connection on the same addresses and ports, also where they overlap', async () => {
    const database = await analyzed({ 'a.pcap': readFileSync(sample('time-wait-challenged.pcap')) });
    // The challenge ACKs of connection 7 lie between the SYNs of connection 8.
    const [old, attempt, both] = [
      await extracted(database, { ids: [7] }),
      await extracted(database, { ids: [8] }),
      await extracted(database, { ids: [7, 8] }),
    ];
    expect(both.packets).toBe(old.packets + attempt.packets);
    expect(attempt.notes[0]).toMatch(
      /packets of the same addresses and ports between its first and last belong to other connections and are left out/,
    );
    expect([old, attempt, both].map(({ damages }) => damages)).toEqual([[], [], []]);
    expect(both.notes).toEqual([]);
  });

  it('are told apart also where the connection whose TIME_WAIT they met began in a file before, if that is still there', async () => {
    const old = established({ clientIsn: 1_000_000, serverIsn: 5_000_000 }).closedBy('server');
    const { client, server } = old.next;
    const frames = interleave(
      `${old}\n2.000 A > B S ${client - 1000}\n2.010 B > A . ${server} ack ${client} id 0\n3.000 A > B S ${client - 1000}`,
    );
    const ring = { '1.pcap': capture(frames.slice(0, -3)), '2.pcap': capture(frames.slice(-3)) };
    const { packets, damages, reading } = await extracted(await analyzed(ring), { ids: [2] });
    expect({ packets, damages }).toEqual({ packets: 2, damages: [] });
    expect(sequenceNumbers(reading)).toEqual([client - 1000, client - 1000]);

    const overwritten = await analyzed(ring);
    renameSync(join(overwritten.folder, '1.pcap'), join(overwritten.folder, 'gone'));
    const left = await extracted(overwritten, { ids: [2] });
    expect(left.packets === 2 || left.damages.length > 0).toBe(true);
  });

  it('of a finding are also those of the connection that its evidence names', async () => {
    const database = await analyzed({ 'a.pcap': readFileSync(sample('time-wait-challenged.pcap')) });
    const byFinding = await extracted(database, { findings: [3] });
    const byIds = await extracted(database, { ids: [7, 8] });
    expect(byFinding.reading.records).toEqual(byIds.reading.records);
  });

  it('are those that a filter let through, where the analysis had one', async () => {
    const database = await analyzed({ 'a.pcap': capture(A) }, { filter: 'tcp[tcpflags] & tcp-fin == 0' });
    const { damages, packets } = await extracted(database, { ids: [1] });
    expect({ damages, packets }).toEqual({
      damages: [],
      packets: interleave(A).filter((f) => 'raw' in f || (f.flags & 1) === 0).length,
    });
  });
});

describe.runIf(hasTshark)('tshark (skipped where it is not installed)', () => {
  it.each([
    'ipv6.pcap',
    'reset-injected.pcapng',
    'reset-half-open.pcap',
    'client-closes-first.pcap',
    'paws-rejected.pcap',
  ])('reads all connections of %s, frame for frame as they were', async (name) => {
    const database = await analyzed({ [name]: readFileSync(sample(name)) });
    const { path } = await extracted(database, { where: '1' });
    const fields = ['frame.time_epoch', 'frame.len', 'frame.cap_len', 'tcp.seq_raw', 'tcp.flags'];
    const segments = (file: string) => tshark(file, ...fields).filter((frame) => frame[3] !== '');
    expect(segments(path)).toEqual(segments(sample(name)));
  });

  it('shows the verdicts as comments on the frames that decide them', async () => {
    const database = await analyzed({ 'a.pcap': readFileSync(sample('reset-unread-data.pcap')) });
    const { path } = await extracted(database, { ids: [3] });
    const commented = tshark(path, 'tcp.flags', 'frame.comment').filter(([, text]) => text !== '');
    expect(commented).toEqual([
      ['0x0011', expect.stringContaining('connection 3 was closed first by the client (certain)')],
      ['0x0014', expect.stringContaining('reset by the server, cause unread-data')],
    ]);
    expect(commented[1]?.[1]).toContain('[frame 39 of a.pcap; frame numbers are those of that file]');
  });

  it('shows who closed first on the FIN that acknowledges the one that was not captured', async () => {
    const oneWay = `${established().sends('client', 9).closedBy('server')}`.replaceAll(/^.*B > A.*$/gm, '');
    const { path } = await extracted(await analyzed({ 'a.pcap': capture(oneWay) }), { ids: [1] });
    const commented = tshark(path, 'tcp.flags', 'frame.comment').filter(([, text]) => text !== '');
    expect(commented).toEqual([['0x0011', expect.stringContaining('connection 1 was closed first by the server')]]);
  });
});

describe('a capture', () => {
  it('that moved is found by its name in another folder', async () => {
    const database = await analyzed({ 'a.pcap': capture(A) });
    const moved = join(database.folder, 'archive');
    mkdirSync(moved);
    renameSync(join(database.folder, 'a.pcap'), join(moved, 'a.pcap'));
    await expect(extracted(database, { ids: [1] })).rejects.toThrow(
      /a\.pcap: this capture is not there any more.*--captures DIR/,
    );
    expect((await extracted(database, { ids: [1] }, moved)).packets).toBe(interleave(A).length);
  });

  it('that moved beside the database is found', async () => {
    const database = await analyzed({ 'deep/a.pcap': capture(A) });
    renameSync(join(database.folder, 'deep/a.pcap'), join(database.folder, 'a.pcap'));
    expect((await extracted(database, { ids: [1] })).packets).toBe(interleave(A).length);
  });

  it('is told from another of the same name by what is in it', async () => {
    const database = await analyzed({ 'x/a.pcap': capture(A), 'y/a.pcap': capture(`${established({ at: 100 })}`) });
    const all = join(database.folder, 'all');
    mkdirSync(all);
    renameSync(join(database.folder, 'x'), join(all, 'x'));
    renameSync(join(database.folder, 'y'), join(all, 'y'));
    expect((await extracted(database, { where: '1' }, all)).packets).toBe(interleave(A).length + 3);
  });

  it('that has grown since is refused by its size', async () => {
    const database = await analyzed({ 'a.pcap': capture(A) });
    appendFileSync(join(database.folder, 'a.pcap'), 'more');
    await expect(extracted(database, { ids: [1] })).rejects.toMatchObject({
      code: 'capture-changed',
      message: expect.stringMatching(/it had \d+ octets then and has \d+ now/) as string,
    });
  });

  it('of the same size with other packets is refused by its first octets', async () => {
    const database = await analyzed({ 'a.pcap': capture(A) });
    writeFileSync(join(database.folder, 'a.pcap'), capture(A, { startSeconds: 1_600_000_000 }));
    await expect(extracted(database, { ids: [1] })).rejects.toMatchObject({ code: 'capture-changed' });
  });

  it('that came through standard input cannot be read again, and that is said', async () => {
    const database = await analyzed({ 'a.pcap': capture(A) });
    const db = new Database(database.database);
    db.exec("UPDATE captures SET path = '-'");
    db.close();
    await expect(extracted(database, { ids: [1] })).rejects.toMatchObject({ code: 'from-stdin' });
  });

  it('whose damage the analysis knew gives the packets before it', async () => {
    const octets = capture(A);
    const database = await analyzed({ 'a.pcap': octets.subarray(0, octets.length - 5) });
    const { packets, damages } = await extracted(database, { ids: [1] });
    expect({ packets, damages }).toEqual({ packets: interleave(A).length - 1, damages: [] });
  });
});

it('a database that counts more packets than are found is told', async () => {
  const database = await analyzed({ 'a.pcap': capture(A) });
  const db = new Database(database.database);
  db.exec('UPDATE connection_row SET client_packets = client_packets + 1');
  db.close();
  const { damages } = await extracted(database, { ids: [1] });
  expect(damages).toEqual([
    expect.stringMatching(/^connection 1: the analysis counted \d+ packets, and \d+ were found now\.$/),
  ]);
});
