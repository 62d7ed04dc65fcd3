import { expect, it } from 'vitest';
import { capture, established, parseConversation } from '../support/conversation.js';
import { analyzeCaptures, analyzeConversation } from '../support/run.js';

it.each([
  [
    'a SYN that meets TIME_WAIT, its challenge, the reset, and its copy (close-rules 4.6)',
    `${established().sends('client', 9).closedBy('server')}
      2.00 A > B S 900
      2.01 B > A . 5002 ack 1011
      2.02 A > B R 1011
      3.00 A > B S 900
      3.01 B > A S. 99000000 ack 901
      3.02 A > B . 901 ack 99000001`,
  ],
  [
    'copies of a SYN, the last of which is answered',
    `${established().closedBy('server')}
      2 A > B S 3000000\n3 A > B S 3000000\n5 A > B S 3000000
      5.01 B > A S. 99000000 ack 3000001`,
  ],
])('in files of one packet each, %s is told as in one file', async (_, text) => {
  const rows = 'SELECT outcome, confidence, attempts, explanation FROM time_wait_syns';
  const inOne = (await analyzeConversation(text)).query(rows);
  const { analysis } = await analyzeCaptures(parseConversation(text).map((frame) => capture([frame])));
  expect(analysis.query(rows)).toEqual(inOne);
  expect(inOne).toHaveLength(1);
});
