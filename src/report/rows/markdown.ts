import { printable } from '../plain.js';
import { valueText, type RowFormat } from './row-format.js';

const cell = (text: string): string =>
  printable(text.replaceAll('\n', ' ')).replaceAll('\\', '\\\\').replaceAll('|', '\\|');

/** A table of GitHub's Markdown. Columns whose first value is a number are aligned to the right. */
export const markdown: RowFormat = function* (columns, rows) {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  const iterator = rows[Symbol.iterator]();
  const first = iterator.next();
  const numeric = columns.map((_, i) => first.done !== true && ['number', 'bigint'].includes(typeof first.value[i]));
  yield line(columns.map(cell));
  yield line(numeric.map((right) => (right ? '--:' : '---')));
  for (let row = first; row.done !== true; row = iterator.next())
    yield line(row.value.map((value) => cell(valueText(value))));
};
