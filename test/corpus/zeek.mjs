/**
 * Compares the view zeek_conn with rows of conn.log that Zeek publishes for its own captures. Pure: rows in, differences
 * out.
 *
 * `oracle`: one object of zeek-conn.jsonl.gz. Only tests that ran Zeek with its defaults count; of several, the one that
 * logged most (one that took packets with bad checksums before one that dropped them). Each row of Zeek takes one of ours
 * on its four-tuple, the most alike. A row of ours too many counts as a wrong one. Lone packets that Zeek calls OTH count
 * apart: with what ports it takes for a server's depends on which scripts a test loads.
 *
 * @returns {{ rows: Share, lone: Share, differences: string[] } | null} null: no such test. Share: `{ all, state, history }`
 */
export function compareZeek(ours, oracle) {
  const expected = defaultRows(oracle);
  if (expected === null) return null;
  const mine = new Map();
  for (const row of ours) mine.set(tuple(row, '_'), [...(mine.get(tuple(row, '_')) ?? []), row]);
  const rows = { all: 0, state: 0, history: 0 };
  const lone = { all: 0, state: 0, history: 0 };
  const differences = [];
  const whole = new Set();
  for (const row of expected) {
    const key = tuple(row, '.');
    const isLone = row.conn_state === 'OTH' && (row.history ?? '').length <= 2;
    if (!isLone) whole.add(key);
    const candidates = mine.get(key) ?? [];
    const hit = mostAlike(candidates, row);
    if (hit !== undefined) candidates.splice(candidates.indexOf(hit), 1);
    const share = isLone ? lone : rows;
    share.all++;
    if (hit?.conn_state === row.conn_state) share.state++;
    if (hit !== undefined && sameHistory(hit, row)) share.history++;
    if (hit === undefined || hit.conn_state !== row.conn_state || !sameHistory(hit, row))
      differences.push(`${key}: ours ${words(hit)}, Zeek ${words(row)}`);
  }
  for (const key of whole) {
    for (const row of mine.get(key) ?? []) {
      rows.all++;
      differences.push(`${key}: ours ${words(row)}, Zeek has no such row`);
    }
  }
  return { rows, lone, differences };
}

function defaultRows({ tests }) {
  const best = tests
    .filter((test) => test.default && test.rows?.length > 0)
    .sort((a, b) => rank(b).reduce((order, value, i) => order || value - rank(a)[i], 0))[0];
  return best === undefined ? null : best.rows.filter((row) => (row.proto ?? 'tcp') === 'tcp');
}

function rank({ rows, checksums, redefs }) {
  return [rows.length, checksums === 'ignored' ? 1 : 0, redefs?.length > 0 ? 0 : 1];
}

function mostAlike(candidates, row) {
  const sameState = candidates.filter((candidate) => candidate.conn_state === row.conn_state);
  return sameState.find((candidate) => sameHistory(candidate, row)) ?? sameState[0] ?? candidates[0];
}

function sameHistory(a, b) {
  return (a.history ?? null) === (b.history ?? null);
}

/** Both write IPv6 as RFC 5952 wants it. */
function tuple(row, dot) {
  const end = (name) => `${row[`id${dot}${name}_h`]} ${row[`id${dot}${name}_p`]}`;
  return `${end('orig')} > ${end('resp')}`;
}

function words(row) {
  return row === undefined ? 'nothing' : `${row.conn_state} ${row.history ?? '(empty)'}`;
}
