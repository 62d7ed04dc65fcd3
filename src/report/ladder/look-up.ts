/** How to see the segments of a ladder among the packets. */
import { shellWord } from '../plain.js';
import type { ExplainedConnection } from './explained-connection.js';

/** Wireshark display filter. A SYN that met TIME_WAIT is drawn, too, and may come after the connection's own last packet. */
export function ladderFilter({ connection: c, ladder }: ExplainedConnection): string {
  const drawn = ladder.map((e) => (e.kind === 'segment' && e.captureId === c.lastCaptureId ? e.frame : 0));
  return c.wiresharkFilter.replace(/frame\.number<=\d+$/, `frame.number<=${Math.max(c.lastFrame, ...drawn)}`);
}

/** The command that writes the packets of all connections of the ladder to a file; null: they came from standard input, and are kept nowhere. */
export function extractCommand(
  { captures, connection: c, ladder }: ExplainedConnection,
  database: string,
): string | null {
  if (captures.every(({ path }) => path === '-')) return null;
  const others = ladder.flatMap((e) => (e.kind === 'segment' && e.ofConnection !== null ? [e.ofConnection] : []));
  const ids = [...new Set([c.id, ...others])].sort((a, b) => a - b);
  return `tcpclose extract ${shellWord(database)} ${ids.join(' ')} -w connection-${c.id}.pcapng`;
}
