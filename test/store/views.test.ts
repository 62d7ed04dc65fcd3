import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  NAT_SOURCE_ROW,
  OUTCOME_BITS,
  PAWS_BITS,
  PAWS_ROW,
  REGRESSION_ROW,
  RESET_BITS,
  STATE_CENSUS_ROW,
  TIME_WAIT_CENSUS_ROW,
  TIME_WAIT_SYN_BITS,
  TIME_WAIT_SYN_ROW,
  TUPLE_REUSE_ROW,
  type BitField,
} from '../../src/flow/row-layout.js';
import type { RowSink } from '../../src/flow/row-sink.js';
import * as words from '../../src/flow/vocabulary.js';
import type { Row } from '../support/analysis.js';
import { append, at, connection, EPOCH_NS, extra, packed, temporaryFolder, written } from './support/write.js';

const folder = temporaryFolder();
let files = 0;
const analysis = (fill: (sink: RowSink) => void, options = {}) => written(join(folder, `${files++}.db`), fill, options);
const one = async (view: string, fill: (sink: RowSink) => void): Promise<Row> => {
  const rows = (await analysis(fill)).query(`SELECT * FROM ${view}`);
  expect(rows).toHaveLength(1);
  return rows[0]!;
};

const code = (list: readonly unknown[], word: unknown): number => list.indexOf(word);

describe('the view connections', () => {
  it('shows -1 as NULL, and counts that a connection without an extra row is known to have', async () => {
    const row = await one('connections', (sink) =>
      connection(sink, { outcome: packed(OUTCOME_BITS, { handshake: code(words.HANDSHAKES, 'complete') }) }),
    );
    expect(row).toMatchObject({
      incarnation: 1,
      syn_count: 1,
      syn_ack_count: 1,
      client_retransmissions: 0,
      client_unique_bytes: 100,
    });
    const nulls = ['client_isn', 'handshake_rtt_s', 'client_fin_frame', 'client_fin_ns', 'reset_by', 'reset_cause', 'reset_code',
      'reset_confidence', 'reset_frame', 'reset_ns', 'reset_origin', 'reset_acceptable', 'idle_before_end_s', 'time_wait_ns', 'close_wait_s',
      'client_state', 'community_id', 'close_note', 'timestamps', 'closed_first', 'time_wait_at']; // prettier-ignore
    for (const name of nulls) expect(row[name], name).toBeNull();
  });

  it.each([
    ['none', 0, 0],
    ['syn-only', 1, 0],
    ['syn-syn-ack', 1, 1],
    ['complete', 1, 1],
  ] as const)('with handshake %s alone it counts %d SYN and %d SYN-ACK', async (handshake, syns, synAcks) => {
    const row = await one('connections', (sink) =>
      connection(sink, { outcome: packed(OUTCOME_BITS, { handshake: code(words.HANDSHAKES, handshake) }) }),
    );
    expect(row).toMatchObject({ handshake, syn_count: syns, syn_ack_count: synAcks });
  });

  it('gives times to the nanosecond, beyond 2^53 and before the epoch', async () => {
    const row = await one('connections', (sink) =>
      connection(sink, { first_rel: -200_000_000, lasted_span: 300_000_001 }),
    );
    expect(row.first_ns).toBe(EPOCH_NS - 200_000_000n);
    expect(row.last_ns).toBe(EPOCH_NS + 100_000_001n);
    expect(row).toMatchObject({
      first_seen: '2023-11-14T22:13:19.923456789Z',
      last_seen: '2023-11-14T22:13:20.223456790Z',
    });
    expect(row.duration_s).toBeCloseTo(0.300000001, 9);
  });

  it('writes times before 1970 right', async () => {
    const rows = (await analysis((sink) => connection(sink, { first_rel: -1 }), { epochNs: 0n })).connections;
    expect(rows[0]).toMatchObject({ first_ns: -1, first_seen: '1969-12-31T23:59:59.999999999Z' });
  });

  it('takes every word out of the packed columns as it was put in', async () => {
    const lists: Record<keyof typeof OUTCOME_BITS, readonly unknown[]> = {
      roles: words.ROLES,
      handshake: words.HANDSHAKES,
      timestamps: words.TIMESTAMP_USES,
      close: words.CLOSES,
      closed_first: words.SIDES,
      closed_first_confidence: words.CONFIDENCES,
      close_note: words.CLOSE_NOTES,
      time_wait_at: words.SIDES,
      client_state: words.STATES,
      server_state: words.STATES,
    };
    const resetLists = {
      by: words.SIDES,
      cause: words.RESET_CAUSES,
      code: words.RESET_CODES,
      confidence: words.CONFIDENCES,
      origin: words.RESET_ORIGINS,
      acceptable: words.TRISTATE,
    } as const;
    const longest = Math.max(...Object.values({ ...lists, ...resetLists }).map((list) => list.length));
    const { connections } = await analysis((sink) => {
      for (let n = 0; n < longest; n++) {
        const codes = <K extends string>(all: Readonly<Record<K, readonly unknown[]>>) =>
          Object.fromEntries(Object.entries<readonly unknown[]>(all).map(([name, list]) => [name, n % list.length]));
        connection(sink, {
          id: n + 1,
          outcome: packed(OUTCOME_BITS, codes(lists)),
          reset: packed(RESET_BITS, { ...codes(resetLists), by: 1 }),
        });
      }
    });
    for (const [n, row] of connections.entries()) {
      for (const [name, list] of Object.entries(lists)) expect(row[name], `${name} ${n}`).toBe(list[n % list.length]);
      for (const [name, list] of Object.entries(resetLists)) {
        if (name !== 'by') expect(row[`reset_${name}`], `${name} ${n}`).toBe(list[n % list.length]);
      }
    }
  });

  it.each([
    ['the fields of a packed column hold their lists', OUTCOME_BITS.close, words.CLOSES],
    ['codes', RESET_BITS.code, words.RESET_CODES],
    ['notes', OUTCOME_BITS.close_note, words.CLOSE_NOTES],
    ['causes', RESET_BITS.cause, words.RESET_CAUSES],
    ['states', PAWS_BITS.state, words.STATES],
  ] as [string, BitField, readonly unknown[]][])('%s', (_, field, list) => {
    expect(list.length).toBeLessThanOrEqual(2 ** field.width);
  });

  it('names a filter with both ends and the frames; one that runs into another file has no last frame', async () => {
    const rows = (
      await analysis((sink) => {
        connection(sink);
        connection(sink, {
          id: 2,
          client_address: sink.addressId(6, 1),
          server_address: sink.addressId(6, 2),
          last_past: at(2, 5) - at(1, 1),
        });
      })
    ).connections;
    expect(rows.map((row) => row.wireshark_filter)).toEqual([
      'ip.addr==10.0.0.1 && ip.addr==10.0.0.2 && tcp.port==40000 && tcp.port==443 && frame.number>=1 && frame.number<=10',
      'ipv6.addr==2001:db8::1 && ipv6.addr==2001:db8::2 && tcp.port==40000 && tcp.port==443 && frame.number>=1',
    ]);
    expect(rows[1]).toMatchObject({ capture_id: 1, last_capture_id: 2, last_frame: 5 });
  });

  it('adds the Community ID where it is asked for', async () => {
    const known = await analysis(
      (sink) =>
        connection(sink, {
          client_address: sink.addressId(4, 127),
          server_address: sink.addressId(4, 10),
          ports: 1234 * 65_536 + 80,
        }),
      {
        communityId: true,
        addressText: (_: number, n: number) => ({ 127: '127.0.0.1', 10: '10.0.0.1' })[n] ?? `192.0.2.${n}`,
      },
    );
    expect(known.connection.community_id).toBe('1:mgRgpIZSu0KHDp/QrtcWZpkJpMU=');
  });
});

describe('the other views', () => {
  const syn = (sink: RowSink, values: Record<string, number> = {}): void => {
    connection(sink, { id: 1 });
    connection(sink, { id: 2, first_rel: 5e9 });
    extra(sink, { id: 2, incarnation: 2 });
    append(sink, TIME_WAIT_SYN_ROW, {
      id: 1,
      connection_id: 2,
      previous_connection_id: 1,
      syn_at: at(1, 11),
      syn_rel: 5e9,
      elapsed_span: 4e9,
      isn: 5,
      previous_final_seq: 4_294_967_290,
      tsval: 1000,
      previous_tsval: 1200,
      attempts: 2,
      retry_span: 1.5e9,
      verdict: packed(TIME_WAIT_SYN_BITS, {
        outcome: code(words.TIME_WAIT_OUTCOMES, 'accepted-after-rst'),
        confidence: code(words.CONFIDENCES, 'certain'),
        isn_relation: code(words.ISN_RELATIONS, 'higher'),
        ts_relation: code(words.TS_RELATIONS, 'lower'),
        holder: code(words.SIDES, 'server'),
        rfc6191: code(words.STACK_VERDICTS, 'drop'),
        linux: code(words.STACK_VERDICTS, 'challenge'),
        freebsd: code(words.STACK_VERDICTS, 'accept'),
        windows: code(words.STACK_VERDICTS, 'accept'),
      }),
      ...values,
      outlived_resets: 0,
    });
  };

  it('time_wait_syns gives signed differences modulo 2^32 and explains itself with the numbers', async () => {
    const row = await one('time_wait_syns', syn);
    expect(row).toMatchObject({
      isn_delta: 11, ts_delta: -200, elapsed_s: 4, retry_delay_s: 1.5, attempts: 2, outcome: 'accepted-after-rst', confidence: 'certain',
      isn_relation: 'higher', ts_relation: 'lower', linux: 'challenge', freebsd: 'accept', openbsd: null, windows: 'accept',
      client_ip: '10.0.0.1', server_port: 443, frame: 11, at_ns: EPOCH_NS + 5_000_000_000n,
    }); // prettier-ignore
    expect(row.explanation).toBe(
      'This SYN came 4.000 s after TIME_WAIT began for the connection before it on the same addresses and ports; the server held TIME_WAIT. ' +
        'Its initial sequence number is 11 above the old final number and its timestamp is 200 ticks earlier than the last one of its sender. ' +
        'A reset of the client cleared TIME_WAIT first, and then the SYN was accepted, 1.500 s after the first copy (2 copies of the SYN). ' +
        'Linux refuses a SYN with an earlier timestamp whatever its number (PAWS in TIME_WAIT, RFC 7323 §5.3), and so does RFC 6191 §2; FreeBSD and gVisor look at the number only.',
    );
  });

  it('time_wait_syns names the end whose reset cleared TIME_WAIT: the other one than held it', async () => {
    const verdict = (holder: (typeof words.SIDES)[number]): Record<string, number> => ({
      verdict: packed(TIME_WAIT_SYN_BITS, {
        outcome: code(words.TIME_WAIT_OUTCOMES, 'accepted-after-rst'),
        holder: code(words.SIDES, holder),
      }),
    });
    const explained = async (holder: (typeof words.SIDES)[number]): Promise<unknown> =>
      (await one('time_wait_syns', (sink) => syn(sink, verdict(holder)))).explanation;
    expect(await explained('client')).toContain(' A reset of the server cleared TIME_WAIT first');
    expect(await explained('server')).toContain(' A reset of the client cleared TIME_WAIT first');
    expect(await explained('both')).toContain(' A reset cleared TIME_WAIT first');
  });

  it('a difference of exactly 2^31 is the negative one', async () => {
    const row = await one('time_wait_syns', (sink) => syn(sink, { isn: 2 ** 31, previous_final_seq: 0 }));
    expect(row.isn_delta).toBe(-(2 ** 31));
  });

  it('tuple_reuse pairs what follows each other on a four-tuple, also with the roles turned round', async () => {
    const rows = (
      await analysis((sink) => {
        syn(sink, { isn: 7 });
        append(sink, TUPLE_REUSE_ROW, { id: 2, previous_connection_id: 1, tsval: 100, previous_tsval: 300, facts: 0 });
        connection(sink, {
          id: 3,
          client_address: sink.addressId(4, 2),
          server_address: sink.addressId(4, 1),
          ports: 443 * 65_536 + 40_000,
          first_rel: 9e9,
        });
        extra(sink, { id: 3, incarnation: 3 });
      })
    ).query('SELECT * FROM tuple_reuse ORDER BY connection_id');
    expect(rows).toMatchObject([
      { connection_id: 2, previous_connection_id: 1, gap_s: 4, ts_delta: -200 },
      { connection_id: 3, previous_connection_id: 2, gap_s: 3, ts_delta: null, isn_delta: null },
    ]);
  });

  it('paws_rejections writes flags as tcpdump does and explains itself', async () => {
    const row = await one('paws_rejections', (sink) => {
      connection(sink);
      append(sink, PAWS_ROW, {
        id: 1, connection_id: 1, segment_at: at(1, 7), segment_rel: 2e9, seq: 1000, len: 100, flags: 0x18, tsval: 90, ts_recent: 4_294_967_290,
        margin_span: -1, evidence_at: at(1, 8), echo_at: at(1, 6),
        verdict: packed(PAWS_BITS, {
          sender: 1, state: code(words.STATES, 'ESTABLISHED'), outcome: code(words.PAWS_OUTCOMES, 'rejected-dup-ack'),
          impact: code(words.PAWS_IMPACTS, 'lost-new-data'), confidence: code(words.CONFIDENCES, 'strong'),
        }),
      }); // prettier-ignore
    });
    expect(row).toMatchObject({
      flags: 'P.',
      sender: 'client',
      state: 'ESTABLISHED',
      ts_delta: 96,
      margin_s: null,
      evidence_frame: 8,
    });
    expect(row.explanation).toContain('sent a segment with timestamp 90, 96 ticks before 4294967290');
    expect(row.explanation).toContain('100 octets of new data had to be sent again. Rule: PAWS, RFC 7323 §5.3 R1.');
  });

  it.each([
    [6, 'which the server had already shown to have (frame 6)'],
    [8, 'which the server shows to have in its answer (frame 8)'],
  ])('paws_rejections says of an echo in frame %d, of a segment in frame 7, which came first', async (echo, text) => {
    const row = await one('paws_rejections', (sink) => {
      connection(sink);
      append(sink, PAWS_ROW, {
        ...{ id: 1, connection_id: 1, segment_at: at(1, 7), segment_rel: 0, seq: 1, len: 0, flags: 16 },
        ...{
          tsval: 1,
          ts_recent: 2,
          evidence_at: at(1, 8),
          echo_at: at(1, echo),
          verdict: packed(PAWS_BITS, { sender: 1 }),
        },
      });
    });
    expect(row.explanation).toContain(text);
  });

  it.each([
    [0, 'none'],
    [2, 'S'],
    [18, 'S.'],
    [17, 'F.'],
    [16, '.'],
    [4, 'R'],
    [194, 'SEW'],
  ])('flags %d are written %s', async (flags, text) => {
    const row = await one('paws_rejections', (sink) => {
      connection(sink);
      append(sink, PAWS_ROW, {
        id: 1,
        connection_id: 1,
        segment_at: at(1, 7),
        segment_rel: 0,
        seq: 1,
        len: 0,
        flags,
        tsval: 1,
        ts_recent: 2,
        verdict: 0,
      });
    });
    expect(row.flags).toBe(text);
  });

  it('nat_sources, timestamp_regressions and the censuses read their rows', async () => {
    const result = await analysis((sink) => {
      connection(sink);
      const [source, destination] = [sink.addressId(4, 1), sink.addressId(4, 2)];
      append(sink, NAT_SOURCE_ROW, {
        id: 1, source_address: source, destination_address: -1, syns: 1200, regressions: 1, estimated_hosts: 3, verdict: 2, confidence: 3,
        tw_recycle_drops: 1, lines: 3, loners: 0,
      }); // prettier-ignore
      append(sink, REGRESSION_ROW, {
        id: 1,
        source_address: source,
        destination_address: destination,
        connection_id: 1,
        previous_connection_id: -1,
        syn_at: at(1, 1),
        syn_rel: 0,
        tsval: 5,
        previous_tsval: 10,
        elapsed_span: 1e9,
        tw_recycle_drop: 1,
      });
      const samples = { id: 100, from_rel: 1e9, step_span: 2e9, samples: 2, address: source };
      append(sink, TIME_WAIT_CENSUS_ROW, { ...samples, time_wait: 7 });
      append(sink, STATE_CENSUS_ROW, { ...samples, state: code(words.STATES, 'TIME_WAIT'), connections: 7 });
    });
    expect(result.natSources).toMatchObject([
      { source_ip: '10.0.0.1', destination_ip: null, verdict: 'several-hosts', confidence: 'strong', clock_hz: null },
    ]);
    expect(result.natSources[0]!.explanation).toBe(
      '1,200 opening SYNs with timestamps came from 10.0.0.1, 1 of them with a timestamp behind the one before. The timestamps lie on 3 clocks that can be told apart: about 3 hosts behind one address. A server with tcp_tw_recycle would have dropped 1 of them in silence (Linux before 4.12).',
    );
    expect(result.regressions).toMatchObject([
      { ts_delta: -5, previous_connection_id: null, tw_recycle_drop: 1, elapsed_s: 1 },
    ]);
    expect(result.query('SELECT * FROM time_wait_census')).toMatchObject([
      { ip: '10.0.0.1', time_wait: 7, at_ns: EPOCH_NS + 1_000_000_000n },
      { ip: '10.0.0.1', time_wait: 7, at_ns: EPOCH_NS + 3_000_000_000n },
    ]);
    expect(result.query("SELECT * FROM state_census WHERE state = 'TIME_WAIT'")).toMatchObject([
      { connections: 7, at_ns: EPOCH_NS + 1_000_000_000n },
      { connections: 7, at_ns: EPOCH_NS + 3_000_000_000n },
    ]);
  });

  it('closers, resets, half_closed and idle_timeouts count what they name', async () => {
    const result = await analysis((sink) => {
      const closed = (close: string, first: string | null) =>
        packed(OUTCOME_BITS, { close: code(words.CLOSES, close), closed_first: code(words.SIDES, first) });
      connection(sink, {
        id: 1,
        outcome: closed('fin', 'client'),
        client_fin_past: 4,
        server_fin_past: 5,
        idle_end_span: 60.1e9,
      });
      connection(sink, {
        id: 2,
        outcome: closed('half-closed', 'server'),
        server_fin_past: 6,
        close_wait_span: 30e9,
      });
      connection(sink, {
        id: 3,
        outcome: closed('rst', 'client'),
        reset: packed(RESET_BITS, { by: 1, cause: code(words.RESET_CAUSES, 'abort') }),
      });
      extra(sink, { id: 3, reset_at: at(1, 9), reset_rel: 3e9 });
    });
    expect(result.query('SELECT * FROM closers')).toMatchObject([
      {
        server_ip: '10.0.0.2',
        server_port: 443,
        connections: 3,
        client_first: 2,
        server_first: 1,
        neither: 0,
        by_reset: 1,
      },
    ]);
    expect(result.query('SELECT * FROM resets')).toMatchObject([
      { connection_id: 3, reset_by: 'client', reset_cause: 'abort', reset_frame: 9 },
    ]);
    expect(result.query('SELECT * FROM half_closed')).toMatchObject([
      { connection_id: 2, holder: 'client', holder_port: 40_000, peer_port: 443, held_s: 30, peer_fin_frame: 7 },
    ]);
    expect(result.query('SELECT * FROM idle_timeouts')).toMatchObject([
      { connection_id: 1, nearest_timer_s: 60, matches: 1 },
    ]);
  });

  it('port_pressure counts a tuple in TIME_WAIT as busy, and not twice when it is used again', async () => {
    const result = await analysis((sink) => {
      const tuple = (id: number, port: number, first: number, timeWait: number): void =>
        connection(sink, {
          id,
          ports: port * 65_536 + 443,
          first_rel: first,
          lasted_span: 1e9,
          time_wait_rel: timeWait,
        });
      tuple(1, 40_000, 0, 1e9);
      tuple(2, 40_001, 2e9, 3e9);
      tuple(3, 40_000, 10e9, -1);
      tuple(4, 40_002, 100e9, -1);
    });
    expect(result.query('SELECT * FROM port_pressure')).toMatchObject([
      { connections: 4, peak_busy: 2, ports_used: 3, reuses: 1, shortest_reuse_s: 9 },
    ]);
  });

  it('port_pressure finds the peak of a service whose tuples were never all busy, and counts one that they were', async () => {
    const result = await analysis((sink) => {
      const tuple = (id: number, ports: number, first: number): void =>
        connection(sink, { id, ports, first_rel: first, lasted_span: 1e9, time_wait_rel: -1 });
      [0, 0.5e9, 0.9e9, 5e9, 5.5e9].forEach((first, i) => tuple(i + 1, (40_000 + i) * 65_536 + 443, first));
      [0, 0.5e9].forEach((first, i) => tuple(i + 6, (40_000 + i) * 65_536 + 80, first));
    });
    const rows = result.query(
      'SELECT server_port, connections, peak_busy, reuses, shortest_reuse_s FROM port_pressure',
    );
    expect(rows).toEqual([
      { server_port: 80, connections: 2, peak_busy: 2, reuses: 0, shortest_reuse_s: null },
      { server_port: 443, connections: 5, peak_busy: 3, reuses: 0, shortest_reuse_s: null },
    ]);
  });

  it('port_pressure counts a single packet as busy for its moment', async () => {
    const rows = (await analysis((sink) => connection(sink, { lasted_span: 0 }))).query('SELECT * FROM port_pressure');
    expect(rows).toMatchObject([{ connections: 1, peak_busy: 1 }]);
  });
});
