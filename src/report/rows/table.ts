import { printable, wrapped } from '../plain.js';
import { plainStyle } from '../color.js';
import { valueText, withHead, type RowFormat, type Value } from './row-format.js';
import { unitOf } from './units.js';

/** Rows looked at to choose the widths; later ones that are wider push their line out. */
const LOOKED_AT = 500;
const GAP = 2;
/** Digits that a number is shown with: so many in all, and behind the point as many as a time in microseconds has. */
const DIGITS = 9;
const DECIMALS = 6;
/** In a column of text narrower than this, nobody can read. */
const LEAST = 16;

/**
 * Aligned columns, numbers to the right and with their units, long text on several lines where the terminal is not wide
 * enough; a block a row where that does not help.
 */
export const table: RowFormat = (columns, rows, { width, style = plainStyle }) =>
  withHead(rows, LOOKED_AT, function* (head, rest) {
    const titles = columns.map(printable);
    const units = columns.map(unitOf);
    const shown = (row: readonly Value[]): string[] => row.map((value, i) => units[i]?.(value) ?? plain(value));
    const texts = head.map(shown);
    const wanted = titles.map((title, i) => Math.max(title.length, ...texts.map((row) => row[i]?.length ?? 0)));
    const numeric = columns.map(
      (_, i) => head.some((row) => isNumber(row[i])) && head.every((row) => row[i] === null || isNumber(row[i])),
    );
    const widths = fit(wanted, numeric, width);
    if (widths === null) {
      let before = 0;
      for (const row of texts) yield block(titles, row, ++before, width);
      for (const row of rest) yield block(titles, shown(row), ++before, width);
      return;
    }
    const line = (cells: readonly string[]): string => {
      const pieces = cells.map((text, i) =>
        width === null || numeric[i] === true ? [text] : pieced(text, widths[i] ?? 0),
      );
      const lines = Array.from({ length: Math.max(...pieces.map(({ length }) => length)) }, (_, n) =>
        pieces
          .map((texts, i) => (texts[n] ?? '')[numeric[i] === true ? 'padStart' : 'padEnd'](widths[i] ?? 0))
          .join(' '.repeat(GAP))
          .trimEnd(),
      );
      return `${lines.join('\n')}\n`;
    };
    yield style.bold(line(titles).trimEnd()) + '\n';
    yield line(widths.map((w) => '-'.repeat(w)));
    for (const row of texts) yield line(row);
    for (const row of rest) yield line(shown(row));
    if (head.length === 0) yield '(no rows)\n';
  });

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

/** Lines of at most `width` characters, broken at spaces where there are any. */
function pieced(text: string, width: number): string[] {
  return wrapped(text, width).flatMap((line) => line.match(new RegExp(`.{1,${Math.max(1, width)}}`, 'gsu')) ?? ['']);
}

/** Like the sqlite3 shell's `.mode line`: the row with number `n`, a line a column. */
function block(titles: readonly string[], row: readonly string[], n: number, width: number | null): string {
  const label = Math.max(...titles.map((title) => title.length));
  const lines = titles.map((title, i) => {
    const text = row[i] ?? '';
    const room = width === null ? text.length : Math.max(LEAST, width - label - GAP - 2);
    const pieces = wrapped(text, room).join(`\n${' '.repeat(label + GAP + 2)}`);
    return `  ${title.padEnd(label)}${' '.repeat(GAP)}${pieces}`.trimEnd();
  });
  return `${n === 1 ? '' : '\n'}row ${n}\n${lines.join('\n')}\n`;
}

const wholeDigits = (value: number): number => Math.trunc(Math.abs(value)).toString().length;

const isNumber = (value: Value | undefined): boolean => typeof value === 'number' || typeof value === 'bigint';

function plain(value: Value): string {
  if (typeof value === 'number' && !Number.isInteger(value))
    return String(Number(value.toPrecision(Math.max(DIGITS, wholeDigits(value) + DECIMALS))));
  return printable(valueText(value));
}
