import { describe, expect, it } from 'vitest';
import { compareZeek } from './zeek.mjs';

const row = (conn_state: string, history: string | null, port = 40000) => ({
  id_orig_h: '192.0.2.1', id_orig_p: port, id_resp_h: '198.51.100.7', id_resp_p: 443, conn_state, history,
}); // prettier-ignore
const logged = (conn_state: string, history?: string, port = '40000') => ({
  'id.orig_h': '192.0.2.1', 'id.orig_p': port, 'id.resp_h': '198.51.100.7', 'id.resp_p': '443', conn_state, history,
}); // prettier-ignore
const test = (...rows: object[]) => ({ tests: [{ default: true, rows }] });

describe('the comparison with Zeek', () => {
  it('finds no difference where conn_state and history are equal, in whatever order', () => {
    const both = test(logged('S0', 'S'), logged('SF', 'ShAFf'));
    expect(compareZeek([row('SF', 'ShAFf'), row('S0', 'S')], both)).toEqual({
      rows: { all: 2, state: 2, history: 2 },
      lone: { all: 0, state: 0, history: 0 },
      differences: [],
    });
  });

  it('counts what we lack, what we have too many of, and a history that differs', () => {
    const result = compareZeek(
      [row('SF', 'ShAFf'), row('S0', 'S')],
      test(logged('SF', 'ShAXFf'), logged('S1', 'ShA', '40001')),
    );
    expect(result).toMatchObject({ rows: { all: 3, state: 1, history: 0 } });
    expect(result?.differences).toEqual([
      '192.0.2.1 40000 > 198.51.100.7 443: ours SF ShAFf, Zeek SF ShAXFf',
      '192.0.2.1 40001 > 198.51.100.7 443: ours nothing, Zeek S1 ShA',
      '192.0.2.1 40000 > 198.51.100.7 443: ours S0 S, Zeek has no such row',
    ]);
  });

  it('counts lone packets apart, and an empty history is one', () => {
    expect(compareZeek([row('OTH', null)], test(logged('OTH')))).toMatchObject({ rows: { all: 0 }, lone: { all: 1, history: 1 } });
  }); // prettier-ignore

  it('takes the test with most rows among those with default settings, and says so where there is none', () => {
    const bad = { default: false, rows: [logged('SF', 'x'), logged('SF', 'y')] };
    const small = { default: true, rows: [logged('S1', 'ShA')] };
    const large = { default: true, rows: [logged('SF', 'ShAFf'), logged('S0', 'S')] };
    expect(compareZeek([], { tests: [bad, small, large] })?.rows.all).toBe(2);
    expect(compareZeek([], { tests: [bad] })).toBeNull();
  });
});
