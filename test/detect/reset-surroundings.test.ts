import { describe, expect, it } from 'vitest';
import type { Analysis, Row } from '../support/analysis.js';
import { established, interleave } from '../support/conversation.js';
import type { TalkOptions, Talk } from '../support/conversation.js';
import { createEngine } from '../../src/detect/engine.js';
import { analyzeConversation, type RunOptions } from '../support/run.js';

const SERVER = '198.51.100.7:443';

function client(n: number, options: TalkOptions = {}): TalkOptions {
  return { client: `192.0.2.${n}:${40000 + n}`, at: n * 0.001, ...options };
}

async function analyze(...talks: readonly (Talk | string)[]): Promise<Analysis> {
  return analyzeConversation(interleave(...talks.map(String)));
}

const codes = ({ connections }: Analysis): unknown[] => connections.map((row) => row.reset_code);
const why = (row: Row): unknown[] => [row.reset_cause, row.reset_code, row.reset_confidence];

describe('a listener that was closed', () => {
  const waiting = (n: number): Talk => established(client(n)).waits(1).resetBy('server');
  const late = (answer: string): string =>
    `A = 192.0.2.77:50000   B = ${SERVER}\n2 A > B S 1\n2.01 B > A ${answer}\n2.02 A > B . 2 ack 78\n9 A > B . 2 ack 78`;
  const refused = `A = 192.0.2.77:50000   B = ${SERVER}\n2 A > B S 1\n2.01 B > A R. 0 ack 2`;

  it('aborts all that nobody had accepted, and refuses the next SYN', async () => {
    const { connections } = await analyze(waiting(1), waiting(2), waiting(3), refused);
    expect(connections.slice(0, 3).map(why)).toEqual(Array(3).fill(['abort', 'listener_closed', 'likely']));
    expect(why(connections[3]!)).toEqual(['refused', 'refused', 'certain']);
  });

  it('resets those that complete their handshakes later, which is no full accept queue', async () => {
    const late = (n: number): string =>
      `A = 192.0.2.${n}:${40000 + n}   B = ${SERVER}\n0 A > B S 1\n0.01 B > A S. 5 ack 2\n0.0${n} A > B . 2 ack 6\n0.0${n} B > A R 6`;
    const { connections } = await analyze(late(2), late(3), refused);
    expect(connections.slice(0, 2).map(why)).toEqual(Array(2).fill(['abort', 'listener_closed', 'likely']));
    const [alone] = (await analyze(late(2), late(3))).connections;
    expect(why(alone!).slice(0, 2)).toEqual(['listen-overflow', 'accept_overflow']);
  });

  it.each([true, false])(
    'is told so also where only the clients have reserved ports, as with NFS (short way: %s)',
    async (shortWay) => {
      const server = '198.51.100.7:2049';
      const mount = (n: number): Talk =>
        established({ client: `192.0.2.${n}:${700 + n}`, server, at: n * 0.001 })
          .waits(1)
          .resetBy('server');
      const next = `A = 192.0.2.77:777   B = ${server}\n2 A > B S 1\n2.01 B > A R. 0 ack 2`;
      const engine: RunOptions['engine'] = (options, sink, addresses) =>
        createEngine({ ...options, shortWay }, sink, addresses);
      const analysis = await analyzeConversation(interleave(`${mount(1)}`, `${mount(2)}`, next), { engine });
      expect(codes(analysis).slice(0, 2)).toEqual(['listener_closed', 'listener_closed']);
    },
  );

  it('is told so also where the first of them have left memory when the rest is read', async () => {
    const later = established(client(9, { at: 900 }));
    expect(codes(await analyze(waiting(1), waiting(2), refused, later)).slice(0, 2)).toEqual([
      'listener_closed',
      'listener_closed',
    ]);
  });

  it('is not what answers keepalive probes as lwIP does, which was started again', async () => {
    const probed = (n: number): string =>
      `${established(client(n)).waits(1).line('A > B . 1000 ack 5001')}\n+0 B > A R. 5001 ack 1000 win 65535`;
    const { connections } = await analyze(probed(1), probed(2), refused);
    expect(connections.slice(0, 2).map(why)).toEqual(Array(2).fill(['keepalive', 'half_open_peer_gone', 'strong']));
  });

  it('says so in its finding', async () => {
    const { findings } = await analyze(waiting(1), waiting(2), refused);
    expect(findings.map((f) => f.summary)).toContainEqual(expect.stringContaining('its listener was closed'));
  });

  it.each([
    ['one connection alone', [waiting(1), refused]],
    ['no SYN that comes after', [waiting(1), waiting(2)]],
    ['a next SYN that is taken', [waiting(1), waiting(2), late('S. 77 ack 2')]],
    ['a next SYN that comes minutes later', [waiting(1), waiting(2), refused.replaceAll(/^2/gm, '200')]],
    [
      'a server that had answered, unseen',
      [1, 2]
        .map((n) => `${established(client(n)).waits(1).line('A > B . 1001 ack 5101')}\n+0.01 B > A R. 5101 ack 1001`)
        .concat(refused),
    ],
    [
      'a next SYN that is taken, though a later one is refused',
      [waiting(1), waiting(2), late('S. 77 ack 2'), refused.replaceAll(/^2/gm, '3')],
    ],
    ['resets that come one by one', [waiting(1), established(client(2)).waits(1.5).resetBy('server'), refused]],
    [
      'a server that had answered',
      [1, 2].map((n) => established(client(n)).sends('server', 9).waits(1).resetBy('server')).concat(refused as never),
    ],
    [
      'clients that reset',
      [1, 2].map((n) => established(client(n)).waits(1).resetBy('client')).concat(refused as never),
    ],
  ])('is not told by %s', async (_, talks) => {
    expect(codes(await analyze(...talks))).not.toContain('listener_closed');
  });
});

describe('a SYN that a device refuses in the name of a host', () => {
  const far = { rtt: 0.05 };
  const served = (n: number, ttl = 50): string =>
    String(established(client(n, far))).replaceAll(/^(.*B > A.*)$/gm, `$1 ttl ${ttl}`);
  const refused = (extra: string, after = 0.001): string =>
    `A = 192.0.2.77:50000   B = 198.51.100.7:23\n2 A > B S 1\n+${after} B > A R. 0 ack 2 ${extra}`;
  const last = (a: Analysis): unknown => [a.connections.at(-1)!.reset_code, a.connections.at(-1)!.reset_origin];

  it.each([63, 32])('is told by another TTL, %d, and an answer that comes too soon', async (ttl) => {
    const analysis = await analyze(served(1), served(2), refused(`ttl ${ttl}`));
    expect(last(analysis)).toEqual(['refused_by_middlebox', 'middlebox']);
    expect(analysis.connections.at(-1)).toMatchObject({ close: 'refused', reset_confidence: 'likely' });
    expect(analysis.findings.at(-1)!.summary).toContain('A device before 198.51.100.7:23 refused the SYN');
  });

  it.each([
    ['the TTL of the host', [served(1), served(2), refused('ttl 50')]],
    [
      'an answer that takes as long as the host does: another machine behind its address',
      [served(1), served(2), refused('ttl 63', 0.05)],
    ],
    ['a host that was heard once', [served(1), refused('ttl 63')]],
    ['a host with several TTLs of its own', [served(1), served(2), served(3, 120), refused('ttl 63')]],
    ['one more TTL of a host that has several', [served(1), served(2), served(3, 120), refused('ttl 200')]],
    ['a host of which nothing else is known', [refused('ttl 63')]],
  ])('is not told by %s', async (_, talks) => {
    expect(last(await analyze(...talks))).toEqual(['refused', 'unknown']);
  });
});

describe('a device between that drops connections after silence', () => {
  const quiet = (): Talk => established({ timestamps: true }).sends('client', 9).sends('server', 9);
  const asks = (after: number): Talk => quiet().waits(after).segment('client', 'P.', 9);
  const one = async (talk: Talk, ...lines: string[]): Promise<Row> =>
    (await analyzeConversation([String(talk), ...lines].join('\n'))).connection;

  it('answers the first segment after it', async () => {
    const row = await one(asks(400), '+0.002 B > A R 5010 ttl 250');
    expect(why(row)).toEqual(['idle-timeout', 'mb_idle_timeout', 'likely']);
    expect(row).toMatchObject({ reset_origin: 'middlebox', reset_by: 'server', close: 'rst' });
  });

  it('or resets both ends when its timer ends', async () => {
    const row = await one(
      quiet().waits(350).line('B > A R. 5010 ack 1010 ttl 250'),
      '+0.0005 A > B R. 1010 ack 5010 ttl 250',
    );
    expect(why(row)).toEqual(['idle-timeout', 'mb_idle_timeout', 'strong']);
    const bare = await one(
      quiet().waits(350).line('B > A R 5010 ttl 250 id 40000'),
      '+0.0005 A > B R 1010 ttl 250 id 40000',
    );
    expect(why(bare)).toEqual(['idle-timeout', 'mb_idle_timeout', 'strong']);
  });

  it.each([
    ['the TTL of the end itself', asks(400), ['+0.002 B > A R 5010']],
    ['a shorter silence', asks(20), ['+0.002 B > A R 5010 ttl 250']],
    [
      'a silence that is long over',
      asks(400).segment('server', '.').waits(5).segment('client', 'P.', 9),
      ['+0.002 B > A R 5010 ttl 250'],
    ],
    [
      'both ends after a silence like no timer',
      quiet().waits(290).line('B > A R. 5010 ack 1010 ttl 250'),
      ['+0.0005 A > B R. 1010 ack 5010 ttl 250'],
    ],
    ['one end at the time of a timer', quiet().waits(350).line('B > A R. 5010 ack 1010 ttl 250'), []],
  ])('is not told by %s', async (_, talk, lines) => {
    expect((await one(talk, ...lines)).reset_code).not.toBe('mb_idle_timeout');
  });
});

describe('many connections that a server knows no more', () => {
  const asked = (n: number, wait = 30): Talk =>
    established(client(n)).sends('client', 9).sends('server', 9).waits(wait).segment('client', 'P.', 9);
  const lost = (n: number, wait?: number): string => `${asked(n, wait)}\n+0 B > A R 5010`;
  const five = [1, 2, 3, 4, 5];

  it('after it had been silent on all of them: a storm', async () => {
    const { connections, findings } = await analyze(...five.map((n) => lost(n)));
    expect(connections.map(why)).toEqual(five.map(() => ['half-open', 'port_unreach_like_reset_storm', 'likely']));
    expect(findings[0]!.summary).toContain('a crash, a restart or another host');
  });

  it('also where a keepalive probe met it', async () => {
    const probed = (n: number): string =>
      `${established(client(n)).sends('client', 9).sends('server', 9).waits(30).line('A > B . 1009 ack 5010')}\n+0 B > A R 5010`;
    const { connections } = await analyze(...five.map(probed));
    expect(new Set(connections.map((row) => `${row.reset_cause} ${row.reset_code}`))).toEqual(
      new Set(['keepalive port_unreach_like_reset_storm']),
    );
  });

  it.each([
    ['four', [1, 2, 3, 4].map((n) => lost(n))],
    ['five over a long time', five.map((n) => lost(n, 10 * n))],
    ['five of as many servers', five.map((n) => lost(n).replaceAll(SERVER, `198.51.100.${n}:443`))],
    [
      'five, while it still spoke to others of them',
      [...five.map((n) => lost(n)), ...five].map((talk, i) =>
        typeof talk === 'string'
          ? talk.replace(/\n([\d.]+)( {2}A > B {2}P\. 1010)/, `\n${29 + i}.5 B > A P. 5010:5011(1) ack 1010\n$1$2`)
          : '',
      ),
    ],
  ])('are no storm where there are %s', async (_, talks) => {
    const analysis = await analyze(...talks.filter((talk) => talk !== ''));
    expect(codes(analysis)).not.toContain('port_unreach_like_reset_storm');
  });

  it('nor is one of them of the storm where the server goes on: somebody answered in its name', async () => {
    const goesOn = `${lost(5).replace('+0 ', '+0.01 ')}\n+0.5 B > A P. 5010(9) ack 1010`;
    const { connections } = await analyze(...five.slice(0, 4).map((n) => lost(n)), goesOn);
    expect(connections.map((row) => row.reset_code)).toEqual([
      ...Array<string>(4).fill('port_unreach_like_reset_storm'),
      'unknown_rst',
    ]);
  });

  it('nor where the server aborts them: then it had them still', async () => {
    const aborts = five.map((n) =>
      established(client(n)).sends('client', 9).sends('server', 9).waits(30).resetBy('server'),
    );
    expect(new Set(codes(await analyze(...aborts)))).toEqual(new Set(['abort_unread_or_linger0']));
  });
});

describe('answers to SYNs that others sent', () => {
  const five = [1, 2, 3, 4, 5];
  const answer = (n: number, line: string): string =>
    `A = 203.0.113.${n}:${1000 + n}   B = ${SERVER}\n${n} B > A ${line}`;

  it.each([
    ['refusals', 'R. 0 ack 2'],
    ['bare resets', 'R 77'],
    ['a SYN-ACK, its copy and a reset', 'S. 5 ack 2\n+1 B > A S. 5 ack 2\n+1 B > A R 6'],
  ])('are told by %s to addresses that sent nothing', async (_, line) => {
    const { connections, findings } = await analyze(...five.map((n) => answer(n, line)));
    expect(connections.map((row) => [row.reset_cause, row.reset_code])).toEqual(
      five.map(() => ['unknown', 'syn_flood_backscatter']),
    );
    expect(findings.filter((f) => f.kind === 'backscatter')).toHaveLength(1);
    expect(findings.find((f) => f.kind === 'backscatter')).toMatchObject({ severity: 'notice', confidence: 'likely' });
  });

  it.each([
    ['fewer addresses', five.slice(1).map((n) => answer(n, 'R. 0 ack 2'))],
    ['one address alone', five.map((n) => answer(n, 'R. 0 ack 2').replace(/203.0.113.\d/, '203.0.113.1'))],
    [
      'addresses that have sent SYNs',
      five.flatMap((n) => [answer(n, 'R. 0 ack 2'), `A = 203.0.113.${n}:9   B = 198.51.100.8:80\n0.${n} A > B S 1`]),
    ],
    [
      'a capture of one direction only',
      [...five.map((n) => answer(n, 'R. 0 ack 2')), `A = 203.0.113.9:9   B = ${SERVER}\n0 B > A P. 1:9(8) ack 1`],
    ],
  ])('are not told by %s', async (_, talks) => {
    const analysis = await analyze(...talks);
    expect(codes(analysis)).not.toContain('syn_flood_backscatter');
    expect(analysis.findings.map((f) => f.kind)).not.toContain('backscatter');
  });
});
