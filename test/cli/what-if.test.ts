import { beforeAll, describe, expect, it } from 'vitest';
import { STACKS } from '../../src/detect/what-if.js';
import { temporaryFolder } from '../store/support/write.js';
import { sample, tcpclose } from './support/program.js';

const folder = temporaryFolder();
beforeAll(() => {
  expect(tcpclose(folder, ['analyze', sample('time-wait-matrix.pcap'), '-o', 'web.db', '--quiet']).status).toBe(0);
});
const whatIf = (...args: string[]) => tcpclose(folder, ['what-if', 'web.db', ...args]);

describe('what-if', () => {
  it('knows every stack whose rule is known, and no other', () => {
    const { stderr } = whatIf('--stack', 'plan9');
    const named = /Allowed choices are ([^.]+)\./.exec(stderr)?.[1]?.split(', ');
    expect(named).toEqual(Object.keys(STACKS));
  });

  it('agrees with the columns of time_wait_syns, stack by stack', () => {
    const query = Object.keys(STACKS).map((name) => `sum(${name} = 'accept') AS ${name}`);
    const sql = `SELECT ${query.join(', ')} FROM time_wait_syns`;
    const [counts] = JSON.parse(tcpclose(folder, ['query', 'web.db', sql, '--format', 'json']).stdout) as [object];
    const said = Object.keys(STACKS).map((name) => {
      const what = JSON.parse(whatIf('--stack', name, '--format', 'json').stdout) as { syns: { then: object } };
      return [name, (what.syns.then as { accepted: number }).accepted];
    });
    expect(Object.fromEntries(said)).toEqual(counts);
  });

  it('refuses tcp_tw_recycle on a stack that has none', () => {
    expect(whatIf('--tw-recycle', '--stack', 'freebsd')).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining('only Linux') as string,
    });
    expect(whatIf('--tw-recycle', '--stack', 'linux').status).toBe(0);
  });

  it.each([['0s'], ['soon'], ['60']])('refuses a TIME_WAIT of %s', (text) => {
    expect(whatIf('--time-wait', text)).toMatchObject({ status: 2, stdout: '' });
  });

  it('refuses what is no database, with a way out', () => {
    expect(tcpclose(folder, ['what-if', 'none.db'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('tcpclose analyze') as string,
    });
  });
});
