import { ConnectionView } from '../../flow/connection-view.js';
import type { RowLayout } from '../../flow/row-layout.js';
import type { RowAppender } from '../../flow/row-sink.js';
import { Settled, SettledMemory } from '../../flow/settled-record.js';
import { judgeClose } from '../closes/close-verdict.js';
import { ConnectionRows } from './connection-row.js';

/** Judges settled connections from their copies, and writes their rows. Runs in the writer's thread. */
export class SettledConnections {
  readonly #rows: ConnectionRows;
  #lowAddress = 0;
  #ids = { low: 0, high: 0 };

  constructor(rows: (layout: RowLayout) => RowAppender) {
    this.#rows = new ConnectionRows({
      rows,
      addressId: (_family, address) => (address === this.#lowAddress ? this.#ids.low : this.#ids.high),
    });
  }

  /** `values`: copies, each `Settled.VALUES` long. */
  judge(values: Float64Array, copies: number): void {
    const memory = new SettledMemory(values);
    const view = new ConnectionView(memory);
    for (let copy = 0; copy < copies; copy++) {
      const at = copy * Settled.VALUES;
      const c = view.select(copy);
      this.#lowAddress = c.address(0);
      this.#ids.low = values[at + Settled.LOW_ADDRESS]!;
      this.#ids.high = values[at + Settled.HIGH_ADDRESS]!;
      this.#rows.write(c, judgeClose(c, null, values[at + Settled.NOW]!), null, values[at + Settled.ZEEK]!);
    }
  }
}
