import { describe, expect, it } from 'vitest';
import { established, Talk } from '../support/conversation.js';
import { analyzeConversation } from '../support/run.js';

const ISNS = { clientIsn: 1_000_000, serverIsn: 5_000_000 };
const FIN_WAIT_2 = established({ client: '192.0.2.1:41000', at: 0.2 }).halfClosedBy('server');

// What is often said of TIME_WAIT and is not so (close-rules 0.2).
describe('it is not so that', () => {
  const closed = established({ ...ISNS, timestamps: true }).closedBy('server');
  const { client: Fc, server: Fs } = closed.next;
  const syn = (at: number, isn = Fc + 1000, tsval = 100_000 + at * 1000): string =>
    `A = 192.0.2.1:40000 B = 198.51.100.7:443\n${at} A > B S ${isn >>> 0} <mss 1460, TS val ${tsval} ecr 0>`;

  it.each([
    [59, 1],
    [61, 0],
  ])(
    'TIME_WAIT of Linux lasts 2 minutes, or as long as tcp_fin_timeout: a SYN %i s later, %i verdict (C9)',
    async (at, n) => {
      // The same server gave up another connection in FIN_WAIT_2 after 4 s.
      const late = FIN_WAIT_2.toString() + '\n4.3 A > B F. 1001 ack 5002\n4.31 B > A R 5002';
      const { connections, timeWaitSyns } = await analyzeConversation(`${closed}\n${late}\n${syn(at)}`);
      expect(connections[1]).toMatchObject({ reset_code: 'late_fin_rst', closed_first: 'server', time_wait_at: null });
      expect(timeWaitSyns).toHaveLength(n);
    },
  );

  it('tcp_tw_reuse of a server ends its TIME_WAIT: a SYN that was reused by its sender is judged all the same (C9)', async () => {
    // The client's own signs of reuse, towards a server that holds TIME_WAIT.
    const reused = `2 A > B S ${Fc}+65537 <mss 1460, TS val 102000 ecr 900050>`;
    const { timeWaitSyns } = await analyzeConversation(`${closed}\n${reused}`);
    expect(timeWaitSyns).toMatchObject([{ holder: 'server', client_reuse: 0, linux: 'accept' }]);
  });

  it.each([
    [100, 'higher'],
    [137, 'higher'],
    [138, 'lower'],
    [169, 'lower'],
    [274, 'lower'],
    [276, 'higher'],
  ])(
    'a fresh ISN is always higher: after a life of %i s by the clock of Linux it is %s (C5)',
    async (life, relation) => {
      const talk = new Talk({ ...ISNS, timestamps: true }).opens().waits(life - 1);
      const isn = (ISNS.clientIsn + life * 15_625_000) >>> 0;
      const { timeWaitSyns } = await analyzeConversation(`${talk.closedBy('server')}\n${syn(life, isn, 100_000)}`);
      expect(timeWaitSyns).toMatchObject([{ isn_relation: relation }]);
    },
  );

  it('a SYN with a lower number is dropped in silence: Linux challenges it, or takes it for its timestamp', async () => {
    const told = async (tsval: number): Promise<unknown> =>
      (await analyzeConversation(`${closed}\n${syn(2, Fc - 1000, tsval)}`)).timeWaitSyns;
    const others = { freebsd: 'drop', gvisor: 'drop', windows: 'drop' };
    expect(await told(100_040)).toMatchObject([{ ...others, linux: 'challenge' }]);
    expect(await told(100_041)).toMatchObject([{ ...others, linux: 'accept' }]);
  });

  it('a new SYN must have both a higher number and a newer timestamp (C6)', async () => {
    for (const [isn, tsval] of [
      [Fc - 1000, 100_041],
      [Fc + 1000, 100_040],
    ] as const) {
      const answer = `2.01 B > A S. ${Fs}+65537 ack ${isn + 1} <TS val 902010 ecr ${tsval}>`;
      const analysis = await analyzeConversation(`${closed}\n${syn(2, isn, tsval)}\n${answer}`);
      expect(analysis.timeWaitSyns).toMatchObject([{ outcome: 'accepted', linux: 'accept', linux_reopened: 1 }]);
      expect(analysis.findings).toEqual([]);
    }
  });

  it.each<[string, Talk, string | null]>([
    ['after a simultaneous close both ends hold it', established().closedByBoth(), 'both'],
    ['after a reset neither does', established().sends('client', 9).resetBy('client'), null],
    [
      'after a reset in place of the second FIN neither does',
      established().halfClosedBy('client').resetBy('server'),
      null,
    ],
  ])('the one that closed first alone goes into TIME_WAIT: %s', async (_, talk, holder) => {
    expect((await analyzeConversation(`${talk}`)).connection).toMatchObject({ time_wait_at: holder });
  });

  it.each([
    ['client', 'A = 192.0.2.1:40001 B = 198.51.100.7:443'],
    ['server', 'A = 192.0.2.1:40000 B = 198.51.100.7:444'],
  ])('TIME_WAIT holds a port: with another port of the %s the SYN meets none', async (_, ends) => {
    const { timeWaitSyns } = await analyzeConversation(`${closed}\n${ends}\n2 A > B S ${Fc - 1000} <TS val 5 ecr 0>`);
    expect(timeWaitSyns).toEqual([]);
  });

  it('a connection vanishes when it is closed with unread data: a reset ends it, and both ends know', async () => {
    const row = (await analyzeConversation(`${established().sends('client', 100).resetBy('server')}`)).connection;
    expect(row).toMatchObject({ close: 'rst', reset_cause: 'unread-data', time_wait_at: null });
    expect(row).toMatchObject({ client_state: 'CLOSED', server_state: 'CLOSED' });
  });

  it('FIN_WAIT_2 ends by itself after some time: half closed, a connection may go on for an hour', async () => {
    const talk = established().halfClosedBy('server').waits(1800).sends('client', 9).waits(1800);
    const open = await analyzeConversation(`${talk}`);
    expect(open.connection).toMatchObject({ close: 'half-closed', server_state: 'FIN_WAIT_2', reset_by: null });
    const row = (await analyzeConversation(`${talk.fin('client').acks('server')}`)).connection;
    expect(row).toMatchObject({ close: 'fin', closed_first: 'server', time_wait_at: 'server' });
    expect(row).toMatchObject({ closed_first_confidence: 'certain' });
  });
});
