import type { Style } from '../color.js';

/** A value as SQLite gives it; integers are bigints, for nanoseconds since 1970 are beyond what a number holds. */
export type Value = null | number | bigint | string | Uint8Array;

export interface RowFormatOptions {
  /** Characters that fit in a line; null where lines may be of any length. */
  readonly width: number | null;
  /** Colours of a terminal; none where they are not wanted. */
  readonly style?: Style;
  /** What the rows are called, for formats that name them. */
  readonly title?: string;
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

/** Rows of which the first `most` are looked at before any is written. However the reader stops, the rows are closed. */
export function* withHead(
  rows: Iterable<readonly Value[]>,
  most: number,
  write: (head: readonly (readonly Value[])[], rest: Iterable<readonly Value[]>) => Iterable<string>,
): Iterable<string> {
  const iterator = rows[Symbol.iterator]();
  try {
    const head: (readonly Value[])[] = [];
    while (head.length < most) {
      const next = iterator.next();
      if (next.done === true) break;
      head.push(next.value);
    }
    yield* write(head, restOf(iterator));
  } finally {
    iterator.return?.();
  }
}

function* restOf(iterator: Iterator<readonly Value[]>): Iterable<readonly Value[]> {
  for (let next = iterator.next(); next.done !== true; next = iterator.next()) yield next.value;
}
