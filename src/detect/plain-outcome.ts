/**
 * In what the rows of plain closes differ, apart from numbers: who closed first, and whether both ends used timestamps.
 * `closer * USES + use` numbers the outcomes, and `LONE_SYN + use` those of SYNs that nobody answered. Constants only, for
 * TypeScript and AssemblyScript both.
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

  /** Of a SYN without an answer: its own timestamp does not say whether both ends would use them. */
  LONE_SYN = 6,
}
