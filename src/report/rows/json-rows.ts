import type { RowFormat, Value } from './row-format.js';

/** Integers stay exact, as digits; blobs are hex. */
function jsonValue(value: Value): string {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('hex'));
  if (typeof value === 'number' && !Number.isFinite(value)) return 'null';
  return JSON.stringify(value);
}

/** Two columns of one name would hide each other: the later one gets a number. */
function keys(columns: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return columns.map((name) => {
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return JSON.stringify(times === 1 ? name : `${name}_${times}`);
  });
}

const object = (names: readonly string[], row: readonly Value[]): string =>
  `{${row.map((value, i) => `${names[i] ?? '""'}:${jsonValue(value)}`).join(',')}}`;

/** One array of objects, one object a line. */
export const json: RowFormat = function* (columns, rows) {
  const names = keys(columns);
  let before = '[\n';
  for (const row of rows) {
    yield before + object(names, row);
    before = ',\n';
  }
  yield before === ',\n' ? '\n]\n' : '[]\n';
};

/** One object a line. */
export const ndjson: RowFormat = function* (columns, rows) {
  const names = keys(columns);
  for (const row of rows) yield `${object(names, row)}\n`;
};
