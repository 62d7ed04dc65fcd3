import { describe, expect, it } from 'vitest';
import type { Row } from '../support/analysis.js';
import { analyzeConversation } from '../support/run.js';

const TALK = `
  A = 192.0.2.1:40000     B = 198.51.100.7:443
  0.00 A > B S 1000 id 1 <mss 1460, TS val 100 ecr 0>
  0.04 B > A S. 5000 ack 1001 id 0 <mss 1460, TS val 940 ecr 100>
  0.08 A > B . 1001 ack 5001 id 2 <TS val 180 ecr 940>
  0.09 A > B P. 1001:1101(100) ack 5001 id 3 <TS val 190 ecr 940>
  0.13 B > A . 5001 ack 1101 id 10 <TS val 1030 ecr 190>
  0.14 B > A P. 5001:5002(1) ack 1101 id 11 <TS val 1040 ecr 190>
  0.18 A > B . 1101 ack 5002 id 4 <TS val 280 ecr 1040>
  0.20 B > A R. 5002 ack 1101 id 12 <TS val 1100 ecr 280>`;
const COPIES = `
  0.24 A > B . 1001 ack 5001 id 2 <TS val 180 ecr 940>
  0.25 A > B P. 1001:1101(100) ack 5001 id 3 <TS val 190 ecr 940>
  0.26 B > A . 5001 ack 1101 id 10 <TS val 1030 ecr 190>
  0.27 B > A P. 5001:5002(1) ack 1101 id 11 <TS val 1040 ecr 190>`;
const LATER = `
  0.24 A > B P. 1101:1201(100) ack 5002 id 5 <TS val 320 ecr 1040>
  0.25 A > B P. 1201:1301(100) ack 5002 id 6 <TS val 330 ecr 1040>
  0.28 B > A . 5002 ack 1201 id 13 <TS val 1180 ecr 320>
  0.29 B > A . 5002 ack 1301 id 14 <TS val 1190 ecr 330>`;

const withoutTimestamps = (text: string): string =>
  text.replaceAll(/<(mss 1460, )?TS [^>]*>/g, (_, mss?: string) => (mss === undefined ? '' : '<mss 1460>'));

async function ending(text: string): Promise<unknown[]> {
  const { connections, findings } = await analyzeConversation(text);
  const [row] = connections as [Row];
  return [row.close, row.reset_by, findings.some(({ kind }) => kind === 'reset-without-effect')];
}

describe('a SYN that the network brings a second time when its connection is in TIME_WAIT', () => {
  const closed = `
  A = 192.0.2.1:40000     B = 198.51.100.7:443
  0.000 A > B S 1000 <mss 1460, TS val 100 ecr 0>
  0.001 B > A S. 5000 ack 1001 <mss 1460, TS val 900 ecr 100>
  0.010 A > B . 1001 ack 5001 <TS val 110 ecr 900>
  0.020 B > A F. 5001 ack 1001 <TS val 920 ecr 110>
  0.030 A > B F. 1001 ack 5002 <TS val 130 ecr 920>
  0.031 B > A . 5002 ack 1002 <TS val 931 ecr 130>`;

  it('fails PAWS there, and its sender resets what answers it', async () => {
    const { pawsRejections, connections } = await analyzeConversation(`${closed}
      0.250 A > B S 1000 <mss 1460, TS val 100 ecr 0>
      0.251 B > A . 5002 ack 1002 <TS val 1151 ecr 130>
      0.260 A > B R 1002`);
    expect(pawsRejections).toMatchObject([
      { frame: 7, tsval: 100, ts_recent: 130, state: 'TIME_WAIT', outcome: 'rejected-dup-ack' },
    ]);
    expect(connections).toMatchObject([{ close: 'fin', time_wait_at: 'server', reset_cause: 'time-wait' }]);
  });

  it('and not in TIME_WAIT of the end that sent it, where it comes from the other', async () => {
    const { pawsRejections } = await analyzeConversation(`${closed.replace(
      /0\.020[^]*$/,
      `0.020 A > B F. 1001 ack 5001 <TS val 120 ecr 900>
      0.030 B > A F. 5001 ack 1002 <TS val 930 ecr 120>
      0.031 A > B . 1002 ack 5002 <TS val 131 ecr 930>`,
    )}
      0.250 A > B S 1000 <mss 1460, TS val 100 ecr 0>`);
    expect(pawsRejections).toEqual([]);
  });
});

describe.each([
  ['with timestamps', (text: string) => text],
  ['without', withoutTimestamps],
])('after a reset, %s', (_, as) => {
  it('segments that the network brings a second time do not show that the connection lives', async () => {
    expect(await ending(as(TALK + COPIES))).toEqual(['rst', 'server', false]);
  });

  it('nor when the four-tuple has been opened anew', async () => {
    const anew = `
      0.21 A > B S 900000 id 20 <mss 1460, TS val 310 ecr 0>
      0.23 B > A S. 700000 ack 900001 id 0 <mss 1460, TS val 1130 ecr 310>`;
    expect(await ending(as(TALK + anew + COPIES))).toEqual(['rst', 'server', false]);
  });

  it('but new ones of both ends do', async () => {
    expect(await ending(as(TALK + LATER))).toEqual(['open', null, true]);
  });

  it('and so do octets sent again, with a number of their own', async () => {
    const again = COPIES.replaceAll('ack 5001', 'ack 5002').replaceAll(
      / id (\d+) <TS val (\d+)/g,
      (__, id: string, tsval: string) => {
        return ` id ${Number(id) + 30} <TS val ${Number(tsval) + 200}`;
      },
    );
    expect(await ending(as(TALK + again))).toEqual(['open', null, true]);
  });
});

describe('without IPv4 ids and timestamps, after a reset,', () => {
  const AT = `
    A = [2001:db8::1]:40000     B = [2001:db8::7]:443
    0.000 A > B S 1000 <mss 1440>
    0.002 B > A S. 5000 ack 1001 <mss 1440>
    0.004 A > B . 1001 ack 5001
    0.010 A > B P. 1001:1101(100) ack 5001
    0.012 B > A . 5001 ack 1101
    0.014 B > A P. 5001:5101(100) ack 1101
    0.016 A > B . 1101 ack 5101
    0.020 B > A R. 5101 ack 1101
    0.021 A > B P. 1101:1201(100) ack 5101
    0.022 A > B P. 1201:1301(100) ack 5101
    0.023 B > A R 5101
    0.024 B > A R 5101`;

  it.each([
    ['ACKs that take others back', '0.03 B > A . 5001 ack 1001\n0.04 B > A . 5001 ack 1001'],
    ['what was said before', '0.03 B > A . 5101 ack 1101\n0.04 B > A P. 5001:5101(100) ack 1101'],
  ])('%s are none that its sender sent since', async (_, lines) => {
    const { connection: row } = await analyzeConversation(`${AT}\n${lines}`);
    expect(row).toMatchObject({ close: 'rst', closed_first: 'server', reset_by: 'server', reset_frame: 8 });
    expect(row.closed_first_confidence).toBe('certain');
  });

  it.each([
    ['new octets', '0.03 B > A P. 5101:5201(100) ack 1301\n0.04 B > A P. 5201:5301(100) ack 1301'],
    ['what was said before, but long after', '1.1 B > A . 5101 ack 1101\n1.2 B > A P. 5001:5101(100) ack 1101'],
  ])('%s show that it goes on', async (_, lines) => {
    const text = AT.replace(/\n *0.023.*\n.*/, '');
    const { connection: row, findings } = await analyzeConversation(`${text}\n${lines}`);
    expect(row).toMatchObject({ close: 'open', reset_by: null });
    expect(findings).toContainEqual(expect.objectContaining({ kind: 'reset-without-effect' }));
  });
});
