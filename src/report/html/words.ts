/** Words of the database as people say them, and how numbers stand in sentences and tables. */
import { grouped, spokenSeconds } from '../plain.js';

export const CLOSE_WORDS: Readonly<Record<string, string>> = {
  fin: 'closed',
  rst: 'reset',
  'fin-then-rst': 'FIN then reset',
  'half-closed': 'half-closed',
  refused: 'refused',
  unanswered: 'unanswered',
  open: 'still open',
  replaced: 'replaced',
};

/** -262584129 -> −262,584,129; null -> an empty cell. */
export function signed(value: number | null): string {
  if (value === null) return '';
  return value < 0 ? `−${grouped(-value)}` : value > 0 ? `+${grouped(value)}` : '0';
}

export function secondsOrNothing(value: number | null): string {
  return value === null ? '' : spokenSeconds(value);
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.replace(/^.*[/\\](?=.)/, '');
}
