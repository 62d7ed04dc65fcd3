import { printable } from '../plain.js';
import { valueText, withHead, type RowFormat, type Value } from './row-format.js';

const cell = (text: string): string =>
  printable(text.replaceAll('\n', ' ')).replaceAll('\\', '\\\\').replaceAll('|', '\\|');

/** A table of GitHub's Markdown. Columns whose first value is a number are aligned to the right. */
export const markdown: RowFormat = (columns, rows) =>
  withHead(rows, 1, function* ([first], rest) {
    const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
    const numeric = columns.map((_, i) => ['number', 'bigint'].includes(typeof first?.[i]));
    const row = (values: readonly Value[]): string => line(values.map((value) => cell(valueText(value))));
    yield line(columns.map(cell));
    yield line(numeric.map((right) => (right ? '--:' : '---')));
    if (first !== undefined) yield row(first);
    for (const values of rest) yield row(values);
  });
