/** One connection explained from the database alone: what `tcpclose show` prints, in whatever format. */
import type { ConnectionFacts, ConnectionRowFacts } from '../../store/connection-facts.js';
import { databaseEvents } from './database-events.js';
import type { LadderEvent } from './ladder.js';
import { ladderVerdicts, type LadderVerdict } from './verdicts.js';

export interface ExplainedConnection {
  readonly connection: ConnectionRowFacts;
  /** Files from its first packet to its last, in reading order. */
  readonly captures: readonly { readonly id: number; readonly path: string }[];
  readonly ladder: readonly LadderEvent[];
  readonly verdicts: readonly LadderVerdict[];
}

/** @param rules what each detector's verdicts rest on, by its name: `references` of DETECTORS */
export function explainConnection(
  facts: ConnectionFacts,
  rules: Readonly<Record<string, readonly string[]>> = {},
): ExplainedConnection {
  return {
    connection: facts.connection,
    captures: facts.captures.map(({ id, path }) => ({ id, path })),
    ladder: databaseEvents(facts),
    verdicts: ladderVerdicts(facts, rules),
  };
}

/** An array of connections as JSON. Nanoseconds since 1970 are strings of digits: most readers of JSON would round them. */
export function explainedJson(connections: readonly ExplainedConnection[]): string {
  const digits = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value);
  return `${JSON.stringify(connections, digits, 2)}\n`;
}
