/** A value as SQLite gives it; integers are bigints, for nanoseconds since 1970 are beyond what a number holds. */
export type Value = null | number | bigint | string | Uint8Array;

export interface RowFormatOptions {
  /** Characters that fit in a line; null where lines may be of any length. */
  readonly width: number | null;
}

/** Rows to text. Rows come one by one and pieces of text leave as soon as they can, so results of any size can be had. */
export type RowFormat = (
  columns: readonly string[],
  rows: Iterable<readonly Value[]>,
  options: RowFormatOptions,
) => Iterable<string>;

/** A value as text for formats without types; NULL is empty. */
export function valueText(value: Value): string {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return String(value);
}
