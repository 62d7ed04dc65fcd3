import type { Summary } from './summary.js';

/** The summary as JSON; names are those of `Summary`. */
export function summaryJson(summary: Summary): string {
  return `${JSON.stringify(summary, null, 2)}\n`;
}
