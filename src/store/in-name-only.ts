/**
 * Resets in the name of an end that seems not to have sent them: forged, or made by a device between. The rule once in
 * TypeScript, once for SQL over the names that views show, once for SQL over the packed column.
 */
import { RESET_BITS } from '../flow/row-layout.js';
import { RESET_CAUSES, RESET_ORIGINS } from '../flow/vocabulary.js';
import { bits } from './sql.js';

const CAUSE: (typeof RESET_CAUSES)[number] = 'injected';
const ORIGIN: (typeof RESET_ORIGINS)[number] = 'middlebox';

/** `cause` and `origin` as in `connections.reset_cause` and `reset_origin`. */
export function isInNameOnly(cause: string | null | undefined, origin: string | null | undefined): boolean {
  return cause === CAUSE || origin === ORIGIN;
}

/** NULL where the connection met no reset. */
export const IN_NAME_ONLY = `(reset_cause = '${CAUSE}' OR reset_origin = '${ORIGIN}')`;

/** `column`: a `connection_row.reset`. */
export function packedInNameOnly(column: string): string {
  const is = (field: 'cause' | 'origin', code: number): string => `${bits(column, RESET_BITS[field])} = ${code}`;
  return `(${is('cause', RESET_CAUSES.indexOf(CAUSE))} OR ${is('origin', RESET_ORIGINS.indexOf(ORIGIN))})`;
}
