import { expect, it } from 'vitest';
import { ConnectionTable } from '../../src/flow/connection-table.js';
import { LookAhead } from '../../src/flow/look-ahead.js';
import { ParkedSyns } from '../../src/flow/parked-syns.js';
import { SegmentBatch, TcpFlag } from '../../src/segment/segment-batch.js';

it('SYNs that are not parked are told by a bit each, counted from the first row that was asked for', () => {
  const batch = new SegmentBatch(100);
  batch.length = 100;
  const syns = [40, 41, 72, 99];
  for (const row of [3, ...syns]) batch.flags[row] = TcpFlag.SYN;
  batch.flags[50] = TcpFlag.SYN | TcpFlag.ACK;
  const bits = new Int32Array(2).fill(-1);
  new LookAhead(new ConnectionTable(), new ParkedSyns()).findUnparked(batch, 40, 0, 60, bits);
  const found = Array.from({ length: 60 }, (_, i) => 40 + i).filter(
    (row) => (bits[(row - 40) >> 5]! >>> (row - 40)) & 1,
  );
  expect(found).toEqual(syns);
});
