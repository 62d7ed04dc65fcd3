/** The questions that `tcpclose query --named NAME` answers, the first that people ask first. */
import { CLOSE_QUERIES } from './saved-queries/closes.js';
import { OVERVIEW_QUERIES } from './saved-queries/overview.js';
import { PORT_QUERIES } from './saved-queries/ports.js';
import { RESET_QUERIES } from './saved-queries/resets.js';
import type { SavedQuery } from './saved-queries/saved-query.js';
import { TIME_WAIT_QUERIES } from './saved-queries/time-wait.js';
import { TIMESTAMP_QUERIES } from './saved-queries/timestamps.js';

export type { QueryParameter, SavedQuery } from './saved-queries/saved-query.js';

export const SAVED_QUERIES: readonly SavedQuery[] = [
  ...CLOSE_QUERIES,
  ...RESET_QUERIES,
  ...TIME_WAIT_QUERIES,
  ...TIMESTAMP_QUERIES,
  ...PORT_QUERIES,
  ...OVERVIEW_QUERIES,
];
