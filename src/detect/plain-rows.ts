import { ConnectionColumn } from '../flow/connection-columns.js';
import type { ConnectionTable } from '../flow/connection-table.js';
import { Desk } from '../flow/desk.js';
import { OUTCOME_BITS } from '../flow/row-layout.js';
import {
  CLOSES,
  CONFIDENCES,
  HANDSHAKES,
  ROLES,
  SIDES,
  STATES,
  TIMESTAMP_USES,
  type SideName,
} from '../flow/vocabulary.js';
import { instantiate } from '../segment/web-assembly.js';
import { PlainOutcome } from './plain-outcome.js';
import { HostHeaders } from './resets/host-headers.js';
import { bitsOf, codeOf } from './rows/row-writer.js';

/** What `short-way/row.ts` and `short-way/settle.ts` export. */
interface Exports {
  row(slot: number, zeek: number, lowAddress: number, highAddress: number): number;
  settle(first: number, end: number): number;
}

/**
 * The rows of connections that were opened, used and closed without anything odd, as nearly all are, and of SYNs that nobody
 * answered, as in a flood or a scan nearly all are: WebAssembly judges them in the memory of the connection table. For all
 * others `judgeClose` and `ConnectionRows`, which would have made the same rows of these.
 */
export class PlainRows {
  /** The rows that were made last, as in CONNECTION_ROW, one after the other. */
  readonly values: Float64Array;
  /** What servers' packets have in common, where `HostHeaders` can find it. */
  readonly hosts: HostHeaders;
  /** Number of the history of each of Zeek's first nodes; 0: it has none yet. To be filled in by `ZeekRows`. */
  readonly histories: Int32Array;
  readonly #exports: Exports;

  private constructor(memory: WebAssembly.Memory) {
    this.#exports = instantiate('detect/plain-judge', memory) as Exports;
    const { buffer } = memory;
    this.values = new Float64Array(buffer, Desk.PLAIN_ROWS, Desk.PLAIN_ROOM * ConnectionColumn.COUNT);
    this.hosts = new HostHeaders(buffer, Desk.HOSTS);
    this.histories = new Int32Array(buffer, Desk.ZEEK_HISTORIES, Desk.NODES);
    new Int32Array(buffer, Desk.PLAIN_OUTCOMES, PlainOutcome.LONE_SYN + PlainOutcome.USES).set([
      ...ofCloses(),
      ...ofLoneSyns(),
    ]);
  }

  /** null where the table's memory is not one that WebAssembly can work in. */
  static over(table: ConnectionTable): PlainRows | null {
    return table.memory instanceof WebAssembly.Memory ? new PlainRows(table.memory) : null;
  }

  /**
   * Settles connections from place `first` of `Desk.PLAIN_SLOTS` on, up to the first that is not plain, to `end`, or as many
   * as there is room for: their rows are made, with addresses in place of their ids. Returns the place behind the last.
   */
  settle(first: number, end: number): number {
    return this.#exports.settle(first, end);
  }

  /** Makes the row of the connection in `slot`. False: it is none of these. `zeek`: a Zeek code; addresses are ids. */
  judge(slot: number, zeek: number, lowAddress: number, highAddress: number): boolean {
    return this.#exports.row(slot, zeek, lowAddress, highAddress) !== 0;
  }
}

/** Column `outcome` of plain closes, by `PlainOutcome`. */
function ofCloses(): number[] {
  const all: number[] = [];
  const closers: readonly SideName[] = ['both', 'client', 'server']; // in the order of PlainOutcome
  for (const closer of closers) {
    const stateOf = (side: SideName): number =>
      codeOf(STATES, closer === 'both' || closer === side ? 'TIME_WAIT' : 'CLOSED');
    for (const use of [0, 1] as const)
      all.push(
        bitsOf(OUTCOME_BITS.roles, codeOf(ROLES, 'syn')) |
          bitsOf(OUTCOME_BITS.handshake, codeOf(HANDSHAKES, 'complete')) |
          bitsOf(OUTCOME_BITS.timestamps, codeOf(TIMESTAMP_USES, use)) |
          bitsOf(OUTCOME_BITS.close, codeOf(CLOSES, 'fin')) |
          bitsOf(OUTCOME_BITS.closed_first, codeOf(SIDES, closer)) |
          bitsOf(OUTCOME_BITS.closed_first_confidence, codeOf(CONFIDENCES, 'certain')) |
          bitsOf(OUTCOME_BITS.time_wait_at, codeOf(SIDES, closer)) |
          bitsOf(OUTCOME_BITS.client_state, stateOf('client')) |
          bitsOf(OUTCOME_BITS.server_state, stateOf('server')),
      );
  }
  return all;
}

/** Likewise of SYNs that nobody answered. */
function ofLoneSyns(): number[] {
  return ([0, null] as const).map(
    (use) =>
      bitsOf(OUTCOME_BITS.roles, codeOf(ROLES, 'syn')) |
      bitsOf(OUTCOME_BITS.handshake, codeOf(HANDSHAKES, 'syn-only')) |
      bitsOf(OUTCOME_BITS.timestamps, codeOf(TIMESTAMP_USES, use)) |
      bitsOf(OUTCOME_BITS.close, codeOf(CLOSES, 'unanswered')) |
      bitsOf(OUTCOME_BITS.closed_first_confidence, codeOf(CONFIDENCES, 'unknown')) |
      bitsOf(OUTCOME_BITS.client_state, codeOf(STATES, 'SYN_SENT')),
  );
}
