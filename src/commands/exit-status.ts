/** What the program ends with; a promise to scripts. */
export const ExitStatus = {
  DONE: 0,
  /** Nothing was written, unless it was standard output alone that could not be. */
  FAILED: 1,
  USAGE: 2,
  /** What was readable is in the database; some input was damaged or cut short. */
  DAMAGED_INPUT: 3,
  /** With --fail-on: a finding is as grave as that, or graver. */
  FINDINGS: 4,
} as const;
