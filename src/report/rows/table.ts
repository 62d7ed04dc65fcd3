import { fitted, printable, wrapped } from '../plain.js';
import { valueText, type RowFormat, type Value } from './row-format.js';

/** Rows looked at to choose the widths; later ones that are wider push their line out. */
const LOOKED_AT = 500;
const GAP = 2;
/** A column of text narrower than this tells nothing. */
const LEAST = 8;

/** Aligned columns, numbers to the right, long text cut to what the terminal holds; a block a row where nothing fits. */
export const table: RowFormat = function* (columns, rows, { width }) {
  const iterator = rows[Symbol.iterator]();
  const head: (readonly Value[])[] = [];
  for (let next = iterator.next(); next.done !== true; next = iterator.next()) {
    head.push(next.value);
    if (head.length === LOOKED_AT) break;
  }
  const titles = columns.map(printable);
  const wanted = titles.map((title, i) => Math.max(title.length, ...head.map((row) => shown(row[i] ?? null).length)));
  const numeric = columns.map(
    (_, i) => head.some((row) => isNumber(row[i])) && head.every((row) => row[i] === null || isNumber(row[i])),
  );
  const widths = fit(wanted, numeric, width);
  if (widths === null) {
    yield* blocks(titles, head, 0, width);
    yield* blocks(titles, rest(iterator), head.length, width);
    return;
  }
  const line = (cells: readonly string[]): string => {
    const padded = cells.map((text, i) =>
      numeric[i] === true ? text.padStart(widths[i] ?? 0) : fitted(text, widths[i] ?? 0).padEnd(widths[i] ?? 0),
    );
    return `${padded.join(' '.repeat(GAP)).trimEnd()}\n`;
  };
  yield line(titles);
  yield line(widths.map((w) => '-'.repeat(w)));
  for (const row of head) yield line(row.map(shown));
  for (const row of rest(iterator)) yield line(row.map(shown));
  if (head.length === 0) yield '(no rows)\n';
};

/** Widths that add up to the terminal's, taken from the widest text columns first; null where that leaves too little. */
function fit(wanted: readonly number[], numeric: readonly boolean[], width: number | null): number[] | null {
  const widths = [...wanted];
  if (width === null) return widths;
  let excess = widths.reduce((sum, w) => sum + w, (widths.length - 1) * GAP) - width;
  while (excess > 0) {
    let widest = -1;
    widths.forEach((w, i) => {
      if (numeric[i] !== true && w > LEAST && w > (widths[widest] ?? 0)) widest = i;
    });
    if (widest < 0) return null;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess--;
  }
  return widths;
}

/** Like the sqlite3 shell's `.mode line`. */
function* blocks(
  titles: readonly string[],
  rows: Iterable<readonly Value[]>,
  before: number,
  width: number | null,
): Iterable<string> {
  const label = Math.max(...titles.map((title) => title.length));
  let n = before;
  for (const row of rows) {
    n++;
    yield `${n === 1 ? '' : '\n'}row ${n}\n`;
    for (const [i, title] of titles.entries()) {
      const text = shown(row[i] ?? null);
      const room = width === null ? text.length : Math.max(LEAST, width - label - GAP - 2);
      const pieces = wrapped(text, room);
      yield (
        `  ${title.padEnd(label)}${' '.repeat(GAP)}${pieces.join(`\n${' '.repeat(label + GAP + 2)}`)}`.trimEnd() + '\n'
      );
    }
  }
}

function* rest(iterator: Iterator<readonly Value[]>): Iterable<readonly Value[]> {
  for (let next = iterator.next(); next.done !== true; next = iterator.next()) yield next.value;
}

const isNumber = (value: Value | undefined): boolean => typeof value === 'number' || typeof value === 'bigint';

function shown(value: Value): string {
  if (typeof value === 'number' && !Number.isInteger(value)) return String(Number(value.toPrecision(9)));
  return printable(valueText(value));
}
