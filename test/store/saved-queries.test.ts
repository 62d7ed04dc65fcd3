import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { bindSavedQuery } from '../../src/store/query-parameters.js';
import { SAVED_QUERIES } from '../../src/store/saved-queries.js';
import type { Analysis, Row } from '../support/analysis.js';
import { established } from '../support/conversation.js';
import { analyzeConversation, analyzeFiles } from '../support/run.js';

type Parameters = Readonly<Record<string, string>>;

const samples = new Map<string, Promise<Analysis>>();

async function analyzed(sample: string): Promise<Analysis> {
  const path = fileURLToPath(new URL(`../../samples/${sample}`, import.meta.url));
  const analysis = samples.get(sample) ?? analyzeFiles([path]).then((run) => run.analysis);
  samples.set(sample, analysis);
  return analysis;
}

function answer(analysis: Analysis, name: string, given: Parameters = {}): Row[] {
  const query = SAVED_QUERIES.find((saved) => saved.name === name)!;
  return analysis.query(query.sql, bindSavedQuery(query, new Map(Object.entries(given))));
}

const answerTo = async (conversation: string, name: string, given: Parameters = {}): Promise<Row[]> =>
  answer(await analyzeConversation(conversation), name, given);

const nothing = analyzeConversation('A = 192.0.2.1:1     B = 198.51.100.7:2');

/** Name, the sample that it is asked about, how many rows come, and what the first of them says. */
const ANSWERS: readonly (readonly [name: string, sample: string, rows: number, first: object, given?: Parameters])[] = [
  ['closers', 'simultaneous-close.pcapng', 1, { connections: 4, client_first: 0, server_first: 1, both_first: 3, by_reset: 0 }],
  ['who-closed', 'half-closed.pcapng', 4, { closed_first: 'server', closer_ip: '10.216.117.52', confidence: 'certain' }],
  ['who-closed', 'reset-injected.pcapng', 3, { closed_first: 'server', closer_ip: null, close_note: expect.stringContaining('in its name') }],
  ['graceful', 'reset-unread-data.pcap', 1, { connections: 5, graceful_by_server: 0, abrupt_by_server: 3, abrupt_by_client: 2, not_closed: 0 }],
  ['graceful', 'simultaneous-close.pcapng', 1, { connections: 4, graceful_by_server: 1, graceful_by_client: 0, graceful_by_both: 3 }],
  ['close-times', 'last-ack-lost.pcap', 5, { id: 1, until_close_s: 0.061109, closing_s: 0.482666, close: 'fin' }],
  ['close-frames', 'half-closed.pcapng', 4, { first_frame: 3, client_fin_frame: 37, server_fin_frame: 8, reset_frame: null, last_frame: 38 }],
  ['half-closed', 'half-closed.pcapng', 1, { connection_id: 3, holder_ip: '10.216.117.52', holder_state: 'CLOSE_WAIT', ended: 'half-closed' }],
  ['close-wait', 'half-closed.pcapng', 2, { id: 3, holder_ip: '10.216.117.52', close: 'half-closed' }, { limit: '2' }],
  ['failed', 'unanswered.pcap', 2, { server_port: 5333, attempts: 2, established: 0, refused: 0, unanswered: 2 }],
  ['failed', 'refused.pcap', 6, { attempts: 2, established: 0, refused: 2, unanswered: 0 }],
  ['repeated-syns', 'unanswered.pcap', 2, { syn_count: 6, syn_ack_count: 0, handshake: 'syn-only', close: 'unanswered' }],
  ['resets', 'reset-keepalive.pcap', 4, { reset_cause: 'keepalive', reset_code: 'half_open_peer_gone', reset_by: 'client', connections: 2 }],
  ['resets-by-cause', 'time-wait-matrix.pcap', 2, { reset_cause: 'time-wait', connections: 4, servers: 1, clients: 1, by_client: 4, certain_or_strong: 4 }],
  ['resets-by-sender', 'reset-injected.pcapng', 1, { sender_ip: '10.193.196.50', reset_cause: 'injected', reset_origin: 'middlebox', connections: 3, first_frame: 10 }],
  ['reset-list', 'reset-idle-timeout.pcap', 3, { reset_by: 'server', reset_cause: 'idle-timeout', reset_confidence: 'weak', reset_frame: 26 }],
  ['reset-list', 'reset-idle-timeout.pcap', 0, {}, { cause: 'abort' }],
  ['reset-origins', 'reset-injected.pcapng', 3, { reset_frame: 10, reset_origin: 'middlebox', reset_acceptable: 1, reset_cause: 'injected' }],
  ['time-wait', 'time-wait-challenged.pcap', 4, { frame: 15, isn_delta: -522614833, ts_delta: 121, outcome: 'accepted' }],
  ['time-wait-explained', 'time-wait-challenged.pcap', 1, { frame: 79, explanation: expect.stringContaining('answered with an ACK of the old connection') }, { outcome: 'challenged' }],
  ['time-wait-trouble', 'time-wait-challenged.pcap', 3, { frame: 79, previous_connection_id: 7, outcome: 'challenged', attempts: 4, retry_delay_s: null }],
  ['time-wait-by-closer', 'time-wait-client-reuse.pcap', 1, { previous_closed_first: 'client', holder: 'client', outcome: 'accepted', syns: 4 }],
  ['time-wait-stacks', 'time-wait-challenged.pcap', 3, { isn_relation: 'lower', ts_relation: 'absent', linux: 'challenge', freebsd: 'drop', syns: 2 }],
  ['reuse', 'time-wait-client-reuse.pcap', 4, { previous_connection_id: 2, connection_id: 3, previous_closed_first: 'client', isn_delta: 66042, ts_delta: 1052 }],
  ['reuse', 'time-wait-client-reuse.pcap', 0, {}, { within: '1.05' }],
  ['reuse-cost', 'time-wait-challenged.pcap', 2, { tuple: 'fresh', attempts: 4, sent_again: 0, percent_in_trouble: 0 }],
  ['reuse-delay', 'time-wait-challenged.pcap', 2, { taken_after: 'under 0.2 s', fresh: 4, used: 3, fresh_percent: 100, used_percent: 75, used_bar: '#'.repeat(15) }],
  ['incarnations', 'time-wait-client-reuse.pcap', 1, { client_port: 56545, incarnations: 5, first_id: 1, last_id: 5 }],
  ['paws', 'paws-rejected.pcap', 22, { frame: 10, flags: 'P.', ts_delta: -102, outcome: 'rejected-dup-ack', impact: 'lost-new-data' }],
  ['paws-explained', 'paws-rejected.pcap', 22, { frame: 10, explanation: expect.stringContaining('5 octets of new data had to be sent again') }],
  ['nat', 'nat-several-clocks.pcap', 1, { source_ip: '10.234.56.87', syns: 10, estimated_hosts: 2, verdict: 'several-hosts', tw_recycle_drops: 6 }],
  ['nat-explained', 'nat-several-clocks.pcap', 1, { explanation: expect.stringContaining('about 2 hosts behind one address') }],
  ['ignored-syns', 'nat-several-clocks.pcap', 1, { source_ip: '10.234.56.87', timestamps_back: 4, of_these_unanswered: 0, explained_by: 'none ignored' }],
  ['ports', 'time-wait-churn.pcap', 1, { connections: 163, peak_busy: 6, port_range: 1000, percent_of_range: 0.6, reuses: 157 }, { range: '1000' }],
  ['peak-time-wait', 'time-wait-churn.pcap', 1, { ip: '10.46.77.244', peak_time_wait: 6 }],
  ['census', 'reset-idle-timeout.pcap', 6, { ip: '10.103.140.93', established: 3, half_closed: 0, time_wait: 0 }, { ip: '10.103.140.93' }],
  ['idle', 'reset-idle-timeout.pcap', 1, { timer_s: null, timer: 'none that is well known', connections: 3, shortest_s: 6.142 }],
  ['idle-list', 'reset-idle-timeout.pcap', 3, { nearest_timer_s: 5, matches: 0, reset_cause: 'idle-timeout', last_frame: 26 }],
  ['longest', 'half-closed.pcapng', 1, { id: 4, close: 'fin', client_bytes: 1485, server_bytes: 4600 }, { limit: '1' }],
  ['findings', 'reset-half-open.pcap', 2, { severity: 'warning', kind: 'reset', connection_id: 1, frame: 16 }, { severity: 'warning' }],
  ['evidence', 'reset-half-open.pcap', 1, { kind: 'reset', evidence: expect.stringContaining('"cause":"half-open"'), source: expect.stringContaining('RFC 9293') }, { id: '1' }],
  ['roles', 'begins-midway.pcap', 2, { roles: 'guessed', handshake: 'none', connections: 4 }],
  ['captures', 'half-closed.pcapng', 1, { format: 'pcapng', packets: 56, tcp_packets: 54, damage: null }],
  ['zeek', 'refused.pcap', 8, { uid: 'C1', conn_state: 'REJ', history: 'Sr' }],
  ['state-names', 'refused.pcap', 1, { close: 'refused', zeek_conn_state: 'REJ', suricata_tcp_state: 'closed', argus_state: 'RST', connections: 8 }],
  ['undecoded', 'refused.pcap', 1, { reason: 'arp', packets: 2 }],
]; // prettier-ignore

/** Asked about a sample in which there is nothing of the kind. */
const QUIET: readonly (readonly [name: string, sample: string])[] = [
  ...['half-closed', 'repeated-syns', 'resets', 'resets-by-cause', 'resets-by-sender', 'reset-list', 'reset-origins', 'crossed-fin'],
  ...['reset-trains', 'stray-resets', 'strange-syn-acks', 'time-wait', 'time-wait-explained', 'time-wait-trouble', 'time-wait-by-closer'],
  ...['time-wait-stacks', 'reuse', 'incarnations', 'paws', 'paws-explained', 'idle', 'idle-list', 'findings'],
].map((name) => [name, 'client-closes-first.pcap'] as const); // prettier-ignore

describe('a saved query', () => {
  const cases = ANSWERS.map(([name, sample, rows, first, given = {}]) => ({ name, sample, rows, first, given }));
  it.each(cases)('$name answers what it is asked about $sample', async ({ name, sample, rows, first, given }) => {
    const answered = answer(await analyzed(sample), name, given);
    expect(answered).toHaveLength(rows);
    if (rows > 0) expect(answered[0]).toMatchObject(first);
  });

  it.each(QUIET)('%s has nothing to say about %s', async (name, sample) => {
    expect(answer(await analyzed(sample), name)).toEqual([]);
  });

  it.each(SAVED_QUERIES.filter(({ name }) => name !== 'captures').map(({ name }) => name))(
    '%s is empty for a capture in which there is nothing',
    async (name) => {
      expect(answer(await nothing, name, name === 'evidence' ? { id: '1' } : {})).toEqual([]);
    },
  );

  it('has an example here, whichever it is', () => {
    const asked = new Set([
      ...ANSWERS.map(([name]) => name),
      'stray-resets',
      'strange-syn-acks',
      'crossed-fin',
      'reset-trains',
    ]);
    expect([...asked].sort()).toEqual(SAVED_QUERIES.map(({ name }) => name).sort());
  });
});

const ENDS = 'A = 192.0.2.1:40000     B = 198.51.100.7:443     C = 10.9.9.9:443';

describe('stray-resets', () => {
  it('tells a reset without a connection, and which one it was meant for (an address was not translated back)', async () => {
    const conversation = `${established().sends('client', 100)}
      C = 10.9.9.9:443
      +0.02 A > C R 1101:1101(0)`;
    expect(await answerTo(conversation, 'stray-resets')).toMatchObject([
      { meant_id: 1, instead_of_ip: '198.51.100.7', server_ip: '10.9.9.9' },
    ]);
  });

  it('tells one that a reply drew whose address was not translated back', async () => {
    const conversation = `${established().sends('client', 100)}
      C = 10.9.9.9:443
      +0.01 C > A P. 5001:5101(100) ack 1101
      +0.02 A > C R 1101:1101(0)`;
    expect(await answerTo(conversation, 'stray-resets')).toMatchObject([
      { id: 2, segments_before: 1, meant_id: 1, instead_of_ip: '198.51.100.7' },
    ]);
  });

  it('is empty where a reset answers a segment, and no other connection has its ports', async () => {
    const conversation = `${ENDS}\n0 C > A P. 5001:5101(100) ack 1101\n0.02 A > C R 1101:1101(0)`;
    expect(await answerTo(conversation, 'stray-resets')).toEqual([]);
  });

  it('tells backscatter, with nothing that it was meant for', async () => {
    expect(await answerTo(`${ENDS}\n0 B > A R. 0:0(0) ack 77`, 'stray-resets')).toMatchObject([
      { first_frame: 1, meant_id: null, instead_of_ip: null },
    ]);
  });

  it('is empty where a reset ends a connection, or refuses one', async () => {
    const ended = `${established().sends('client', 10).segment('server', 'R.')}`;
    expect(await answerTo(ended, 'stray-resets')).toEqual([]);
    const refused = `${ENDS}\n0 A > B S 1000\n0.01 B > A R. 0 ack 1001`;
    expect(await answerTo(refused, 'stray-resets')).toEqual([]);
  });
});

describe('reset-trains', () => {
  it('counts the resets of a connection, and how their numbers step', async () => {
    const talk = established().sends('client', 9);
    const train = [0, 1460, 4380].map((step) => `+0.001 B > A R ${talk.next.server + step}`).join('\n');
    expect(await answerTo(`${talk}\n${train}`, 'reset-trains')).toMatchObject([
      { connection_id: 1, first_frame: 6, resets: 3, further_frames: '7 8', seq_steps: '1460 4380' },
    ]);
  });

  it('is empty where one reset was enough', async () => {
    expect(await answerTo(`${established().sends('client', 9).resetBy('server')}`, 'reset-trains')).toEqual([]);
  });
});

describe('strange-syn-acks', () => {
  it('pairs the SYN with the SYN-ACK that came from another address, and the reset that it drew', async () => {
    const conversation = `${ENDS}
      0.00 A > B S 1000:1000(0)
      0.01 C > A S. 5000:5000(0) ack 1001
      0.02 A > C R 1001:1001(0)`;
    expect(await answerTo(conversation, 'strange-syn-acks')).toMatchObject([
      { asked_ip: '198.51.100.7', answered_ip: '10.9.9.9', syn_frame: 1, syn_ack_frame: 2, reset_frame: 3 },
    ]);
  });

  it('is empty where the answer came from the address that was asked', async () => {
    expect(await answerTo(`${established()}`, 'strange-syn-acks')).toEqual([]);
  });
});

describe('crossed-fin', () => {
  /** The server closes after five idle seconds; a request comes `after` the FIN, and is reset 9 ms later. */
  const request = (after: number): string => `${ENDS}
    0.00 A > B S 1000:1000(0)
    0.01 B > A S. 5000:5000(0) ack 1001
    0.02 A > B . 1001:1001(0) ack 5001
    0.03 A > B P. 1001:1101(100) ack 5001
    0.04 B > A P. 5001:5201(200) ack 1101
    0.05 A > B . 1101:1101(0) ack 5201
    5.05 B > A F. 5201:5201(0) ack 1101
    ${5.05 + after} A > B P. 1101:1201(100) ack 5201
    +0.009 B > A R 5201:5201(0)`;

  it('tells the server, its idle time, and that the request was on its way when the FIN was sent', async () => {
    const [row] = await answerTo(request(0.001), 'crossed-fin', { port: '443' });
    expect(row).toMatchObject({ server_ip: '198.51.100.7', server_port: 443, connections: 1, within_a_round_trip: 1, example_id: 1 });
    expect(row?.shortest_idle_s).toBeCloseTo(5, 2);
  }); // prettier-ignore

  it('tells requests that came later apart', async () => {
    expect(await answerTo(request(2), 'crossed-fin')).toMatchObject([{ connections: 1, within_a_round_trip: 0 }]);
  });

  it('is empty for another port, and where the client had closed first', async () => {
    expect(await answerTo(request(0.001), 'crossed-fin', { port: '80' })).toEqual([]);
    expect(answer(await analyzed('reset-data-after-close.pcap'), 'crossed-fin')).toEqual([]);
  });
});

describe('longest', () => {
  it('keeps a connection in one row across two days of silence', async () => {
    const conversation = `${ENDS}
      0.00 A > B S 1000:1000(0)
      0.01 B > A S. 5000:5000(0) ack 1001
      0.02 A > B . 1001:1001(0) ack 5001
      172800 A > B P. 1001:1101(100) ack 5001
      172801 B > A . 5001:5001(0) ack 1101`;
    const rows = await answerTo(conversation, 'longest');
    expect(rows).toMatchObject([{ id: 1, close: 'open', client_bytes: 100 }]);
    expect(rows[0]!.longest_idle_s).toBeCloseTo(172_800, 0);
  });
});

describe('state-names', () => {
  const midway = `${ENDS}\n0 A > B . 1001 ack 5001\n0.01 B > A . 5001 ack 1001`;
  it.each([
    ['a SYN alone', `${ENDS}\n0 A > B S 1000`, ['S0', 'syn_sent', 'REQ']],
    ['a SYN and its answer', `${ENDS}\n0 A > B S 1000\n0.01 B > A S. 5000 ack 1001`, ['S1', 'syn_recv', 'ACC']],
    ['an open connection', established(), ['S1', 'established', 'CON']],
    ['the FIN of the client', established().halfClosedBy('client'), ['S2', 'close_wait', 'FIN']],
    ['the FIN of the server', established().fin('server'), ['S3', 'fin_wait1', 'FIN']],
    ['the FIN of the server with its ACK', established().halfClosedBy('server'), ['S3', 'fin_wait2', 'FIN']],
    ['a close without its last ACK', established().fin('client').fin('server'), ['SF', 'last_ack', 'FIN']],
    ['a whole close', established().closedBy('server'), ['SF', 'closed', 'FIN']],
    ['a reset', established().resetBy('client'), ['RSTO', 'closed', 'RST']],
    ['a reset after a FIN', established().halfClosedBy('client').resetBy('server'), ['RSTR', 'closed', 'RST']],
    ['a connection from before the capture, which Suricata does not follow', midway, ['OTH', null, 'CON']],
  ])('of %s are those of each tool', async (_, conversation, names) => {
    const [row] = await answerTo(`${conversation}`, 'state-names');
    expect([row!.zeek_conn_state, row!.suricata_tcp_state, row!.argus_state]).toEqual(names);
  });
});

describe('reuse-delay', () => {
  it('sets SYNs that were sent again on used four-tuples beside those on fresh ones', async () => {
    const used = (port: number, retry: number): string => `A = 192.0.2.1:${port}
      ${100 + port} A > B S 900000
      ${100 + port + retry} A > B S 900000
      ${100.01 + port + retry} B > A S. 700000 ack 900001
      ${100.02 + port + retry} A > B . 900001 ack 700001`;
    const fresh = (port: number): string =>
      `${established({ client: `192.0.2.1:${port}`, at: port }).closedBy('client')}`;
    const conversation = [fresh(1), used(1, 1), fresh(2), used(2, 3)].join('\n');
    expect(await answerTo(conversation, 'reuse-delay')).toMatchObject([
      { taken_after: 'under 0.2 s', fresh: 2, used: 0, fresh_bar: '#'.repeat(20), used_bar: '' },
      { taken_after: '1 to 2 s', fresh: 0, used: 1, used_percent: 50, used_bar: '#'.repeat(10) },
      { taken_after: '2 to 4 s', fresh: 0, used: 1, used_percent: 50 },
    ]);
  });
});

describe('ignored-syns', () => {
  /** Two hosts behind one address whose clocks differ by 10,000 s; `answers`: whether the server answers a SYN. */
  function hosts(answers: (isBehind: boolean, n: number) => boolean): string {
    const lines = ['A = 192.0.2.1:40000     B = 198.51.100.7:443'];
    for (let n = 0; n < 12; n++) {
      const isBehind = n % 2 === 1;
      const tsval = (isBehind ? 1_000_000 : 11_000_000) + n * 1000;
      lines.push(`A = 192.0.2.1:${41_000 + n}`, `${n} A > B S ${n * 1e6} <mss 1460, TS val ${tsval} ecr 0>`);
      if (!answers(isBehind, n)) continue;
      const [a, b] = [n * 1e6 + 1, 5_000_000];
      lines.push(
        `${n}.01 B > A S. ${b} ack ${a} <mss 1460, TS val 77 ecr ${tsval}>`,
        `${n}.02 A > B . ${a} ack ${b + 1} <TS val ${tsval} ecr 77>`,
        `${n}.03 B > A F. ${b + 1} ack ${a} <TS val 77 ecr ${tsval}>`,
        `${n}.04 A > B F. ${a} ack ${b + 2} <TS val ${tsval} ecr 77>`,
        `${n}.05 B > A . ${b + 2} ack ${a + 1} <TS val 77 ecr ${tsval}>`,
      );
    }
    return lines.join('\n');
  }

  it('is as tcp_tw_recycle does where just those SYNs got no answer that it drops', async () => {
    const [row] = await answerTo(
      hosts((isBehind) => !isBehind),
      'ignored-syns',
    );
    expect(row).toMatchObject({
      timestamps_back: 6,
      of_these_unanswered: 6,
      other_syns: 6,
      others_unanswered: 0,
      tw_recycle_drops: 6,
    });
    expect(row!.explained_by).toMatch(/^as tcp_tw_recycle of Linux before 4.12 does/);
  });

  it('is as tcp_tw_recycle does, too, where those SYNs come in a row: only the first is behind the one before it', async () => {
    const all = hosts((isBehind, n) => !isBehind && n < 6).split('\n');
    const late = [7, 8, 9].map((n) => {
      const syn = `${n} A > B S ${n * 1e6} <mss 1460, TS val ${1_000_000 + n * 1000} ecr 0>`;
      return `A = 192.0.2.1:${42_000 + n}\n${syn}`;
    });
    const [row] = await answerTo(
      [
        ...all.slice(
          0,
          all.findIndex((line) => line.startsWith('5 ')),
        ),
        ...late,
      ].join('\n'),
      'ignored-syns',
    );
    expect(row).toMatchObject({ tw_recycle_drops: 5, of_these_unanswered: 5, others_unanswered: 0 });
    expect(row!.explained_by).toMatch(/^as tcp_tw_recycle of Linux before 4.12 does/);
  });

  it('is not tcp_tw_recycle alone where such SYNs were answered as well', async () => {
    const [row] = await answerTo(
      hosts((isBehind, n) => !isBehind || n > 6),
      'ignored-syns',
    );
    expect(row!.explained_by).toMatch(/^not tcp_tw_recycle alone/);
  });

  it('is perhaps something else where SYNs with newer timestamps were ignored, too', async () => {
    const [row] = await answerTo(
      hosts((isBehind, n) => !isBehind && n !== 4),
      'ignored-syns',
    );
    expect(row!.explained_by).toMatch(/^perhaps tcp_tw_recycle, but others were ignored too/);
  });

  it('are none where all were answered', async () => {
    const [row] = await answerTo(
      hosts(() => true),
      'ignored-syns',
    );
    expect(row).toMatchObject({ of_these_unanswered: 0, explained_by: 'none ignored' });
  });
});
