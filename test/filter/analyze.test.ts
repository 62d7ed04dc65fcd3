import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Analysis, Row } from '../support/analysis.js';
import { analyzeCaptures, analyzeFiles } from '../support/run.js';
import { capture } from '../support/conversation.js';
import { sample, tcpclose } from '../cli/support/program.js';
import { HAS_TCPDUMP } from './support/tcpdump.js';

const folder = mkdtempSync(join(tmpdir(), 'tcpclose-filtered-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Text of a screen as one line. */
const flat = (text: string): string => text.replace(/\s+/g, ' ');

/** Two connections that close, by different ends, and a datagram. */
const MIXED = capture(`
  A = 192.0.2.1:40000     B = 198.51.100.7:443     C = 192.0.2.2:40001
  0.000  A > B  S   1000:1000(0)           win 65535
  0.001  C > B  S   3000:3000(0)           win 65535
  0.010  B > A  S.  5000:5000(0) ack 1001  win 65535
  0.011  B > C  S.  7000:7000(0) ack 3001  win 65535
  0.012  raw 00005e005301 00005e005302 0800 4500001c000000004011 0000 c0000201 c6336407 0035 0035 0008 0000
  0.020  A > B  .   1001:1001(0) ack 5001
  0.021  C > B  .   3001:3001(0) ack 7001
  1.000  A > B  F.  1001:1001(0) ack 5001
  1.001  B > C  F.  7001:7001(0) ack 3001
  1.010  B > A  F.  5001:5001(0) ack 1002
  1.011  C > B  F.  3001:3001(0) ack 7002
  1.020  A > B  .   1002:1002(0) ack 5002
  1.021  B > C  .   7002:7002(0) ack 3002
`);

describe('analyze with a filter', () => {
  it('tells of the connections that it lets through, with the frame numbers of the file', async () => {
    const { analysis } = await analyzeCaptures([MIXED], { filter: 'host 192.0.2.2' });
    expect(analysis.connections).toMatchObject([
      {
        client_ip: '192.0.2.2',
        close: 'fin',
        closed_first: 'server',
        first_frame: 2,
        server_fin_frame: 9,
        last_frame: 13,
      },
    ]);
  });

  it('accounts for every packet, and says what it left out', async () => {
    const { analysis } = await analyzeCaptures([MIXED], { filter: 'port 40000 or udp' });
    expect(analysis.captures).toMatchObject([{ packets: 13, tcp_packets: 6, undecoded_packets: 0 }]);
    expect(analysis.query('SELECT reason, packets, undecided FROM undecoded ORDER BY reason')).toEqual([
      { reason: 'left-out-by-filter', packets: 6, undecided: 0 },
      { reason: 'udp', packets: 1, undecided: 0 },
    ]);
    expect(analysis.query("SELECT value FROM meta WHERE key IN ('filter', 'packets_left_out') ORDER BY key")).toEqual([
      { value: 'port 40000 or udp' },
      { value: '6' },
    ]);
  });

  it('says that there was none where there was none', async () => {
    const { analysis } = await analyzeCaptures([MIXED]);
    expect(analysis.query("SELECT key, value FROM meta WHERE key IN ('filter', 'packets_left_out')")).toEqual([
      { key: 'filter', value: null },
      { key: 'packets_left_out', value: '0' },
    ]);
  });

  it('gives the capture the times of all its packets', async () => {
    const all = (await analyzeCaptures([MIXED])).analysis.captures[0];
    const some = (await analyzeCaptures([MIXED], { filter: 'host 192.0.2.2' })).analysis.captures[0];
    expect([some!['first_ns'], some!['last_ns']]).toEqual([all!['first_ns'], all!['last_ns']]);
  });

  it('that can cut connections is told as such in the summary, of analyze and of report', () => {
    const file = sample('time-wait-challenged.pcap');
    const args = ['analyze', file, '-o', 'told.db', '--filter', 'tcp[13] & 7 != 0'];
    const { status, stdout } = tcpclose(folder, args);
    expect(status).toBe(0);
    expect(flat(stdout)).toContain(
      "88 packets, 49 left out by --filter 'tcp[13] & 7 != 0', all of TCP; segments of a connection that were left out count as",
    );
    expect(tcpclose(folder, ['report', 'told.db']).stdout).toBe(stdout);
    expect(JSON.parse(tcpclose(folder, ['report', 'told.db', '--format', 'json']).stdout)).toMatchObject({
      input: { packets: 88, leftOutPackets: 49, filters: [{ expression: 'tcp[13] & 7 != 0', cutsConnections: true }] },
    });
  });

  it('of each of several recordings is told', () => {
    const add = (filter: string[]): number =>
      tcpclose(folder, ['analyze', sample('refused.pcap'), '-o', 'two.db', '--append', '--quiet', ...filter]).status ??
      -1;
    expect([add(['--filter', 'tcp']), add([]), add(['--filter', 'host 192.0.2.1'])]).toEqual([0, 0, 0]);
    const { stdout } = tcpclose(folder, ['report', 'two.db']);
    expect(flat(stdout)).toContain("left out by --filter 'tcp', 'host 192.0.2.1', ");
    expect(stdout).not.toContain('segments of a connection');
  });
});

const TABLES = ['connections', 'timeWaitSyns', 'pawsRejections', 'natSources', 'regressions', 'findings'] as const;

/** All rows of the detectors, without what names a frame or is counted from one. */
function withoutFrames(analysis: Analysis): unknown {
  return TABLES.map((table) =>
    analysis[table].map((row: Row) =>
      Object.fromEntries(
        Object.entries(row)
          .filter(([column]) => !column.includes('frame') && column !== 'wireshark_filter' && column !== 'evidence')
          .map(([column, value]) => [
            column,
            typeof value === 'string' ? value.replace(/\b(frames?|and|to|in|,) \d+/g, '$1') : value,
          ]),
      ),
    ),
  );
}

describe.skipIf(!HAS_TCPDUMP)('analyze with a filter finds what it finds in what tcpdump takes with it:', () => {
  it.each([
    ['time-wait-challenged.pcap', 'tcp[13] & 7 != 0'],
    ['time-wait-matrix.pcap', 'tcp and not less 60'],
    ['nat-several-clocks.pcap', 'tcp[tcpflags] & tcp-syn != 0'],
    ['paws-rejected.pcap', 'tcp and ip[8] > 1'],
    ['reset-unread-data.pcap', 'src portrange 1-65535 and dst portrange 1024-65535'],
    ['ipv6.pcap', 'ip6 and tcp'],
    ['half-closed.pcapng', 'not udp'],
    ['client-closes-first.pcap', 'udp'],
  ])('%s, %s', async (name, filter) => {
    const path = join(folder, `${name}.filtered`);
    execFileSync('tcpdump', ['--nano', '-r', sample(name), '-w', path, '--', filter], { stdio: 'ignore' });
    const ours = await analyzeFiles([sample(name)], { filter });
    const theirs = await analyzeCaptures([readFileSync(path)]);
    expect(withoutFrames(ours.analysis)).toEqual(withoutFrames(theirs.analysis));
    expect(ours.captures[0]?.tcpPackets).toBe(theirs.captures[0]?.tcpPackets);
  });
});
