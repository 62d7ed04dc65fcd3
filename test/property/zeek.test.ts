import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { established, parseConversation } from '../support/conversation.js';
import type { SegmentFrame, Side, Talk } from '../support/conversation.js';
import { analyzeConversation } from '../support/run.js';
import { zeekModel } from '../support/zeek-model.js';

const side = fc.constantFrom<Side>('client', 'server');
const deed = fc.record({
  side,
  verb: fc.constantFrom('send', 'push', 'ack', 'repeat', 'lose', 'full', 'probe', 'wait', 'silence'),
});
const ending = fc.record({ side, verb: fc.constantFrom('none', 'fin', 'half', 'close', 'reset', 'both') });

function act(talk: Talk, { verb, side }: { verb: string; side: Side }): Talk {
  const next = talk.next[side];
  switch (verb) {
    case 'send':
      return talk.sends(side, 100);
    case 'push':
      return talk.segment(side, 'P.', 7);
    case 'ack':
      return talk.acks(side);
    case 'repeat': // what it sent last, as far as it sent anything
      return talk.segment(side, 'P.', 1, { seq: (next - 1) >>> 0 });
    case 'lose':
      talk.next[side] = (next + 50) >>> 0;
      return talk.sends(side, 10);
    case 'full':
      return talk.segment(side, '.', 0, { extra: 'win 0' });
    case 'probe':
      return talk.segment(side, '.', 0, { seq: (next - 1) >>> 0 });
    case 'wait':
      return talk.waits(2);
    default:
      return talk.waits(310);
  }
}

function end(talk: Talk, { verb, side }: { verb: string; side: Side }): Talk {
  switch (verb) {
    case 'fin':
      return talk.fin(side);
    case 'half':
      return talk.halfClosedBy(side);
    case 'close':
      return talk.closedBy(side);
    case 'reset':
      return talk.resetBy(side);
    case 'both':
      return talk.closedByBoth();
    default:
      return talk;
  }
}

/** After a silence Zeek counts anew, from a probe even from the octet before: that is not followed. */
const isFollowed = (deeds: readonly { verb: string }[]): boolean => {
  const verbs = deeds.map((what) => what.verb);
  return !verbs.includes('silence') || !(verbs.includes('probe') || verbs.includes('repeat'));
};

/** A connection from its SYN or from the middle on, whichever port says who the server is, and its end. */
const conversation = fc
  .record({
    port: fc.constantFrom(443, 50_001),
    timestamps: fc.boolean(),
    clientIsn: fc.constantFrom(1000, 0xffffff00),
    deeds: fc.array(deed, { maxLength: 10 }).filter(isFollowed),
    ending,
    missed: fc.constantFrom(0, 0, 0, 1, 2, 3, 4),
  })
  .map(({ port, deeds, ending: last, missed, ...options }) => {
    const talk = deeds.reduce(act, established({ ...options, server: `198.51.100.7:${port}` }));
    const frames = parseConversation(`${end(talk, last)}`) as SegmentFrame[];
    return frames.slice(missed);
  })
  .filter((frames) => frames.length > 0);

describe('zeek_conn', () => {
  it('says what Zeek would say, letter for letter', async () => {
    await fc.assert(
      fc.asyncProperty(conversation, async (frames) => {
        const rows = (await analyzeConversation(frames)).query('SELECT * FROM zeek_conn ORDER BY ts, uid');
        const ours = rows.map(
          (row) =>
            `${row.id_orig_h} ${row.id_orig_p} ${row.conn_state} ${row.history} ${Number(row.orig_pkts) + Number(row.resp_pkts)}`,
        );
        expect(ours).toEqual(zeekModel(frames));
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
