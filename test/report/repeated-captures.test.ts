import { describe, expect, it } from 'vitest';
import { reportPage } from '../../src/report/html/page.js';
import { summarize } from '../../src/report/summary.js';
import { summaryText } from '../../src/report/text.js';
import { capture, established } from '../support/conversation.js';
import { analyzeCaptures } from '../support/run.js';

const first = capture(`${established().closedBy('client')}`);
const later = capture(`${established({ at: 5, client: '192.0.2.9:41000' }).closedBy('client')}`);

async function told(captures: readonly Uint8Array[]): Promise<{ text: string; page: string }> {
  const { analysis } = await analyzeCaptures(captures);
  const database = analysis.database.defaultSafeIntegers(false);
  return {
    text: summaryText(summarize(database, 'x.db'), { width: 200, height: 60 }),
    page: reportPage(database, 'x.db'),
  };
}

describe('a capture that is read twice under two names', () => {
  it('is told, for everything in it is counted twice', async () => {
    const { text, page } = await told([first, first, later]);
    expect(text).toMatch(/2\.pcap repeats .*1\.pcap: all in it is counted twice/);
    expect(page).toContain('2.pcap repeats 1.pcap: all in it is counted twice.');
  });

  it('is told once for all of them', async () => {
    expect((await told([first, first, later, later, first])).text).toMatch(
      /2\.pcap repeats .*1\.pcap: all in it is counted twice \(and 2 captures more\)/,
    );
  });

  it('is not meant by captures that follow one another, alike as they are', async () => {
    const { text, page } = await told([first, later]);
    expect(text).not.toContain('repeats');
    expect(page).not.toContain('counted twice');
  });
});
