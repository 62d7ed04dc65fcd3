import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { HAS_TCPDUMP, WITHOUT_TCPDUMP } from '../filter/support/tcpdump.js';
import { temporaryFolder } from '../store/support/write.js';
import { sample, tcpclose } from './support/program.js';

const folder = temporaryFolder();
const CAPTURE = sample('nat-several-clocks.pcap');
const SYNS = 'tcp[tcpflags] & (tcp-syn|tcp-ack) = tcp-syn';

function analyze(output: string, capture: string, ...more: string[]) {
  return tcpclose(folder, ['analyze', capture, '-o', output, '--force', ...more]);
}

function rows(output: string, sql: string): unknown[] {
  const db = new Database(join(folder, output), { readonly: true });
  try {
    return db.prepare(sql).raw().all();
  } finally {
    db.close();
  }
}

describe('analyze --filter', () => {
  it('counts what it left out, so that every packet of the capture is counted somewhere', () => {
    const { status, stdout } = analyze('syns.db', CAPTURE, '--filter', SYNS);
    expect(status).toBe(0);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(`99 left out by --filter '${SYNS}', all of TCP`);
    const [[packets, tcp, other]] = rows(
      'syns.db',
      'SELECT packets, tcp_packets, (SELECT sum(packets) FROM undecoded) FROM captures',
    ) as [[number, number, number]];
    expect(tcp).toBe(10);
    expect(tcp + other).toBe(packets);
    expect(rows('syns.db', "SELECT value FROM meta WHERE key IN ('filter', 'packets_left_out') ORDER BY key")).toEqual([
      [SYNS],
      [String(other)],
    ]);
  });

  it('refuses an expression that it cannot read, points at the place, and leaves no database', () => {
    const { status, stdout, stderr } = analyze('none.db', CAPTURE, '--filter', 'port 80 andd host 10.0.0.1');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr.split('\n').slice(1, 3)).toEqual(['  port 80 andd host 10.0.0.1', '          ^^^^']);
    expect(() => rows('none.db', 'SELECT 1')).toThrow();
  });

  it.skipIf(!HAS_TCPDUMP)(`finds what it would find in what tcpdump keeps (${WITHOUT_TCPDUMP})`, () => {
    const kept = join(folder, 'kept.pcap');
    expect(spawnSync('tcpdump', ['-r', CAPTURE, '-w', kept, SYNS]).status).toBe(0);
    analyze('own.db', CAPTURE, '--filter', SYNS);
    analyze('kept.db', kept);
    const sql = 'SELECT client_ip, client_port, server_port, first_ns, close, client_isn FROM connections ORDER BY id';
    expect(rows('own.db', sql)).toEqual(rows('kept.db', sql));
    expect(rows('own.db', sql)).toHaveLength(10);
  });

  it('keeps the frame numbers of the capture', () => {
    analyze('frames.db', CAPTURE, '--filter', SYNS);
    const frames = rows('frames.db', 'SELECT first_frame FROM connections ORDER BY id').flat() as number[];
    expect(Math.max(...frames)).toBeGreaterThan(10);
  });
});
