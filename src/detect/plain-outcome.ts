/**
 * In what the rows of plain closes differ, apart from numbers: who closed first, and whether both ends used timestamps.
 * `closer * USES + use` numbers the outcomes. Constants only, for TypeScript and AssemblyScript both.
 */
export const enum PlainOutcome {
  /** Closers: the FINs crossed. */
  BOTH = 0,
  CLIENT = 1,
  SERVER = 2,
  CLOSERS = 3,

  WITHOUT_TIMESTAMPS = 0,
  WITH_TIMESTAMPS = 1,
  USES = 2,
}
