import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { LEAST_MEMORY } from '../../src/analyze.js';
import { createEngine } from '../../src/detect/engine.js';
import { EVICTED_NOTE } from '../../src/flow/vocabulary.js';
import { summarize } from '../../src/report/summary.js';
import { summaryText } from '../../src/report/text.js';
import type { Analysis, Row } from '../support/analysis.js';
import { capture, parseConversation } from '../support/conversation.js';
import { analyzeCaptures, analyzeFiles, type Run, type RunOptions } from '../support/run.js';

const SAMPLES = fileURLToPath(new URL('../../samples', import.meta.url));

/** Memory for so many connections without rare facts. */
const roomFor = (connections: number): RunOptions => ({
  engine: (options, sink, addresses) =>
    createEngine({ ...options, maxRecordBytes: connections * 576 }, sink, addresses),
});

const ends = (client: number): string => `A = 192.0.2.${client}:40000   B = 198.51.100.7:443\n`;
const handshake = (client: number, at: number): string => `${ends(client)}
${at}.000 A > B S   1000:1000(0)
${at}.001 B > A S.  5000:5000(0) ack 1001
${at}.002 A > B .   1001:1001(0) ack 5001
`;
const data = (client: number, at: number): string => `${ends(client)}
${at}.000 A > B P.  1001:1011(10) ack 5001
${at}.001 B > A .   5001:5001(0) ack 1011
`;
/** `seq`: what the client sends next. */
const firstFin = (client: number, at: number, seq = 1001): string => `${ends(client)}
${at}.000 A > B F.  ${seq}:${seq}(0) ack 5001
${at}.001 B > A .   5001:5001(0) ack ${seq + 1}
`;
const close = (client: number, at: number, seq = 1001): string => `${firstFin(client, at, seq)}
${at}.002 B > A F.  5001:5001(0) ack ${seq + 1}
${at}.003 A > B .   ${seq + 1}:${seq + 1}(0) ack 5002
`;

/** Each part is a capture of its own, for room is made between batches. */
const follow = (parts: readonly string[], options: RunOptions = {}): Promise<Run> =>
  analyzeCaptures(
    parts.map((part) => capture(parseConversation(part))),
    options,
  );

const ofClient = ({ analysis }: Run, client: number): Row[] =>
  analysis.connections.filter((c) => c.client_ip === `192.0.2.${client}`);

function summaryOf({ analysis }: Run): string {
  const { database } = analysis;
  database.defaultSafeIntegers(false);
  const text = summaryText(summarize(database, 'x.db'));
  database.defaultSafeIntegers();
  return text;
}

/** All that the database says, but for what the run was told and when it was. */
function contents({ database }: Analysis): Record<string, unknown[]> {
  const tables = database
    .prepare<[], string>(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('meta', 'recordings')`)
    .pluck()
    .all();
  return Object.fromEntries(
    tables.map((name) => [
      name,
      database
        .prepare<[], Record<string, unknown>>(`SELECT * FROM "${name}"`)
        .all()
        .map((row) => (name === 'captures' || 'path' in row ? { ...row, path: null } : row)),
    ]),
  );
}

describe('where connections may take no more memory', () => {
  it('the longest silent ones are written out, and marked', async () => {
    const run = await follow(
      [handshake(1, 0), handshake(2, 1), handshake(3, 2), data(1, 3), handshake(4, 4), close(4, 5)],
      roomFor(3),
    );
    expect(
      run.analysis.connections.map((c) => [c.client_ip, c.close, c.closed_first_confidence, c.close_note]),
    ).toEqual([
      ['192.0.2.1', 'open', 'unknown', null], // heard of again just before
      ['192.0.2.2', 'open', 'unknown', EVICTED_NOTE],
      ['192.0.2.3', 'open', 'unknown', EVICTED_NOTE],
      ['192.0.2.4', 'fin', 'certain', null],
    ]);
  });

  it('a whole sentence, meta and the summary say how many, and how to avoid it', async () => {
    const run = await follow(
      [1, 2, 3, 4].map((client) => handshake(client, client)),
      roomFor(3),
    );
    expect(run.notes).toHaveLength(1);
    expect(run.notes[0]).toMatch(/2 connections left memory before the end, and close_note says so\..*editcap/s);
    expect(run.damages).toEqual([]);
    expect(run.analysis.query("SELECT key, value FROM meta WHERE key LIKE 'evicted%' ORDER BY key")).toEqual([
      { key: 'evicted_after_their_end', value: '0' },
      { key: 'evicted_connections', value: '2' },
    ]);
    expect(summaryOf(run)).toContain('left memory (--max-memory): 2 before the end');
  });

  it('what comes later of one is another incarnation, with its own number', async () => {
    const run = await follow(
      [handshake(1, 0), handshake(2, 1), handshake(3, 2), handshake(4, 3), data(1, 4), close(1, 5, 1011)],
      roomFor(3),
    );
    expect(ofClient(run, 1).map((c) => [c.incarnation, c.roles, c.handshake, c.close, c.close_note])).toMatchObject([
      [1, 'syn', 'complete', 'open', EVICTED_NOTE],
      [2, 'guessed', 'none', 'fin', null],
    ]);
  });

  it('what comes later is no stray segment: the capture holds its connection', async () => {
    const parts = [
      handshake(1, 0),
      handshake(2, 1),
      handshake(3, 2),
      handshake(4, 3),
      `${ends(1)}100.0 A > B P. 1001:1011(10) ack 5001\n100.1 B > A R 5001:5001(0)\n`,
      handshake(5, 200),
      `A = 192.0.2.77:40000   B = 198.51.100.7:443\n200.1 A > B P. 1:11(10) ack 5\n200.2 B > A R 5:5(0)\n`,
    ];
    const run = await follow(parts, roomFor(3));
    expect(ofClient(run, 1)).toHaveLength(2);
    const strays = run.analysis.findings.filter((finding) => finding.kind === 'stray');
    expect(strays.map((finding) => finding.connection_id)).toEqual([ofClient(run, 77)[0]?.id]);
  });

  it('who closed first is a level less sure of one that was half-closed, and nobody is said to wait to the end', async () => {
    const parts = [handshake(1, 0) + firstFin(1, 1), handshake(2, 100), handshake(3, 101), handshake(4, 102)];
    const [whole, capped] = [await follow(parts), await follow(parts, roomFor(3))];
    expect(ofClient(whole, 1)).toMatchObject([
      { close: 'half-closed', closed_first: 'client', closed_first_confidence: 'certain', close_note: null },
    ]);
    expect(ofClient(capped, 1)).toMatchObject([
      { close: 'half-closed', closed_first: 'client', closed_first_confidence: 'strong', close_note: EVICTED_NOTE },
    ]);
    const told = ({ analysis }: Run) => analysis.findings.find((finding) => finding.kind === 'close-wait');
    expect(told(whole)).toMatchObject({ confidence: 'strong' });
    expect(told(whole)?.summary).toContain('until the capture ends');
    expect(told(capped)).toMatchObject({ confidence: 'likely' });
    expect(told(capped)?.summary).toContain('left memory then (--max-memory)');
    expect(told(capped)?.summary).not.toContain('until the capture ends');
  });

  it('one that had ended is not marked, only counted: its row is whole', async () => {
    const run = await follow(
      [handshake(1, 0) + close(1, 1), handshake(2, 2), handshake(3, 3), handshake(4, 4)],
      roomFor(3),
    );
    expect(ofClient(run, 1)).toMatchObject([{ close: 'fin', closed_first_confidence: 'certain', close_note: null }]);
    expect(run.notes[0]).toContain('1 that had ended left early');
  });

  it('every SYN of a flood that was let go is marked, one row each', async () => {
    const syns = (from: number, at: number): string =>
      Array.from(
        { length: 100 },
        (_, i) =>
          `A = 192.0.2.${i}:${from}   B = 198.51.100.7:443\n${at}.${String(i).padStart(3, '0')} A > B S ${i}:${i}(0)\n`,
      ).join('');
    const parts = [1, 2, 3, 4, 5].map((n) => syns(20000 + n, 2 * n));
    const run = await follow(parts, roomFor(30));
    const { connections } = run.analysis;
    expect(connections).toHaveLength(500);
    expect(new Set(connections.map((c) => c.close))).toEqual(new Set(['unanswered']));
    const marked = connections.filter((c) => c.close_note === EVICTED_NOTE).length;
    expect(marked).toBeGreaterThan(300);
    expect(run.analysis.query("SELECT value FROM meta WHERE key = 'evicted_connections'")).toEqual([
      { value: String(marked) },
    ]);
  });

  it('an older incarnation goes before the one after it, whichever was heard last', async () => {
    const reuse = `${ends(1)}
2.000 A > B S   900000:900000(0)
2.001 B > A S.  700000:700000(0) ack 900001
2.002 A > B .   900001:900001(0) ack 700001
`;
    const late = `${ends(1)}\n5.000 B > A F.  5001:5001(0) ack 1002\n`;
    const run = await follow(
      [
        handshake(1, 0) + close(1, 1),
        reuse,
        handshake(2, 4),
        late,
        handshake(3, 6),
        handshake(4, 7),
        handshake(5, 8),
        data(1, 9),
      ],
      roomFor(4),
    );
    const incarnations = ofClient(run, 1).map((c) => c.incarnation);
    expect(incarnations).toEqual(incarnations.map((_, i) => i + 1));
  });

  it('the others are judged as ever: samples one after another, with next to no room', async () => {
    const files = fs
      .readdirSync(SAMPLES)
      .filter((name) => /\.pcap(ng)?$/.test(name))
      .map((name) => path.join(SAMPLES, name));
    const [whole, capped] = [await analyzeFiles(files), await analyzeFiles(files, roomFor(1))];
    // Ids and incarnations of what comes after an eviction may differ; frames do not.
    const place = (c: Row) => `${c.capture_id}/${c.first_frame} to ${c.last_capture_id}/${c.last_frame}`;
    const judged = (c: Row) => ({ ...c, id: null, incarnation: null });
    const before = new Map(whole.analysis.connections.map((c) => [place(c), judged(c)]));
    const same = capped.analysis.connections.filter((c) => c.close_note !== EVICTED_NOTE && before.has(place(c)));
    expect(same.length).toBeGreaterThan(20);
    for (const c of same) expect(judged(c)).toEqual(before.get(place(c)));
  });
});

describe('where there is memory enough', () => {
  it('the database is the same with the cap and without', async () => {
    const parts = [handshake(1, 0), handshake(2, 1) + firstFin(2, 2), handshake(3, 3) + close(3, 4), data(1, 5)];
    const [whole, capped] = [await follow(parts), await follow(parts, { maxMemory: LEAST_MEMORY })];
    expect(contents(capped.analysis)).toEqual(contents(whole.analysis));
    expect(capped.notes).toEqual([]);
    expect(capped.analysis.query("SELECT value FROM meta WHERE key = 'max_memory'")).toEqual([
      { value: String(LEAST_MEMORY) },
    ]);
  });

  it('the summary does not speak of it', async () => {
    const run = await follow([handshake(1, 0)], { maxMemory: LEAST_MEMORY });
    expect(summaryOf(run)).not.toContain('memory');
  });

  it('a cap below what the program takes by itself is refused', async () => {
    await expect(follow([handshake(1, 0)], { maxMemory: LEAST_MEMORY - 1 })).rejects.toThrow(/too little.*Give 448M/);
  });
});
