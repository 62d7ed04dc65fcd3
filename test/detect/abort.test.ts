import { describe, expect, it } from 'vitest';
import type { Row } from '../support/analysis.js';
import { established } from '../support/conversation.js';
import type { Talk } from '../support/conversation.js';
import { analyzeConversation } from '../support/run.js';

const ENDS = 'A = 192.0.2.1:40000     B = 198.51.100.7:443';
const open = (): Talk => established({ timestamps: true });

async function connection(text: Talk | string): Promise<Row> {
  return (await analyzeConversation(`${text}`)).connection;
}

describe('close() of a server', () => {
  it.each<[string, Talk, string, string, string]>([
    ['with SO_LINGER 0', open().sends('client', 9).sends('server', 9), 'rst', 'abort', 'abort_unread_or_linger0'],
    ['with five unread octets', open().sends('client', 5), 'rst', 'unread-data', 'abort_unread_or_linger0'],
    [
      'with data and a FIN unread',
      open().segment('client', 'FP.', 5).acks('server'),
      'fin-then-rst',
      'unread-data',
      'abort_after_peer_fin',
    ],
  ])('A19 %s is an abort: nobody goes into TIME_WAIT', async (_, talk, close, cause, code) => {
    const row = await connection(talk.resetBy('server'));
    expect(row).toMatchObject({ close, reset_by: 'server', reset_cause: cause, reset_code: code });
    // Two causes, one segment on the wire: neither is more than likely.
    expect(row).toMatchObject({ reset_confidence: 'likely', reset_acceptable: 1, time_wait_at: null });
  });

  it('A19 with nothing but a FIN unread is an orderly close', async () => {
    const row = await connection(open().fin('client').fin('server').acks('client'));
    expect(row).toMatchObject({ close: 'fin', closed_first: 'client', time_wait_at: 'client', reset_by: null });
  });
});

describe('a bare reset', () => {
  it('A16 with exactly the next number has to be obeyed', async () => {
    const talk = open().sends('client', 9).sends('server', 9);
    const row = await connection(`${talk}\n1 A > B R ${talk.next.client}`);
    expect(row).toMatchObject({ close: 'rst', reset_by: 'client', reset_acceptable: 1, closed_first: 'client' });
  });

  it.each([
    ['an ACK', '.', 'rst'],
    ['a FIN', 'F.', 'fin-then-rst'],
  ])('A31 of a closed port answers %s with its number: it knows no such connection', async (_, flags, close) => {
    const row = await connection(`${ENDS}\n0 A > B ${flags} 1000 ack 777\n0.01 B > A R 777`);
    expect(row).toMatchObject({
      close,
      reset_by: 'server',
      reset_cause: 'half-open',
      reset_code: 'half_open_peer_gone',
    });
    expect(row).toMatchObject({ time_wait_at: null, reset_confidence: 'likely' });
  });

  it('A31 of a closed port to a SYN with data acknowledges the data, and is a refusal', async () => {
    const row = await connection(`${ENDS}\n0 A > B S 1000:1003(3)\n0.01 B > A R. 0 ack 1004`);
    expect(row).toMatchObject({ close: 'refused', reset_code: 'refused', reset_confidence: 'certain' });
  });
});
