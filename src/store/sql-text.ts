/** What can be told of SQL from its text alone. */

/** A stretch of characters: from `at`, `length` long. */
export interface Span {
  readonly at: number;
  readonly length: number;
}

const NO_CODE = /'(?:[^']|'')*'?|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g;

/** The text with strings and comments blanked, every other character at its place. */
export function codeOf(sql: string): string {
  return sql.replaceAll(NO_CODE, (text) => text.replaceAll(/[^\n]/g, ' '));
}

/** Where `word` stands alone in the code, quoted or not; null where it does not. */
export function spanOfWord(sql: string, word: string): Span | null {
  const escaped = word.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const found = new RegExp(`(?<!\\w)${escaped}(?!\\w)`, 'i').exec(codeOf(sql));
  return found === null ? null : { at: found.index, length: word.length };
}

/** The names of its parameters (`:port`, `$port`, `@port`), each once, in order. */
export function parameterNames(sql: string): string[] {
  const names = Array.from(codeOf(sql).matchAll(/(?<![\w:])[:$@]([A-Za-z_]\w*)/g), (match) => match[1] ?? '');
  return [...new Set(names)];
}

/** The first parameter without a name, `?` or `?1`; null where there is none. Quoted names may hold a question mark. */
export function namelessParameter(sql: string): Span | null {
  const code = codeOf(sql).replaceAll(/"[^"]*"|`[^`]*`|\[[^\]]*\]/g, (text) => ' '.repeat(text.length));
  const found = /\?\d*/.exec(code);
  return found === null ? null : { at: found.index, length: found[0].length };
}

/** Characters of a line that are shown around the place. */
const SHOWN = 74;

/** The line of the SQL, a mark under the place, and the line's number where there are several. */
export function marked(sql: string, { at, length }: Span): string {
  const start = sql.lastIndexOf('\n', at - 1) + 1;
  const end = sql.indexOf('\n', at);
  const line = sql.slice(start, end < 0 ? undefined : end).replaceAll(/[\t\r]/g, ' ');
  const from = line.length <= SHOWN ? 0 : Math.max(0, Math.min(at - start - SHOWN / 2, line.length - SHOWN));
  const before = from > 0 ? '... ' : '';
  const after = from + SHOWN < line.length ? ' ...' : '';
  const shown = before + line.slice(from, from + SHOWN) + after;
  const mark = '^'.repeat(Math.max(1, Math.min(length, line.length - (at - start))));
  const label = sql.trim().includes('\n') ? `line ${sql.slice(0, at).split('\n').length}\n` : '';
  return `${label}  ${shown}\n  ${' '.repeat(before.length + at - start - from)}${mark}`;
}
