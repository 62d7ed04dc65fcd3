/** Values that people give as text, `--param port=443`, to what SQL is run with. */
import { UsageError } from '../errors.js';
import { nearest } from './nearest.js';
import type { SqlValue } from './run-sql.js';
import type { QueryParameter, SavedQuery } from './saved-queries/saved-query.js';
import { marked, namelessParameter, parameterNames } from './sql-text.js';

export type Bound = Readonly<Record<string, SqlValue>>;

/** @throws UsageError where one is unknown, missing, or not of its kind. */
export function bindSavedQuery(query: SavedQuery, given: ReadonlyMap<string, string>): Bound {
  const declared = query.parameters ?? [];
  refuseUnknown(
    given,
    declared.map((parameter) => parameter.name),
    `the saved query ${query.name}`,
  );
  return Object.fromEntries(declared.map((parameter) => [parameter.name, valueOf(query, parameter, given)]));
}

/** For SQL of the user's own: what looks like a number is one. */
export function bindOwnSql(sql: string, given: ReadonlyMap<string, string>): Bound {
  const nameless = namelessParameter(sql);
  if (nameless !== null)
    throw new UsageError(
      'nameless-parameter',
      `this SQL has a parameter without a name, which cannot be given a value. Write :name, and give it with --param name=VALUE.\n${marked(sql, nameless)}`,
    );
  const names = parameterNames(sql);
  refuseUnknown(given, names, 'this SQL');
  for (const name of names) {
    if (!given.has(name))
      throw new UsageError(
        'missing-parameter',
        `this SQL has the parameter ${name}: give it with --param ${name}=VALUE.`,
      );
  }
  return Object.fromEntries([...given].map(([name, text]) => [name, guessed(text)]));
}

function refuseUnknown(given: ReadonlyMap<string, string>, names: readonly string[], whose: string): void {
  for (const name of given.keys()) {
    if (names.includes(name)) continue;
    const [meant] = nearest(name, names);
    const there = names.length === 0 ? `${whose} takes none` : `${whose} takes ${names.join(', ')}`;
    const hint = meant === undefined || meant === name ? '' : ` Did you mean ${meant}?`;
    throw new UsageError('unknown-parameter', `there is no parameter ${name}: ${there}.${hint}`);
  }
}

function valueOf(query: SavedQuery, parameter: QueryParameter, given: ReadonlyMap<string, string>): SqlValue {
  const { name, about, type } = parameter;
  const text = given.get(name);
  if (text === undefined) {
    if (parameter.default !== undefined) return parameter.default;
    throw new UsageError('missing-parameter', `the saved query ${query.name} needs --param ${name}=VALUE (${about}).`);
  }
  if (type === 'text') return text;
  const value = guessed(text);
  if (typeof value === 'bigint' || (type === 'number' && typeof value === 'number')) return value;
  const wanted = type === 'integer' ? 'a whole number' : 'a number';
  throw new UsageError('wrong-parameter', `--param ${name}=${text}: ${name} is ${wanted} (${about}).`);
}

function guessed(text: string): SqlValue {
  if (/^-?\d{1,18}$/.test(text)) return BigInt(text);
  if (/^-?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text)) return Number(text);
  return text;
}
