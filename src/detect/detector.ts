/** What a detector says of itself: printed by `tcpclose explain`, and the source that its findings cite. */
export interface DetectorMeta {
  /** kebab-case; the name of its file. */
  readonly id: string;
  readonly summary: string;
  /** RFC sections and kernel behaviour that its rule rests on. */
  readonly references: readonly string[];
  /** Kinds of finding, kebab-case, each with what it means. Stable: renaming one breaks saved queries. */
  readonly findings: Readonly<Record<string, string>>;
  /** The rule, and what else can look the same. */
  readonly explanation: string;
}
