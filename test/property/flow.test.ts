import fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Analysis, Row } from '../support/analysis.js';
import { capture, established, parseConversation, swapAddresses } from '../support/conversation.js';
import type { CaptureFormat, Side, Talk } from '../support/conversation.js';
import { analyzeCaptures, analyzeConversation } from '../support/run.js';

const side = fc.constantFrom<Side>('client', 'server');

/** What an end may do next; numbers are right, or off by something. */
const deed = fc.oneof(
  fc.record({ verb: fc.constantFrom('sends', 'pushes', 'acks', 'fin', 'half', 'close', 'reset'), side }),
  fc.record({ verb: fc.constantFrom('both', 'wait', 'long'), side }),
  fc.record({
    verb: fc.constant('odd'),
    side,
    flags: fc.constantFrom('.', 'P.', 'F.', 'FP.', 'R', 'R.', 'S', 'S.'),
    seq: fc.constantFrom(-70_000, -10, -1, 0, 1, 10, 65_537, 2 ** 31),
    ack: fc.constantFrom(-10, -1, 0, 1, 10, 65_537),
  }),
);
type Deed = typeof deed extends fc.Arbitrary<infer T> ? T : never;

function act(talk: Talk, what: Deed): Talk {
  const other: Side = what.side === 'client' ? 'server' : 'client';
  switch (what.verb) {
    case 'sends':
      return talk.sends(what.side, 100);
    case 'pushes':
      return talk.segment(what.side, 'P.', 7);
    case 'acks':
      return talk.acks(what.side);
    case 'fin':
      return talk.fin(what.side);
    case 'half':
      return talk.halfClosedBy(what.side);
    case 'close':
      return talk.closedBy(what.side);
    case 'reset':
      return talk.resetBy(what.side);
    case 'both':
      return talk.closedByBoth();
    case 'wait':
      return talk.waits(2);
    case 'long':
      return talk.waits(70);
    case 'odd': {
      const { flags, seq, ack } = what;
      return talk.segment(what.side, flags, flags.includes('P') ? 5 : 0, {
        seq: (talk.next[what.side] + seq) >>> 0,
        ack: (talk.next[other] + ack) >>> 0,
      });
    }
  }
}

/** Where a handshake is not seen, these ports say nothing of who the client is. */
const PORTS = { client: '192.0.2.1:50000', server: '198.51.100.7:50001' };

/** One four-tuple on which much happens. */
const conversation = fc
  .record({
    timestamps: fc.boolean(),
    clientIsn: fc.constantFrom(1000, 0xffffff00, 2 ** 31 - 50),
    serverIsn: fc.constantFrom(5_000_000, 0xfffffff0),
    deeds: fc.array(deed, { maxLength: 14 }),
  })
  .map(({ deeds, ...options }) => `${deeds.reduce(act, established({ ...PORTS, ...options }))}`);

/** Verdicts and sums, without what says where in which file a thing stands. */
function verdicts(analysis: Analysis): Row[][] {
  const without = (row: Row): Row =>
    Object.fromEntries(
      Object.entries(row).filter(
        ([name]) => !/frame|capture_id|wireshark_filter|evidence|summary|explanation/.test(name),
      ),
    );
  return [
    analysis.connections,
    analysis.timeWaitSyns,
    analysis.pawsRejections,
    analysis.natSources,
    analysis.regressions,
    analysis.findings,
  ].map((rows) => rows.map(without));
}

describe('whatever passes between two ends', () => {
  it('says the same when the ends are exchanged', async () => {
    const ends = /_ip$|_port$|summary|wireshark_filter|explanation|community_id/;
    // In no order, for sources are listed by address.
    const faceless = (rows: Row[][]): string[][] =>
      rows.map((table) =>
        table
          .map((row) =>
            Object.entries(row)
              .flatMap(([name, value]) => (ends.test(name) ? [] : `${name} ${value}`))
              .join(', '),
          )
          .sort(),
      );
    await fc.assert(
      fc.asyncProperty(conversation, async (text) => {
        const one = await analyzeConversation(text);
        const other = await analyzeConversation(swapAddresses(text));
        expect(faceless(verdicts(other))).toEqual(faceless(verdicts(one)));
        expect(other.connections.map((c) => [c.client_ip, c.server_port])).toEqual(
          one.connections.map((c) => [c.server_ip, c.client_port]),
        );
      }),
      { numRuns: 20 },
    );
  });

  it('says the same when the capture is cut in two files, wherever the cut is', async () => {
    await fc.assert(
      fc.asyncProperty(conversation, fc.nat(), async (text, where) => {
        const frames = parseConversation(text);
        const at = 1 + (where % (frames.length - 1));
        const whole = await analyzeConversation(frames);
        const parts = await analyzeCaptures([capture(frames.slice(0, at)), capture(frames.slice(at))]);
        expect(verdicts(parts.analysis)).toEqual(verdicts(whole));
      }),
      { numRuns: 20 },
    );
  });

  it('says the same in each format of a capture', async () => {
    const formats: CaptureFormat[] = ['pcap', 'pcap-be', 'pcap-ns', 'pcapng'];
    await fc.assert(
      fc.asyncProperty(conversation, async (text) => {
        const [first, ...rest] = await Promise.all(
          [...formats.map((format) => capture(text, { format })), gzipSync(capture(text))].map(async (octets) => {
            const { analysis } = await analyzeCaptures([octets]);
            return [analysis.connections, analysis.timeWaitSyns, analysis.pawsRejections, analysis.findings];
          }),
        );
        for (const rows of rest) expect(rows).toEqual(first);
      }),
      { numRuns: 8 },
    );
  });
});

/** Segments that obey nothing, between few ends and with few numbers, so that they often meet. */
const chaos = fc
  .array(
    fc.record({
      from: fc.constantFrom('A', 'B', 'C'),
      to: fc.constantFrom('A', 'B', 'C'),
      flags: fc.constantFrom('S', 'S.', '.', 'P.', 'F.', 'FP.', 'R', 'R.', 'SF', 'SR', 'none', 'FPU', 'SFR.'),
      seq: fc.constantFrom(0, 1, 1000, 1001, 1011, 5000, 5001, 66_538, 0xffffffff, 2 ** 31, 2 ** 31 + 1000),
      ack: fc.constantFrom(0, 1, 1000, 1001, 1011, 5000, 5001, 66_538, 0xffffffff, 2 ** 31),
      length: fc.constantFrom(0, 0, 0, 1, 10, 1460),
      tsval: fc.option(fc.constantFrom(0, 1, 100, 2 ** 31, 0xffffffff)),
      tsecr: fc.constantFrom(0, 1, 100, 2 ** 31, 0xffffffff),
      wait: fc.constantFrom('0.01', '0.3', '2', '65', '250', '100000'),
      copied: fc.boolean(),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((segments) => {
    let copies = 0;
    const lines = segments.map(({ from, to, flags, seq, ack, length, tsval, tsecr, wait, copied }) => {
      const acking = flags.includes('.') ? `ack ${ack}` : `rawack ${ack}`;
      const stamp = tsval === null ? '' : `<TS val ${tsval} ecr ${tsecr}>`;
      if (copied) copies++;
      return `+${wait} ${from} > ${to} ${flags} ${seq}(${length}) ${acking} ${stamp} ${copied ? '\n+0.00005 copy' : ''}`;
    });
    const ends = 'A = 192.0.2.1:40000   B = 198.51.100.7:443   C = 203.0.113.5:40000';
    return { text: `${ends}\n0 A > B . 1 ack 1\n${lines.join('\n')}`, copies };
  });

describe('whatever segments a capture holds', () => {
  it('each is counted once, in one connection, and the rows make sense', async () => {
    await fc.assert(
      fc.asyncProperty(chaos, async ({ text, copies }) => {
        const analysis = await analyzeConversation(text);
        const { connections } = analysis;
        const counted = connections.reduce((sum, c) => sum + Number(c.client_packets) + Number(c.server_packets), 0);
        expect(counted + copies).toBe(analysis.captures[0]!.tcp_packets);
        for (const c of connections) {
          expect(Number(c.duration_s)).toBeGreaterThanOrEqual(0);
          for (const end of ['client', 'server']) {
            expect(Number(c[`${end}_unique_bytes`])).toBeGreaterThanOrEqual(0);
            expect(Number(c[`${end}_bytes`])).toBeGreaterThanOrEqual(Number(c[`${end}_unique_bytes`]));
            expect(Number(c[`${end}_retransmissions`])).toBeLessThanOrEqual(Number(c[`${end}_packets`]));
          }
          if (['refused', 'unanswered', 'open', 'replaced'].includes(String(c.close))) {
            expect(c.closed_first, String(c.close)).toBeNull();
          }
          expect(c.time_wait_at === null, 'TIME_WAIT has a side and a time, or neither').toBe(c.time_wait_ns === null);
          if (c.close_wait_s !== null) expect(Number(c.close_wait_s)).toBeGreaterThanOrEqual(0);
          expect(c.reset_by === null).toBe(c.reset_frame === null);
        }
        for (const row of analysis.timeWaitSyns) {
          expect(connections.map((c) => c.id)).toEqual(
            expect.arrayContaining([row.connection_id, row.previous_connection_id]),
          );
          expect(Number(row.elapsed_s)).toBeGreaterThanOrEqual(0);
        }
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it('the incarnations of a four-tuple are numbered without a gap, in order of their first segments', async () => {
    await fc.assert(
      fc.asyncProperty(chaos, async ({ text }) => {
        // Within four minutes nothing is forgotten.
        const { connections } = await analyzeConversation(text.replace(/\+(250|100000|65) /g, '+1 '));
        const last = new Map<string, number>();
        for (const c of connections) {
          const ends = [`${c.client_ip} ${c.client_port}`, `${c.server_ip} ${c.server_port}`].sort().join(' ');
          expect(c.incarnation).toBe((last.get(ends) ?? 0) + 1);
          last.set(ends, Number(c.incarnation));
        }
      }),
      { numRuns: 25 },
    );
  });
});
