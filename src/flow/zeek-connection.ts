import { serialDiff } from '../wire/serial.js';
import { End, EndFlag, Head, endOffset, type ConnectionTable } from './connection-table.js';
import type { ZeekNode } from './zeek-automaton.js';

/** What few connections need, by end (0 lower, 1 higher). */
export interface ZeekRare {
  /** Retransmissions, zero windows and gaps so far: Zeek writes the 1st, 10th, 100th, ... */
  readonly repeats: [number, number];
  readonly zeroWindows: [number, number];
  readonly gaps: [number, number];
  /** Sequence number up to which gaps were told; NaN: none was. */
  readonly gapTo: [number, number];
  /** Number of the last FIN and RST; NaN: none, or the FIN that the connection table knows. */
  readonly lastFin: [number, number];
  readonly lastRst: [number, number];
  /** Records that the capture made twice: Zeek counts them; and the time of the last one, NaN: none. */
  readonly copies: [number, number];
  copyNs: number;
  /** Zeek connections that this incarnation was before; and packets and octets in them. */
  parts: number;
  readonly packetsBefore: [number, number];
  readonly bytesBefore: [number, number];
  /** When the part began; NaN: with the incarnation. */
  firstNs: number;
}

export function newZeekRare(): ZeekRare {
  return {
    repeats: [0, 0],
    zeroWindows: [0, 0],
    gaps: [0, 0],
    gapTo: [NaN, NaN],
    lastFin: [NaN, NaN],
    lastRst: [NaN, NaN],
    copies: [0, 0],
    copyNs: NaN,
    parts: 0,
    packetsBefore: [0, 0],
    bytesBefore: [0, 0],
    firstNs: NaN,
  };
}

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
  rare: ZeekRare | undefined,
  stoppedNs: number,
): void {
  const { orig, resp } = into.node;
  const low = at + endOffset(0);
  const high = at + endOffset(1);
  into.part = rare?.parts ?? 0;
  into.firstNs = table.f64[(at + Head.FIRST_NS) >> 1]!;
  into.lastNs = orig.closed && resp.closed ? stoppedNs : table.f64[(at + Head.LAST_NS) >> 1]!;
  into.lowPackets = table.u32[low + End.PACKETS]!;
  into.highPackets = table.u32[high + End.PACKETS]!;
  if (rare !== undefined) {
    if (!Number.isNaN(rare.firstNs)) into.firstNs = rare.firstNs;
    if (rare.copyNs > into.lastNs && !(orig.closed && resp.closed)) into.lastNs = rare.copyNs;
    into.lowPackets += rare.copies[0] - rare.packetsBefore[0];
    into.highPackets += rare.copies[1] - rare.packetsBefore[1];
  }
  if (into.part > 0) {
    into.lowBytes = Math.max(0, uniqueBytes(table, low) - rare!.bytesBefore[0]);
    into.highBytes = Math.max(0, uniqueBytes(table, high) - rare!.bytesBefore[1]);
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
