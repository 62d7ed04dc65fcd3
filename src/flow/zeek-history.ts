import { SegmentOption, TcpFlag } from '../segment/segment-batch.js';
import { serialDiff } from '../wire/serial.js';
import { ConnectionFlag, End, EndFlag, Head, endOffset, type ConnectionTable } from './connection-table.js';
import { Desk } from './desk.js';
import type { FlowListener } from './events.js';
import { MOST_ATTEMPTS } from './limits.js';
import type { Segment } from './segment.js';
import type { Stories } from './stories.js';
import {
  ZeekAutomaton,
  ZeekLetter,
  ZeekState,
  closedEnds,
  zeekEvent,
  zeekHasLetter,
  zeekTellsGaps,
} from './zeek-automaton.js';
import { ZeekKind, ZeekWord } from './zeek-codes.js';
import { ZeekConnection, measure, uniqueBytes } from './zeek-connection.js';
import { ZeekCuts } from './zeek-cuts.js';
import { Rare, ZeekRares, type ZeekRare } from './zeek-rare.js';
import {
  isTold,
  isZeekAnother,
  isZeekRepeat,
  isZeekReuse,
  isZeekReversal,
  mayRepeat,
  zeekGaps,
} from './zeek-numbers.js';
import { CLOSE_NS, KEPT_NS, SILENCE_NS, zeekPatience, zeekWouldFlip } from './zeek-settings.js';

/** Its packets are of Zeek's connection on an older incarnation. */
const CONTINUES = -1;

/** Letters that are written again for another number, by the flags. */
const LETTER_OF: Readonly<Record<number, ZeekLetter>> = {
  [TcpFlag.FIN]: ZeekLetter.FIN,
  [TcpFlag.SYN]: ZeekLetter.SYN_ACK,
  [TcpFlag.RST]: ZeekLetter.RST,
};

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
  private readonly stories: Stories;
  private readonly listener: PartListener;
  private readonly cuts = new ZeekCuts();
  private readonly described = new ZeekConnection();
  private readonly rares = new ZeekRares();

  constructor(table: ConnectionTable, stories: Stories, listener: PartListener) {
    this.table = table;
    this.stories = stories;
    this.listener = listener;
  }

  /** The first segment of a new incarnation; `older` is the incarnation before it on the four-tuple, or -1. */
  open(slot: number, older: number, segment: Segment): void {
    if (older >= 0 && (segment.flags & (TcpFlag.SYN | TcpFlag.ACK)) !== TcpFlag.SYN) {
      const same = this.holder(older);
      if (same >= 0 && !this.isGone(same, segment.ns) && !this.isReuse(same, segment)) {
        this.setZ(slot, CONTINUES);
        this.followCarefully(same, segment);
        return;
      }
    }
    this.begin(slot, segment);
    if ((segment.options & SegmentOption.PAYLOAD_CUT) !== 0) this.followCuts(slot, segment);
  }

  /** A segment of end `end` on the four-tuple whose newest incarnation is in `slot`, before the tracker has looked at it. */
  follow(slot: number, segment: Segment): void {
    const { table } = this;
    const { len, flags, ns } = segment;
    const at = table.at(slot);
    const theirs = at + endOffset(1 - segment.end);
    const theirFlags = table.i32[theirs + End.FLAGS]!;
    const z = table.i32[at + Head.ZEEK]!;
    const number = z >> ZeekWord.NODE_SHIFT;
    // Negative where the segment needs a closer look; also for CONTINUES, whose place is before the table.
    const next =
      z < 0 ? -1 : this.automaton.edges[(number << 6) | zeekEvent((segment.end ^ z) & ZeekWord.ORIG, flags, len)]!;
    if (
      next < 0 ||
      ((z & ZeekWord.TIMED) !== 0 && ns >= table.f64[(at + Head.ZEEK_NS) >> 1]!) ||
      ns - table.f64[(at + Head.LAST_NS) >> 1]! >= SILENCE_NS ||
      segment.window === 0 ||
      (theirFlags & EndFlag.HOLES) !== 0 ||
      ((flags & TcpFlag.ACK) !== 0 &&
        (theirFlags & EndFlag.END_KNOWN) !== 0 &&
        serialDiff(segment.ack, table.i32[theirs + End.MAX_END]!) > 0) ||
      (len > 0 && mayRepeat(table, at + endOffset(segment.end), segment))
    ) {
      this.followCarefully(slot, segment);
    } else if (next !== number) {
      this.move(slot, next, ns);
    }
    if (this.cuts.active || (segment.options & SegmentOption.PAYLOAD_CUT) !== 0) {
      this.followCuts(slot, segment);
    }
  }

  /** Whether any connection needs more than its word in the record at each segment. */
  get needsAll(): boolean {
    return this.cuts.active;
  }

  /** Lays on the desk of the short way what that asks for. */
  layOut(desk: Uint8Array): void {
    this.automaton.layOut(desk);
    new Float64Array(desk.buffer, Desk.KEPT_NS, KEPT_NS.length).set(KEPT_NS);
  }

  /** The record just followed was a copy made by the capture. */
  copied(slot: number, end: number, ns: number): void {
    const holder = this.holder(slot);
    if (holder < 0) return;
    const rare = this.rareOf(holder);
    rare.set(Rare.COPIES + end, rare.get(Rare.COPIES + end) + 1);
    rare.set(Rare.COPY_NS, ns);
    this.changed(holder);
  }

  /** Zeek's connection at the end of the incarnation in `slot`, valid until the next call; null: it is an older one's. */
  connection(slot: number): ZeekConnection | null {
    return this.z(slot) < 0 ? null : this.describe(slot);
  }

  /** Whether all that is known of Zeek's connection in `slot` is its word in the record. */
  isPlain(slot: number): boolean {
    const z = this.z(slot);
    return z >= 0 && (z & ZeekWord.RARE) === 0;
  }

  /** The record of a connection that is plain, and last changed at `ns`, has moved into `slot`. */
  resume(slot: number, ns: number): void {
    if (this.cuts.active) this.cuts.clear(slot);
    const kind = this.automaton.kinds[this.z(slot) >> ZeekWord.NODE_SHIFT]!;
    this.table.f64[(this.table.at(slot) + Head.ZEEK_NS) >> 1] = ns + KEPT_NS[kind]!;
  }

  /** The connection of that slot has left memory. */
  forget(slot: number): void {
    if ((this.z(slot) & ZeekWord.RARE) !== 0) this.rares.end(slot);
  }

  private z(slot: number): number {
    return this.table.i32[this.table.at(slot) + Head.ZEEK]!;
  }

  private setZ(slot: number, z: number): void {
    this.table.i32[this.table.at(slot) + Head.ZEEK] = z;
  }

  private begin(slot: number, segment: Segment): void {
    const { flags } = segment;
    const flipped = zeekWouldFlip(flags, segment.srcPort, segment.dstPort);
    const start = flipped ? this.automaton.flippedStart : this.automaton.start;
    const next = this.automaton.edges[(start << 6) | zeekEvent(flipped ? 1 : 0, flags, segment.len)]!;
    const z = this.z(slot);
    this.setZ(
      slot,
      (start << ZeekWord.NODE_SHIFT) | (z < 0 ? 0 : z & ZeekWord.RARE) | (flipped ? 1 - segment.end : segment.end),
    );
    if (this.cuts.active) this.cuts.clear(slot);
    if (next < 0 || segment.window === 0) this.advance(slot, segment);
    else this.move(slot, next, segment.ns);
  }

  private followCarefully(newest: number, segment: Segment): void {
    const slot = this.holder(newest);
    if (slot < 0) {
      this.begin(newest, segment); // the incarnation that Zeek went on with has left memory
      return;
    }
    if (this.isGone(slot, segment.ns) || this.isReuse(slot, segment)) {
      this.endPart(slot, segment.ns);
      this.begin(slot, segment);
    } else {
      this.advance(slot, segment);
    }
  }

  /** The slot that holds Zeek's connection: this one, or that of an older incarnation; -1: not in memory, or too long ago. */
  private holder(slot: number): number {
    let holder = slot;
    for (let older = 0; holder >= 0 && this.z(holder) < 0; older++) {
      if (older === MOST_ATTEMPTS) return -1;
      holder = this.table.i32[this.table.at(holder) + Head.OLDER]!;
    }
    return holder;
  }

  /** Whether Zeek has removed the connection by now. */
  private isGone(slot: number, ns: number): boolean {
    const z = this.z(slot);
    if ((z & ZeekWord.TIMED) !== 0 && ns >= this.table.f64[(this.table.at(slot) + Head.ZEEK_NS) >> 1]!) return true;
    const at = this.table.at(slot);
    const silence = ns - this.table.f64[(at + Head.LAST_NS) >> 1]!;
    if (silence < SILENCE_NS) return false;
    const ports = this.table.i32[at + Head.PORTS]!;
    const respPort = (z & ZeekWord.ORIG) === 0 ? ports & 0xffff : ports >>> 16;
    return silence >= zeekPatience(this.automaton.node(z >> ZeekWord.NODE_SHIFT), respPort);
  }

  private isReuse(slot: number, segment: Segment): boolean {
    const z = this.z(slot);
    return (
      (segment.flags & TcpFlag.SYN) !== 0 &&
      isZeekReuse(this.table, slot, this.automaton.node(z >> ZeekWord.NODE_SHIFT), z & ZeekWord.ORIG, segment)
    );
  }

  /** Lets a segment change the connection in `slot`, letter by letter in the order in which Zeek writes them. */
  private advance(slot: number, segment: Segment): void {
    const { automaton, table } = this;
    const z = this.z(slot);
    const side = (segment.end ^ z) & ZeekWord.ORIG;
    const { flags } = segment;
    const event = zeekEvent(side, flags, segment.len);
    const before = automaton.node(z >> ZeekWord.NODE_SHIFT);
    const [mine, theirs] = side === 0 ? [before.orig, before.resp] : [before.resp, before.orig];
    const at = table.at(slot) + endOffset(segment.end);

    let number = z >> ZeekWord.NODE_SHIFT;
    if (
      (flags & (TcpFlag.SYN | TcpFlag.ACK)) === TcpFlag.SYN &&
      isZeekReversal(table, slot, before, z & ZeekWord.ORIG, segment)
    ) {
      this.setZ(slot, (z & ~ZeekWord.ORIG) | segment.end);
      this.move(slot, automaton.reversed(number), segment.ns);
      return;
    }
    const control = flags & (TcpFlag.FIN | TcpFlag.SYN | TcpFlag.RST);
    if (control === TcpFlag.RST || (control !== 0 && zeekHasLetter(before, event))) {
      const again = isZeekAnother(this.rareOf(slot), table, at, mine.state, segment);
      if (again) number = automaton.withLetter(number, side, LETTER_OF[control]!);
    }
    number = automaton.after(number, event);

    if (
      segment.window === 0 &&
      (flags & TcpFlag.RST) === 0 &&
      theirs.state !== ZeekState.CLOSED &&
      mine.state !== ZeekState.RESET
    ) {
      number = this.counted(number, side, ZeekLetter.ZERO_WINDOW, this.rareOf(slot), Rare.ZERO_WINDOWS + segment.end);
    }
    if (segment.len > 0 && isZeekRepeat(table, at, mine.state, segment)) {
      number = this.counted(number, side, ZeekLetter.REPEAT, this.rareOf(slot), Rare.REPEATS + segment.end);
    }
    if ((flags & TcpFlag.ACK) !== 0 && zeekTellsGaps(automaton.node(number))) {
      const holes = this.stories.get(slot)?.holes[segment.end === 0 ? 1 : 0] ?? [];
      const gapTo = this.knownRare(slot)?.get(Rare.GAP_TO + 1 - segment.end) ?? NaN;
      const gaps = zeekGaps(table, table.at(slot) + endOffset(1 - segment.end), holes, gapTo, segment.ack);
      if (gaps > 0) this.rareOf(slot).set(Rare.GAP_TO + 1 - segment.end, segment.ack);
      number = this.tellGaps(slot, number, 1 - segment.end, gaps);
    }
    this.move(slot, number, segment.ns);
  }

  /** Writes so many gaps of the octets of `end` into the history of node `number`. */
  private tellGaps(slot: number, number: number, end: number, gaps: number): number {
    let next = number;
    for (let i = 0; i < gaps; i++)
      next = this.counted(
        next,
        (end ^ this.z(slot)) & ZeekWord.ORIG,
        ZeekLetter.GAP,
        this.rareOf(slot),
        Rare.GAPS + end,
      );
    return next;
  }

  /** After all else that the segment changes: gaps in payload that was cut off. */
  private followCuts(newest: number, segment: Segment): void {
    const slot = this.holder(newest);
    if (slot < 0) return;
    const { flags } = segment;
    const gaps = (flags & TcpFlag.ACK) === 0 ? 0 : this.cuts.reached(slot, 1 - segment.end, segment.ack);
    const z = this.z(slot);
    if (gaps > 0 && zeekTellsGaps(this.automaton.node(z >> ZeekWord.NODE_SHIFT))) {
      this.move(slot, this.tellGaps(slot, z >> ZeekWord.NODE_SHIFT, 1 - segment.end, gaps), segment.ns);
    }
    const isCut = (segment.options & SegmentOption.PAYLOAD_CUT) !== 0 && (flags & TcpFlag.RST) === 0;
    if (isCut && !mayRepeat(this.table, this.table.at(slot) + endOffset(segment.end), segment)) {
      this.cuts.add(slot, segment.end, segment.seq, segment.len);
    }
  }

  /** Zeek writes the first of these, the tenth, the hundredth and so on. */
  private counted(number: number, side: number, letter: ZeekLetter, rare: ZeekRare, what: number): number {
    const count = rare.get(what) + 1;
    rare.set(what, count);
    return isTold(count) ? this.automaton.withLetter(number, side, letter) : number;
  }

  private move(slot: number, next: number, ns: number): void {
    const z = this.z(slot);
    if (z >> ZeekWord.NODE_SHIFT === next) return;
    const { automaton, table } = this;
    const kind = automaton.kinds[next]!;
    const was = automaton.kinds[z >> ZeekWord.NODE_SHIFT]!;
    // A second close starts Zeek's timer once more; its clock of the connection stops with it.
    if (
      kind !== was ||
      (kind === ZeekKind.COMPLETE &&
        closedEnds(automaton.node(next)) !== closedEnds(automaton.node(z >> ZeekWord.NODE_SHIFT)))
    ) {
      table.f64[(table.at(slot) + Head.ZEEK_NS) >> 1] = ns + KEPT_NS[kind]!;
    }
    const timed = kind === ZeekKind.OPEN ? 0 : ZeekWord.TIMED;
    this.setZ(slot, (next << ZeekWord.NODE_SHIFT) | timed | (z & (ZeekWord.ORIG | ZeekWord.RARE)));
    this.changed(slot);
  }

  /** A row that was written already is to be written once more. */
  private changed(slot: number): void {
    const { i32 } = this.table;
    const at = this.table.at(slot);
    if ((i32[at + Head.FLAGS]! & ConnectionFlag.WRITTEN) !== 0) i32[at + Head.FLAGS]! |= ConnectionFlag.CHANGED;
  }

  /** Without the bit an entry is that of a connection which had the slot before. Valid until the next one is asked for. */
  private knownRare(slot: number): ZeekRare | null {
    return (this.z(slot) & ZeekWord.RARE) === 0 ? null : this.rares.of(slot);
  }

  private rareOf(slot: number): ZeekRare {
    const known = this.knownRare(slot);
    if (known !== null) return known;
    this.setZ(slot, this.z(slot) | ZeekWord.RARE);
    return this.rares.begin(slot);
  }

  private endPart(slot: number, nextNs: number): void {
    this.listener.onZeekPart(slot, this.describe(slot));
    const parts = this.rareOf(slot).get(Rare.PARTS) + 1;
    const after = this.rares.begin(slot);
    after.set(Rare.PARTS, parts);
    after.set(Rare.FIRST_NS, nextNs);
    for (const end of [0, 1] as const) {
      const at = this.table.at(slot) + endOffset(end);
      after.set(Rare.PACKETS_BEFORE + end, this.table.u32[at + End.PACKETS]!);
      after.set(Rare.BYTES_BEFORE + end, uniqueBytes(this.table, at));
    }
  }

  private describe(slot: number): ZeekConnection {
    const { described, table } = this;
    const z = this.z(slot);
    described.number = z >> ZeekWord.NODE_SHIFT;
    described.node = this.automaton.node(z >> ZeekWord.NODE_SHIFT);
    described.orig = z & ZeekWord.ORIG;
    measure(
      described,
      table,
      table.at(slot),
      this.knownRare(slot),
      (z & ZeekWord.TIMED) === 0 ? Infinity : table.f64[(table.at(slot) + Head.ZEEK_NS) >> 1]! - CLOSE_NS,
    );
    return described;
  }
}
