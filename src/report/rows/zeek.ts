import { valueText, withHead, type RowFormat, type Value } from './row-format.js';

/** Rows looked at to tell counts from fractions and text. */
const LOOKED_AT = 500;

/** What Zeek writes with dots, which SQL names cannot have. */
const FIELD_NAMES: Readonly<Record<string, string>> = {
  id_orig_h: 'id.orig_h',
  id_orig_p: 'id.orig_p',
  id_resp_h: 'id.resp_h',
  id_resp_p: 'id.resp_p',
};

/** A log as Zeek's ASCII writer has it (https://docs.zeek.org/en/master/log-formats.html), which zeek-cut reads. */
export const zeek: RowFormat = (columns, rows, { title = 'query' }) =>
  withHead(rows, LOOKED_AT, function* (head, rest) {
    const fields = columns.map((name) => FIELD_NAMES[name] ?? escaped(name));
    const types = columns.map((name, i) => typeOf(name, (row) => row[i] ?? null, head));
    const line = (row: readonly Value[]): string =>
      `${row.map((value, i) => cell(value, types[i] ?? 'string')).join('\t')}\n`;
    yield '#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n';
    yield `#path\t${columns.includes('conn_state') ? 'conn' : title.replaceAll('-', '_')}\n#open\t${now()}\n`;
    yield `#fields\t${fields.join('\t')}\n#types\t${types.join('\t')}\n`;
    for (const row of head) yield line(row);
    for (const row of rest) yield line(row);
    yield `#close\t${now()}\n`;
  });

type ZeekType = 'time' | 'interval' | 'addr' | 'port' | 'enum' | 'count' | 'int' | 'double' | 'string';

/** Names first, for they are promised; values where the name says nothing. */
function typeOf(
  name: string,
  valueOf: (row: readonly Value[]) => Value,
  rows: readonly (readonly Value[])[],
): ZeekType {
  const values = rows.map(valueOf).filter((value) => value !== null);
  if (values.every((value) => typeof value === 'string')) {
    if (/(^|_)ip$|^id_(orig|resp)_h$/.test(name)) return 'addr';
    if (name === 'proto') return 'enum';
    if (values.length > 0) return 'string';
  }
  if (/(^|_)port$|^id_(orig|resp)_p$/.test(name)) return 'port';
  if (!values.every((value) => typeof value === 'number' || typeof value === 'bigint')) return 'string';
  if (name === 'ts') return 'time';
  if (name === 'duration' || name.endsWith('_s')) return 'interval';
  if (values.length === 0) return 'string';
  if (!values.every((value) => typeof value === 'bigint')) return 'double';
  return values.some((value) => value < 0n) ? 'int' : 'count';
}

function cell(value: Value, type: ZeekType): string {
  if (value === null) return '-';
  if (type === 'time' || type === 'interval') return Number(value).toFixed(6);
  const text = valueText(value);
  if (text === '') return '(empty)';
  return text === '-' ? '\\x2d' : escaped(text);
}

/** What would end a value or a line, or look like a header, as \xHH. */
function escaped(text: string): string {
  return (
    text
      .replaceAll('\\', '\\\\')
      // eslint-disable-next-line no-control-regex -- control characters are what this is about
      .replaceAll(/^#|[\u0000-\u001f\u007f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
  );
}

/** Zeek writes the time of its own machine, and so do we, in UTC. */
const now = (): string => new Date().toISOString().slice(0, 19).replaceAll(/[T:]/g, '-');
