import { ConnectionFlag, End, EndFlag, Head, endOffset, type ConnectionTable } from '../../flow/connection-table.js';
import { MOST_ATTEMPTS } from '../../flow/limits.js';
import { TUPLE_REUSE_BITS, TUPLE_REUSE_ROW } from '../../flow/row-layout.js';
import type { RowSink } from '../../flow/row-sink.js';
import type { Segment } from '../../flow/segment.js';
import { holdsTimeWait } from '../../flow/time-wait-watch.js';
import { SIDES } from '../../flow/vocabulary.js';
import { SegmentOption } from '../../segment/segment-batch.js';
import { RowWriter, bitsOf, codeOf } from './row-writer.js';

/** Attempts that nobody took up leave the numbers of the connection before them as they were. */
const ATTEMPT = ConnectionFlag.ATTEMPT | ConnectionFlag.REFUSED;

/** The slot of the connection before `slot` on its four-tuple, attempts between them passed over; -1: none in memory, or too far. */
export function connectionBefore(table: ConnectionTable, slot: number): number {
  let older = table.i32[table.at(slot) + Head.OLDER]!;
  for (let attempts = 0; older >= 0 && (table.i32[table.at(older) + Head.FLAGS]! & ATTEMPT) !== 0; attempts++)
    older = attempts < MOST_ATTEMPTS ? table.i32[table.at(older) + Head.OLDER]! : -1;
  return older;
}

/** Likewise the slot of the connection after it. */
export function connectionAfter(table: ConnectionTable, slot: number): number {
  let newer = table.i32[table.at(slot) + Head.NEWER]!;
  for (let attempts = 0; newer >= 0 && (table.i32[table.at(newer) + Head.FLAGS]! & ATTEMPT) !== 0; attempts++)
    newer = attempts < MOST_ATTEMPTS ? table.i32[table.at(newer) + Head.NEWER]! : -1;
  return newer;
}

/**
 * Writes the numbers of a SYN on a four-tuple that had a connection before, beside those of that connection: what a rule
 * needs that judges the SYN, also where TIME_WAIT, as long as it is taken to last, was over.
 */
export class TupleReuseRows {
  readonly #row: RowWriter;

  constructor(sink: RowSink) {
    this.#row = new RowWriter(sink.rows(TUPLE_REUSE_ROW));
  }

  /** The first copy of a SYN opened the incarnation in `slot`; `older` was before it. */
  write(table: ConnectionTable, slot: number, older: number, syn: Segment): void {
    const { i32, u32, f64 } = table;
    const at = table.at(older);
    const mine = at + endOffset(syn.end);
    const theirs = at + endOffset(1 - syn.end);
    const flags = i32[at + Head.FLAGS]!;
    const mineFlags = i32[mine + End.FLAGS]!;
    const { options } = syn;
    const hasTimestamp = (options & SegmentOption.TIMESTAMP) !== 0;
    const tsvalKnown = (mineFlags & EndFlag.TSVAL_KNOWN) !== 0;
    const finished = (flags & ConnectionFlag.FINISHED) !== 0;
    const receiver = finished && holdsTimeWait(table, at, 1 - syn.end);
    const sender = finished && holdsTimeWait(table, at, syn.end);
    const cut =
      (!hasTimestamp && (options & SegmentOption.CUT) !== 0) ||
      (!tsvalKnown && (flags & ConnectionFlag.OPTIONS_CUT) !== 0);
    const stamped = (mineFlags & i32[theirs + End.FLAGS]! & EndFlag.TIMESTAMP) !== 0;
    const shift = i32[theirs + End.WINDOW_SHIFT]!;
    const scaled = shift !== 0 && i32[mine + End.WINDOW_SHIFT] !== 0;
    this.#row
      .put(u32[table.at(slot) + Head.ID]!)
      .put(u32[at + Head.ID]!)
      .putNs(finished ? Math.max(0, syn.ns - f64[(at + Head.TIME_WAIT_LAST_NS) >> 1]!) : NaN)
      .put(syn.seq)
      .put((mineFlags & EndFlag.END_KNOWN) === 0 ? NaN : u32[mine + End.MAX_END]!)
      .put(hasTimestamp ? syn.tsval : NaN)
      .put(tsvalKnown ? u32[mine + End.TSVAL]! : NaN)
      .put(i32[theirs + End.WINDOW]! << (scaled ? shift - 1 : 0))
      .put(
        bitsOf(
          TUPLE_REUSE_BITS.holder,
          codeOf(SIDES, receiver ? (sender ? 'both' : 'server') : sender ? 'client' : null),
        ) |
          bitsOf(TUPLE_REUSE_BITS.stamped, stamped ? 1 : 0) |
          bitsOf(TUPLE_REUSE_BITS.cut, cut ? 1 : 0),
      )
      .commit();
  }
}
