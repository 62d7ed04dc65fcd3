import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { tableRows } from './support/readme.js';
import { analyzeFiles } from './support/run.js';

const SAMPLES = fileURLToPath(new URL('../samples/', import.meta.url));
/** The columns of the table in samples/README.md. */
const documented = tableRows(readFileSync(`${SAMPLES}README.md`, 'utf8'), 'capture').map(
  ([capture = '', , close, closedFirst, resets, others]) => ({
    capture: capture.replaceAll('`', ''),
    said: { close, closedFirst, resets, others },
  }),
);

/** `word count, word count`, the most frequent first; empty where there is nothing. */
const counts = (of: string, word: string, where = '1'): string =>
  `SELECT group_concat(word || ' ' || n, ', ') FROM (
     SELECT ${word} AS word, count(*) AS n FROM ${of} WHERE ${where} GROUP BY word ORDER BY n DESC, word)`;
const VERDICTS = `SELECT verdict || COALESCE(' ' || estimated_hosts, '') FROM nat_sources WHERE destination_ip IS NULL AND verdict <> 'too-few'`;

async function shown(capture: string) {
  const { analysis, damages } = await analyzeFiles([SAMPLES + capture]);
  expect(damages).toEqual([]);
  const one = (sql: string): string => String(Object.values(analysis.query(sql)[0] ?? {})[0] ?? '');
  const named = (name: string, text: string): string[] => (text === '' ? [] : [`${name}: ${text}`]);
  return {
    close: one(counts('connections', 'close')),
    closedFirst: one(counts('connections', "COALESCE(closed_first, 'nobody')")),
    resets: one(counts('connections', 'reset_cause', 'reset_cause IS NOT NULL')),
    others: [
      ...named('TIME_WAIT', one(counts('time_wait_syns', 'outcome'))),
      ...named('PAWS', one(counts('paws_rejections', 'outcome'))),
      ...named('clocks', one(VERDICTS)),
    ].join('; '),
  };
}

describe('samples/README.md', () => {
  it('has a row for each capture', () => {
    const captures = readdirSync(SAMPLES).filter((name) => name !== 'README.md');
    expect(documented.map(({ capture }) => capture)).toEqual(captures.sort());
  });

  it.each(documented)('tells what comes out of $capture', async ({ capture, said }) => {
    expect(await shown(capture)).toEqual(said);
  });
});
