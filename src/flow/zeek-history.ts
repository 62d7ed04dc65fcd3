import { TcpFlag, type SegmentBatch } from '../segment/segment-batch.js';
import { serialDiff } from '../wire/serial.js';
import { ConnectionFlag, End, EndFlag, Head, endOffset, type ConnectionTable } from './connection-table.js';
import type { FlowListener } from './events.js';
import type { Story } from './story.js';
import { ZeekAutomaton, ZeekKind, ZeekState, zeekEvent, zeekHasLetter, zeekTellsGaps } from './zeek-automaton.js';
import { ZeekConnection, measure, newZeekRare, uniqueBytes, type ZeekRare } from './zeek-connection.js';
import { isAnotherFin, isAnotherReset, isTold, isZeekRepeat, isZeekReuse, isZeekReversal } from './zeek-numbers.js';
import { ZEEK_PATIENT_PORTS, zeekWouldFlip } from './zeek-ports.js';

/** How long Zeek keeps a connection, by `ZeekKind`, ns: `tcp_attempt_delay`, `tcp_partial_close_delay`, ... */
const KEPT_NS = [Infinity, 5e9, 3e9, 6e9, 5e9] as const;
const CLOSE_NS = KEPT_NS[ZeekKind.COMPLETE];
/** And one that is silent (`tcp_inactivity_timeout`; an hour where people sit at the other end). */
const SILENCE_NS = 300e9;
const PATIENT_SILENCE_NS = 3600e9;

/** Its packets are of Zeek's connection on an older incarnation. */
const CONTINUES = -1;

type PartListener = Pick<FlowListener, 'onZeekPart'>;

/**
 * Follows Zeek's connections beside ours. As a rule they are the same; where Zeek's timers or its notion of a reused
 * four-tuple end a connection inside one of our incarnations, the part before is told at once and the rest goes on.
 *
 * `follow` is on the path of every segment: a look into the automaton, and a few comparisons that send what is rare to
 * `followCarefully`.
 */
export class ZeekHistory {
  readonly automaton = new ZeekAutomaton();
  private readonly table: ConnectionTable;
  private readonly stories: ReadonlyMap<number, Story>;
  private readonly listener: PartListener;
  /** By slot: node * 2 + the end that is the originator; or CONTINUES. */
  private nodes = new Int32Array(1 << 12);
  /** By slot: when Zeek removes the connection, whatever comes. */
  private deadlines = new Float64Array(1 << 12);
  private readonly described = new ZeekConnection();
  private readonly rare = new Map<number, ZeekRare>();

  constructor(table: ConnectionTable, stories: ReadonlyMap<number, Story>, listener: PartListener) {
    this.table = table;
    this.stories = stories;
    this.listener = listener;
  }

  /** The first segment of a new incarnation; `older` is the incarnation before it on the four-tuple, or -1. */
  open(slot: number, older: number, end: number, batch: SegmentBatch, row: number): void {
    if (slot >= this.nodes.length) this.grow(slot);
    if (this.rare.size > 0) this.rare.delete(slot);
    if (older >= 0 && (batch.flags[row]! & (TcpFlag.SYN | TcpFlag.ACK)) !== TcpFlag.SYN) {
      const same = this.holder(older);
      if (same >= 0 && !this.isGone(same, batch.timeNs[row]!) && !this.isReuse(same, batch, row)) {
        this.nodes[slot] = CONTINUES;
        this.followCarefully(same, end, batch, row);
        return;
      }
    }
    this.begin(slot, end, batch, row);
  }

  /** A segment of end `end` on the four-tuple whose newest incarnation is in `slot`, before the tracker has looked at it. */
  follow(slot: number, end: number, batch: SegmentBatch, row: number): void {
    const { table } = this;
    const z = this.nodes[slot]!;
    const len = batch.payloadLen[row]!;
    const flags = batch.flags[row]!;
    const ns = batch.timeNs[row]!;
    const at = table.at(slot);
    const theirs = at + endOffset(1 - end);
    const theirFlags = table.i32[theirs + End.FLAGS]!;
    const number = z >> 1;
    // Negative where the segment needs a closer look; also for CONTINUES, whose place is before the table.
    const next = z < 0 ? -1 : this.automaton.edges[(number << 6) | zeekEvent((end ^ z) & 1, flags, len)]!;
    if (
      next < 0 ||
      ns >= this.deadlines[slot]! ||
      ns - table.f64[(at + Head.LAST_NS) >> 1]! >= SILENCE_NS ||
      batch.window[row] === 0 ||
      (theirFlags & EndFlag.HOLES) !== 0 ||
      ((flags & TcpFlag.ACK) !== 0 &&
        (theirFlags & EndFlag.END_KNOWN) !== 0 &&
        serialDiff(batch.ack[row]!, table.i32[theirs + End.MAX_END]!) > 0) ||
      (len > 0 && isZeekRepeat(table, at + endOffset(end), batch, row))
    ) {
      this.followCarefully(slot, end, batch, row);
    } else if (next !== number) {
      this.move(slot, next, ns);
    }
  }

  /** The record just followed was a copy made by the capture. */
  copied(slot: number, end: number, ns: number): void {
    const holder = this.holder(slot);
    if (holder < 0) return;
    const rare = this.rareOf(holder);
    rare.copies[end as 0 | 1]++;
    rare.copyNs = ns;
  }

  /** Zeek's connection at the end of the incarnation in `slot`, valid until the next call; null: it is an older one's. */
  connection(slot: number): ZeekConnection | null {
    return this.nodes[slot]! < 0 ? null : this.describe(slot);
  }

  private begin(slot: number, end: number, batch: SegmentBatch, row: number): void {
    const flags = batch.flags[row]!;
    const flipped = zeekWouldFlip(flags, batch.srcPort[row]!, batch.dstPort[row]!);
    const start = flipped ? this.automaton.flippedStart : this.automaton.start;
    const next = this.automaton.edges[(start << 6) | zeekEvent(flipped ? 1 : 0, flags, batch.payloadLen[row]!)]!;
    this.nodes[slot] = (start << 1) | (flipped ? 1 - end : end);
    this.deadlines[slot] = Infinity;
    if (next < 0 || batch.window[row] === 0) this.advance(slot, end, batch, row);
    else this.move(slot, next, batch.timeNs[row]!);
  }

  private followCarefully(newest: number, end: number, batch: SegmentBatch, row: number): void {
    const slot = this.holder(newest);
    if (slot < 0) {
      this.begin(newest, end, batch, row); // the incarnation that Zeek went on with has left memory
      return;
    }
    if (this.isGone(slot, batch.timeNs[row]!) || this.isReuse(slot, batch, row)) {
      this.endPart(slot, batch.timeNs[row]!);
      this.begin(slot, end, batch, row);
    } else {
      this.advance(slot, end, batch, row);
    }
  }

  /** The slot that holds Zeek's connection: this one, or that of an older incarnation; -1: not in memory any more. */
  private holder(slot: number): number {
    let holder = slot;
    while (holder >= 0 && this.nodes[holder]! < 0) holder = this.table.i32[this.table.at(holder) + Head.OLDER]!;
    return holder;
  }

  /** Whether Zeek has removed the connection by now. */
  private isGone(slot: number, ns: number): boolean {
    if (ns >= this.deadlines[slot]!) return true;
    const at = this.table.at(slot);
    const silence = ns - this.table.f64[(at + Head.LAST_NS) >> 1]!;
    if (silence < SILENCE_NS) return false;
    const z = this.nodes[slot]!;
    const ports = this.table.i32[at + Head.PORTS]!;
    const respPort = (z & 1) === 0 ? ports & 0xffff : ports >>> 16;
    const { orig, resp } = this.automaton.node(z >> 1);
    const established = orig.state === ZeekState.ESTABLISHED && resp.state === ZeekState.ESTABLISHED;
    return silence >= (established && ZEEK_PATIENT_PORTS.has(respPort) ? PATIENT_SILENCE_NS : SILENCE_NS);
  }

  private isReuse(slot: number, batch: SegmentBatch, row: number): boolean {
    const z = this.nodes[slot]!;
    return (
      (batch.flags[row]! & TcpFlag.SYN) !== 0 &&
      isZeekReuse(this.table, slot, this.automaton.node(z >> 1), z & 1, batch, row)
    );
  }

  /** Lets a segment change the connection in `slot`, letter by letter in the order in which Zeek writes them. */
  private advance(slot: number, end: number, batch: SegmentBatch, row: number): void {
    const { automaton, table } = this;
    const z = this.nodes[slot]!;
    const side = (end ^ z) & 1;
    const flags = batch.flags[row]!;
    const event = zeekEvent(side, flags, batch.payloadLen[row]!);
    const before = automaton.node(z >> 1);
    const [mine, theirs] = side === 0 ? [before.orig, before.resp] : [before.resp, before.orig];
    const at = table.at(slot) + endOffset(end);

    let number = z >> 1;
    if (
      (flags & (TcpFlag.SYN | TcpFlag.ACK)) === TcpFlag.SYN &&
      isZeekReversal(table, slot, before, z & 1, batch, row)
    ) {
      this.nodes[slot] = (number << 1) | end;
      this.move(slot, automaton.reversed(number), batch.timeNs[row]!);
      return;
    }
    if (zeekHasLetter(before, event) && this.isAnother(slot, end, mine.state, batch, row)) {
      number = automaton.withLetter(
        number,
        side,
        (flags & TcpFlag.FIN) !== 0 ? 'F' : (flags & TcpFlag.RST) !== 0 ? 'R' : 'H',
      );
    }
    number = automaton.after(number, event);

    if (
      batch.window[row] === 0 &&
      (flags & TcpFlag.RST) === 0 &&
      theirs.state !== ZeekState.CLOSED &&
      mine.state !== ZeekState.RESET
    ) {
      number = this.counted(number, side, 'W', this.rareOf(slot).zeroWindows, end);
    }
    const canRepeat = mine.state !== ZeekState.RESET && mine.state !== ZeekState.INACTIVE;
    if (batch.payloadLen[row]! > 0 && canRepeat && isZeekRepeat(table, at, batch, row)) {
      number = this.counted(number, side, 'T', this.rareOf(slot).repeats, end);
    }
    if ((flags & TcpFlag.ACK) !== 0 && zeekTellsGaps(automaton.node(number))) {
      number = this.tellGaps(slot, number, 1 - end, batch.ack[row]!);
    }
    this.move(slot, number, batch.timeNs[row]!);
  }

  /** Whether a FIN, RST or SYN-ACK has another number than the one before: then its letter is written once more. */
  private isAnother(slot: number, end: number, state: number, batch: SegmentBatch, row: number): boolean {
    const { stories, table } = this;
    const at = table.at(slot) + endOffset(end);
    switch (batch.flags[row]! & (TcpFlag.FIN | TcpFlag.SYN | TcpFlag.RST)) {
      case TcpFlag.SYN:
        return (state === ZeekState.CLOSED || state === ZeekState.RESET) && table.u32[at + End.ISN] !== batch.seq[row];
      case TcpFlag.FIN:
        return isAnotherFin(this.rareOf(slot), table, at, end, batch, row);
      case TcpFlag.RST:
        return isAnotherReset(this.rareOf(slot), stories.get(slot), end, batch, row);
      default:
        return false;
    }
  }

  /** Octets of `end` that are acknowledged and were not captured (`TCP_Reassembler::Undelivered`), each gap once. */
  private tellGaps(slot: number, number: number, end: number, ack: number): number {
    const { table } = this;
    const at = table.at(slot) + endOffset(end);
    const flags = table.i32[at + End.FLAGS]!;
    if ((flags & EndFlag.END_KNOWN) === 0) return number;
    let next = number;
    if ((flags & EndFlag.HOLES) !== 0) {
      const holes = this.stories.get(slot)?.holes[end] ?? [];
      for (let i = 0; i < holes.length; i += 2) next = this.tellGap(slot, next, end, holes[i]!, holes[i + 1]!, ack);
    }
    return this.tellGap(slot, next, end, table.u32[at + End.MAX_END]!, ack, ack);
  }

  private tellGap(slot: number, number: number, end: number, from: number, to: number, ack: number): number {
    const last = serialDiff(ack, to) < 0 ? ack : to;
    if (serialDiff(last, from) <= 0) return number;
    const rare = this.rareOf(slot);
    const told = rare.gapTo[end]!;
    if (!Number.isNaN(told) && serialDiff(last, told) <= 0) return number;
    rare.gapTo[end] = last;
    return this.counted(number, (end ^ this.nodes[slot]!) & 1, 'G', rare.gaps, end);
  }

  /** Zeek writes the first of these, the tenth, the hundredth and so on. */
  private counted(number: number, side: number, letter: string, counts: [number, number], end: number): number {
    const count = ++counts[end]!;
    return isTold(count) ? this.automaton.withLetter(number, side, letter) : number;
  }

  private move(slot: number, next: number, ns: number): void {
    const z = this.nodes[slot]!;
    if (z >> 1 === next) return;
    const { automaton, table } = this;
    this.nodes[slot] = (next << 1) | (z & 1);
    const kind = automaton.kinds[next]!;
    const was = automaton.kinds[z >> 1]!;
    // A second close starts Zeek's timer once more; its clock of the connection stops with it.
    if (kind !== was || (kind === ZeekKind.COMPLETE && closedEnds(automaton, next) !== closedEnds(automaton, z >> 1))) {
      this.deadlines[slot] = ns + KEPT_NS[kind]!;
    }
    const flags = table.i32[table.at(slot) + Head.FLAGS]!;
    if ((flags & ConnectionFlag.WRITTEN) !== 0) table.i32[table.at(slot) + Head.FLAGS] = flags | ConnectionFlag.CHANGED;
  }

  private rareOf(slot: number): ZeekRare {
    let rare = this.rare.get(slot);
    if (rare === undefined) this.rare.set(slot, (rare = newZeekRare()));
    return rare;
  }

  private endPart(slot: number, nextNs: number): void {
    this.listener.onZeekPart(slot, this.describe(slot));
    const before = this.rareOf(slot);
    const after = newZeekRare();
    after.parts = before.parts + 1;
    after.firstNs = nextNs;
    for (const end of [0, 1] as const) {
      const at = this.table.at(slot) + endOffset(end);
      after.packetsBefore[end] = this.table.u32[at + End.PACKETS]!;
      after.bytesBefore[end] = uniqueBytes(this.table, at);
    }
    this.rare.set(slot, after);
  }

  private describe(slot: number): ZeekConnection {
    const { described, table } = this;
    const z = this.nodes[slot]!;
    described.number = z >> 1;
    described.node = this.automaton.node(z >> 1);
    described.orig = z & 1;
    measure(described, table, table.at(slot), this.rare.get(slot), this.deadlines[slot]! - CLOSE_NS);
    return described;
  }

  private grow(slot: number): void {
    const length = Math.max(this.nodes.length * 2, slot + 1);
    const nodes = new Int32Array(length);
    nodes.set(this.nodes);
    this.nodes = nodes;
    const deadlines = new Float64Array(length);
    deadlines.set(this.deadlines);
    this.deadlines = deadlines;
  }
}

function closedEnds(automaton: ZeekAutomaton, number: number): number {
  const { orig, resp } = automaton.node(number);
  return (orig.closed ? 1 : 0) + (resp.closed ? 1 : 0);
}
