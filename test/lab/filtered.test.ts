import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Row } from '../support/analysis.js';
import { analyzeFiles } from '../support/run.js';

/** What people capture for days: no ACKs, and perhaps no data. */
const FILTERS = [
  'tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) != 0',
  'tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst|tcp-push) != 0',
  'tcp[tcpflags] & (tcp-fin|tcp-rst) != 0',
  'tcp[tcpflags] & (tcp-syn|tcp-rst) != 0',
];
const LAB = fileURLToPath(new URL('../../../shared/lab/captures', import.meta.url));
const OTHER: Readonly<Record<string, string>> = { client: 'server', server: 'client' };

/** A connection of the laboratory whose sockets were driven, as far as it is needed here. */
interface Truth {
  readonly client: string;
  readonly client_port: number;
  readonly server_port: number;
  readonly isn_client: number | null;
  readonly closed_first: string | null;
  /** What the wire allows as well. */
  readonly accept?: { readonly closed_first?: readonly (string | null)[] };
}

function captures(): string[] {
  const names = readdirSync(LAB, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.pcap'));
  return names.map((name) => join(LAB, name));
}

function truthOf(path: string): Truth[] {
  const text = readFileSync(path.replace(/\.pcap$/, '.truth.json'), 'utf8');
  return (JSON.parse(text) as { connections: Truth[] }).connections;
}

/** What a row says more surely than likely of who closed first, and is not so. Null: nothing. */
function wrongCloser(row: Row, truths: readonly Truth[]): string | null {
  const [said, sure] = [row['closed_first'] as string | null, row['closed_first_confidence']];
  if (said === null || (sure !== 'certain' && sure !== 'strong')) return null;
  // Without a SYN nobody can say which incarnation a row is: it is right where one of them was closed so.
  const same = truths.filter(
    ({ client_port: client, server_port: server, isn_client: isn }) =>
      new Set([row['client_port'], row['server_port'], client, server]).size <= 2 &&
      (row['client_isn'] === null || isn === null || isn === row['client_isn']),
  );
  const isRight = same.some(({ client_port: port, closed_first: closer, accept }) => {
    const seen = port === row['client_port'] ? said : (OTHER[said] ?? said);
    return seen === closer || accept?.closed_first?.includes(seen) === true;
  });
  return isRight || same.length === 0
    ? null
    : `${String(row['client_port'])}, connection ${String(row['id'])}: ${said} (${sure})`;
}

describe('the laboratory, captured with a filter', () => {
  it.skipIf(!existsSync(LAB)).each(FILTERS)(
    'blames nobody wrongly (skipped where ../shared is not there): %s',
    async (filter) => {
      const wrong: string[] = [];
      for (const path of captures()) {
        const truths = truthOf(path);
        const { analysis } = await analyzeFiles([path], { filter });
        const found = analysis.connections.map((row) => wrongCloser(row, truths)).filter((text) => text !== null);
        wrong.push(...found.map((text) => `${basename(path)}: ${text}`));
      }
      expect(wrong).toEqual([]);
    },
    120_000,
  );
});
