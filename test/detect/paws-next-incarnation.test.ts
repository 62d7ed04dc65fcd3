import { describe, expect, it } from 'vitest';
import type { Analysis } from '../support/analysis.js';
import { swapAddresses } from '../support/conversation.js';
import { analyzeConversation } from '../support/run.js';

// The tap is at B, which closes first. TIME_WAIT is reopened by a newer SYN; TS.Recent of B is 102 030 then.
const OLD = `A = 192.0.2.1:40000     B = 198.51.100.7:443
  0.000 A > B S   1000                <TS val 100000 ecr 0>
  0.001 B > A S.  5000       ack 1001 <TS val 900000 ecr 100000>
  0.020 A > B .   1001       ack 5001 <TS val 100020 ecr 900000>
  0.030 A > B P.  1001(100)  ack 5001 <TS val 100030 ecr 900000>
  0.031 B > A .   5001       ack 1101 <TS val 900030 ecr 100030>
  1.000 B > A F.  5001       ack 1101 <TS val 901000 ecr 100030>
  1.020 A > B F.  1101       ack 5002 <TS val 101010 ecr 901000>
  1.021 B > A .   5002       ack 1102 <TS val 901020 ecr 101010>`;
const NEW = `
  2.000 A > B S   70000                <TS val 102000 ecr 0>
  2.001 B > A S.  70539     ack 70001  <TS val 902000 ecr 102000>
  2.020 A > B .   70001     ack 70540  <TS val 102020 ecr 902000>
  2.030 A > B P.  70001(50) ack 70540  <TS val 102030 ecr 902000>
  2.031 B > A .   70540     ack 70051  <TS val 902030 ecr 102030>`;
const REOPENED = OLD + NEW;
const OLD_DATA = 'A > B P. 1001(100) ack 5001 <TS val 100030 ecr 900000>';
const OLD_FIN = 'A > B F. 1101 ack 5002 <TS val 101010 ecr 901000>';
const UNMOVED = 'B > A . 70540 ack 70051 <TS val 902500 ecr 102030>';

const kinds = ({ findings }: Analysis): unknown[] => findings.map((f) => f.kind);

describe('an old duplicate of the connection before meets the later one', () => {
  it('and fails PAWS there, as the ACK of that one shows', async () => {
    const analysis = await analyzeConversation(`${REOPENED}\n2.5 ${OLD_DATA}\n2.5001 ${UNMOVED}`);
    expect(analysis.pawsRejections).toMatchObject([
      {
        connection_id: 2,
        sender: 'client',
        frame: 14,
        ts_recent: 102_030,
        ts_delta: -2000,
        state: 'ESTABLISHED',
        outcome: 'rejected-dup-ack',
        impact: 'harmless-old-duplicate',
        confidence: 'likely',
        evidence_frame: 15,
      },
    ]);
    expect(analysis.pawsRejections[0]!.explanation).toMatch(/Its numbers are those of the connection before/);
    expect(kinds(analysis)).toEqual(['delayed-duplicate']);
  });

  it('in whatever order the two numbers are', async () => {
    const lower = REOPENED.replaceAll('7000', '90').replaceAll('ack 70051', 'ack 951');
    const analysis = await analyzeConversation(
      `${lower}\n2.5 ${OLD_DATA}\n2.501 B > A . 70540 ack 951 <TS val 902500 ecr 102030>`,
    );
    expect(analysis.pawsRejections).toMatchObject([
      { connection_id: 2, outcome: 'rejected-dup-ack', impact: 'harmless-old-duplicate' },
    ]);
  });

  it('with a FIN: the last ACK was not lost, and that FIN closes nothing', async () => {
    const analysis = await analyzeConversation(`${REOPENED}\n2.5 ${OLD_FIN}
      2.5001 B > A . 70540 ack 70051 <TS val 902500 ecr 102030, sack 1101:1102>`);
    expect(analysis.pawsRejections).toMatchObject([
      { connection_id: 2, frame: 14, outcome: 'rejected-dup-ack', evidence_frame: 15 },
    ]);
    expect(kinds(analysis)).toEqual(['delayed-duplicate']);
    expect(analysis.connections.map((c) => c.close)).toEqual(['fin', 'open']);
  });

  it('also where no timestamp tells: the last ACK was not lost', async () => {
    const bare = `${REOPENED}\n2.5 ${OLD_FIN}\n2.501 ${UNMOVED}`.replaceAll(/<TS[^>]*>/g, '');
    const analysis = await analyzeConversation(bare);
    expect(analysis.pawsRejections).toEqual([]);
    expect(kinds(analysis)).toEqual(['delayed-duplicate']);
  });

  it('the newest of all, where there are more', async () => {
    const third = `
      3.00 A > B F. 70051 ack 70540 <TS val 103000 ecr 902030>
      3.01 B > A F. 70540 ack 70052 <TS val 903010 ecr 103000>
      3.02 A > B .  70052 ack 70541 <TS val 103020 ecr 903010>
      4.00 A > B S  9000000 <TS val 104000 ecr 0>
      4.01 B > A S. 8000000 ack 9000001 <TS val 904000 ecr 104000>
      4.02 A > B .  9000001 ack 8000001 <TS val 104020 ecr 904000>`;
    const { pawsRejections } = await analyzeConversation(`${REOPENED}${third}\n5 ${OLD_DATA}`);
    expect(pawsRejections).toMatchObject([{ connection_id: 3, ts_recent: 104_000, outcome: 'would-reject' }]);
  });

  it('of the server it meets at the client', async () => {
    const { pawsRejections } = await analyzeConversation(
      `${REOPENED}\n2.4 A > B P. 70051(9) ack 70540 <TS val 102400 ecr 902030>\n2.5 B > A F. 5001 ack 1101 <TS val 901000 ecr 100030>`,
    );
    expect(pawsRejections).toMatchObject([{ connection_id: 2, sender: 'server', ts_recent: 902_030 }]);
  });

  it('is told of once, though the capture holds each frame twice', async () => {
    const twice = `${REOPENED}\n2.5 ${OLD_DATA} id 77\n+0.0002 copy\n2.501 ${UNMOVED} id 99\n+0.0002 copy`;
    const { pawsRejections } = await analyzeConversation(twice);
    expect(pawsRejections).toMatchObject([{ frame: 14, evidence_frame: 16 }]);
  });

  it('is the same with the ends exchanged', async () => {
    const { pawsRejections } = await analyzeConversation(
      swapAddresses(`${REOPENED}\n2.5 ${OLD_DATA}\n2.5001 ${UNMOVED}`),
    );
    expect(pawsRejections).toMatchObject([{ connection_id: 2, sender: 'client', outcome: 'rejected-dup-ack' }]);
  });
});

describe('no row is made', () => {
  it('for a copy that nobody captured, where it was: so near the SYN-ACK that its record may just stand too late', async () => {
    const [before, after] = REOPENED.split(/\n(?= *2\.020)/);
    const lines = `2.003 ${OLD_DATA}\n2.0031 B > A . 70540 ack 70001 <TS val 902003 ecr 102000, sack 1001:1101>`;
    expect((await analyzeConversation(`${before}\n${lines}\n${after}`)).pawsRejections).toEqual([]);
  });

  it.each([
    [
      'of what the later connection sends',
      '2.5 A > B P. 70051(10) ack 70540 <TS val 102500 ecr 902030>\n2.501 B > A . 70540 ack 70061 <TS val 902500 ecr 102500>',
    ],
    [
      'of an old SYN: it draws a challenge ACK whatever its timestamp says',
      `2.5 A > B S 1000 <TS val 100000 ecr 0>\n2.501 ${UNMOVED}`,
    ],
    ['of a reset', '2.5 A > B R. 1101 ack 5001 <TS val 100030 ecr 900000>'],
    [
      'of an old duplicate that meets an end which has closed for good',
      `
      3.00 B > A F. 70540 ack 70051 <TS val 903000 ecr 102030>
      3.02 A > B F. 70051 ack 70541 <TS val 103020 ecr 903000>
      3.04 B > A .  70541 ack 70052 <TS val 903040 ecr 103020>
      4.00 B > A F. 5001 ack 1101 <TS val 901000 ecr 100030>
      4.01 A > B R  1101`,
    ],
    [
      'where a reset has ended the later one',
      `2.4 A > B R. 70051 ack 70540 <TS val 102400 ecr 902030>\n2.5 ${OLD_DATA}\n2.51 B > A R 5001`,
    ],
  ])('%s', async (_, lines) => {
    expect((await analyzeConversation(`${REOPENED}\n${lines}`)).pawsRejections).toEqual([]);
  });

  it('of the last ACK of the connection before, which stands a moment late in the capture', async () => {
    const [last] = OLD.split('\n').slice(-1);
    const late = `${OLD.replace(last!, '')}${NEW}`.replace(/(\n *2\.020)/, `\n${last!.replace('1.021', '2.0012')}$1`);
    const { pawsRejections, connections } = await analyzeConversation(late);
    expect(pawsRejections).toEqual([]);
    expect(connections.map((c) => c.close)).toEqual(['fin', 'open']);
  });
});

describe('TIME_WAIT that may be gone', () => {
  it.each([
    ['after a reset had hit it', '2 A > B R 1102\n2.1'],
    ['once its time was over', '70'],
  ])('%s holds no TS.Recent: old data has no row', async (_, before) => {
    const { pawsRejections } = await analyzeConversation(`${OLD}\n${before} ${OLD_DATA}\n+0.001 B > A R 5001`);
    expect(pawsRejections).toEqual([]);
  });

  it('but was not, as its answer shows: then old data has one', async () => {
    const { pawsRejections } = await analyzeConversation(
      `${OLD}\n2 A > B R 1102\n2.1 ${OLD_DATA}\n2.1001 B > A . 5002 ack 1102 <TS val 902100 ecr 101010>`,
    );
    expect(pawsRejections).toMatchObject([{ connection_id: 1, state: 'TIME_WAIT', outcome: 'rejected-dup-ack' }]);
  });

  it('and is not, while nothing speaks for it', async () => {
    const { pawsRejections } = await analyzeConversation(`${OLD}\n2.1 ${OLD_DATA}`);
    expect(pawsRejections).toMatchObject([{ connection_id: 1, state: 'TIME_WAIT', outcome: 'would-reject' }]);
  });
});
