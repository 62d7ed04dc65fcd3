import { describe, expect, it } from 'vitest';
import { capture, established } from './conversation.js';
import { analyzeCaptures, analyzeConversation, analyzeFiles } from './run.js';
import type { RunOptions } from './run.js';

/** Looks at nothing: here only the way from text to rows is tested. */
const blind: NonNullable<RunOptions['engine']> = () => ({
  consume: () => undefined,
  endConnections: () => undefined,
  finish: () => undefined,
  filling: [],
  returned: [],
  evictions: { unended: 0, ended: 0 },
  acksLeftOut: false,
  vantage: () => null,
});

describe('a run of the pipeline', () => {
  it('reads the conversation from a real capture file and gives the rows of the database', async () => {
    const { captures } = await analyzeConversation(`${established().closedBy('client')}`, {
      engine: blind,
      format: 'pcapng',
    });
    expect(captures).toMatchObject([{ format: 'pcapng', link_types: '1', packets: 6, tcp_packets: 6, damage: null }]);
  });

  it('takes several captures as one recording', async () => {
    const first = capture(`${established()}`);
    const second = capture(`${established({ at: 10 })}`, { format: 'pcap-be' });
    const run = await analyzeCaptures([second, first], { engine: blind });
    expect(run.damages).toEqual([]);
    expect(run.analysis.captures.map(({ packets }) => packets)).toEqual([3, 3]);
  });

  it('takes captures that are there', async () => {
    const { analysis } = await analyzeFiles(['samples/ipv6.pcap', 'samples/refused.pcap'], { engine: blind });
    expect(analysis.captures).toHaveLength(2);
  });
});
