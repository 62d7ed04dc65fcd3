/** Small pieces of SQL text that the views are put together from. Nothing here runs; all return an expression. */
import type { BitField } from '../flow/row-layout.js';

/** The code that a packed column holds in `field`. */
export function bits(column: string, field: BitField): string {
  return `((${column} >> ${field.shift}) & ${2 ** field.width - 1})`;
}

/** Spells the code out: the word at that position of `words`, NULL where the word is null. */
export function word(code: string, words: readonly (string | number | null)[]): string {
  const arms = words.map((w, i) => (w === null ? '' : ` WHEN ${i} THEN ${typeof w === 'number' ? w : quote(w)}`));
  return `CASE ${code}${arms.join('')} END`;
}

export function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** -1 stands for NULL in the numeric rows. */
export function known(column: string): string {
  return `NULLIF(${column}, -1)`;
}

/** Nanoseconds since 1970 of a `_rel` column that is never NULL. The epoch is read once a statement. */
export function absoluteNs(relative: string): string {
  return `(${EPOCH_NS} + ${relative})`;
}

/** The same of a `_rel` column that may be. */
export function absoluteOrNull(relative: string): string {
  return `${EPOCH_NS} + ${known(relative)}`;
}

export const EPOCH_NS = "(SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'epoch_ns')";
export const TIME_WAIT_NS = "(SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'time_wait_ns')";

/** Nanoseconds since 1970 as ISO 8601 UTC with nine decimals; right before 1970, too. */
export function isoUtc(ns: string): string {
  const fraction = `(((${ns}) % 1000000000 + 1000000000) % 1000000000)`;
  return `strftime('%Y-%m-%dT%H:%M:%S', ((${ns}) - ${fraction}) / 1000000000, 'unixepoch') || printf('.%09dZ', ${fraction})`;
}

/** A `_span` column as REAL seconds. */
export function seconds(span: string): string {
  return `${known(span)} / 1e9`;
}

/** Capture id and frame number of an `_at` column; NULL where it is -1. */
export function captureOf(at: string): string {
  return `${known(at)} >> 32`;
}
export function frameOf(at: string): string {
  return `${known(at)} & 4294967295`;
}

/** The place that a `_past` column tells, for `captureOf` and `frameOf`. `row`: alias of its connection_row. */
export function placePast(row: string, past: string): string {
  return `(${row}.first_at + ${known(`${row}.${past}`)})`;
}

/** Signed difference `newer - older` modulo 2^32. NULL where one is NULL. */
export function serialDelta(newer: string, older: string): string {
  return `((${newer} - ${older} + 6442450944) % 4294967296 - 2147483648)`;
}

export const clientPort = (ports: string): string => `${ports} >> 16`;
export const serverPort = (ports: string): string => `${ports} & 65535`;

/** A number of seconds for a sentence: '0.120 s', '12.3 s', '350 s'. */
export function spokenSeconds(s: string): string {
  return `CASE WHEN abs(${s}) < 0.001 THEN printf('%.6f s', ${s}) WHEN abs(${s}) < 10 THEN printf('%.3f s', ${s}) WHEN abs(${s}) < 100 THEN printf('%.1f s', ${s}) ELSE printf('%,d s', CAST(round(${s}) AS INTEGER)) END`;
}

/** An integer for a sentence, with thousands separated. */
export function spokenCount(n: string): string {
  return `printf('%,d', ${n})`;
}

/** The noun after its number, with `s` where it is not one. */
export function counted(n: string, noun: string): string {
  return `printf('%,d', ${n}) || CASE ${n} WHEN 1 THEN ${quote(' ' + noun)} ELSE ${quote(' ' + noun + 's')} END`;
}
