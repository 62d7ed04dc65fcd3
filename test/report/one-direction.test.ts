import type { Database } from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { summarize } from '../../src/report/summary.js';
import { summaryText } from '../../src/report/text.js';
import { reportPage } from '../../src/report/html/page.js';
import { established, parseConversation, Talk } from '../support/conversation.js';
import { analyzeConversation } from '../support/run.js';

/** A connection that the server closes first, and another on the same tuple 2 s later. */
const reused = [
  established({ timestamps: true }).sends('client', 100).closedBy('server'),
  established({ at: 2, clientIsn: 900_000, serverIsn: 700_000, timestamps: true }).closedBy('server'),
].join('\n');
const whole = established({ client: '192.0.2.9:40001' }).closedBy('client').toString();
const attempt = new Talk({ client: '192.0.2.8:40002' }).segment('client', 'S').toString();

type Kept = (from: string, to: string) => boolean;
const onlyFrom =
  (ip: string): Kept =>
  (from) =>
    from === ip;

async function databaseOf(conversation: string, kept: Kept = () => true): Promise<Database> {
  const frames = parseConversation(conversation).filter((frame) => 'from' in frame && kept(frame.from.ip, frame.to.ip));
  const { database } = await analyzeConversation(frames);
  return database.defaultSafeIntegers(false);
}

const textOf = async (conversation: string, kept?: Kept): Promise<string> =>
  summaryText(summarize(await databaseOf(conversation, kept), 'x.db'), { width: 200, height: 60 });

describe('what takes both directions to see', () => {
  it('is said where both were captured', async () => {
    expect(await textOf(reused)).toMatch(/^TIME_WAIT +1 SYN met it/m);
    const quiet = await textOf(whole);
    expect(quiet).toMatch(/^TIME_WAIT +no SYN met a connection in TIME_WAIT$/m);
    expect(quiet).toMatch(/^PAWS +no segment had a timestamp older than its receiver knew$/m);
    expect(quiet).toMatch(/^Resets +none$/m);
  });

  it.each(['192.0.2.1', '198.51.100.7'])('is not denied where only packets of %s were captured', async (from) => {
    const text = await textOf(reused, onlyFrom(from));
    expect(text).toMatch(/^TIME_WAIT +cannot be seen: of all 2 connections one direction only was captured$/m);
    expect(text).toMatch(/^PAWS +cannot be seen: of all 2 connections one direction only was captured$/m);
    expect(text).toMatch(/^Resets +none in the direction that was captured$/m);
  });

  it('counts the connections that show one direction beside those that show both', async () => {
    const mixed = await textOf(`${whole}\n${reused}`, (_, to) => to !== '192.0.2.1');
    expect(mixed).toMatch(
      /^TIME_WAIT +no SYN met a connection in TIME_WAIT, as far as can be seen: of 2 of 3 connections one direction only was captured$/m,
    );
    expect(mixed).toMatch(/^Resets +none$/m);
  });

  it('does not say that nobody took up a SYN where no answer to anything was captured', async () => {
    expect(await textOf(`${attempt}\n${reused}`, (_, to) => to === '198.51.100.7')).not.toContain('nobody took up');
    const later = `${attempt}\n+1.1 A > B S 1000`;
    expect(await textOf(later)).toContain('nobody took up the SYN of 192.0.2.8:40002');
  });

  it('does not say so either where the capture ends with the SYN', async () => {
    expect(await textOf(attempt)).toContain('the capture ended before an answer to the SYN of 192.0.2.8:40002');
    expect(await textOf(attempt)).toMatch(/^TIME_WAIT +cannot be seen: no answer to any SYN was captured$/m);
  });
});

describe('how far to trust a page', () => {
  it('tells of one direction once, and why that makes the closer less sure', async () => {
    const page = reportPage(await databaseOf(reused, onlyFrom('192.0.2.1')), 'x.db');
    expect(page).toContain('Of all 2 connections one direction only was captured:');
    expect(page).toContain('Less sure who closed first: only one direction was captured (2 connections).');
  });

  it('says nothing of directions where both were captured', async () => {
    expect(reportPage(await databaseOf(reused), 'x.db')).not.toContain('one direction');
  });
});
