import type { FillingMemory } from '../segment/filling-memory.js';
import { SegmentOption, TcpFlag, type SegmentBatch } from '../segment/segment-batch.js';
import { serialAdd, serialAtLeast, serialDiff } from '../wire/serial.js';
import {
  OPEN_NEW,
  OVER,
  incarnationOfSegment,
  incarnationOfSyn,
  incarnationOfSynAck,
  isAfterBothFins,
} from './attribution.js';
import { acknowledgedFin, registerFin, restartTimeWait, timeWaitBegan, type FinSeen } from './closing.js';
import { ConnectionFlag, ConnectionTable, End, EndFlag, Head, endOffset } from './connection-table.js';
import { copyWindowNs, isCopy, signature } from './duplicate-frame.js';
import { watchDuplicateSack } from './duplicate-sack-watch.js';
import { Desk } from './desk.js';
import type { Evictions, FlowListener, TrackerOptions } from './events.js';
import type { Follower } from './follower.js';
import type { ReturnedTuples } from './forgotten-tuples.js';
import { challengesAttempt, chooseAnswer, noteHandshake, noteStrangeEcho, synchronise } from './handshake.js';
import { LeftOutAcks } from './left-out-acks.js';
import { Lifetimes } from './lifetimes.js';
import { CLOCK_STEP_NS, FORGOTTEN_NS, MOST_ATTEMPTS, STRAY } from './limits.js';
import { noteSegment } from './last-segment.js';
import { openPawsCandidate, suspectSyn, watchPaws } from './paws-watch.js';
import { RecentSegments } from './recent-segments.js';
import { hearAfterResets, outliveResets, takeReset } from './reset-effect.js';
import { ResetPool } from './reset-seen.js';
import { Segment } from './segment.js';
import { isPassed, skipsSegments, takeSequence } from './sequence-space.js';
import { Past, pastOf } from './sent-before.js';
import { ShortWay } from './short-way.js';
import { Stories } from './stories.js';
import type { Story } from './story.js';
import { isCopiedFin, learnTimestamps } from './timestamps.js';
import { VantageEstimate } from './vantage.js';
import { ZeekHistory } from './zeek-history.js';
import {
  actsOnUnseenSynAck,
  answerFromBefore,
  meetOwnTimeWait,
  meetTimeWait,
  metTimeWaitBefore,
  takeOldDuplicate,
} from './time-wait-watch.js';

/** Rows that are followed, and SYNs of a flood parked, at a time, a multiple of 32: what they touch fits into the second-level cache. */
const ROWS_TOGETHER = 256;

/**
 * Feeds segments to the incarnations of their four-tuples and tells a listener about what is rare: SYNs, TIME_WAIT,
 * resets, segments that fail PAWS, and connections that are over.
 *
 * Nothing is allocated for a segment; rare facts live in `Story` objects. Read `follow` first, then `advance`.
 */
export class Tracker implements Follower {
  readonly table = new ConnectionTable();
  readonly resets = new ResetPool();
  /** Rare facts by slot. */
  readonly stories = new Stories(this.resets);
  /** The last segments, for the rare one that speaks of an earlier one. */
  readonly recent = new RecentSegments();
  /** Handshakes by where they say the tap was (close-rules 9.1). */
  readonly vantage: VantageEstimate;
  /** Records that repeat another record, made by the capture (close-rules 9.3). */
  copies = 0;
  /** Time of the latest segment. */
  now = 0;
  /** How often time stepped back by more than reordering explains: spans of this recording are not to be relied on. */
  clockSteps = 0;

  /** The same connections as Zeek tells them. */
  readonly zeek: ZeekHistory;

  readonly listener: FlowListener;
  readonly timeWaitNs: number;
  /** Id of the capture that is being read. */
  capture = 0;

  /** Whether the recording, as far as it was read, holds no bare ACKs. */
  readonly leftOut = new LeftOutAcks(this);
  private readonly lifetimes: Lifetimes;
  /** null: every segment goes the long way. */
  private readonly shortWay: ShortWay | null;
  private readonly segment = new Segment();
  /** One for all, so that nothing is allocated for a FIN. */
  private readonly fin = { end: 0, seqEnd: 0, ack: 0, frame: 0, capture: 0, ns: 0 };
  /** Number of the next connection; where there is a short way, that knows. */
  private nextId: number;

  constructor(options: TrackerOptions, listener: FlowListener, firstId = 1) {
    this.timeWaitNs = options.timeWaitNs;
    this.listener = listener;
    this.zeek = new ZeekHistory(this.table, this.stories, listener);
    this.shortWay = options.shortWay === false ? null : ShortWay.over(this.table, this.zeek);
    this.vantage = new VantageEstimate(this.shortWay?.handshakes);
    this.lifetimes = new Lifetimes(this.table, this.stories, this.zeek, options, listener);
    this.nextId = firstId;
    if (this.shortWay !== null) this.shortWay.nextId = firstId;
  }

  /** Follows all segments of a batch, which are of the capture with that id, in file order. */
  consume(batch: SegmentBatch, captureId: number): void {
    this.capture = captureId;
    this.vantage.reads(captureId);
    this.leftOut.look(batch);
    for (let first = 0; first < batch.length; first += Desk.ROWS) this.followDeskful(batch, first);
    this.recent.keep(batch);
    this.lifetimes.letGo(this.now);
  }

  /** The input is over: the rows of all connections are told of. */
  endConnections(): void {
    this.lifetimes.endConnections();
  }

  /** After that: everything still in memory leaves it. */
  finish(): void {
    this.lifetimes.finish();
  }

  /** The memories that most of what is remembered goes to. */
  get filling(): readonly FillingMemory[] {
    return [this.table.filling, this.lifetimes.unanswered.parked.filling].filter((memory) => memory !== null);
  }

  /** Connections that began at incarnation 1 though their four-tuple may have been in memory before. */
  get returned(): ReturnedTuples {
    return this.lifetimes.tuples.returned;
  }

  /** Connections that left memory for want of it. */
  get evictions(): Evictions {
    return this.lifetimes.evictions;
  }

  /** The story of a slot; made when it has none. */
  story(slot: number): Story {
    let story = this.stories.get(slot);
    if (story === undefined) {
      story = this.stories.begin(slot);
      this.table.i32[this.table.at(slot) + Head.FLAGS]! |= ConnectionFlag.STORY;
    }
    return story;
  }

  /** The connection in `slot` is over since `ns`: its row can be written in a moment. */
  ended(slot: number, ns: number): void {
    this.lifetimes.ended(slot, ns);
  }

  /** Follows the rows from `first` on that the desk of the short way has room for. */
  private followDeskful(batch: SegmentBatch, first: number): void {
    const { shortWay } = this;
    const rows = Math.min(batch.length - first, Desk.ROWS);
    shortWay?.lay(batch, first, rows, this.capture);
    for (let row = 0; row < rows; row += ROWS_TOGETHER) {
      const end = Math.min(rows, row + ROWS_TOGETHER);
      if (shortWay === null) for (let i = first + row; i < first + end; i++) this.follow(batch, i);
      else this.followShortly(shortWay, batch, first, row, end);
      this.lifetimes.unanswered.parkOfFlood(this.now);
    }
  }

  /** Follows rows `from` to `end` - 1 of the desk, each the short way if it can; row 0 is row `first` of the batch. */
  private followShortly(shortWay: ShortWay, batch: SegmentBatch, first: number, from: number, end: number): void {
    this.lifetimes.unanswered.findUnparked(batch, first, from, end, shortWay.openingRows);
    for (let row = from; row < end; row++) {
      if (this.zeek.needsAll) {
        this.follow(batch, first + row);
        continue;
      }
      shortWay.now = this.now;
      row = shortWay.take(
        row,
        this.leftOut.holds ? this.leftOut.nextNoted(batch, first + row, first + end) - first : end,
      );
      this.now = shortWay.now;
      if (shortWay.events > 0) this.hear(shortWay, batch, first);
      if (row < end) this.follow(batch, first + row, row);
    }
  }

  /** What is to be told of rows that went the short way; row 0 of the desk is row `first` of the batch. */
  private hear(shortWay: ShortWay, batch: SegmentBatch, first: number): void {
    for (let event = 0; event < shortWay.events; event++) {
      const slot = shortWay.slotAt(event);
      if (shortWay.isOpening(event)) {
        this.lifetimes.opened(slot);
        this.lifetimes.unanswered.began(slot);
        this.listener.onSyn(slot, this.segment.select(batch, first + shortWay.rowAt(event), this.capture));
      } else {
        this.lifetimes.willSettle(slot);
        this.listener.onTimeWait(slot);
      }
    }
    shortWay.forgetEvents();
  }

  /** `deskRow`: where it lies on the desk of the short way, which may still follow the SYN that opens a connection; or -1. */
  private follow(batch: SegmentBatch, row: number, deskRow = -1): void {
    const { table } = this;
    const segment = this.segment.select(batch, row, this.capture);
    const { ns, flags } = segment;
    if (ns >= this.now) this.now = ns;
    else this.stepBack(ns);

    const { family, low, high, ports } = segment;
    let newest = table.find(family, low, high, ports);
    if (newest < 0) newest = this.lifetimes.unanswered.unpark(family, low, high, ports);
    let slot = newest;
    if (newest >= 0) {
      const at = table.at(newest);
      const state = table.i32[at + Head.FLAGS]!;
      // Only a SYN, an older incarnation, or one that is over or long silent leaves a choice.
      if ((flags & (TcpFlag.SYN | TcpFlag.RST)) === TcpFlag.SYN) {
        slot =
          (flags & TcpFlag.ACK) === 0
            ? incarnationOfSyn(table, newest, segment)
            : incarnationOfSynAck(table, newest, segment);
      } else if (
        table.i32[at + Head.OLDER]! >= 0 ||
        (state & OVER) !== 0 ||
        ns - table.f64[(at + Head.LAST_NS) >> 1]! > FORGOTTEN_NS
      ) {
        slot = incarnationOfSegment(table, newest, segment);
        if ((flags & TcpFlag.RST) !== 0 && (state & ConnectionFlag.CHALLENGED) !== 0) {
          slot = this.challengedIncarnation(newest, slot, segment);
        }
      } else if (isAfterBothFins(table, newest, segment)) {
        slot = OPEN_NEW;
      }
    }
    if (slot === OPEN_NEW) {
      slot = this.open(newest, segment);
      if (deskRow >= 0 && newest < 0 && this.shortWay?.begin(slot, segment.end, deskRow) === true) return;
      this.zeek.open(slot, newest, segment);
    } else {
      this.zeek.follow(newest, segment);
      if (this.isCopyOfRecent(slot, segment)) {
        this.copies++;
        this.zeek.copied(newest, segment.end, ns);
        if ((table.i32[table.at(slot) + Head.FLAGS]! & ConnectionFlag.WRITTEN) !== 0) this.lifetimes.changed(slot, ns);
        return;
      }
    }
    this.advance(slot, newest, segment);
  }

  /**
   * A reset of a SYN's sender that answers a challenge ACK belongs to the incarnation that challenged, also where the new
   * ISN is so close to the old number that it would fit both (the corner case of RFC 5961 §4.2).
   */
  private challengedIncarnation(newest: number, slot: number, segment: Segment): number {
    const { table } = this;
    const at = table.at(newest);
    const older = table.i32[at + Head.OLDER]!;
    const sentSyn = (table.i32[at + endOffset(segment.end) + End.FLAGS]! & EndFlag.SYN) !== 0;
    if (slot !== newest || older < 0 || !sentSyn || (segment.flags & TcpFlag.ACK) !== 0) return slot;
    if (this.stories.get(newest)?.challengeAck !== segment.seq) return slot;
    return table.u32[table.at(older) + endOffset(1 - segment.end) + End.MAX_ACK] === segment.seq ? older : slot;
  }

  private stepBack(ns: number): void {
    const step = this.now - ns;
    if (step <= CLOCK_STEP_NS) return;
    this.now = ns;
    this.clockSteps++;
  }

  /** `older`: the newest incarnation so far, or -1. */
  private open(older: number, segment: Segment): number {
    const { table } = this;
    const slot = table.create(segment.family, segment.low, segment.high, segment.ports, older);
    const at = table.at(slot);
    const words = table.i32;
    const f64 = table.f64;
    const { ns } = segment;
    words[at + Head.ID] = this.takeId();
    words[at + Head.INCARNATION] = older < 0 ? 1 : words[table.at(older) + Head.INCARNATION]! + 1;
    words[at + Head.FIRST_FRAME] = segment.frame;
    words[at + Head.FIRST_CAPTURE] = this.capture;
    if (segment.end === 1) words[at + Head.FLAGS]! |= ConnectionFlag.FIRST_HIGH;
    if (older < 0) this.lifetimes.opened(slot);
    f64[(at + Head.FIRST_NS) >> 1] = ns;
    f64[(at + Head.LAST_NS) >> 1] = ns;
    if ((segment.flags & (TcpFlag.SYN | TcpFlag.RST)) === TcpFlag.SYN) {
      if ((segment.flags & TcpFlag.ACK) === 0) {
        words[at + Head.FLAGS]! |= ConnectionFlag.ATTEMPT;
        this.lifetimes.unanswered.began(slot);
        this.listener.onSyn(slot, segment); // before TIME_WAIT hears of it, which a SYN can restart
        if (older >= 0) meetTimeWait(this, slot, segment);
      }
    } else if (older >= 0) {
      this.guessClientFrom(older, at);
      this.replaceOlder(slot); // the handshake was missed
    }
    return slot;
  }

  private takeId(): number {
    return this.shortWay === null ? this.nextId++ : this.shortWay.nextId++;
  }

  /** The end that opened a four-tuple is likelier to open it again than what its ports say. */
  private guessClientFrom(older: number, at: number): void {
    const words = this.table.i32;
    const known = ConnectionFlag.SYN | ConnectionFlag.SYN_ACK | ConnectionFlag.CLIENT_AS_BEFORE;
    const before = words[this.table.at(older) + Head.FLAGS]!;
    if ((before & known) !== 0)
      words[at + Head.FLAGS]! |= ConnectionFlag.CLIENT_AS_BEFORE | (before & ConnectionFlag.CLIENT_HIGH);
  }

  private isCopyOfRecent(slot: number, segment: Segment): boolean {
    const { table } = this;
    const mine = table.at(slot) + endOffset(segment.end);
    const flags = table.i32[mine + End.FLAGS]!;
    if ((flags & EndFlag.HEARD) === 0) return false;
    // A record that brings something new is no copy: look no further. Resets, strays and what PAWS rejects (which give a
    // story) leave no number to tell by.
    if ((segment.flags & TcpFlag.RST) === 0 && (table.i32[table.at(slot) + Head.FLAGS]! & ConnectionFlag.STORY) === 0) {
      if ((flags & EndFlag.END_KNOWN) !== 0) {
        const fresh = serialDiff(segment.seq + segment.len, table.i32[mine + End.MAX_END]!);
        if (fresh > 0 && fresh < STRAY) return false;
      }
      if ((flags & EndFlag.ACK_KNOWN) !== 0 && (segment.flags & TcpFlag.ACK) !== 0) {
        const fresh = serialDiff(segment.ack, table.i32[mine + End.MAX_ACK]!);
        if (fresh > 0 && fresh < STRAY) return false;
      }
    }
    return isCopy(table, mine, signature(segment), segment.ns, copyWindowNs(segment));
  }

  /** Lets one segment of end `end` change the incarnation in `slot`. */
  private advance(slot: number, newest: number, segment: Segment): void {
    const { table } = this;
    const words = table.i32;
    const at = table.at(slot);
    const mine = at + endOffset(segment.end);
    const theirs = at + endOffset(1 - segment.end);
    const { ns, flags } = segment;
    const state = words[at + Head.FLAGS]!;

    if (this.leftOut.holds && (flags & TcpFlag.SYN) === 0) this.leftOut.note(slot);
    let isOldDuplicate = false;
    if (slot !== newest && newest >= 0) {
      answerFromBefore(this, slot, newest, segment);
      isOldDuplicate = takeOldDuplicate(this, slot, newest, segment);
    }
    if ((state & (ConnectionFlag.ATTEMPT | ConnectionFlag.WRITTEN)) !== 0) {
      if ((state & ConnectionFlag.WRITTEN) !== 0) {
        words[at + Head.FLAGS]! |= ConnectionFlag.CHANGED;
        this.lifetimes.changed(slot, ns);
      }
      if (
        (state & ConnectionFlag.ATTEMPT) !== 0 &&
        (flags & TcpFlag.RST) === 0 &&
        (flags & (TcpFlag.SYN | TcpFlag.ACK)) !== TcpFlag.SYN &&
        challengesAttempt(this, slot, segment)
      ) {
        noteSegment(table, slot, segment);
        return;
      }
    }

    if ((flags & TcpFlag.RST) !== 0) {
      if (this.leftOut.holds && slot === newest) this.leftOut.resetPassed(slot, segment);
      takeReset(this, slot, newest, segment);
      noteSegment(table, slot, segment);
      return;
    }

    if (isOldDuplicate) {
      if (segment.len > 0 || (flags & TcpFlag.FIN) !== 0) takeSequence(this, slot, segment, false);
      noteSegment(table, slot, segment);
      return;
    }
    if ((flags & (TcpFlag.SYN | TcpFlag.ACK)) === TcpFlag.SYN && newest >= 0) {
      this.suspectSyn(newest, segment);
      if ((state & ConnectionFlag.FINISHED) !== 0) meetOwnTimeWait(this, slot, segment);
    }

    let mineFlags = words[mine + End.FLAGS]!;
    const isFinAgain = (flags & (TcpFlag.FIN | TcpFlag.SYN)) === TcpFlag.FIN && (mineFlags & EndFlag.FIN) !== 0;
    const isFinCopied = isFinAgain && isCopiedFin(table, at, mine, segment);
    const past = (state & ConnectionFlag.STORY) === 0 ? 0 : pastOf(this, slot, this.stories.get(slot)!, segment);
    let failsPaws = false;
    let rejected = false;
    if ((segment.options & SegmentOption.TIMESTAMP) !== 0) {
      mineFlags |= EndFlag.TIMESTAMP;
      const { tsval } = segment;
      if (
        (words[theirs + End.FLAGS]! & EndFlag.TS_RECENT_KNOWN) !== 0 &&
        (flags & TcpFlag.SYN) === 0 &&
        serialDiff(table.i32[theirs + End.TS_RECENT]!, tsval) > 0 &&
        openPawsCandidate(this, slot, segment)
      ) {
        failsPaws = true;
        // One tick of slack is Linux' own (close-rules 5.2): what such a segment acknowledges counts.
        rejected = serialDiff(table.i32[theirs + End.TS_RECENT]!, tsval) > 1;
      } else {
        learnTimestamps(table, mine, theirs, mineFlags, segment);
        mineFlags = words[mine + End.FLAGS]! | EndFlag.TIMESTAMP;
      }
    } else if ((segment.options & SegmentOption.CUT) !== 0) {
      words[at + Head.FLAGS]! |= ConnectionFlag.OPTIONS_CUT;
    } else {
      mineFlags |= EndFlag.NO_TIMESTAMP;
    }
    words[mine + End.FLAGS] = mineFlags;

    // A SYN-ACK of other numbers on TIME_WAIT reopens nothing; its ACK flag restarts 2MSL (close-rules 2.5).
    if (
      (flags & TcpFlag.SYN) !== 0 &&
      (state & ConnectionFlag.FINISHED) !== 0 &&
      (flags & TcpFlag.ACK) !== 0 &&
      segment.seq !== table.u32[mine + End.ISN]
    ) {
      restartTimeWait(table, slot, segment, this.timeWaitNs);
      noteSegment(table, slot, segment);
      return;
    }
    if ((flags & TcpFlag.SYN) !== 0 && !synchronise(this, slot, segment)) {
      noteSegment(table, slot, segment);
      return;
    }
    const finEnd = serialAdd(segment.seq, segment.len + 1);
    const passed = (flags & TcpFlag.FIN) !== 0 && isPassed(table, mine, finEnd);
    takeSequence(this, slot, segment, failsPaws);
    // A FIN on a SYN is not processed in LISTEN and SYN-SENT (RFC 9293 §3.10.7.4).
    if (
      (flags & (TcpFlag.FIN | TcpFlag.SYN)) === TcpFlag.FIN &&
      !failsPaws &&
      !(isFinCopied && finEnd === table.u32[mine + End.FIN_END])
    ) {
      registerFin(this, slot, this.finIn(segment.end, finEnd, segment), passed);
    }
    if ((flags & TcpFlag.ACK) !== 0 && !rejected) this.acknowledge(slot, segment);
    if (this.leftOut.holds && (flags & TcpFlag.FIN) !== 0) this.leftOut.finPassed(slot);
    if ((words[at + Head.FLAGS]! & ConnectionFlag.STORY) !== 0) this.watch(slot, segment, rejected, past);

    if ((words[at + Head.FLAGS]! & ConnectionFlag.FINISHED) !== 0) {
      // An ACK that shows only now that the close was complete long before answers what came since: a SYN.
      const isLate = (state & ConnectionFlag.FINISHED) === 0 && table.f64[(at + Head.ENDED_NS) >> 1]! < ns;
      if (isLate && slot !== newest && newest >= 0) answerFromBefore(this, slot, newest, segment);
      restartTimeWait(table, slot, segment, this.timeWaitNs);
    }
    noteSegment(table, slot, segment);
  }

  /** The FIN that the segment is, until the next one. */
  private finIn(end: number, seqEnd: number, segment: Segment): FinSeen {
    const { fin } = this;
    fin.end = end;
    fin.seqEnd = seqEnd;
    fin.ack = segment.ack;
    fin.frame = segment.frame;
    fin.capture = this.capture;
    fin.ns = segment.ns;
    return fin;
  }

  /** A SYN may be what draws an ACK of the connection before: that is kept in mind where a segment that fails PAWS waits. */
  private suspectSyn(newest: number, segment: Segment): void {
    const { table } = this;
    let slot = newest;
    for (let attempts = 0; slot >= 0 && attempts <= MOST_ATTEMPTS; attempts++) {
      const state = table.i32[table.at(slot) + Head.FLAGS]!;
      if ((state & ConnectionFlag.STORY) !== 0) suspectSyn(this, slot, segment);
      if ((state & (ConnectionFlag.ATTEMPT | ConnectionFlag.REFUSED)) === 0) return;
      slot = table.i32[table.at(slot) + Head.OLDER]!;
    }
  }

  /** The incarnation in `slot` was accepted: an earlier one that had not ended is replaced by it. */
  replaceOlder(slot: number): void {
    const { table } = this;
    const words = table.i32;
    for (let older = words[table.at(slot) + Head.OLDER]!; older >= 0; older = words[table.at(older) + Head.OLDER]!) {
      const at = table.at(older);
      const state = words[at + Head.FLAGS]!;
      if ((state & OVER) !== 0) break;
      words[at + Head.FLAGS] =
        state | ConnectionFlag.REPLACED | ((state & ConnectionFlag.WRITTEN) !== 0 ? ConnectionFlag.CHANGED : 0);
      this.ended(older, this.now);
    }
  }

  private acknowledge(slot: number, segment: Segment): void {
    const { table } = this;
    const words = table.i32;
    const at = table.at(slot);
    const mine = at + endOffset(segment.end);
    const theirs = at + endOffset(1 - segment.end);
    const { ack, ns } = segment;
    const mineFlags = words[mine + End.FLAGS]!;
    const theirFlags = words[theirs + End.FLAGS]!;
    const unconfirmed = ConnectionFlag.SYN_ACK | ConnectionFlag.STORY;
    if (
      (words[at + Head.FLAGS]! & (unconfirmed | ConnectionFlag.HANDSHAKE)) === unconfirmed &&
      (segment.flags & TcpFlag.SYN) === 0 &&
      (theirFlags & EndFlag.SYN_ACK) !== 0
    ) {
      chooseAnswer(this, slot, at, theirs, ack);
    }
    if ((theirFlags & EndFlag.END_KNOWN) !== 0) {
      const unseen = serialDiff(ack, table.i32[theirs + End.MAX_END]!);
      if (unseen >= STRAY || unseen <= -STRAY) return;
      // More than was seen is a gap of the capture, not an error (close-rules 9.2).
      if (unseen > 0 || (theirFlags & EndFlag.END_OF_PROBE) !== 0) {
        if (skipsSegments(this, slot, 1 - segment.end, unseen)) words[mine + End.FLAGS]! |= EndFlag.ACKED_UNSEEN;
      }
    }
    if ((mineFlags & EndFlag.ACK_KNOWN) === 0 || serialDiff(ack, table.i32[mine + End.MAX_ACK]!) > 0) {
      words[mine + End.MAX_ACK] = ack;
      words[mine + End.FLAGS]! |= EndFlag.ACK_KNOWN;
    } else if ((segment.options & SegmentOption.SACK) !== 0) {
      watchDuplicateSack(this, slot, segment);
    }
    const state = words[at + Head.FLAGS]!;
    if (
      (state & (ConnectionFlag.SYN_ACK | ConnectionFlag.HANDSHAKE)) === ConnectionFlag.SYN_ACK &&
      (segment.flags & TcpFlag.SYN) === 0 &&
      (theirFlags & EndFlag.SYN_ACK) !== 0 &&
      serialDiff(ack, table.i32[theirs + End.ISN]!) >= 1
    ) {
      words[at + Head.FLAGS] = (state & ~ConnectionFlag.REFUSED) | ConnectionFlag.HANDSHAKE;
      if ((state & ConnectionFlag.REFUSED) !== 0) outliveResets(this, slot); // it tried again, and was accepted
      noteStrangeEcho(this, slot, segment);
      noteHandshake(this, slot, state, segment);
      if ((state & ConnectionFlag.SYN) === 0) this.replaceOlder(slot); // with a SYN, its answer did
    } else if ((state & ConnectionFlag.ATTEMPT) !== 0 && (segment.flags & TcpFlag.SYN) === 0) {
      // The SYN-ACK was not captured, but one end acts on it.
      words[at + Head.FLAGS] = (state & ~ConnectionFlag.ATTEMPT) | ConnectionFlag.RTT_AMBIGUOUS;
      this.replaceOlder(slot);
      actsOnUnseenSynAck(this.stories.get(slot)?.timeWaitSyn ?? null, segment);
    }
    if ((theirFlags & (EndFlag.FIN | EndFlag.FIN_ACKED)) === EndFlag.FIN) {
      if (serialAtLeast(ack, table.i32[theirs + End.FIN_END]!))
        acknowledgedFin(this, slot, segment.end, segment.seq, ns);
      // Data that crossed the FIN: more may have been waiting behind it, and behind that a FIN of its own.
      else if (segment.len > 0) words[theirs + End.FLAGS]! |= EndFlag.PEER_HELD_BACK;
    }
  }

  /** Both FINs are acknowledged: the end that had not received the other's FIN when it sent its own is in TIME_WAIT. */
  complete(slot: number, at: number, ns: number): void {
    const { table } = this;
    const state = table.i32[at + Head.FLAGS]!;
    if ((state & (ConnectionFlag.FINISHED | ConnectionFlag.RESET)) !== 0) return;
    table.i32[at + Head.FLAGS] = state | ConnectionFlag.FINISHED;
    const beganNs = timeWaitBegan(table, at, ns);
    table.f64[(at + Head.TIME_WAIT_LAST_NS) >> 1] = beganNs;
    this.ended(slot, beganNs);
    this.listener.onTimeWait(slot);
    const newer = table.i32[at + Head.NEWER]!;
    if (newer >= 0) metTimeWaitBefore(this, newer, slot);
  }

  /** A segment of a connection with a story: resets it outlived, segments whose fate it tells. `past`: bits of `Past`. */
  private watch(slot: number, segment: Segment, rejected: boolean, past: number): void {
    const story = this.stories.get(slot)!;
    if (story.resets.length > 0) hearAfterResets(this, slot, story, segment, past);
    if (story.pawsOpen.length > 0 && !rejected) watchPaws(this, slot, segment, (past & Past.STALE) !== 0);
  }
}
