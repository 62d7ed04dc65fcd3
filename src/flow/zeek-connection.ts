import { serialDiff } from '../wire/serial.js';
import { End, EndFlag, Head, endOffset, type ConnectionTable } from './connection-table.js';
import type { ZeekNode } from './zeek-automaton.js';
import { Rare, type ZeekRare } from './zeek-rare.js';

/** One connection as Zeek tells it. One object is filled again and again. */
export class ZeekConnection {
  /** Its node in the automaton. */
  number = 0;
  node!: ZeekNode;
  /** The end that Zeek calls originator, 0 lower or 1 higher. */
  orig = 0;
  /** Zeek connections in the same incarnation before it. */
  part = 0;
  firstNs = 0;
  lastNs = 0;
  /** Packets and octets of the lower and the higher end. */
  lowPackets = 0;
  highPackets = 0;
  lowBytes = 0;
  highBytes = 0;

  packets(end: number): number {
    return end === 0 ? this.lowPackets : this.highPackets;
  }
  bytes(end: number): number {
    return end === 0 ? this.lowBytes : this.highBytes;
  }
}

/** Times and counts of the connection at `at`. `stoppedNs`: when both ends had closed, valid where the node says so. */
export function measure(
  into: ZeekConnection,
  table: ConnectionTable,
  at: number,
  rare: ZeekRare | null,
  stoppedNs: number,
): void {
  const { orig, resp } = into.node;
  const low = at + endOffset(0);
  const high = at + endOffset(1);
  into.part = rare === null ? 0 : rare.get(Rare.PARTS);
  into.firstNs = table.f64[(at + Head.FIRST_NS) >> 1]!;
  into.lastNs = orig.closed && resp.closed ? stoppedNs : table.f64[(at + Head.LAST_NS) >> 1]!;
  into.lowPackets = table.u32[low + End.PACKETS]!;
  into.highPackets = table.u32[high + End.PACKETS]!;
  if (rare !== null) {
    const firstNs = rare.get(Rare.FIRST_NS);
    const copyNs = rare.get(Rare.COPY_NS);
    if (!Number.isNaN(firstNs)) into.firstNs = firstNs;
    if (copyNs > into.lastNs && !(orig.closed && resp.closed)) into.lastNs = copyNs;
    into.lowPackets += rare.get(Rare.COPIES) - rare.get(Rare.PACKETS_BEFORE);
    into.highPackets += rare.get(Rare.COPIES + 1) - rare.get(Rare.PACKETS_BEFORE + 1);
  }
  if (rare !== null && into.part > 0) {
    into.lowBytes = Math.max(0, uniqueBytes(table, low) - rare.get(Rare.BYTES_BEFORE));
    into.highBytes = Math.max(0, uniqueBytes(table, high) - rare.get(Rare.BYTES_BEFORE + 1));
  } else {
    into.lowBytes = bytesBySequence(table, low, high);
    into.highBytes = bytesBySequence(table, high, low);
  }
}

/** Half the range of sequence numbers. */
const HALF_RANGE = 2 ** 31;

/** Zeek counts octets by sequence numbers, gaps included (`TCP_Endpoint::Size`). */
function bytesBySequence(table: ConnectionTable, mine: number, theirs: number): number {
  const flags = table.i32[mine + End.FLAGS]!;
  const unique = uniqueBytes(table, mine);
  // Sequence numbers tell nothing without the first one, and nothing beyond half their range.
  if ((flags & EndFlag.ISN_KNOWN) === 0 || unique >= HALF_RANGE) return unique;
  const isn = table.i32[mine + End.ISN]!;
  let size = serialDiff(table.i32[mine + End.MAX_END]!, isn);
  if ((table.i32[theirs + End.FLAGS]! & EndFlag.ACK_KNOWN) !== 0) {
    size = Math.max(size, serialDiff(table.i32[theirs + End.MAX_ACK]!, isn));
  }
  return Math.max(0, size - 1 - ((flags & EndFlag.FIN) === 0 ? 0 : 1));
}

/** Octets of sequence space seen as payload of the end at `at`, each once. */
export function uniqueBytes(table: ConnectionTable, at: number): number {
  return table.f64[(at + End.BYTES) >> 1]! - table.f64[(at + End.REPEATED) >> 1]!;
}
