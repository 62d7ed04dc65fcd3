import type { SqlValue } from '../run-sql.js';

/** A question with a name: `tcpclose query --named NAME`. */
export interface SavedQuery {
  readonly name: string;
  /** The question, or what the rows are, in one line. */
  readonly about: string;
  /** One SELECT over the views; its parameters stand in it as `:name`. */
  readonly sql: string;
  readonly parameters?: readonly QueryParameter[];
}

/** What `--param name=value` sets. */
export interface QueryParameter {
  readonly name: string;
  readonly about: string;
  readonly type: 'integer' | 'number' | 'text';
  /** NULL where the query is not narrowed without it; absent where it must be given. */
  readonly default?: SqlValue;
}

/** Parameters that several queries take. Without them, all is shown. */
export const PORT: QueryParameter = { name: 'port', about: 'only this server port', type: 'integer', default: null };
export const CLIENT: QueryParameter = {
  name: 'client',
  about: 'only this client address',
  type: 'text',
  default: null,
};
export const SERVER: QueryParameter = {
  name: 'server',
  about: 'only this server address',
  type: 'text',
  default: null,
};
export const LIMIT: QueryParameter = { name: 'limit', about: 'at most so many rows', type: 'integer', default: 50n };

/** `column = :name`, true where the parameter is not given. */
export const narrowed = (column: string, { name }: QueryParameter): string =>
  `(:${name} IS NULL OR ${column} = :${name})`;
