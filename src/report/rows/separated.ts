import { valueText, type RowFormat } from './row-format.js';

/** RFC 4180, with the line ends of Unix. */
export const csv: RowFormat = function* (columns, rows) {
  const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  yield `${columns.map(quoted).join(',')}\n`;
  for (const row of rows) yield `${row.map((value) => quoted(valueText(value))).join(',')}\n`;
};

/** Tabs between values; tab, line end and backslash within one are written as \t, \n, \r and \\. */
export const tsv: RowFormat = function* (columns, rows) {
  const escapes: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\r': '\\r', '\\': '\\\\' };
  const escaped = (text: string): string => text.replace(/[\t\n\r\\]/g, (character) => escapes[character] ?? character);
  yield `${columns.map(escaped).join('\t')}\n`;
  for (const row of rows) yield `${row.map((value) => escaped(valueText(value))).join('\t')}\n`;
};
