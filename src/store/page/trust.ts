/** How much of a capture can be relied on, and why not more. */
import type { Database } from 'better-sqlite3';
import { OUTCOME_BITS } from '../../flow/row-layout.js';
import { CLOSE_NOTES, ROLES } from '../../flow/vocabulary.js';
import { bits, word } from '../sql.js';

export interface Trust {
  readonly connections: number;
  /** Connections that had begun before the capture did, so which end is the client is a guess. */
  readonly guessedRoles: number;
  /** Why a verdict on who closed first is not surer, the commonest first. */
  readonly closeNotes: readonly { readonly note: string; readonly connections: number }[];
}

const outcome = (field: keyof typeof OUTCOME_BITS): string => bits('outcome', OUTCOME_BITS[field]);

export function trust(db: Database): Trust {
  const counts = db
    .prepare<[], Omit<Trust, 'closeNotes'>>(
      `SELECT count(*) AS connections,
         COALESCE(sum(${outcome('roles')} = ${ROLES.indexOf('guessed')}), 0) AS guessedRoles
       FROM connection_row`,
    )
    .get() as Omit<Trust, 'closeNotes'>;
  const closeNotes = db
    .prepare<[], { note: string; connections: number }>(
      `SELECT ${word('code', CLOSE_NOTES)} AS note, connections
       FROM (SELECT ${outcome('close_note')} AS code, count(*) AS connections FROM connection_row GROUP BY code)
       WHERE code > 0 ORDER BY connections DESC, code`,
    )
    .all();
  return { ...counts, closeNotes };
}
